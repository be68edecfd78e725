"""Certificates as issued, and the letterheads that they are printed on."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certificates.looks.languages import Languages
from core import db
from core.access_keys import AccessKeyRow
from core.db import Base, Tenanted
from core.jobs import Work, WorkState
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


class Standing(StrEnum):
    """What a certificate is worth on a day."""

    VALID = "valid"
    EXPIRED = "expired"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"


class TemplateVersion(Tenanted, Base):
    """A template with which certificates are or were printed. Never changed; the same source is the same row."""

    __tablename__ = "certificate_template"
    __table_args__ = (UniqueConstraint("organisation_id", "sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str]                                    # of looks.template.Template
    design: Mapped[str | None]                             # the entry of the gallery that it was; None: written by the organisation
    page: Mapped[str] = mapped_column(Text)
    style: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=db.now)


class Letterhead(Tenanted, Base):
    """How an organisation's certificates look and who answers for them. Never changed: a new one follows."""

    __tablename__ = "letterhead"
    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str]
    accent: Mapped[str]
    logo: Mapped[str | None]                               # a data: address
    signatories: Mapped[list[Any]]                         # [{name, role: {de, en}, signature: data: address or None}]
    legal: Mapped[list[Any]]                               # [{from: ISO date, de, en}]
    design: Mapped[str | None]                             # of the gallery; None: `template` is their own
    template_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_template.id"))
    languages: Mapped[Languages] = mapped_column(default=Languages.LEARNER)
    pictures: Mapped[dict[str, Any]] = mapped_column(default=dict)  # data: addresses by name, for templates of their own
    created_at: Mapped[datetime] = mapped_column(default=db.now)
    template: Mapped[TemplateVersion | None] = relationship(lazy="raise")


class IssuerKey(Tenanted, Base):
    """A key with which an organisation signs its badges. The newest one signs; all of them verify what they signed."""

    __tablename__ = "issuer_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[str]                                    # encrypted (core.cipher)
    public: Mapped[str] = mapped_column(unique=True)       # multibase
    created_at: Mapped[datetime] = mapped_column(default=db.now)


class Certificate(Work, Tenanted, Base):
    """One award to one learner. The work is to print it; it waits while the learner's name is missing.

    `snapshot` (see snapshot.Snapshot) is complete from `issued_at` on and never changes afterwards.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "award", "turn"), UniqueConstraint("organisation_id", "year", "serial"),
        UniqueConstraint("organisation_id", "status_index"), Index(None, "organisation_id", "changed_at", "id"), *Work.indexes(),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    letterhead_id: Mapped[int | None] = mapped_column(ForeignKey("letterhead.id"))  # None: the one that Lotse brings
    template_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_template.id"))  # None: printed before there were several
    award: Mapped[Award]
    turn: Mapped[int] = mapped_column(default=1)           # 2 and more: each replaces the one before it
    code: Mapped[str] = mapped_column(unique=True)         # 128 random bits: knowing it is the permission to look
    year: Mapped[int]
    serial: Mapped[int]                                    # counts from 1 in each organisation and year
    language: Mapped[str]                                  # of the PDF
    bilingual: Mapped[bool] = mapped_column(default=False)  # the PDF says everything in the other language as well
    snapshot: Mapped[dict[str, Any]]
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str | None]
    seal_fingerprint: Mapped[str | None]                   # SHA-256 of the seal's certificate; None: not sealed
    badge: Mapped[str | None] = mapped_column(Text, deferred=True)   # the signed Open Badge, as it was issued
    status_index: Mapped[int | None]                       # its place in the organisation's list of what was withdrawn
    issued_at: Mapped[datetime | None]
    expires_on: Mapped[date | None] = mapped_column(index=True)  # the last day on which it is valid, as in the snapshot
    replaced_at: Mapped[datetime | None]                   # one with a corrected name followed
    held_at: Mapped[datetime | None]                       # its lecturer has stopped the printing
    deleted_at: Mapped[datetime | None]                    # name and PDF are gone for good
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[Reason | None]
    reminded_days: Mapped[int | None]                      # of the days before its expiry, at which reminders go out, the last that is done
    name_public_at: Mapped[datetime | None]                # when the holder agreed that the public page shows the name
    name_public_text: Mapped[str | None]                   # which text they agreed to
    files_public_at: Mapped[datetime | None]               # when they agreed that the page gives PDF and badge out as well
    files_public_text: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(default=db.now, onupdate=db.now)  # for those who follow all changes
    enrolment: Mapped[Enrolment] = relationship(lazy="raise")
    letterhead: Mapped[Letterhead | None] = relationship(lazy="raise")

    @property
    def wants_name(self) -> bool:
        """Whether it waits for its holder's name. One that a lecturer has stopped has a name and waits, too."""
        return self.state == WorkState.WAITING and not (self.held_at or self.withdrawn_at or self.deleted_at)

    def standing(self, today: date) -> Standing:
        """What it is worth on this day. Who withdrew or deleted it meant it, so that comes first."""
        if self.deleted_at:
            return Standing.DELETED
        if self.withdrawn_at:
            return Standing.WITHDRAWN
        if self.replaced_at:
            return Standing.REPLACED
        return Standing.EXPIRED if self.expires_on and self.expires_on < today else Standing.VALID


class MissingTimestamp(Work, Tenanted, Base):
    """A certificate that was sealed without a timestamp although one is wanted. The work is to add it."""

    __tablename__ = "missing_timestamp"
    __table_args__ = (*Work.indexes(),)
    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), unique=True)
    since: Mapped[datetime] = mapped_column(default=db.now)


class FormerFile(Tenanted, Base):
    """The hash of a certificate's file before a timestamp was added to its seal: who has that file has a genuine one, too."""

    __tablename__ = "former_file"
    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    until: Mapped[datetime] = mapped_column(default=db.now)


class RegistrarKey(AccessKeyRow, Tenanted, Base):
    """A key with which the organisation's registrar's office, or a program of theirs, asks for certificates."""

    __tablename__ = "registrar_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]                                      # who uses it, in the words of who made it
    names: Mapped[bool]                                    # whether it may read holders' names; otherwise it can only compare them


class RegistrarRequest(Tenanted, Base):
    """What was asked with a key: who reads about people must be able to answer for it."""

    __tablename__ = "registrar_request"
    __table_args__ = (Index(None, "organisation_id", "asked_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("registrar_key.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(default=db.now)
    action: Mapped[str]                                    # the operation's name in the API's description
    subject: Mapped[str | None]                            # the number of the certificate that was told of
    status: Mapped[int]
