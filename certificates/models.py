"""Certificates as issued, and the letterheads that they are printed on."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from core.db import Base, Tenanted
from core.jobs import Work
from courses.models import Enrolment


class Award(StrEnum):
    """What a certificate attests: enough of the content opened, or enough points earned."""

    PARTICIPATION = "participation"
    ACHIEVEMENT = "achievement"


class Reason(StrEnum):
    """Why a certificate was withdrawn, as the public page says it. Codes, so that no personal story gets published."""

    ERROR = "error"
    RULES = "rules"
    HOLDER = "holder"


class Letterhead(Tenanted, Base):
    """How an organisation's certificates look and who answers for them. Never changed: a new one follows."""

    __tablename__ = "letterhead"
    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str]
    accent: Mapped[str]
    logo: Mapped[str | None]                               # a data: address
    signatories: Mapped[list[Any]]                         # [{name, role: {de, en}, signature: data: address or None}]
    legal: Mapped[list[Any]]                               # [{from: ISO date, de, en}]
    created_at: Mapped[datetime] = mapped_column(default=db.now)


class Certificate(Work, Tenanted, Base):
    """One award to one learner. The work is to print it; it waits while the learner's name is missing.

    `snapshot` (see snapshot.Snapshot) is complete from `issued_at` on and never changes afterwards.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "award"), UniqueConstraint("organisation_id", "year", "serial"), *Work.indexes(),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    letterhead_id: Mapped[int | None] = mapped_column(ForeignKey("letterhead.id"))  # None: the one that Lotse brings
    award: Mapped[Award]
    code: Mapped[str] = mapped_column(unique=True)         # 128 random bits: knowing it is the permission to look
    year: Mapped[int]
    serial: Mapped[int]                                    # counts from 1 in each organisation and year
    language: Mapped[str]                                  # of the PDF
    snapshot: Mapped[dict[str, Any]]
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[Reason | None]
    name_public_at: Mapped[datetime | None]                # when the holder agreed that the public page shows the name
    name_public_text: Mapped[str | None]                   # which text they agreed to
    enrolment: Mapped[Enrolment] = relationship(lazy="raise")
    letterhead: Mapped[Letterhead | None] = relationship(lazy="raise")
