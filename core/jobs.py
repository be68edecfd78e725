"""Background work: the database row is the truth, the Celery message a hint.

A piece of work is a row with the columns of `Work`. `hint()` sends its id after the commit. A worker `claim()`s the row
with a lease, works without an open transaction, and finishes only while it still holds the lease. What was lost on the way
(a killed process, a lost message) is found by the sweep. So every piece of work may start twice and counts once.
"""

import secrets
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, TypeVar

import structlog
from celery import Celery, Task
from celery.beat import EmbeddedService, Scheduler
from flask import Flask, current_app
from sqlalchemy import ColumnElement, Index, Select, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from core import db, sessions
from core.config import Settings

log = structlog.get_logger("jobs")
queue = Celery("lotse")
LEASE = timedelta(minutes=3)
SWEEP_LIMIT = 500


class WorkState(StrEnum):
    """Where a piece of work stands."""

    WAITING = "waiting"  # for a person to do something; neither claimed nor swept
    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Work:
    """Columns of a row that is work to be done. `error` is for people: no tokens, no answers in it."""

    state: Mapped[WorkState] = mapped_column(default=WorkState.DUE)
    due_at: Mapped[datetime] = mapped_column(default=db.now)
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]

    @staticmethod
    def indexes() -> tuple[Index, ...]:
        """For the table's __table_args__: the sweep looks by state and time."""
        return (Index(None, "state", "due_at"),)


_Row = TypeVar("_Row", bound=Any)
_swept: dict[type[Any], "_Sweep"] = {}
_tidied: list[Callable[[], object]] = [sessions.sweep_expired]


def claim(model: type[_Row], row_id: int, lease: timedelta = LEASE) -> _Row | None:
    """Take a due (or abandoned) row for this worker, in a transaction of its own. None: it is not ours to do.

    The session acts for the row's organisation afterwards. Call outside a transaction.
    """
    token = secrets.token_hex(8)
    with db.unscoped(), db.transaction() as tx:  # A message carries an id only; the row says whose it is.
        taken = db.changed(
            update(model)
            .where(model.id == row_id, claimable(model))
            .values(state=WorkState.RUNNING, lease=token, lease_until=db.now() + lease, tries=model.tries + 1)
            .execution_options(synchronize_session=False)
        )
        if taken != 1:
            return None
        row: _Row = tx.scalars(select(model).where(model.id == row_id).execution_options(populate_existing=True)).one()
    db.act_for(row.organisation_id)
    return row


def claim_all(model: type[Any], row_ids: Collection[int], lease: timedelta = LEASE) -> tuple[str, list[int]]:
    """Take those of the rows that are due (or abandoned) under one lease: its token, and the rows that are ours now.

    For work that is quicker in batches. Call in a transaction.
    """
    token = secrets.token_hex(8)
    if not row_ids:
        return token, []
    taken = db.session.scalars(
        update(model)
        .where(model.id.in_(row_ids), claimable(model))
        .values(state=WorkState.RUNNING, lease=token, lease_until=db.now() + lease, tries=model.tries + 1)
        .returning(model.id).execution_options(synchronize_session=False)
    )
    return token, sorted(taken)


def settle_all(model: type[Any], token: str, row_ids: Collection[int], state: WorkState, **changes: Any) -> set[int]:
    """Put rows of one lease into their next state; gives those that this worker still held. Call in a transaction.

    What the others say does not count: another worker has taken them over.
    """
    if not row_ids:
        return set()
    kept = db.session.scalars(
        update(model).where(model.id.in_(row_ids), model.lease == token)
        .values({"error": None, **changes, "state": state, "lease": None, "lease_until": None})
        .returning(model.id).execution_options(synchronize_session=False)
    )
    return set(kept)


def settle(row: Any, state: WorkState, *, error: str | None = None, due_at: datetime | None = None, tries: int | None = None) -> bool:
    """Put a claimed row into its next state, only while this worker still holds the lease. Call in a transaction.

    False: another worker has taken over; the caller must roll back what it wanted to write (raise LostLeaseError).
    """
    changes: dict[str, Any] = {"state": state, "error": error, "lease": None, "lease_until": None}
    if due_at:
        changes["due_at"] = due_at
    if tries is not None:
        changes["tries"] = tries
    kept = db.changed(
        update(type(row)).where(type(row).id == row.id, type(row).lease == row.lease).values(changes)
        .execution_options(synchronize_session=False)
    ) == 1
    if kept:
        db.session.refresh(row)
    return kept


