"""Checking a file that somebody has: a PDF by its seal and its bytes, a badge by its signature and its issuer's list."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from accounts.models import Organisation
from certificates import badges, files, service
from certificates.credentials import attachment, did
from certificates.credentials.check import Finding, Outcome
from certificates.credentials.check import check as check_badge
from certificates.credentials.png import PictureError, baked
from certificates.models import Certificate, Standing
from certificates.sealing.check import State
from certificates.sealing.check import check as check_seal
from core import db
from core.config import settings

_PNG = b"\x89PNG"


@dataclass(frozen=True)
class Verdict:
    """What is known of a file, a line each, and what it comes to."""

    lines: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True)
class Attached:
    """The badge in a PDF. What it says of itself is to be believed only if it is genuine."""

    count: int                         # of different badges; only a single one is checked
    outcome: Outcome | None = None
    address: str | None = None         # the certificate's, as the badge says

    @property
    def genuine(self) -> bool:
        """Whether an issuer known here signed it as it is."""
        return self.outcome in _GENUINE


@dataclass(frozen=True)
class FileReport:
    """A file that somebody has, compared with a certificate."""

    same: bool                         # byte for byte the one that was issued
    attached: Attached
    of_this: bool                      # whether the badge names this certificate


_GENUINE = (Outcome.VALID, Outcome.WITHDRAWN, Outcome.EXPIRED, Outcome.UNKNOWN)
_STANDINGS = {
    Standing.VALID: Outcome.VALID, Standing.EXPIRED: Outcome.EXPIRED, Standing.REPLACED: Outcome.WITHDRAWN,
    Standing.WITHDRAWN: Outcome.WITHDRAWN, Standing.DELETED: Outcome.WITHDRAWN,
}


def compare(certificate: Certificate, content: bytes) -> FileReport:
    """Whether a file that anybody may have sent is the certificate's, and what its badge is worth. Nothing is fetched or kept."""
    same = hashlib.sha256(content).hexdigest() in files.hashes(certificate)
    found = attached(content)
    return FileReport(same, found, found.genuine and found.address == certificate.snapshot["address"])


def attached(content: bytes, documents: "Documents | None" = None) -> Attached:
    """Look at the badge in a PDF."""
    texts = attachment.badges(content)
    if len(texts) != 1:
        return Attached(len(texts))
    found = (documents or Documents()).check(texts[0])
    address = (found.credential or {}).get("id")
    return Attached(1, found.outcome, address if isinstance(address, str) else None)


def issued(content: bytes) -> Certificate | None:
    """The certificate whose bytes these are, of the organisation acted for."""
    return files.owner(hashlib.sha256(content).hexdigest())


class Documents:
    """What is known of issuers: those of this installation, and one elsewhere whose documents somebody brought."""

    def __init__(self, given: Mapping[str, Any] | None = None, listed: Mapping[str, Any] | None = None) -> None:
        self._given, self._listed = given, listed
        self._own = dict(_issuers())

    def check(self, text: str | bytes) -> Finding:
        """Check a badge as it is now."""
        return check_badge(text, documents=self._document, lists=self._list, at=db.now())

    def _document(self, name: str) -> Any:
        if self._given and self._given.get("id") == name:
            return self._given
        return badges.did_document(self._own[name]) if name in self._own else None

    def _list(self, address: str) -> Any:
        if self._listed and self._listed.get("id") == address:
            return self._listed
        return next((badges.status_list(entry) for entry in self._own.values() if badges.list_address(entry) == address), None)


def verify(path: Path, did_file: Path | None = None, list_file: Path | None = None) -> Verdict:
    """Look at a PDF, a badge as JSON or JWT, or a picture that holds one. The issuers of this installation are known;
    of another one `did_file` and `list_file` are its documents. Nothing is fetched. Raises OSError and ValueError for files that cannot be read.
    """
    content, documents = path.read_bytes(), Documents(_json(did_file), _json(list_file))
    if content.startswith(b"%PDF"):
        return _pdf(content, documents)
    return _badge(_baked(content) if content.startswith(_PNG) else content, documents)


def _pdf(content: bytes, documents: Documents) -> Verdict:
    digest, report, inside = hashlib.sha256(content).hexdigest(), check_seal(content), attached(content, documents)
    lines = [f"SHA-256 {digest}", f"seal: {report.state}"]
    if report.fingerprint:
        lines.append(f"seal's certificate: {report.subject}, SHA-256 {report.fingerprint}")
    with db.unscoped():  # Operators ask for the whole installation.
        row = issued(content) if db.has_tables() else None
    lines.append(f"issued here: {row.snapshot['number']}, {row.standing(service.today_here())}" if row else "issued here: no, not with these bytes")
    lines.append(f"badge in it: {inside.outcome}" if inside.outcome else f"badges in it: {inside.count}")
    if inside.address:
        lines.append(f"badge's certificate: {inside.address}")
    return Verdict(tuple(lines), _worth(row, report.state, inside))


def _worth(row: Certificate | None, seal: State, inside: Attached) -> Outcome:
    """What a PDF is worth. Its bytes are the best proof, then a seal and a badge that agree."""
    if row is not None:
        return _STANDINGS[row.standing(service.today_here())]
    if seal in (State.BROKEN, State.CHANGED) or inside.outcome is Outcome.TAMPERED or inside.count > 1:
        return Outcome.TAMPERED
    if inside.outcome in (None, Outcome.FOREIGN):
        return Outcome.FOREIGN
    if inside.address and _is_ours(inside.address):
        return Outcome.TAMPERED  # A genuine badge in a file that is not the one it came in.
    return inside.outcome if seal is State.INTACT and inside.outcome else Outcome.UNKNOWN


def _is_ours(address: str) -> bool:
    return address.startswith(f"{settings().base_url}/z/")


def _badge(text: str | bytes, documents: Documents) -> Verdict:
    found = documents.check(text)
    said = found.credential or {}
    lines = (f"badge: {found.outcome}", *(f"{key}: {said[key]}" for key in ("name", "id") if isinstance(said.get(key), str)))
    return Verdict(lines, found.outcome)


def _issuers() -> Iterator[tuple[str, Organisation]]:
    if not db.has_tables():  # Somebody checks a file with a Lotse that was never started.
        return
    with db.unscoped():
        for organisation in db.session.scalars(select(Organisation)).all():
            yield did.identifier(settings().base_url, organisation.slug), organisation


def _baked(content: bytes) -> str:
    try:
        text = baked(content)
    except PictureError as error:
        raise ValueError("the picture cannot be read") from error
    if text is None:
        raise ValueError("no badge is in this picture")
    return text


def _json(path: Path | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    data = json.loads(path.read_text("utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path} is no JSON object")
    return data
