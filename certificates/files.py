"""Which files are ours: the one that is kept, and what it was before a timestamp was added to its seal."""

from collections.abc import Iterator

from sqlalchemy import select

from certificates.models import Certificate, FormerFile
from core import db


def replace(certificate: Certificate, content: bytes, sha256: str) -> None:
    """Keep other bytes from now on; the former ones stay known as ours. Call in a transaction."""
    db.session.add(FormerFile(organisation_id=certificate.organisation_id, certificate_id=certificate.id, sha256=certificate.sha256))
    certificate.pdf, certificate.sha256 = content, sha256


def hashes(certificate: Certificate) -> Iterator[str]:
    """SHA-256 of every file that was issued as this certificate."""
    if certificate.sha256:
        yield certificate.sha256
    with db.unscoped():  # Verifiers belong to no organisation; who has the file may know.
        yield from db.session.scalars(select(FormerFile.sha256).where(FormerFile.certificate_id == certificate.id)).all()


def owner(sha256: str) -> Certificate | None:
    """The certificate as which this file was issued, by the organisation acted for."""
    found = db.session.scalars(select(Certificate).where(Certificate.sha256 == sha256)).one_or_none()
    return found or db.session.scalars(
        select(Certificate).join(FormerFile, FormerFile.certificate_id == Certificate.id).where(FormerFile.sha256 == sha256).limit(1)
    ).one_or_none()
