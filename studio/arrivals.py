"""Use cases of authors who bring along what they have elsewhere: send a file, see what became of each item, and take it over.

Nothing of a file is in a draft before its author has seen the report and says so. What is taken over is one step in the draft's
history, and can be taken back there.
"""

import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, count
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import db, jobs
from core.i18n import LANGUAGES, N_
from exchange import service as exchange
from exchange.model import Entry, Reading
from exchange.zipping import packed, unpacked
from modules.lint import errors
from modules.pools import FOLDER
from modules.service import CheckedFolder
from modules.source import front_matter, read_course
from studio import service, structure
from studio.keeping import kept, plain
from studio.models import Arrival, Draft
from studio.service import StudioError

READ = "studio.read"
LEASE = timedelta(minutes=1)           # of a worker that is gone; who works renews it
MOST_TRIES = 3                         # after which a file that ends every worker is left alone
KEPT = timedelta(days=30)
MOST_TOLD = 200                        # findings of one report
COURSE = "course.yml"


@dataclass(frozen=True)
class Sent:
    """A file as its author sends it."""

    name: str
    content: bytes
    format: str = exchange.AUTO
    language: str = "de"


def send(sent: Sent, person_id: int, draft_id: int | None = None) -> Arrival:
    """Keep a file to be read by a job: for a draft, or for a course of its own. Raises StudioError."""
    if not sent.content:
        raise StudioError(N_("The file is empty. Please choose another one."))
    if sent.format not in exchange.FORMATS or sent.language not in LANGUAGES:
        raise StudioError(N_("Please choose a format and a language of the list."))
    with db.transaction() as tx:
        row = Arrival(draft_id=draft_id, person_id=person_id, name=sent.name[-200:], format=sent.format, language=sent.language, sent=zlib.compress(sent.content, 1))
        tx.add(row)
        tx.flush()
        jobs.hint(jobs.queue.tasks[READ], row.id)
    return row


def arrival(row_id: int, person_id: int) -> Arrival | None:
    """A file that this person sent."""
    return db.session.scalars(select(Arrival).where(Arrival.id == row_id, Arrival.person_id == person_id)).one_or_none()


def waiting(person_id: int, draft_id: int | None = None) -> list[Arrival]:
    """What this person sent and neither took over nor threw away, the newest first."""
    return list(db.session.scalars(
        select(Arrival).where(Arrival.person_id == person_id, Arrival.draft_id == draft_id, Arrival.taken_at.is_(None)).order_by(Arrival.id.desc())
    ))


def discard(row_id: int, person_id: int) -> None:
    """Throw a file and its report away. Saying it twice changes nothing."""
    with db.transaction() as tx:
        tx.execute(delete(Arrival).where(Arrival.id == row_id, Arrival.person_id == person_id))


def sweep_old() -> None:
    """Forget files and reports that have had their time."""
    with db.unscoped(), db.transaction() as tx:  # Of all tenants, by nothing but age.
        tx.execute(delete(Arrival).where(Arrival.at < db.now() - KEPT).execution_options(synchronize_session=False))


# --- Reading ----------------------------------------------------------------------------------------------------------

def read_due(row_id: int) -> None:
    """Read a file: the background's part. Safe to run twice, and to be ended at any time."""
    row = jobs.claim(Arrival, row_id, LEASE)
    if row is None:
        return
    with suppress(jobs.LostLeaseError), jobs.held(row, LEASE):
        if row.tries > MOST_TRIES:
            with db.transaction():
                row.sent = None
                jobs.fail(row, N_("Reading was broken off several times: the file may be too much for this server. Please split it."))
            return
        reading, folder = _read(row)
        report = _report(reading, folder)
        with db.transaction():
            row.sent, row.made, row.report = None, packed(folder.files) if report["usable"] else None, report
            jobs.finish(row)


def _read(row: Arrival) -> tuple[Reading, CheckedFolder]:
    """The items of a file and the folder that they make. No transaction is open meanwhile."""
    content = zlib.decompress(row.sent or b"")
    with db.transaction():
        files = service.contents(row.draft_id) if row.draft_id else {}
    reading = exchange.read(content, row.name, row.format, row.language)
    frame = exchange.frame_for(reading, row.name, row.language)
    if row.draft_id and not reading.files:
        reading = exchange.apart(reading, _ids(files))
        frame = replace(frame, first=_first_free(files))
    return reading, exchange.checked(reading, frame)


def _ids(files: Mapping[str, bytes]) -> set[str]:
    return {block.id for source in read_course(files).with_blocks for block in source.blocks}


def _first_free(files: Mapping[str, bytes]) -> int:
    """The number of the next module: behind all that the folders' names have."""
    numbers = [int(match[0]) for folder in structure.module_files(list(files)) if (match := re.match(r"\d{1,4}", folder))]
    return max(numbers, default=0) + 1


def _report(reading: Reading, folder: CheckedFolder) -> dict[str, Any]:
    whole = bool(reading.files)
    findings = [*reading.findings, *(folder.findings if whole else errors(folder.findings))]
    return {
        "format": reading.format, "whole": whole, "course": folder.course.id, "usable": COURSE in folder.files,
        "items": [] if whole else [told(entry) for entry in reading.report], "findings": [kept(finding) for finding in findings[:MOST_TOLD]],
    }


