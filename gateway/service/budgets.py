"""Tokens per person and day: reserved before a call, settled after it. Calls that race never overspend.

The reservation of a process that was killed is given back when what it was for is taken up again. What such a process had used
is not known and costs the learner nothing. One that was only slow still books what it uses.
"""

from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Update, delete, select, update
from sqlalchemy.exc import IntegrityError

from core import db
from core.config import settings
from gateway.faults import GatewayError
from gateway.models import Pot, Reservation


def tokens_left(person_id: int) -> int:
    """What a person may still use today."""
    used = db.session.scalar(select(Pot.tokens).where(Pot.account == _account(person_id), Pot.day == _today()))
    return max(0, settings().daily_tokens - (used or 0))


def reserve(person_id: int, run_id: int, tokens: int, cause: str) -> Reservation:
    """Set tokens aside. Raises GatewayError when there are not enough left. A transaction of its own."""
    day, account = _today(), _account(person_id)
    with suppress(IntegrityError), db.transaction() as tx:  # Two first calls of the day: one row is enough.
        if tx.scalar(select(Pot.id).where(Pot.account == account, Pot.day == day)) is None:
            tx.add(Pot(account=account, day=day))
    with db.transaction() as tx:
        if db.changed(_more(account, day, tokens).where(Pot.tokens <= settings().daily_tokens - tokens)) != 1:
            raise GatewayError("tokens")
        reservation = Reservation(person_id=person_id, run_id=run_id, day=day, tokens=tokens, cause=cause)
        tx.add(reservation)
    return reservation


def settle(reservation: Reservation, used: int) -> None:
    """Book what was really used and give the rest back, unless `release` has given all back. Call in a transaction."""
    gone = db.changed(
        delete(Reservation).where(Reservation.id == reservation.id).execution_options(synchronize_session=False)
    )
    held = reservation.tokens if gone == 1 else 0
    db.session.execute(_more(_account(reservation.person_id), reservation.day, used - held))


def release(cause: str) -> None:
    """Give back what calls for `cause` have set aside: whoever made them is dead, or has been replaced."""
    with db.transaction() as tx:
        for reservation in tx.scalars(select(Reservation).where(Reservation.cause == cause)).all():
            settle(reservation, 0)


def _account(person_id: int) -> str:
    return f"person {person_id}"


def _more(account: str, day: date, tokens: int) -> Update:
    return (
        update(Pot).where(Pot.account == account, Pot.day == day)
        .values(tokens=Pot.tokens + tokens).execution_options(synchronize_session=False)
    )


def _today() -> date:
    return datetime.now(ZoneInfo(settings().timezone)).date()
