"""Tokens per person and day: reserved before a call, settled after it. Calls that race never overspend.

A reservation of a process that was killed stays until the day is over: it errs on the side of the budget.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError

from core import db
from core.config import settings
from gateway.faults import GatewayError
from gateway.models import Allowance


@dataclass(frozen=True)
class Reservation:
    """Tokens set aside for one call, on the day on which it began."""

    person_id: int
    day: date
    tokens: int


def tokens_left(person_id: int) -> int:
    """What a person may still use today."""
    used = db.session.scalar(select(Allowance.tokens).where(Allowance.person_id == person_id, Allowance.day == _today()))
    return max(0, settings().daily_tokens - (used or 0))


def reserve(person_id: int, tokens: int) -> Reservation:
    """Set tokens aside. Raises GatewayError when there are not enough left. A transaction of its own."""
    day = _today()
    with suppress(IntegrityError), db.transaction() as tx:  # Two first calls of the day: one row is enough.
        if tx.scalar(select(Allowance.id).where(Allowance.person_id == person_id, Allowance.day == day)) is None:
            tx.add(Allowance(person_id=person_id, day=day))
    if not _add(person_id, day, tokens, most=settings().daily_tokens - tokens):
        raise GatewayError("tokens")
    return Reservation(person_id, day, tokens)


def settle(reservation: Reservation, used: int) -> None:
    """Book what was really used and give the rest back. Call in a transaction."""
    _add(reservation.person_id, reservation.day, used - reservation.tokens)


def _add(person_id: int, day: date, tokens: int, most: int | None = None) -> bool:
    statement = update(Allowance).where(Allowance.person_id == person_id, Allowance.day == day)
    if most is not None:
        statement = statement.where(Allowance.tokens <= most)
    with db.transaction() as tx:
        changed = tx.execute(statement.values(tokens=Allowance.tokens + tokens).execution_options(synchronize_session=False))
    return isinstance(changed, CursorResult) and changed.rowcount == 1


def _today() -> date:
    return datetime.now(ZoneInfo(settings().timezone)).date()
