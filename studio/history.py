"""What a file has been: its revisions as a list to go back in, and what changed from one to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from sqlalchemy import select

from accounts.models import Person
from core import db
from studio.models import DraftFile, DraftPresence, DraftRevision

TOGETHER = timedelta(minutes=5)
HERE = timedelta(seconds=45)
MOST_LISTED = 2_000


@dataclass(frozen=True)
class Step:
    """What one person did without a long pause. `number` is the last revision of it, `before` the one that it began with."""

    path: str
    number: int
    before: int
    name: str
    at: datetime
    note: str
    gone: bool


def steps(draft_id: int, path: str = "") -> list[Step]:
    """The changes of a draft or of one file, the newest first."""
    asked = (
        select(DraftFile.path, DraftRevision.number, DraftRevision.at, DraftRevision.note, DraftRevision.content_id, DraftRevision.person_id, Person.name)
        .join(DraftFile, DraftFile.id == DraftRevision.file_id).outerjoin(Person, Person.id == DraftRevision.person_id)
        .where(DraftFile.draft_id == draft_id).order_by(DraftRevision.id.desc()).limit(MOST_LISTED)
    )
    found: list[Step] = []
    last = None
    for row in db.session.execute(asked.where(DraftFile.path == path) if path else asked):
        if last and (last.path, last.person_id, last.note, row.note) == (row.path, row.person_id, "", "") and last.at - row.at < TOGETHER:
            step = found[-1]
            found[-1] = Step(step.path, step.number, row.number - 1, step.name, step.at, step.note, step.gone)
        else:
            found.append(Step(row.path, row.number, row.number - 1, row.name or "", row.at, row.note, row.content_id is None))
        last = row
    return found


@dataclass(frozen=True)
class Line:
    """A line of a comparison: `sign` is + for new, - for old, empty for both, … for many of both that are left out."""

    sign: str
    text: str


def differences(old: str, new: str, around: int = 2) -> list[Line]:
    """What to look at, with a few lines around it."""
    lines: list[Line] = []
    before, after = old.split("\n"), new.split("\n")
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(around):
        if lines or group[0][1]:
            lines.append(Line("…", ""))
        for tag, first, last, from_, to in group:
            if tag == "equal":
                lines += _all("", before[first:last])
            else:
                lines += [*_all("-", before[first:last]), *_all("+", after[from_:to])]
    return lines


def _all(sign: str, lines: Sequence[str]) -> list[Line]:
    return [Line(sign, text) for text in lines]


# --- Who is here ------------------------------------------------------------------------------------------------------

def note_presence(draft_id: int, path: str, person_id: int) -> list[tuple[str, bool]]:
    """Note that somebody has a file open. Who else is at work on the draft: their names, and whether on the same file."""
    with db.transaction() as tx:
        mine = tx.scalars(select(DraftPresence).where(DraftPresence.draft_id == draft_id, DraftPresence.person_id == person_id)).one_or_none()
        if mine is None:
            mine = DraftPresence(draft_id=draft_id, person_id=person_id, path=path)
            tx.add(mine)
        mine.path, mine.seen_at = path, db.now()
    return others(draft_id, path, person_id)


def others(draft_id: int, path: str, person_id: int) -> list[tuple[str, bool]]:
    """Who else is at work on the draft."""
    rows = db.session.execute(
        select(Person.name, DraftPresence.path).join(Person, Person.id == DraftPresence.person_id)
        .where(DraftPresence.draft_id == draft_id, DraftPresence.person_id != person_id, DraftPresence.seen_at > db.now() - HERE)
        .order_by(Person.name)
    )
    return [(row.name or "?", row.path == path) for row in rows]
