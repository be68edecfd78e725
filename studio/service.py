"""Use cases of authors: open a draft, save a file without losing anybody's words, go back, check, publish."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from core import db
from core.i18n import N_
from courses import service as courses
from courses.models import Course, Edition
from modules import service as modules
from modules.findings import Finding
from modules.folder import MOST_BYTES, MOST_FILES, check_files
from modules.lint import errors, lint
from modules.service import CheckedFolder
from modules.source import read_course
from studio.merge import merge
from studio.models import (
    Arrival,
    Draft,
    DraftContent,
    DraftFile,
    DraftPresence,
    DraftRelease,
    DraftRevision,
    Following,
    Pull,
)

MOST_HISTORY = 500 << 20               # packed bytes of all that a draft's files have ever been
BOM = b"\xef\xbb\xbf"


class StudioError(ValueError):
    """Something cannot be done; nothing has changed. `message` is a message id, filled from `values`."""

    def __init__(self, message: str, **values: str | int | float) -> None:
        super().__init__(message)
        self.message, self.values = message, values


class ConflictError(Exception):
    """Somebody else changed the same lines. Nothing was stored; both texts are here."""

    def __init__(self, mine: str, theirs: str, revision: int) -> None:
        super().__init__(f"revision {revision}")
        self.mine, self.theirs, self.revision = mine, theirs, revision


class File(NamedTuple):
    """A file of a draft as it stands."""

    path: str
    revision: int
    size: int
    digest: str


@dataclass(frozen=True)
class Saved:
    """What stands there after saving: with `merged`, others' changes are in it, too."""

    revision: int
    text: str
    merged: bool


# --- Drafts -----------------------------------------------------------------------------------------------------------

def drafts() -> dict[str, Draft]:
    """All drafts of the organisation by the course's slug."""
    return {draft.slug: draft for draft in db.session.scalars(select(Draft).order_by(Draft.slug))}


def draft(slug: str) -> Draft | None:
    """The draft of a course."""
    return db.session.scalars(select(Draft).where(Draft.slug == slug)).one_or_none()


def draft_at(draft_id: int | None) -> Draft:
    """The draft that a row names."""
    return db.session.scalars(select(Draft).where(Draft.id == draft_id)).one()


def open_draft(slug: str) -> Draft | None:
    """The draft of a course, made from its newest edition at the first time. None: there is no such course."""
    found = draft(slug)
    course = courses.course(slug)
    if found is not None or course is None:
        return found
    with db.transaction() as tx:
        found = draft(slug)
        if found is None:
            edition = courses.newest_edition(course.id)
            found = _add(tx, slug, edition.id)
            for path, content in courses.files_of(edition.id).items():
                _write(tx, found, path, content, None, "edition")
    return found


def begin_course(slug: str, files: Mapping[str, bytes], person_id: int) -> Draft:
    """A draft of a course that has no edition yet. Raises StudioError when the name is taken."""
    with db.transaction() as tx:
        if draft(slug) is not None or courses.course(slug) is not None:
            raise StudioError(N_("There is a course with this short name already."))
        made = _add(tx, slug, None)
        for path, content in files.items():
            _write(tx, made, path, content, person_id, "")
    return made


def _add(tx: Session, slug: str, base_id: int | None) -> Draft:
    made = Draft(slug=slug, base_id=base_id)
    tx.add(made)
    tx.flush()
    return made


def remove(draft_id: int) -> None:
    """Delete a course that was never published, with all its states. Raises StudioError when it has an edition, LookupError when it is gone."""
    with db.transaction() as tx:
        found = locked(tx, draft_id)
        if courses.course(found.slug) is not None:
            raise StudioError(N_("This course is published. Its editions and their history stay; changes can be discarded."))
        files = select(DraftFile.id).where(DraftFile.draft_id == draft_id)
        followed = select(Following.id).where(Following.draft_id == draft_id)
        for rows in (
            delete(Arrival).where(Arrival.draft_id == draft_id),
            delete(Pull).where(Pull.following_id.in_(followed)), delete(Following).where(Following.draft_id == draft_id),
            delete(DraftRevision).where(DraftRevision.file_id.in_(files)), delete(DraftFile).where(DraftFile.draft_id == draft_id),
            delete(DraftContent).where(DraftContent.draft_id == draft_id), delete(DraftPresence).where(DraftPresence.draft_id == draft_id),
            delete(Draft).where(Draft.id == draft_id),
        ):
            tx.execute(rows.execution_options(synchronize_session=False))


# --- Reading ----------------------------------------------------------------------------------------------------------

