"""How a seal is read, by pyHanko. Only certificates.sealing.check imports this module, and late."""

import logging
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from certificates.sealing.check import Report, State
from certificates.sealing.seal import fingerprint_of

_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
# It logs each certificate that nobody vouches for, with names: that is what the report is for.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def read(content: bytes, roots: list[x509.Certificate], moment: datetime | None) -> Report:
    """Read the first seal of a file."""
    try:
        signatures = PdfFileReader(BytesIO(content)).embedded_regular_signatures
        return _report(signatures[0], roots, moment) if signatures else Report(State.NONE)
    except Exception:  # Whatever a stranger sends: a file that has the marks of a seal and cannot be read is a broken one.
        return Report(State.BROKEN if b"/ByteRange" in content and b"/Contents" in content else State.NONE)


def _report(signature: Any, roots: list[x509.Certificate], moment: datetime | None) -> Report:
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(root.public_bytes(Encoding.DER)) for root in roots], moment=moment, allow_fetching=False,
    )
    # What was added behind the seal is not looked into: the seal allows nothing.
    status: Any = validate_pdf_signature(signature, context, skip_diff=True, key_usage_settings=_USAGE)
    certificate = x509.load_der_x509_certificate(signature.signer_cert.dump())
    stamp = status.timestamp_validity
    sound = stamp is not None and stamp.intact and stamp.valid
    state = _state(signature, status) if sound or stamp is None else State.BROKEN
    return Report(
        state=state, subject=certificate.subject.rfc4514_string(), fingerprint=fingerprint_of(certificate),
        trusted=state == State.INTACT and status.trusted, timestamp=stamp.timestamp if sound else None, timestamp_trusted=sound and stamp.trusted,
    )


def _state(signature: Any, status: Any) -> State:
    if not (status.intact and status.valid) or _has_more_than_the_signature(signature.pkcs7_content):
        return State.BROKEN
    return State.INTACT if status.coverage == SignatureCoverageLevel.ENTIRE_FILE else State.CHANGED


def _has_more_than_the_signature(content: bytes) -> bool:
    """The place for the signature is the one that it does not cover: behind it there must be zeros only."""
    return any(content[len(cms.ContentInfo.load(content).dump()):])
