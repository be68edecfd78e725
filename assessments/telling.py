"""Once a due date has come: what was kept back until then counts, and the rooms above hear of it."""

from datetime import datetime, timedelta

from sqlalchemy import select

from assessments import terms
from assessments.models import Attempt, DueDate
from assessments.service import notice
from core import db, jobs
from core.signals import graded
from courses.models import Enrolment
from courses.service import AnyPart

AT_ONCE = 50               # enrolments in one transaction: other writers come in between


def tell(claimed: DueDate) -> None:
    """Let count and be told what was kept back, for everybody whose date has come. Raises jobs.LostLeaseError."""
    later, last = None, 0
    while parts := _answered(claimed.run_id, claimed.module, last):
        last = parts[-1].id
        with db.transaction():
            jobs.renew(claimed)
            for part in parts:
                later = _tell_one(part, claimed.module, later)
    with db.transaction():
        if later is None:
            jobs.finish(claimed)
        else:
            jobs.again(claimed, later + timedelta(seconds=1))


def _tell_one(part: AnyPart, module: str, later: datetime | None) -> datetime | None:
    """Tell of one learner's answers, or give the next moment at which there is something to tell."""
    try:
        now = terms.of(part, module)
    except LookupError:
        return later       # Their edition has it no more.
    if now.past_due is False and now.due_at is not None:
        return min(now.due_at, later or now.due_at)
    graded.send("assessments", part=part, module=module)
    notice(part)
    return later


def _answered(run_id: int, module: str, after: int) -> list[Enrolment]:
    return list(db.session.scalars(
        select(Enrolment).where(
            Enrolment.run_id == run_id, Enrolment.id > after,
            Enrolment.id.in_(select(Attempt.enrolment_id).where(Attempt.module == module)),
        ).order_by(Enrolment.id).limit(AT_ONCE)
    ))