_FILES = (
    select(DraftFile.path, DraftFile.revision, DraftContent.size, DraftContent.digest)
    .join(DraftContent, DraftContent.id == DraftFile.content_id).order_by(DraftFile.path)
)


def listing(draft_id: int) -> dict[str, File]:
    """The draft's files by their paths, without what is in them."""
    return {row.path: File(*row) for row in db.session.execute(_FILES.where(DraftFile.draft_id == draft_id))}


def contents(draft_id: int, *paths: str, folder: str = "") -> dict[str, bytes]:
    """The bytes of all files, of some, or of all in a folder."""
    asked = (
        select(DraftFile.path, DraftContent.packed).join(DraftContent, DraftContent.id == DraftFile.content_id)
        .where(DraftFile.draft_id == draft_id).order_by(DraftFile.path)
    )
    wanted: ColumnElement[bool] = DraftFile.path.in_(paths)
    if folder:
        wanted |= DraftFile.path.startswith(f"{folder}/", autoescape=True)
    if paths or folder:
        asked = asked.where(wanted)
    return {row.path: zlib.decompress(row.packed) for row in db.session.execute(asked)}


def read(draft_id: int, path: str) -> tuple[bytes, int]:
    """A file's bytes and revision. Raises LookupError when it is not there."""
    row = db.session.execute(
        select(DraftContent.packed, DraftFile.revision).join(DraftContent, DraftContent.id == DraftFile.content_id)
        .where(DraftFile.draft_id == draft_id, DraftFile.path == path)
    ).one_or_none()
    if row is None:
        raise LookupError(path)
    return zlib.decompress(row.packed), row.revision


