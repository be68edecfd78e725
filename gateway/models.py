"""What models were used for: one row a call, and one row a person and day that keeps the budget."""

import secrets
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import db
from core.db import Base, Tenanted


class Ending(StrEnum):
    """How a call ended."""

    STOP = "stop"
    LENGTH = "length"
    STOPPED = "stopped"
    FAILED = "failed"


class Usage(Tenanted, Base):
    """One call of a model: how much, never what. Prompts and answers stay with the attempt they belong to."""

    __tablename__ = "usage"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    model: Mapped[str]
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
    estimated: Mapped[bool]
    milliseconds: Mapped[int]
    ending: Mapped[Ending]
    at: Mapped[datetime] = mapped_column(default=db.now)


class Allowance(Tenanted, Base):
    """The tokens that a person has used on a day, with those reserved for answers that are still being written."""

    __tablename__ = "allowance"
    __table_args__ = (UniqueConstraint("person_id", "day"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]
    tokens: Mapped[int] = mapped_column(default=0)


class Reservation(Tenanted, Base):
    """Tokens of an allowance that are set aside for one call, as long as it runs."""

    __tablename__ = "reservation"
    # Not a number: SQLite gives that of a removed row again, and a call that comes late would settle another's.
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: secrets.token_hex(8))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]                                      # on which the call began
    tokens: Mapped[int]
    cause: Mapped[str] = mapped_column(index=True)         # what the call is for, by which its asker finds it after a crash
