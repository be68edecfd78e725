"""The line before a server of models. Nobody blocks a thread: whoever waits asks again now and then, or is called when a turn is free.

A place is a row. Each is kept until a moment that its owner moves on by asking again; what a dead process held is given up then.
"""

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import structlog
from flask import Flask, current_app
from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.exc import DBAPIError

from core import db
from core.signals import called
from gateway import queueing
from gateway.embedded import AT_ONCE
from gateway.faults import GatewayError
from gateway.models import Waiting
from gateway.servers import EMBEDDED
from gateway.service.offers import Model

log = structlog.get_logger("line")
GATEWAY_AT_ONCE = 8                    # answers side by side that one gateway is asked for
PLACE = timedelta(seconds=15)          # a page that waits asks every second or two
TURN = timedelta(seconds=30)           # as long as the lease of a try: both are taken up again together
USUAL = 10.0                           # seconds of a turn, until some are known
REMEMBERED = timedelta(hours=1)
MOST_REMEMBERED = 30
PATIENCE = 60.0                        # seconds that a program waits for its turn
LOOK_EVERY = 0.25


@dataclass(frozen=True)
class Place:
    """Where somebody stands: at turn, or with `position` people before them and about `wait` seconds to go.

    `called`: their turn is free, and they have not taken it up yet.
    """

    turn: bool
    position: int = 0
    wait: float = 0.0
    called: bool = False


def enter(model: Model, person_id: int, cause: str, hold: timedelta = PLACE, came: datetime | None = None) -> Place:
    """Ask for a turn at a model's server: asked again and again until it comes; each time keeps the place for `hold`.

    Who has the turn keeps it for TURN (see `kept`) and must `leave`. `came`: the place to take up when none is kept any more, of
    one who lost it through no fault of theirs. A transaction of its own.
    """
    with db.transaction() as tx:
        _alone(model.server)
        moment = db.now()
        tx.execute(delete(Waiting).where(
            Waiting.server == model.server, Waiting.ended_at.is_(None), Waiting.until < moment, Waiting.cause != cause,
        ).execution_options(synchronize_session=False))
        mine = tx.scalars(
            select(Waiting).where(Waiting.server == model.server, Waiting.cause == cause).execution_options(populate_existing=True)
        ).one_or_none()
        if mine is None:
            mine = Waiting(server=model.server, person=person_id, cause=cause, since=came or moment, until=moment)
            tx.add(mine)
        elif mine.ended_at is not None:
            mine.since, mine.began_at, mine.ended_at = moment, None, None
        tx.flush()
        rows = _living(model.server, moment)
        if mine.began_at is None and mine in queueing.called(rows, at_once(model.server)):
            mine.began_at = moment
        mine.until = moment + (hold if mine.began_at is None else TURN)
        return _place(mine, rows, moment)


def leave(model: Model, cause: str) -> None:
    """Give a turn or a place up; whoever is next is called. Leaving twice changes nothing. A transaction of its own, or the running one."""
    with db.transaction() as tx:
        _alone(model.server)
        moment = db.now()
        row = tx.scalars(select(Waiting).where(
            Waiting.server == model.server, Waiting.cause == cause, Waiting.ended_at.is_(None),
        ).execution_options(populate_existing=True)).one_or_none()
        if row is None:
            return
        if row.began_at is None:
            tx.delete(row)
        else:
            row.ended_at = moment
            tx.execute(update(Waiting).where(
                Waiting.server == model.server, Waiting.person == row.person, Waiting.began_at.is_(None),
            ).values(since=moment).execution_options(synchronize_session=False))
        tx.flush()
        following = queueing.called(_living(model.server, moment), at_once(model.server))
        if following:
            called.send("gateway", causes=tuple(next_one.cause for next_one in following))


def withdraw(cause: str) -> None:
    """Give up whatever is held or waited for under this cause, at any server."""
    for server in db.session.scalars(select(Waiting.server).where(Waiting.cause == cause, Waiting.ended_at.is_(None))).all():
        leave(_Server(server), cause)  # type: ignore[arg-type]  # Only the server matters.


