"""Mails that are to be sent or have been."""

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import db
from core.db import Base, Tenanted
from core.jobs import Work


class Mail(Work, Tenanted, Base):
    """One mail to one person, written in the transaction of what it tells. Some days after it was sent only key and times remain."""

    __tablename__ = "mail"
    __table_args__ = (UniqueConstraint("organisation_id", "key"), *Work.indexes())
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]                                       # what it tells of, e.g. "certificate:7:ready": nobody hears of it twice
    addressee: Mapped[str] = mapped_column(index=True)     # whose mail it is, e.g. "person:7": they may want none any more
    recipient: Mapped[str | None]                          # the address; None: cleared
    language: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    unsubscribe: Mapped[str] = mapped_column(default="")   # address that switches such mails off; empty: it cannot be switched off
    message_id: Mapped[str]                                # the same for each try, so that mail servers recognise a repeated one
    written_at: Mapped[datetime] = mapped_column(default=db.now)
    taken_at: Mapped[datetime | None] = mapped_column(index=True)  # the last try, for the bound on mails in a minute
    sent_at: Mapped[datetime | None]                       # the mail server has taken it
