"""Sealing: the organisation's electronic seal over a whole certificate, so that nobody can change a byte unseen."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from flask_babel import gettext as _

from certificates.sealing.apart import apart
from certificates.sealing.errors import SealError, TimestampError
from certificates.sealing.fitness import check_fit
from certificates.sealing.keys import Key, forget, key_of
from certificates.sealing.settings import Sealer, Timestamp
from core.config import Settings
from core.http import client


@dataclass(frozen=True)
class Sealed:
    """A sealed file."""

    content: bytes
    fingerprint: str
    """SHA-256 of the seal's certificate, hexadecimal: tells with which of an organisation's keys it was sealed."""
    timestamp_missing: str | None
    """Why there is no timestamp although one is preferred: stamp() may add it later. None: nothing is missing."""


def seal(
    content: bytes, sealer: Sealer, settings: Settings, *, issuer: str, language: str, moment: datetime | None = None,
) -> Sealed:
    """Seal a PDF. The label of the seal comes in the language of the present request or in_language(), which must be the same.

    Raises SealError; TimestampError when it is only the timestamp that is required and missing.
    """
    from certificates.sealing import pades  # noqa: PLC0415 - a second and 25 MB, for those processes only that seal

    key = fit_key(sealer, moment or datetime.now(UTC))
    words = pades.Words(
        label=_("Electronic seal of %(issuer)s", issuer=issuer),
        reason=sealer.reason[language] if sealer.reason else None, location=sealer.location[language] if sealer.location else None,
    )
    with client(settings) as http:
        authority = pades.Authority(http, sealer.authority, sealer.timestamp == Timestamp.REQUIRE) if _asks(sealer) and sealer.authority else None
        try:
            sealed = _in_words(lambda: pades.sign(content, key, words, authority))
        except TimestampError:
            raise
        except SealError:
            forget(sealer)
            raise
    return Sealed(sealed, fingerprint_of(key.certificate), str(authority.failure) if authority and authority.failure else None)


def stamp(content: bytes, sealer: Sealer, settings: Settings) -> bytes:
    """Add the timestamp that was missing when this file was sealed. No key is needed, and the seal stays the same.

    Raises TimestampError when there is still none to be had, SealError when the file has no place for one.
    """
    from certificates.sealing import pades  # noqa: PLC0415 - as above

    if sealer.authority is None:
        raise SealError("no timestamp authority is named")
    with client(settings) as http:
        return _in_words(lambda: pades.stamp(content, pades.Authority(http, sealer.authority or "", required=True)))


def _in_words(work: Callable[[], bytes]) -> bytes:
    try:
        return apart(work)
    except SealError:
        raise
    except Exception as error:  # What pyHanko says of a file that is no PDF, or is sealed already.
        raise SealError(f"the file cannot be sealed ({type(error).__name__}: {error})") from error


@dataclass(frozen=True)
class Trial:
    """What an organisation would seal with now."""

    subject: str
    fingerprint: str
    until: datetime
    timestamp: datetime | None


def try_out(sealer: Sealer, settings: Settings) -> Trial:
    """Open the key anew and ask for a timestamp, for operators who have just changed something. Raises SealError."""
    from certificates.sealing import timestamps  # noqa: PLC0415 - as above

    forget(sealer)
    certificate = fit_key(sealer, datetime.now(UTC)).certificate
    token = None
    if _asks(sealer) and sealer.authority:
        with client(settings) as http:
            asked = timestamps.timestamp(http, sealer.authority, b"Lotse")
            token = apart(lambda: asyncio.run(asked))
    return Trial(
        certificate.subject.rfc4514_string(), fingerprint_of(certificate), certificate.not_valid_after_utc, timestamps.time_of(token) if token else None,
    )


def fit_key(sealer: Sealer, moment: datetime) -> Key:
    """The key that an organisation seals with, if it may be used at this moment. Raises SealError."""
    try:
        key = key_of(sealer)
        check_fit(key.certificate, moment)
    except SealError:
        raise
    except Exception as error:  # Whatever a device, or an odd certificate, comes with: operators must mend it, so nothing is given up.
        raise SealError(f"the key or its certificate cannot be used ({type(error).__name__}: {error})") from error
    return key


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _asks(sealer: Sealer) -> bool:
    return sealer.timestamp != Timestamp.OFF
