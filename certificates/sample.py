"""A whole sample of what a certificate comes with, sealed with a key that is thrown away."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from certificates import letterhead, pdf
from certificates.credentials import sample as badges
from certificates.sealing.seal import seal
from certificates.sealing.settings import FILE, sealer_of
from certificates.sheet import sheet
from core.config import settings
from core.i18n import in_language

LANGUAGE = "de"


def write(folder: Path) -> list[Path]:
    """Write certificate.pdf, and the badge with what belongs to it, into a folder; returns what was written."""
    written = badges.sample(folder)
    file = folder / "certificate.pdf"
    file.write_bytes(_sealed(next(path for path in written if path.name == "badge.json").read_bytes()))
    return [file, *written]


def _sealed(badge: bytes) -> bytes:
    snapshot, look = badges.SNAPSHOT, pdf.Look.of(letterhead.default())
    with TemporaryDirectory() as data, in_language(LANGUAGE):
        throw_away_seal(Path(data), snapshot.issuer)
        sealer = sealer_of(badges.SLUG, Path(data))
        assert sealer is not None
        printed = pdf.write(sheet(snapshot, LANGUAGE), look, LANGUAGE, snapshot.issued_on, badge)
        return seal(printed, sealer, settings(), issuer=snapshot.issuer, language=LANGUAGE).content


def throw_away_seal(data: Path, issuer: str) -> None:
    """A key, and a certificate by which nobody but itself vouches for it."""
    key, now, passphrase = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC), secrets.token_urlsafe(16)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Sample seal of {issuer}")])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=365))
        .add_extension(usage, critical=True).sign(key, hashes.SHA256())
    )
    (data / "seal.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, BestAvailableEncryption(passphrase.encode())))
    (data / "passphrase").write_text(passphrase)
    file = data / FILE
    file.write_text(f'[{badges.SLUG}]\nkind = "pkcs12"\npath = "seal.p12"\npassphrase_file = "passphrase"\n')
    for path in data.iterdir():
        path.chmod(0o600)
