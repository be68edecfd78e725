"""Whether readers will accept what is sealed with a certificate: checked before sealing, as afterwards it is too late."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates.sealing.errors import SealError

LEAST_RSA_BITS = 2048
CURVES = ("secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1")
_OTHER_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.OCSP_SIGNING,
}


def check_fit(certificate: x509.Certificate, moment: datetime) -> None:
    """Raises SealError when no file should be sealed with this certificate at this moment."""
    subject = certificate.subject.rfc4514_string()
    if moment < certificate.not_valid_before_utc:
        raise SealError(f"the certificate of {subject} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    if moment > certificate.not_valid_after_utc:
        raise SealError(f"the certificate of {subject} expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    if not _may_seal(certificate):
        raise SealError(f"the certificate of {subject} is not made for seals (key usage: digital signature or non-repudiation)")
    if not _readable_everywhere(certificate):
        raise SealError(f"the key of {subject} must be RSA of at least {LEAST_RSA_BITS} bits, or one of the curves {', '.join(CURVES)}")


def _may_seal(certificate: x509.Certificate) -> bool:
    extensions = certificate.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        if not (usage.digital_signature or usage.content_commitment):
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return not set(purposes) <= _OTHER_PURPOSES


def _readable_everywhere(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return key.key_size >= LEAST_RSA_BITS
    return isinstance(key, EllipticCurvePublicKey) and key.curve.name in CURVES