def as_text(content: bytes) -> str:
    """A file's text for an editor. Raises UnicodeDecodeError."""
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def as_bytes(text: str, like: bytes) -> bytes:
    """A text from an editor as bytes, with the line ends and the byte order mark of what stood there before."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    ended = plain.replace("\n", "\r\n") if b"\r\n" in like else plain
    return (BOM if like.startswith(BOM) else b"") + ended.encode("utf-8", "replace")


# --- Writing ----------------------------------------------------------------------------------------------------------

def save(draft_id: int, path: str, text: str, base: int, person_id: int) -> Saved:
    """Store a file that somebody began to change at the revision `base`.

    What others saved meanwhile is put together with it. Raises ConflictError when both changed the same lines, LookupError when the
    file is gone, StudioError when it is too large.
    """
    with db.transaction() as tx:
        found = locked(tx, draft_id)
        content, revision = read(draft_id, path)
        theirs, mine = as_text(content), text.replace("\r\n", "\n")
        merged: str | None = mine
        if base != revision:
            merged = merge(as_text(revision_content(draft_id, path, base)), mine, theirs)
            if merged is None:
                raise ConflictError(mine, theirs, revision)
        assert merged is not None
        number = _write(tx, found, path, as_bytes(merged, content), person_id, "" if base == revision else "merged")
    return Saved(number, merged, merged != mine)


def put(draft_id: int, files: Mapping[str, bytes | None], person_id: int, note: str = "") -> None:
    """Store several files at once, or none of them; None deletes one. Raises StudioError."""
    with db.transaction() as tx:
        found = locked(tx, draft_id)
        for path, content in files.items():
            _write(tx, found, path, content, person_id, note)


def revision_content(draft_id: int, path: str, number: int) -> bytes:
    """What a file was at a revision. Raises LookupError."""
    packed = db.session.scalar(
        select(DraftContent.packed).join(DraftRevision, DraftRevision.content_id == DraftContent.id)
        .join(DraftFile, DraftFile.id == DraftRevision.file_id)
        .where(DraftFile.draft_id == draft_id, DraftFile.path == path, DraftRevision.number == number)
    )
    if packed is None:
        raise LookupError(f"{path} at {number}")
    return zlib.decompress(packed)


def restore(draft_id: int, path: str, number: int, person_id: int) -> None:
    """Make an earlier revision the present one again; what stands there now stays in the history. Raises LookupError."""
    put(draft_id, {path: revision_content(draft_id, path, number)}, person_id, "restored")


def restore_edition(draft_id: int, edition_id: int, person_id: int) -> None:
    """Make the draft what an edition was. All that it is now stays in the history."""
    wanted: dict[str, bytes | None] = dict(courses.files_of(edition_id))
    put(draft_id, {**dict.fromkeys(listing(draft_id).keys() - wanted.keys()), **wanted}, person_id, "restored")


def locked(tx: Session, draft_id: int) -> Draft:
    """The draft, for one writer at a time. Raises LookupError."""
    found = tx.scalars(select(Draft).where(Draft.id == draft_id).with_for_update()).one_or_none()
    if found is None:
        raise LookupError(draft_id)
    return found


def _write(tx: Session, draft: Draft, path: str, content: bytes | None, person_id: int | None, note: str) -> int:
    _refuse(check_files({path: content or b""}))
    file = tx.scalars(select(DraftFile).where(DraftFile.draft_id == draft.id, DraftFile.path == path)).one_or_none()
    if file is None:
        if content is None:
            raise LookupError(path)
        _within_quota(tx, draft)
        file = DraftFile(draft_id=draft.id, path=path, revision=0)
        tx.add(file)
        tx.flush()
    content_id = None if content is None else _content_id(tx, draft, content)
    if content_id == file.content_id and file.revision:
        return file.revision
    file.revision += 1
    file.content_id = content_id
    tx.add(DraftRevision(file_id=file.id, number=file.revision, content_id=content_id, person_id=person_id, note=note))
    tx.flush()
    return file.revision


def _content_id(tx: Session, draft: Draft, content: bytes) -> int:
    digest = hashlib.sha256(content).hexdigest()
    known = tx.scalar(select(DraftContent.id).where(DraftContent.draft_id == draft.id, DraftContent.digest == digest))
    if known is not None:
        return known
    packed = zlib.compress(content)
    live = _FILES.where(DraftFile.draft_id == draft.id).order_by(None).subquery()
    sizes = tx.scalar(select(func.sum(live.c.size))) or 0
    kept = tx.scalar(select(func.sum(func.length(DraftContent.packed))).where(DraftContent.draft_id == draft.id)) or 0
    if sizes + len(content) > MOST_BYTES or kept + len(packed) > MOST_HISTORY:
        raise StudioError(N_("The draft has no room left: all its files may have %(most)s MB."), most=MOST_BYTES >> 20)
    made = DraftContent(draft_id=draft.id, digest=digest, size=len(content), packed=packed)
    tx.add(made)
    tx.flush()
    return made.id


def _within_quota(tx: Session, draft: Draft) -> None:
    if (tx.scalar(select(func.count(DraftFile.id)).where(DraftFile.draft_id == draft.id)) or 0) >= 2 * MOST_FILES:
        raise StudioError(N_("The draft has more files than a course may have."))


def _refuse(findings: list[Finding]) -> None:
    for finding in errors(findings):
        raise StudioError(finding.message, **finding.values)


# --- Publishing -------------------------------------------------------------------------------------------------------

def checked(draft_id: int, slug: str) -> CheckedFolder:
    """The whole draft as `./lotse check` sees it."""
    files = contents(draft_id)
    course = read_course(files)
    findings = lint(course)
    if course.id and course.id != slug:
        findings.insert(0, Finding("course-id", "course.yml", 1, N_("The id of the course is “%(id)s”, but this is the draft of “%(slug)s”."),
                                   N_("An id never changes: write the old one again."), values={"id": course.id, "slug": slug}))
    return CheckedFolder(course, files, findings)


def publish(draft_id: int, slug: str, person_id: int, note: str) -> Edition:
    """Make the draft the course's newest edition; the same bytes again are the same edition. Raises FormatError with all errors."""
    return release(draft_id, checked(draft_id, slug), person_id, note)


def release(draft_id: int, folder: CheckedFolder, person_id: int, note: str) -> Edition:
    """Make what the draft is known to hold the course's newest edition. Raises FormatError with all errors."""
    organisation_id = db.acting_for()
    assert organisation_id is not None
    with db.transaction() as tx:
        found = locked(tx, draft_id)
        edition = modules.publish(organisation_id, folder)
        found.base_id = edition.id
        if tx.scalar(select(DraftRelease.id).where(DraftRelease.edition_id == edition.id)) is None:
            tx.add(DraftRelease(draft_id=draft_id, edition_id=edition.id, person_id=person_id, note=note))
    return edition


def changed_paths(draft: Draft) -> list[str]:
    """The files that differ from the edition that the draft began with."""
    base = {path: hashlib.sha256(content).hexdigest() for path, content in courses.files_of(draft.base_id).items()} if draft.base_id else {}
    now = {path: file.digest for path, file in listing(draft.id).items()}
    return sorted(path for path in base.keys() | now.keys() if base.get(path) != now.get(path))


def editions(slug: str) -> list[tuple[Edition, DraftRelease | None]]:
    """A course's editions, the newest first, each with what its author says about it."""
    rows = db.session.execute(
        select(Edition, DraftRelease).join(Course, Course.id == Edition.course_id)
        .outerjoin(DraftRelease, DraftRelease.edition_id == Edition.id).where(Course.slug == slug).order_by(Edition.number.desc())
    )
    return [(row[0], row[1]) for row in rows]