def told(entry: Entry) -> dict[str, Any]:
    """What became of an item, as a row can keep it. Notes are message ids with their values."""
    return {"number": entry.number, "name": entry.name or entry.id, "what": entry.what, "line": entry.line, "state": entry.state,
            "notes": [[note.message, plain(note.values)] for note in entry.notes]}


# --- Taking over ------------------------------------------------------------------------------------------------------

def take(row: Arrival, person_id: int, slug: str = "", *, pools: bool = False) -> Draft:
    """Make what was read a course of its own under the short name `slug`, or put it into the draft that it was sent for.

    With `pools` questions become pools to draw from, else modules. Saying it twice changes nothing. Raises StudioError, LookupError when nothing is there to be taken.
    """
    with db.transaction() as tx:
        found = tx.scalars(select(Arrival).where(Arrival.id == row.id).with_for_update().execution_options(populate_existing=True)).one_or_none()
        if found is not None and found.taken_at is not None:
            return service.draft_at(found.draft_id)
        if found is None or found.made is None:
            raise LookupError(row.id)
        files = unpacked(found.made)
        draft = _into(tx, found, found.draft_id, files, person_id, pools=pools) if found.draft_id else _begin(found, files, person_id, slug)
        found.draft_id, found.made, found.taken_at = draft.id, None, db.now()
    return draft


def _begin(row: Arrival, files: Mapping[str, bytes], person_id: int, slug: str) -> Draft:
    if _is_whole(row):
        if not structure.is_slug(_course_id(row)):
            raise StudioError(N_("The course has no id that could be its short name: a–z, 0–9 and -. Please write one behind “id:” in its course.yml."))
        return service.begin_course(_course_id(row), files, person_id)
    if not structure.is_slug(slug):
        raise StudioError(N_("Use a–z, 0–9 and - for the short name, at most 64 characters."))
    course = re.sub(rb"^id: [^\n]*", f"id: {slug}".encode(), files[COURSE], count=1, flags=re.MULTILINE)
    return service.begin_course(slug, {**files, COURSE: course}, person_id)


def _into(tx: Session, row: Arrival, draft_id: int, files: Mapping[str, bytes], person_id: int, *, pools: bool) -> Draft:
    """Put a whole course in the draft's place, or new modules behind its own, or new pools beside its own."""
    draft = service.locked(tx, draft_id)
    now = service.listing(draft.id)
    if _is_whole(row):
        if _course_id(row) != draft.slug:
            raise StudioError(N_("The id of the course is “%(id)s” there, but this is the draft of “%(slug)s”."), id=_course_id(row) or "?", slug=draft.slug)
        service.put(draft.id, {**dict.fromkeys(now.keys() - files.keys()), **files}, person_id, "imported")
        return draft
    text = service.as_text(service.read(draft.id, COURSE)[0])
    files = _in_all_languages(files, structure.listed(text, "languages"))
    if pools:
        service.put(draft.id, _as_pools(files, now), person_id, "imported")
        return draft
    modules = {path: content for path, content in files.items() if path != COURSE}
    if now.keys() & modules.keys():
        raise StudioError(N_("The course has got modules of the same names since the file was read. Please send the file once more."))
    order = [*structure.listed(text), *structure.listed(service.as_text(files[COURSE]))]
    service.put(draft.id, {**modules, COURSE: structure.with_list(text, "modules", order).encode()}, person_id, "imported")
    return draft


def _in_all_languages(files: Mapping[str, bytes], languages: Sequence[str]) -> dict[str, bytes]:
    """The files, and of each module a copy to be translated for each other language of the course."""
    made = dict(files)
    for folder, paths in structure.module_files(list(files)).items():
        first, path = next(iter(paths.items()))
        text, codes = service.as_text(files[path]), {*paths, *languages} & {*LANGUAGES}
        titles = structure.front_values(text)
        titled = structure.with_front(text, {f"title-{code}": titles[f"title-{code}"] or titles[f"title-{first}"] for code in codes})
        made |= {f"{folder}/module.{code}.md": structure.in_language(titled, code).encode() for code in codes}
    return made


def _as_pools(files: Mapping[str, bytes], taken: Collection[str]) -> dict[str, bytes]:
    """Modules without their heads, as pools that have names of their own; so have their pictures, which all lie in one folder."""
    made: dict[str, bytes] = {}
    for folder, paths in structure.module_files(list(files)).items():
        name = _free_name(re.sub(r"^\d+-", "", folder), {*taken, *made})
        for language, path in paths.items():
            text = service.as_text(files[path])
            _, _, line = front_matter(text)
            body = "\n".join(text.split("\n")[line - 1:]).strip()
            made[f"{FOLDER}/{name}.{language}.md"] = f"{body}\n".replace("](media/", f"](media/{name}-").encode()
        for path in files:
            if path.startswith(f"{folder}/media/"):
                made[f"{FOLDER}/media/{name}-{path.removeprefix(f'{folder}/media/')}"] = files[path]
    return made


def _free_name(wanted: str, taken: Collection[str]) -> str:
    names = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(name for name in names if not any(path.startswith(f"{FOLDER}/{name}.") for path in taken))


def _is_whole(row: Arrival) -> bool:
    return bool((row.report or {}).get("whole"))


def _course_id(row: Arrival) -> str:
    return str((row.report or {}).get("course") or "")
