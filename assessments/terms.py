"""By what rules somebody answers in a module now: which attempt counts, when it is due, how long a test takes, what may be seen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from assessments import grading
from assessments.clock import Clock, allowed
from assessments.grading import Showing
from assessments.kinds.item import Item
from assessments.models import DueDate, ExtraTime, Sitting
from core import db
from core.config import settings
from core.direct import Read
from courses.service import AnyPart
from modules.course import ModuleSource
from modules.dates import moment_of
from modules.service import parsed

_DATES = Read(select(DueDate.module, DueDate.at).where(DueDate.run_id == bindparam("run_id"), DueDate.at.is_not(None)))
_SITTINGS = Read(select(Sitting.module, Sitting.minutes, Sitting.started_at).where(Sitting.enrolment_id == bindparam("enrolment_id")))
_EXTRA = Read(select(ExtraTime.percent, ExtraTime.minutes).where(ExtraTime.enrolment_id == bindparam("enrolment_id")).order_by(ExtraTime.id.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of a module for one person, as they stand at a moment."""

    keep: str = "best"
    due_at: datetime | None = None
    past_due: bool | None = None       # None: nothing is due
    test: Clock | None = None

    @property
    def begun(self) -> bool:
        """Whether the questions may be seen: where there is a limit, only after the button."""
        return self.test is None or self.test.started_at is not None

    @property
    def over(self) -> bool:
        """Whether the time of a test is over."""
        return self.test is not None and self.test.refuses

    def closed(self, item: Item, used: int, *, solved: bool) -> bool:
        """Whether no further answer is taken for an item."""
        left = grading.attempts_left(item.attempts, used)
        return grading.closed(item.show, left, solved, answered=used > 0, due_passed=self.past_due, over=self.over)

    def showing(self, item: Item, *, is_closed: bool) -> Showing:
        """What may be seen of an item's grade."""
        return grading.showing(item.show, is_closed=is_closed, due_passed=self.past_due)

    def waits(self, item: Item) -> bool:
        """Whether what an answer is worth is kept back until the due date."""
        return grading.waits(item.show, self.past_due)


def of(part: AnyPart, module: str) -> Terms:
    """The rules of a module for somebody, now. Raises LookupError for a module that their edition does not have."""
    edition = parsed(part.edition_id)
    return _terms(part, edition.course.attempts, edition.module(module, edition.languages[0]), _dates(part))


def begun(part: AnyPart, module: str) -> bool:
    """Whether somebody may see a module's questions: all may, but for a test only who has begun it. Raises LookupError."""
    edition = parsed(part.edition_id)
    timed = edition.module(module, edition.languages[0]).time_limit
    return not timed or any(row.module == module for row in _SITTINGS(enrolment_id=part.id))


def of_all(part: AnyPart) -> dict[str, Terms]:
    """The rules of all modules for somebody, now."""
    edition, dates = parsed(part.edition_id), _dates(part)
    return {
        module: _terms(part, edition.course.attempts, edition.module(module, edition.languages[0]), dates) for module in edition.module_ids
    }


def keeps(edition_id: int) -> dict[str, str]:
    """Which attempt counts, by module."""
    edition = parsed(edition_id)
    return {module: edition.module(module, edition.languages[0]).attempts or edition.course.attempts for module in edition.module_ids}


def due_in_course(source: ModuleSource) -> datetime | None:
    """When a module is due as its author says."""
    return moment_of(source.due, settings().timezone)


def _dates(part: AnyPart) -> dict[str, datetime]:
    return {row.module: row.at for row in _DATES(run_id=part.run_id)}


def _terms(part: AnyPart, keep: str, source: ModuleSource, dates: dict[str, datetime]) -> Terms:
    moment = db.now()
    due_at = dates.get(source.id) or due_in_course(source)
    return Terms(
        source.attempts or keep, due_at, None if due_at is None else moment > due_at,
        _clock(part, source, moment) if source.time_limit else None,
    )


def _clock(part: AnyPart, source: ModuleSource, moment: datetime) -> Clock:
    sitting = next((row for row in _SITTINGS(enrolment_id=part.id) if row.module == source.id), None)
    extra = _EXTRA.one(enrolment_id=part.id)
    percent, more = (extra.percent, extra.minutes) if extra else (0, 0)
    limit = sitting.minutes if sitting else source.time_limit
    return Clock(allowed(limit, percent, more), sitting.started_at if sitting else None, moment, extra=bool(percent or more))
