"""A try: an attempt that somebody has claimed and carries out, and how it can end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from assessments import service
from assessments.grading import Verdict
from assessments.kinds.item import Item
from assessments.models import Attempt, Completion
from core import db, jobs
from courses.models import Enrolment

LEASE = timedelta(seconds=30)  # A learner is watching: what a killed process was at is taken up again soon.
I = TypeVar("I", bound=Item)  # noqa: E741 - an item of the kind's own class


@dataclass(frozen=True)
class Event:
    """What a watching browser is told: answer (one begins), text (a piece of it), done, or later (somebody else runs it)."""

    name: str
    data: Any = None


@dataclass(frozen=True)
class Try(Generic[I]):
    """An attempt at work."""

    attempt: Attempt
    enrolment: Enrolment
    item: I


def cause(attempt_id: int) -> str:
    """What the calls of a try are booked for."""
    return f"attempt {attempt_id}"


def finish(this: Try[Any], verdict: Verdict, completions: Sequence[Completion] = (), *, counts: bool = True) -> None:
    """Answers, grade and all that follows from it: one transaction, and only while the row is still ours."""
    with db.transaction() as tx:
        jobs.finish(this.attempt)
        this.attempt.counts = counts
        tx.add_all(completions)
        tx.flush()
        service.record_grade(this.attempt, this.enrolment, this.item, verdict)


def give_back(attempt: Attempt, reason: str) -> None:
    """The try takes none of the learner's attempts; the page says why."""
    with db.transaction():
        jobs.fail(attempt, reason)
        attempt.counts = False
