"""The turns of tries at models' servers: a try that has to wait goes back among the due rows, and is called when its turn has come."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from assessments.models import Attempt
from assessments.tries import Try, cause
from core import db, jobs
from core.config import settings
from core.jobs import WorkState
from gateway.service import Model, line
from gateway.service.line import Place

_RUN = jobs.queue.signature("assessments.run_try")
LOOK_AGAIN = timedelta(seconds=20)     # if no call comes: whoever should have called is dead
HOLD = timedelta(minutes=2)            # learners may leave the page and come back


@contextmanager
def at_turn(this: Try[Any], models: Iterable[Model]) -> Iterator[bool]:
    """Whether it is the try's turn at all these models' servers, kept during the block and given up after it.

    False: others come first, and the row is due again.
    """
    servers = list({model.server: model for model in models}.values())
    if not _enter_all(this, servers):
        yield False
        return
    with ExitStack() as kept:
        for model in servers:
            kept.enter_context(line.kept(model, cause(this.attempt.id)))
        mine = True
        try:
            yield True
        except jobs.LostLeaseError:
            mine = False  # The turn belongs to whoever has taken the try over.
            raise
        finally:
            if mine:
                withdraw(this.attempt.id)


def _enter_all(this: Try[Any], models: Iterable[Model]) -> bool:
    """Always in the same order, so that no two wait for each other. One transaction: a call finds the row due."""
    hold = max(HOLD, timedelta(seconds=3 * settings().sweep_seconds))
    came = this.attempt.submitted_at if this.attempt.tries > 1 else None  # A process died over it: they do not queue up behind everybody.
    with db.transaction():
        for model in sorted(models, key=lambda model: model.server):
            if not line.enter(model, this.enrolment.person_id, cause(this.attempt.id), hold, came).turn:
                jobs.put_off(this.attempt, LOOK_AGAIN)
                return False
    return True


def withdraw(attempt_id: int) -> None:
    """Give up the try's turns and places."""
    line.withdraw(cause(attempt_id))


def place(attempt_id: int) -> Place | None:
    """Where a try stands in the line; None: it is in none."""
    return line.look(cause(attempt_id))


def call(attempt_id: int) -> None:
    """Let the try begin now, if it is due at all. Within a transaction, or in one of its own."""
    with db.transaction() as tx:
        tx.execute(
            update(Attempt).where(Attempt.id == attempt_id, Attempt.state == WorkState.DUE).values(due_at=db.now())
            .execution_options(synchronize_session=False)
        )
        jobs.hint(_RUN, attempt_id)


def follow_call(sender: str, *, causes: tuple[str, ...]) -> None:
    """Receiver of `called`: tries whose turn has come begin at once."""
    with db.unscoped():  # Servers are shared: the next one may be of another organisation.
        for name in causes:
            kind, _, number = name.partition(" ")
            if kind == "attempt":
                call(int(number))
