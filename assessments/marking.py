"""Use cases of marking: what people must read, their drafts, and the grades that come of them.

Two may mark at once: whoever saves must have seen the last saving, else nothing is overwritten and they see what the other wrote.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError

from accounts.models import Person
from assessments import items, service
from assessments.kinds import KINDS
from assessments.kinds.essay import EssayItem, MarkError, mark
from assessments.models import Attempt, Grade, Marking
from core import db
from core.i18n import N_
from core.jobs import WorkState
from courses.models import Enrolment
from exercises.prompt import words
from modules.service import parsed


class MeanwhileError(RuntimeError):
    """Somebody else has saved since these marks were looked at; nothing was written. `saved` is what stands there."""

    def __init__(self, saved: Marking) -> None:
        super().__init__("meanwhile")
        self.saved = saved


@dataclass(frozen=True)
class Task:
    """An exercise of a run that people mark, and how many texts wait for that."""

    module: str
    item: EssayItem
    waiting: int
    marked: int


@dataclass(frozen=True)
class Text:
    """One text in the list. `number` is its name as long as nobody wants to know whose it is; `begun_by` has a draft of marks."""

    attempt_id: int
    number: int
    name: str | None
    submitted_at: datetime
    words: int
    waiting: bool
    score: float | None
    maximum: float | None
    begun_by: str | None


@dataclass(frozen=True)
class Sheet:
    """One text with all that marking it needs. `version` is that of the draft, 0 when there is none."""

    attempt: Attempt
    enrolment: Enrolment
    item: EssayItem
    marking: Marking | None
    grade: Grade | None
    names: dict[int, str | None]       # of the learner and of those who mark, by person

    @property
    def version(self) -> int:
        """What whoever saves must have seen."""
        return self.marking.version if self.marking else 0

    @property
    def waiting(self) -> bool:
        """Whether nobody has given a grade yet."""
        return self.attempt.state == WorkState.WAITING


@dataclass(frozen=True)
class Marks:
    """What somebody has typed: points of each line, and a comment."""

    points: tuple[str, ...]
    comment: str

    def numbers(self) -> list[float]:
        """The points. Raises MarkError where there are none yet."""
        return [_number(number, text) for number, text in enumerate(self.points, 1)]


def _number(number: int, text: str) -> float:
    if not text.strip():
        raise MarkError(N_("Line %(number)s has no points yet."), number=number)
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError as error:
        raise MarkError(N_("The points of line %(number)s are no number."), number=number) from error
    if not math.isfinite(value) or round(value, 2) != value:
        raise MarkError(N_("The points of line %(number)s are no number."), number=number)
    return value


# --- What there is to mark --------------------------------------------------------------------------------------------

def is_marked(edition_id: int) -> bool:
    """Whether an edition has exercises that people mark."""
    language = parsed(edition_id).languages[0]
    found = (item for module in parsed(edition_id).module_ids for item in items.items(edition_id, module, language).values())
    return any(KINDS[item.kind].by_people for item in found)


def waiting(run_id: int) -> int:
    """How many texts of a run wait."""
    return db.session.scalar(
        select(func.count()).select_from(Attempt).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.run_id == run_id, Attempt.state == WorkState.WAITING)
    ) or 0


def tasks(run_id: int, language: str) -> list[Task]:
    """The exercises that people mark and that somebody has answered; those that wait come first."""
    rows = db.session.execute(
        select(Attempt.edition_id, Attempt.module, Attempt.item, Attempt.state)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id).where(Enrolment.run_id == run_id, _by_people())
    ).all()
    editions = {(row.module, row.item): row.edition_id for row in rows}
    counts = Counter((row.module, row.item, row.state == WorkState.WAITING) for row in rows)
    found = [
        Task(module, _item(edition_id, module, item, language), counts[module, item, True], counts[module, item, False])
        for (module, item), edition_id in editions.items()
    ]
    return sorted(found, key=lambda task: (not task.waiting, task.module, task.item.id))


def texts(run_id: int, module: str, item_id: str) -> list[Text]:
    """The texts of everybody, in the order in which they came."""
    rows = db.session.execute(
        select(Attempt.id, Attempt.response, Attempt.submitted_at, Attempt.state, Person.name, Marking.marker_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id).join(Person, Person.id == Enrolment.person_id)
        .outerjoin(Marking, Marking.attempt_id == Attempt.id)
        .where(Enrolment.run_id == run_id, Attempt.module == module, Attempt.item == item_id, _by_people()).order_by(Attempt.id)
    ).all()
    grades = {
        grade.attempt_id: grade
        for grade in db.session.scalars(select(Grade).where(Grade.attempt_id.in_([row.id for row in rows])).order_by(Grade.id))
    }
    names = _names(row.marker_id for row in rows)
    return [
        Text(row.id, number, row.name, row.submitted_at, words(row.response["text"]), row.state == WorkState.WAITING,
             grades[row.id].score if row.id in grades else None, grades[row.id].score_maximum if row.id in grades else None,
             names.get(row.marker_id) if row.state == WorkState.WAITING else None)
        for number, row in enumerate(rows, 1)
    ]


def sheet(run_id: int, attempt_id: int, language: str) -> Sheet:
    """One text. Raises LookupError when the run has none of this number that people mark."""
    found = db.session.execute(
        select(Attempt, Enrolment).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Attempt.id == attempt_id, Enrolment.run_id == run_id, _by_people())
    ).one_or_none()
    if found is None:
        raise LookupError(attempt_id)
    attempt, enrolment = found
    marking = _marking(attempt_id)
    grade = db.session.scalars(select(Grade).where(Grade.attempt_id == attempt_id).order_by(Grade.id.desc()).limit(1)).one_or_none()
    item = _item(attempt.edition_id, attempt.module, attempt.item, language)
    people = (enrolment.person_id, marking.marker_id if marking else None, grade.marker_id if grade else None)
    return Sheet(attempt, enrolment, item, marking, grade, _names(people))


def next_waiting(run_id: int, module: str, item_id: str, after: int) -> int | None:
    """The next text that waits, after this one and then from the first on; those that somebody has begun come last."""
    rows = db.session.execute(
        select(Attempt.id, Marking.id.label("begun")).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .outerjoin(Marking, Marking.attempt_id == Attempt.id)
        .where(Enrolment.run_id == run_id, Attempt.module == module, Attempt.item == item_id, Attempt.state == WorkState.WAITING, Attempt.id != after)
    ).all()
    return min(rows, key=lambda row: (row.begun is not None, row.id < after, row.id)).id if rows else None


def _by_people() -> Any:
    """Attempts that wait, or that somebody has marked."""
    return or_(Attempt.state == WorkState.WAITING, Attempt.id.in_(select(Grade.attempt_id).where(Grade.marker_id.is_not(None))))


def _item(edition_id: int, module: str, item_id: str, language: str) -> EssayItem:
    known = parsed(edition_id).languages
    found = items.item(edition_id, module, item_id, language if language in known else known[0])
    assert isinstance(found, EssayItem)
    return found


def _names(people: Any) -> dict[int, str | None]:
    wanted = {person for person in people if person is not None}
    return {row.id: row.name for row in db.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))} if wanted else {}


def _marking(attempt_id: int) -> Marking | None:
    return db.session.scalars(
        select(Marking).where(Marking.attempt_id == attempt_id).execution_options(populate_existing=True)
    ).one_or_none()


# --- Marking ----------------------------------------------------------------------------------------------------------

def save(found: Sheet, marker_id: int, marks: Marks, version: int) -> None:
    """Keep a draft. `version` is the one that the marker has seen. Raises MeanwhileError."""
    try:
        with db.transaction():
            _put(found.attempt.id, marker_id, marks, version)
    except IntegrityError as error:  # Two first ones at once.
        raise MeanwhileError(_saved(found.attempt.id)) from error


def give(found: Sheet, marker_id: int, marks: Marks, version: int) -> None:
    """Let the marks count: a grade is added, and all that follows from a grade happens. Raises MarkError and MeanwhileError.

    The same marks as those that count already change nothing.
    """
    verdict = mark(found.item, marks.numbers(), marks.comment)
    try:
        with db.transaction():
            _put(found.attempt.id, marker_id, marks, version)
            found.attempt.state = WorkState.DONE
            if found.grade is None or found.grade.verdict != verdict.as_dict():
                service.record_grade(found.attempt, found.enrolment, found.item, verdict, marker_id=marker_id)
    except IntegrityError as error:
        raise MeanwhileError(_saved(found.attempt.id)) from error


def give_all(run_id: int, attempt_ids: Collection[int], marker_id: int, marks: Marks, language: str) -> tuple[int, int]:
    """Give several texts the same marks; how many got them, and how many were left out because somebody has begun to mark them.

    Raises MarkError and LookupError, before anything is written.
    """
    sheets = [sheet(run_id, attempt_id, language) for attempt_id in attempt_ids]
    for found in sheets:
        mark(found.item, marks.numbers(), marks.comment)
    given = sum(_give_first(found, marker_id, marks) for found in sheets)
    return given, len(sheets) - given


def _give_first(found: Sheet, marker_id: int, marks: Marks) -> bool:
    if not found.waiting or found.marking is not None:
        return False
    try:
        give(found, marker_id, marks, 0)
    except MeanwhileError:
        return False
    return True


def _put(attempt_id: int, marker_id: int, marks: Marks, version: int) -> None:
    written: dict[str, Any] = {"marker_id": marker_id, "points": list(marks.points), "comment": marks.comment, "saved_at": db.now()}
    if version == 0 and _marking(attempt_id) is None:
        db.session.add(Marking(attempt_id=attempt_id, **written))
        db.session.flush()
        return
    changed = db.changed(
        update(Marking).where(Marking.attempt_id == attempt_id, Marking.version == version).values(**written, version=version + 1)
        .execution_options(synchronize_session=False)
    )
    if changed != 1:
        raise MeanwhileError(_saved(attempt_id))


def _saved(attempt_id: int) -> Marking:
    found = _marking(attempt_id)
    assert found is not None
    return found


def typed(points: Sequence[str], comment: str, count: int) -> Marks:
    """Marks from a form, with as many lines as the rubric has."""
    lines = [text.strip()[:12] for text in points[:count]]
    return Marks(tuple(lines + [""] * (count - len(lines))), comment.replace("\r\n", "\n").strip())
