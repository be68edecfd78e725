"""Organisations, the people in them, how they sign in, and what they may do."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from core.db import Base, Tenanted


class Role(StrEnum):
    """What somebody may do, in an organisation or in one course run."""

    LEARNER = "learner"
    LECTURER = "lecturer"
    TRAINER = "trainer"
    ADMINISTRATOR = "administrator"


class Organisation(Base):
    """A tenant: one university or school. Everything else belongs to one."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")          # e.g. the centre that runs the courses
    country: Mapped[str] = mapped_column(default="DEU")    # three letters (ISO 3166-1)
    legal_identifier: Mapped[str | None]                   # by which the state knows it
    created_at: Mapped[datetime] = mapped_column(default=db.now)


class Person(Tenanted, Base):
    """Somebody in an organisation. Names and e-mail may be absent: an LMS may withhold them."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    language: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=db.now)
    notices_off_at: Mapped[datetime | None]                # they want no notices by e-mail
    joined_into: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # the same person under their other identity
    grants: Mapped[list["Grant"]] = relationship(lazy="raise", back_populates="person")


class Identity(Tenanted, Base):
    """One way in which a person is known: (issuer, subject). The local issuer is `local`, its subject the sign-in name."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("organisation_id", "issuer", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    password_hash: Mapped[str | None]                      # argon2; local identities only
    person: Mapped[Person] = relationship(lazy="raise")


class Grant(Tenanted, Base):
    """A role in the whole organisation. Roles in one course run stand in courses.Enrolment."""

    __tablename__ = "grant"
    __table_args__ = (UniqueConstraint("person_id", "role"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role]
    person: Mapped[Person] = relationship(lazy="raise", back_populates="grants")


class JoinCode(Tenanted, Base):
    """Made by a person under one identity, and entered under another, to prove that both are the same (accounts.joining)."""

    __tablename__ = "join_code"
    code: Mapped[str] = mapped_column(primary_key=True)    # a hash, as of all secrets
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who has entered it and said that it is theirs
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]                       # joined
