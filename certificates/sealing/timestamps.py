"""A timestamp (RFC 3161): an authority signs that something existed at a time. Asked for by Lotse's own guarded requests."""

import hashlib
import secrets
from datetime import datetime

import httpx2
from asn1crypto import algos, cms, core, tsp
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from certificates.sealing.errors import TimestampError
from core.http import OutgoingError, fetch

SECONDS = 15.0
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


async def timestamp(http: httpx2.Client, address: str, content: bytes) -> cms.ContentInfo:
    """A token for these bytes, checked before it goes into a file that nobody can mend. Raises TimestampError."""
    imprint, nonce = hashlib.sha256(content).digest(), secrets.randbits(63)
    try:
        answer = fetch(http, "POST", address, seconds=SECONDS, content=_question(imprint, nonce), headers=_HEADERS)
    except OutgoingError as error:
        raise TimestampError(f"the timestamp authority {address}: {error.reason}") from error
    if answer.status != 200:
        raise TimestampError(f"the timestamp authority {address} answers with status {answer.status}")
    try:
        return await _token(answer.content, imprint, nonce)
    except TimestampError:
        raise
    except Exception as error:  # Whatever another server sends: parts of it are only read when they are looked at.
        raise TimestampError(f"the timestamp authority {address} sends what is no timestamp ({type(error).__name__})") from error


def _question(imprint: bytes, nonce: int) -> bytes:
    content: bytes = tsp.TimeStampReq({
        "version": 1, "nonce": nonce, "cert_req": True,
        "message_imprint": {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": imprint},
    }).dump()
    return content


async def _token(content: bytes, imprint: bytes, nonce: int) -> cms.ContentInfo:
    # A refusal has no token, which asn1crypto's own class for answers does not know.
    answer = core.Sequence.load(content, strict=True)
    status = tsp.PKIStatusInfo.load(answer[0].dump())
    if status["status"].native not in ("granted", "granted_with_mods"):
        raise TimestampError(f"the timestamp authority refuses ({status['status'].native}: {status['status_string'].native})")
    token = cms.ContentInfo.load(answer[1].dump())
    if token["content"]["encap_content_info"]["content"].parsed["nonce"].native != nonce:
        raise TimestampError("the timestamp authority answers another question")
    # Whom to trust is for the readers to say; here it is enough that the token's own certificate fits its signature.
    own = ValidationContext(trust_roots=[choice.chosen for choice in token["content"]["certificates"]])
    result = await validate_tst_signed_data(token["content"], own, lambda _: imprint)
    if not (result["intact"] and result["valid"]):
        raise TimestampError("the timestamp authority's signature does not fit")
    return token


def time_of(token: cms.ContentInfo) -> datetime:
    """When the authority says that it saw what it signed."""
    moment: datetime = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return moment
