"""Certificates as the interface for registrars tells them. openapi.json describes the same; a test compares both."""

from dataclasses import asdict
from typing import Any

from certificates.models import Certificate, Standing
from certificates.service import today_here
from certificates.sheet import sheet
from certificates.snapshot import Snapshot
from certificates.verifying import Attached
from core.days import day_of
from core.i18n import LANGUAGES, in_language


def summary(certificate: Certificate) -> dict[str, Any]:
    """What a list tells of one: where it stands, and nothing of who holds it."""
    standing = certificate.standing(today_here())
    return {
        "code": certificate.code, "number": certificate.snapshot["number"], "address": certificate.snapshot["address"],
        "award": certificate.award, "status": standing, "issued_on": certificate.snapshot["issued_on"], "valid_until": certificate.snapshot.get("expires_on"),
        "withdrawn_on": day_of(certificate.withdrawn_at).isoformat() if certificate.withdrawn_at else None,
        "withdrawn_reason": certificate.withdrawn_reason if standing is Standing.WITHDRAWN else None,
        "replaced_on": day_of(certificate.replaced_at).isoformat() if certificate.replaced_at else None,
        "deleted_on": day_of(certificate.deleted_at).isoformat() if certificate.deleted_at else None,
        "changed_at": certificate.changed_at.isoformat(timespec="seconds"),
    }


def whole(certificate: Certificate, *, names: bool) -> dict[str, Any]:
    """All that the public page shows, in every language; the name for those who may read it. Of a deleted one nothing is left to tell."""
    told = summary(certificate)
    if told["status"] == Standing.DELETED:
        return {**told, "name": None, "name_shown": False, "says": None, "sha256": None, "seal_fingerprint": None}
    shown = names or certificate.name_public_at is not None
    return {
        **told, "name": certificate.snapshot["name"] if shown else None, "name_shown": shown, "says": _says(Snapshot.from_json(certificate.snapshot)),
        "sha256": certificate.sha256, "seal_fingerprint": certificate.seal_fingerprint,
    }


def file_report(certificate: Certificate | None, inside: Attached, *, unchanged: bool, names: bool) -> dict[str, Any]:
    """What is known of a file: whether it is as it was issued, what its badge is worth, and the certificate if it is one's own."""
    return {
        "unchanged": unchanged, "badge": {"count": inside.count, "outcome": inside.outcome, "address": inside.address if inside.genuine else None},
        "certificate": whole(certificate, names=names) if certificate else None,
    }


def _says(snapshot: Snapshot) -> dict[str, Any]:
    texts = {}
    for language in LANGUAGES:
        with in_language(language):
            texts[language] = {key: value for key, value in asdict(sheet(snapshot, language)).items() if key != "name"}
    return {
        "texts": texts, "course": dict(snapshot.course), "edition": snapshot.edition, "competences": [dict(entry) for entry in snapshot.competences],
        "hours": snapshot.hours, "ects": snapshot.ects, "level": snapshot.level, "least": snapshot.least, "completed_on": snapshot.completed_on,
        "name_by_holder": snapshot.name_by_holder,
    }
