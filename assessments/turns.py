"""The turns of work at models' servers: what has to wait goes back among the due rows, and is called when its turn has come."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from assessments.models import Attempt, Judgement
from core import db, jobs
from core.config import settings
from core.jobs import WorkState
from gateway.service import Model, line
from gateway.service.line import Place

LOOK_AGAIN = timedelta(seconds=20)     # if no call comes: whoever should have called is dead
HOLD = timedelta(minutes=2)            # learners may leave the page and come back
_CALLED: Mapping[str, tuple[type[Any], Any]] = {   # by the first word of a cause; the second one is the row's number
    "attempt": (Attempt, jobs.queue.signature("assessments.run_try")),
    "judgement": (Judgement, jobs.queue.signature("assessments.give_opinion")),
}


@contextmanager
def at_turn(row: Any, person_id: int, cause: str, models: Iterable[Model], came: datetime | None = None) -> Iterator[bool]:
    """Whether it is the turn of a claimed row at all these models' servers, kept during the block and given up after it.

    False: others come first, and the row is due again. `came`: when the work was asked for.
    """
    servers = list({model.server: model for model in models}.values())
    if not _enter_all(row, person_id, cause, servers, came):
        yield False
        return
    with ExitStack() as kept:
        for model in servers:
            kept.enter_context(line.kept(model, cause))
        mine = True
        try:
            yield True
        except jobs.LostLeaseError:
            mine = False  # The turn belongs to whoever has taken the row over.
            raise
        finally:
            if mine:
                line.withdraw(cause)


def _enter_all(row: Any, person_id: int, cause: str, models: Iterable[Model], came: datetime | None) -> bool:
    """Always in the same order, so that no two wait for each other. One transaction: a call finds the row due."""
    hold = max(HOLD, timedelta(seconds=3 * settings().sweep_seconds))
    lost = came if row.tries > 1 else None  # A process died over it: they do not queue up behind everybody.
    with db.transaction():
        for model in sorted(models, key=lambda model: model.server):
            if not line.enter(model, person_id, cause, hold, lost).turn:
                jobs.put_off(row, LOOK_AGAIN)
                return False
    return True


def place(cause: str) -> Place | None:
    """Where work stands in the line, as a page asks; None: in none. Whose turn is free begins, should the call have been lost."""
    found = line.look(cause)
    if found and found.called:
        call(cause)
    return found


def call(cause: str) -> None:
    """Let the work begin now, if it is due at all. Within a transaction, or in one of its own."""
    kind, _, number = cause.partition(" ")
    if kind not in _CALLED:
        return
    model, task = _CALLED[kind]
    with db.transaction() as tx:
        tx.execute(
            update(model).where(model.id == int(number), model.state == WorkState.DUE).values(due_at=db.now())
            .execution_options(synchronize_session=False)
        )
        jobs.hint(task, int(number))


def follow_call(sender: str, *, causes: tuple[str, ...]) -> None:
    """Receiver of `called`: work whose turn has come begins at once."""
    with db.unscoped():  # Servers are shared: the next one may be of another organisation.
        for cause in causes:
            call(cause)