def look(cause: str) -> Place | None:
    """Where somebody stands, without asking for anything; None: nowhere."""
    moment = db.now()
    mine = db.session.scalars(
        select(Waiting).where(Waiting.cause == cause, Waiting.ended_at.is_(None), Waiting.until >= moment)
        .order_by(Waiting.began_at.is_not(None), Waiting.server).execution_options(populate_existing=True)
    ).first()
    return _place(mine, _living(mine.server, moment), moment) if mine else None


@contextmanager
def kept(model: Model, cause: str) -> Iterator[None]:
    """Keep a turn while the block runs, however long the model takes, and not much longer when the process is killed."""
    over = threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    thread = threading.Thread(target=_keep, args=(app, model.server, cause, over), name="turn", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def turn(model: Model, person_id: int, cause: str, patience: float = PATIENCE) -> Iterator[None]:
    """Wait in this thread for a turn and keep it during the block: for programs, which cannot come back later.

    Raises GatewayError when it does not come within `patience` seconds.
    """
    cause = f"{cause} {secrets.token_hex(4)}"  # Two of one person's programs are two places.
    end = time.monotonic() + patience
    try:
        while not enter(model, person_id, cause).turn:
            if time.monotonic() > end:
                raise GatewayError("busy")
            time.sleep(LOOK_EVERY)
        with kept(model, cause):
            yield
    finally:
        leave(model, cause)


def at_once(server: str) -> int:
    """How many answers a server is asked for side by side."""
    return AT_ONCE if server.startswith(EMBEDDED) else GATEWAY_AT_ONCE


def forget_old() -> None:
    """Remove turns that are too long ago to tell anything, and places that were given up."""
    old = db.now() - REMEMBERED
    with db.transaction() as tx:
        tx.execute(delete(Waiting).where(or_(Waiting.ended_at < old, Waiting.until < old)))


@dataclass(frozen=True)
class _Server:
    server: str


def _alone(server: str) -> None:
    """One at a time decides who is next. On SQLite every transaction that writes is alone anyway."""
    if db.dialect().name == "postgresql":
        db.session.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": f"line {server}"})


def _living(server: str, moment: datetime) -> Sequence[Waiting]:
    return db.session.scalars(
        select(Waiting).where(Waiting.server == server, Waiting.ended_at.is_(None), Waiting.until >= moment)
        .execution_options(populate_existing=True)
    ).all()


def _place(mine: Waiting, rows: Sequence[Waiting], moment: datetime) -> Place:
    if mine.began_at is not None:
        return Place(turn=True)
    position, places = queueing.in_order(rows).index(mine) if mine in rows else 0, at_once(mine.server)
    elapsed = [(moment - row.began_at).total_seconds() for row in rows if row.began_at is not None]
    seconds = queueing.wait(position, elapsed, _usual(mine.server), places)
    return Place(False, position, seconds, called=mine in queueing.called(rows, places))


def _usual(server: str) -> float:
    """How long a turn has taken lately, in seconds."""
    found = db.session.execute(
        select(Waiting.began_at, Waiting.ended_at).where(Waiting.server == server, Waiting.ended_at > db.now() - REMEMBERED)
        .order_by(Waiting.ended_at.desc()).limit(MOST_REMEMBERED)
    ).all()
    took = [(ended - began).total_seconds() for began, ended in found if began and ended]
    return max(0.5, median(took)) if took else USUAL


def _keep(app: Flask, server: str, cause: str, over: threading.Event) -> None:
    with app.app_context():
        while not over.wait(TURN.total_seconds() / 3):
            with suppress(DBAPIError), db.transaction() as tx:  # A database that is busy now may not be so the next time.
                tx.execute(update(Waiting).where(
                    Waiting.server == server, Waiting.cause == cause, Waiting.began_at.is_not(None), Waiting.ended_at.is_(None),
                ).values(until=db.now() + TURN).execution_options(synchronize_session=False))
