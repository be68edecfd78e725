"""Due dates of a run: a lecturer's choice, and that something is to be told once a date has come (assessments.telling).

Until then nobody hears what an answer to a question with `show=after-due` was worth: it is in no sum, in no score for an LMS, and
earns no certificate. A row remembers that there is something to tell at that moment, so that nothing is lost (docs/decisions/0005).
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from assessments.models import DueDate
from core import db, jobs
from core.jobs import WorkState

_tell = jobs.queue.signature("assessments.tell_what_was_kept_back")


def set_date(run_id: int, module: str, at: datetime | None, setter_id: int) -> None:
    """Let a module be due at this moment in a run; None: when the course says. The same again changes nothing."""
    try:
        _set(run_id, module, at, setter_id)
    except IntegrityError:  # Two set the first one together: now there is a row to change.
        _set(run_id, module, at, setter_id)


def _set(run_id: int, module: str, at: datetime | None, setter_id: int) -> None:
    with db.transaction() as tx:
        row = tx.scalars(select(DueDate).where(DueDate.run_id == run_id, DueDate.module == module)).one_or_none()
        if at == (row.at if row else None):
            return
        row = row or DueDate(run_id=run_id, module=module)
        tx.add(row)
        row.at, row.setter_id, row.set_at = at, setter_id, db.now()
        jobs.anew(row)     # It looks who may be told something by the new date, and when to look again.
        tx.flush()
        jobs.hint(_tell, row.id)


def dates(run_id: int) -> dict[str, DueDate]:
    """What lecturers chose, by module."""
    return {row.module: row for row in db.session.scalars(select(DueDate).where(DueDate.run_id == run_id, DueDate.at.is_not(None)))}


def expect(run_id: int, module: str, due_at: datetime) -> None:
    """There will be something to tell at that moment. Call in the transaction of the grade."""
    if _planned(run_id, module, due_at):
        return
    try:
        with db.session.begin_nested():
            db.session.add(DueDate(run_id=run_id, module=module, due_at=due_at))
    except IntegrityError:  # Another answer was first.
        _planned(run_id, module, due_at)


def _planned(run_id: int, module: str, due_at: datetime) -> bool:
    """Whether a row knows of it now. A row that is at work begins anew: it may not have seen the answer that is being written."""
    mine = (DueDate.run_id == run_id, DueDate.module == module)
    found = db.session.execute(select(DueDate.state, DueDate.due_at).where(*mine)).one_or_none()
    if found is None:
        return False
    if found.state != WorkState.DUE or found.due_at > due_at:
        db.session.execute(
            update(DueDate).where(*mine).values(state=WorkState.DUE, due_at=due_at, lease=None, lease_until=None, tries=0, error=None)
            .execution_options(synchronize_session=False)
        )
    return True
