"""What registrars look up: certificates of the organisation acted for, once they are printed."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from certificates.models import Certificate
from certificates.service import CODE
from core import db
from core.jobs import WorkState

MOST = 200
USUAL = 100
SETTLED = timedelta(seconds=10)
"""So old a change must be before it is told: then no transaction that began earlier can still be on its way."""


class CursorError(ValueError):
    """A text is no place in the list of changes."""


@dataclass(frozen=True)
class Cursor:
    """A place in the list of changes: behind this one."""

    moment: datetime
    certificate_id: int = 0

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """From an answer. Raises CursorError."""
        try:
            moment, number = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)).decode().split(" ")
            return cls.since(moment, int(number))
        except (binascii.Error, ValueError) as error:
            raise CursorError(text) from error

    @classmethod
    def since(cls, moment: str, certificate_id: int = 0) -> "Cursor":
        """From a moment (ISO 8601 with its zone). Raises CursorError."""
        try:
            read = datetime.fromisoformat(moment)
        except ValueError as error:
            raise CursorError(moment) from error
        if read.tzinfo is None or not 0 <= certificate_id < 2**31 or not 1900 <= read.year <= 9000:
            raise CursorError(moment)
        return cls(read, certificate_id)

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.moment.isoformat()} {self.certificate_id}".encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Changes:
    """A page of the list of changes."""

    certificates: tuple[Certificate, ...]
    following: Cursor | None           # where to go on; None: nothing was there, so from the same place again
    more: bool


def certificate(code: str) -> Certificate | None:
    """The certificate with this code."""
    if not CODE.fullmatch(code):  # PostgreSQL refuses to look for some characters.
        return None
    return db.session.scalars(select(Certificate).where(Certificate.code == code, Certificate.state == WorkState.DONE)).one_or_none()


def changes(behind: Cursor | None, most: int) -> Changes:
    """Certificates by the moment at which something about them changed last."""
    query = select(Certificate).where(Certificate.state == WorkState.DONE, Certificate.changed_at <= db.now() - SETTLED)
    if behind is not None:
        same_moment = and_(Certificate.changed_at == behind.moment, Certificate.id > behind.certificate_id)
        query = query.where(or_(Certificate.changed_at > behind.moment, same_moment))
    rows = db.session.scalars(query.order_by(Certificate.changed_at, Certificate.id).limit(most + 1)).all()
    told = tuple(rows[:most])
    return Changes(told, Cursor(told[-1].changed_at, told[-1].id) if told else behind, len(rows) > most)
