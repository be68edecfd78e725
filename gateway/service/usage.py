"""What models were used for: sums for the pages about it, and what is forgotten after a time. No prompt stands in any row."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import case, delete, func, literal, select

from core import db
from core.config import settings
from courses.models import Course, Run
from gateway.figures import Sum
from gateway.models import Ending, Pot, Usage
from gateway.service.budgets import today


def sums(first: date, *, person_id: int | None = None, run_id: int | None = None, apart: bool = True) -> Sequence[Sum]:
    """What was used since a day: by one person, in one run, or in the whole organisation; `apart`: each person for themselves."""
    tokens = func.sum(Usage.prompt_tokens + Usage.completion_tokens)
    who = Usage.person_id if apart else literal(0)
    parts = (Usage.day, Usage.run_id, Usage.model, Usage.purpose, Usage.external)
    wanted = select(who, *parts, tokens, func.count(), func.sum(case((Usage.ending == Ending.FAILED, 1), else_=0))).where(Usage.day >= first)
    if person_id is not None:
        wanted = wanted.where(Usage.person_id == person_id)
    if run_id is not None:
        wanted = wanted.where(Usage.run_id == run_id)
    return [Sum(*row) for row in db.session.execute(wanted.group_by(*parts, *([Usage.person_id] if apart else [])).order_by(Usage.day))]


def titles(language: str) -> Mapping[int, str]:
    """What the organisation's runs are called."""
    rows = db.session.execute(select(Run.id, Run.title, Course.title).join(Course, Course.id == Run.course_id)).all()
    return {run_id: own or course.get(language) or next(iter(course.values()), "") for run_id, own, course in rows}


def forget_old() -> None:
    """Remove calls, and people's days, that are older than the operator wants them kept. Sums of courses and organisations stay."""
    oldest = today() - timedelta(days=settings().usage_days)
    with db.unscoped(), db.transaction() as tx:  # By age alone, whosever they are.
        tx.execute(delete(Usage).where(Usage.day < oldest))
        tx.execute(delete(Pot).where(Pot.day < oldest, Pot.account.startswith("person ")))
