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
from certificates.credentials import did
from certificates.credentials.check import Outcome
from certificates.credentials.check import check as check_badge
from certificates.credentials.png import PictureError, baked
from certificates.models import Standing
from certificates.sealing.check import State
from certificates.sealing.check import check as check_seal
from core import db
from core.config import settings

_PNG = b"\x89PNG"


@dataclass(frozen=True)
class Verdict:
    """What is known of a file, a line each, and whether all of it is well."""

    lines: tuple[str, ...]
    good: bool


def verify(path: Path, did_file: Path | None = None, list_file: Path | None = None) -> Verdict:
    """Look at a PDF, a badge as JSON or JWT, or a picture that holds one. The issuers of this installation are known;
    of another one `did_file` and `list_file` are its documents. Nothing is fetched. Raises OSError and ValueError for files that cannot be read.
    """
    content = path.read_bytes()
    if content.startswith(b"%PDF"):
        return _pdf(content)
    if content.startswith(_PNG):
        return _badge(_baked(content), did_file, list_file)
    return _badge(content, did_file, list_file)


def _pdf(content: bytes) -> Verdict:
    digest, report = hashlib.sha256(content).hexdigest(), check_seal(content)
    lines = [f"SHA-256 {digest}", f"seal: {report.state}"]
    if report.fingerprint:
        lines.append(f"seal's certificate: {report.subject}, SHA-256 {report.fingerprint}")
    row = files.owner(digest)
    if row is None:
        lines.append("issued here: no, not with these bytes")
        return Verdict(tuple(lines), False)
    standing = row.standing(service.today_here())
    lines.append(f"issued here: {row.snapshot['number']}, {standing}")
    return Verdict(tuple(lines), standing is Standing.VALID and report.state in (State.INTACT, State.NONE))


def _badge(text: str | bytes, did_file: Path | None, list_file: Path | None) -> Verdict:
    given, listed = _json(did_file), _json(list_file)
    own = dict(_issuers())

    def documents(name: str) -> Any:
        if given and given.get("id") == name:
            return given
        return badges.did_document(own[name]) if name in own else None

    def lists(address: str) -> Any:
        if listed and listed.get("id") == address:
            return listed
        return next((badges.status_list(entry) for entry in own.values() if badges.list_address(entry) == address), None)

    found = check_badge(text, documents=documents, lists=lists, at=db.now())
    said = found.credential or {}
    lines = (f"badge: {found.outcome}", *(f"{key}: {said[key]}" for key in ("name", "id") if isinstance(said.get(key), str)))
    return Verdict(lines, found.outcome is Outcome.VALID)


def _issuers() -> Iterator[tuple[str, Organisation]]:
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