def renew(row: Any, lease: timedelta = LEASE) -> None:
    """Keep a claimed row for longer, for work in several long steps. Call in a transaction. Raises LostLeaseError."""
    _prolong(type(row), row.id, row.lease, lease)


@contextmanager
def held(row: Any, lease: timedelta) -> Iterator[None]:
    """Keep a claimed row while the block runs, however long it waits, and not much longer when the process is killed.

    A thread renews the lease as long as this process lives. For work that somebody watches: it is taken up again soon.
    """
    over = threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    mine = (type(row), row.id, row.lease)
    thread = threading.Thread(target=_hold, args=(app, row.organisation_id, mine, lease, over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _hold(app: Flask, organisation_id: int, mine: tuple[Any, int, str], lease: timedelta, over: threading.Event) -> None:
    with app.app_context(), db.scoped(organisation_id), suppress(LostLeaseError):  # Who works on it will notice the loss, too.
        while not over.wait(lease.total_seconds() / 3):
            try:
                with db.transaction():
                    _prolong(*mine, lease)
            except DBAPIError as error:  # A database that is busy now may not be so the next time.
                log.warning("lease_not_renewed", row=mine[1], error=type(error).__name__)


def _prolong(model: Any, row_id: int, token: str | None, lease: timedelta) -> None:
    kept = db.changed(
        update(model).where(model.id == row_id, model.lease == token).values(lease_until=db.now() + lease)
        .execution_options(synchronize_session=False)
    )
    if kept != 1:
        raise LostLeaseError


class LostLeaseError(RuntimeError):
    """This worker was so slow that another one took the row over; its result does not count."""


def work(model: type[Any], row_id: int, do: Callable[[Any], None]) -> None:
    """Claim a row and do its work, unless another worker does or has done it. Of one that took over meanwhile, what it does counts."""
    row = claim(model, row_id)
    if row is not None:
        with suppress(LostLeaseError):
            do(row)


def again(row: Any, due_at: datetime) -> None:
    """This round of the work is done; the next one is due then. Raises LostLeaseError when another worker has taken over."""
    if not settle(row, WorkState.DUE, due_at=due_at, tries=0):
        raise LostLeaseError


def finish(row: Any) -> None:
    """The work is done. Raises LostLeaseError when another worker has taken over."""
    if not settle(row, WorkState.DONE):
        raise LostLeaseError


def fail(row: Any, error: str) -> None:
    """The work cannot be done; people must look at it. Raises LostLeaseError."""
    if not settle(row, WorkState.FAILED, error=error):
        raise LostLeaseError


def postpone(row: Any, error: str, delay: timedelta) -> None:
    """Try again later. Raises LostLeaseError."""
    if not settle(row, WorkState.DUE, error=error, due_at=db.now() + delay):
        raise LostLeaseError


def put_off(row: Any, delay: timedelta) -> None:
    """Others come first: nothing was done, so it counts as no try. Raises LostLeaseError."""
    if not settle(row, WorkState.DUE, due_at=db.now() + delay, tries=row.tries - 1):
        raise LostLeaseError


def anew(row: Any, delay: timedelta = timedelta(0)) -> None:
    """Let work begin from the beginning, whoever held it: due after a delay, with no tries yet. Call in the transaction that asks for it."""
    row.state, row.due_at, row.lease, row.lease_until, row.tries = WorkState.DUE, db.now() + delay, None, None, 0


def backoff(tries: int, *, first: float = 5, most: float = 3600) -> timedelta:
    """5 s, 10 s, 20 s … at most an hour, with up to a fifth of chance so that a crowd does not come back at once."""
    seconds = min(most, first * 2 ** min(tries - 1, 20))
    return timedelta(seconds=seconds * (1 + secrets.randbelow(200) / 1000))


def hint(task: Task, row_id: int) -> None:
    """Send the message once the running transaction is durable."""
    db.after_commit(lambda: send(task, row_id))


def send(task: Task, row_id: int) -> None:
    """Send the message now. A broker that is down costs time, never work."""
    try:
        task.delay(row_id)
    except Exception as error:  # Any transport's own exception: the sweep will find the row.
        log.warning("hint_lost", task=task.name, row=row_id, error=type(error).__name__)


Pick = Callable[[ColumnElement[bool]], Select[Any]]


class _Sweep(NamedTuple):
    task: Task
    pick: Pick | None


def swept(model: type[Any], task: Task, pick: Pick | None = None) -> None:
    """Let the sweep look for rows of `model` that stalled and hand them to `task`.

    `pick` selects ids among the claimable rows where one message does for many of them.
    """
    _swept[model] = _Sweep(task, pick)


def tidied(call: Callable[[], object]) -> None:
    """Let the sweep call this, to remove what has had its time. It runs outside a transaction, for all tenants."""
    _tidied.append(call)


def sweep() -> int:
    """Send a message for each row that is due or whose lease ran out; returns how many. Safe to run at any time."""
    found = 0
    for model, (task, chosen) in _swept.items():
        pick = chosen or partial(_oldest, model)
        with db.unscoped():  # The sweep serves all tenants; it reads ids only.
            ids = db.session.scalars(pick(claimable(model)).limit(SWEEP_LIMIT)).all()
        db.session.rollback()
        for row_id in ids:
            task.delay(row_id)
        found += len(ids)
    return found


def _oldest(model: type[Any], claimable_rows: ColumnElement[bool]) -> Select[Any]:
    return select(model.id).where(claimable_rows).order_by(model.id)


def overdue(since: timedelta) -> int:
    """How many rows have been waiting for a worker for longer than that: more than a few say that none is at work."""
    moment = db.now() - since
    with db.unscoped():  # The status page speaks of the whole installation; it counts only.
        return sum(
            db.session.scalar(select(func.count()).select_from(model).where(model.state == WorkState.DUE, model.due_at < moment)) or 0
            for model in _swept
        )


@queue.task(name="core.sweep")
def _sweep() -> None:
    sweep()
    for call in _tidied:
        call()


def claimable(model: type[Any]) -> ColumnElement[bool]:
    """Rows that a worker may take now: due, or left behind by one that is gone."""
    moment = db.now()
    return or_(
        (model.state == WorkState.DUE) & (model.due_at <= moment),
        (model.state == WorkState.RUNNING) & (model.lease_until < moment),
    )


# --- Celery -----------------------------------------------------------------------------------------------------------

_house: list[Flask] = []


class InApp(Task):
    """A task that runs in the context of the app opened last (tests open many; a task is bound to its class only once)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with _house[0].app_context():
            return self.run(*args, **kwargs)


def connect(app: Flask, settings: Settings, *, eager: bool = False) -> None:
    """Bind the queue to the app: each task runs in an app context, with a session of its own."""
    _house[:] = [app]
    queue.Task = InApp
    queue.set_default()  # Pool threads would otherwise look tasks up in another Celery app and drop them silently.
    embedded = settings.broker_url.startswith("memory")
    queue.conf.update(
        broker_url="memory://localhost" if embedded else settings.broker_url,  # Without a name kombu warns at each connection.
        task_always_eager=eager,
        task_eager_propagates=eager,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,  # A killed worker's message comes back.
        worker_prefetch_multiplier=4,
        worker_hijack_root_logger=False,
        # A redelivery before a long retry has run would start work twice; a day is longer than any of ours.
        broker_transport_options={"polling_interval": 0.05} if embedded else {"visibility_timeout": 86400},
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        timezone="UTC",
        beat_schedule={"sweep": {"task": "core.sweep", "schedule": settings.sweep_seconds}},
        beat_schedule_filename=str(settings.data_dir / "beat"),
    )


def embed(settings: Settings) -> None:
    """Run a worker and the clock inside this process (memory://): no server needed. They end with the process."""
    worker = queue.WorkController(
        app=queue, hostname="embedded@lotse", pool="threads", concurrency=settings.job_threads,
        without_heartbeat=True, without_mingle=True, without_gossip=True,
    )
    # In memory: several web processes would spoil each other's schedule file.
    clock = EmbeddedService(queue, thread=True, scheduler_cls=Scheduler)
    for thread in (threading.Thread(target=worker.start, name="jobs"), clock):
        thread.daemon = True
        thread.start()
    _sweep.delay()  # What an earlier process has left behind need not wait for the clock.
    # Before Python ends the pool's threads: after that the worker would still take messages and fail to place them. There is
    # no public hook that early, atexit comes too late; concurrent.futures uses this one too.
    threading._register_atexit(worker.stop)  # type: ignore[attr-defined]
