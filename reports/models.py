"""Legal texts that organisations have added, and which reports with names were made for what."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core import db
from core.db import Base, Tenanted


class LegalVersion(Tenanted, Base):
    """What the law says from a day on, as an organisation puts it. Never changed: a new one follows, and old reports stay right."""

    __tablename__ = "legal_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), default="", server_default="")   # of a statement in courses; "": what evidence reports quote
    valid_from: Mapped[date]
    de: Mapped[str]
    en: Mapped[str]
    source: Mapped[str]                                    # where the wording can be read
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=db.now)


class NamedReport(Tenanted, Base):
    """Somebody has seen or taken a report with names: for which period, and what for."""

    __tablename__ = "named_report"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str]
    first: Mapped[date]
    last: Mapped[date]
    made_at: Mapped[datetime] = mapped_column(default=db.now)
