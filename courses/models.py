"""Courses, their immutable editions, runs that people take part in, and how far each one has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Person, Role
from core import db
from core.db import Base, Tenanted
from core.jobs import Work


class Course(Tenanted, Base):
    """A course as its authors think of it; what learners see is always one of its editions."""

    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    title: Mapped[dict[str, Any]]                          # {"de": …, "en": …}, of the newest edition


class Edition(Tenanted, Base):
    """A published state of a course. Never changed: attempts, grades and certificates name it."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("course_id", "number"), UniqueConstraint("course_id", "digest"))
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    number: Mapped[int]
    digest: Mapped[str]                                    # SHA-256 over all paths and bytes
    published_at: Mapped[datetime] = mapped_column(default=db.now)
    course: Mapped[Course] = relationship(lazy="raise")
    files: Mapped[list["EditionFile"]] = relationship(lazy="raise", back_populates="edition")


class EditionFile(Tenanted, Base):
    """One file of an edition's course folder, byte for byte."""

    __tablename__ = "edition_file"
    __table_args__ = (UniqueConstraint("edition_id", "path"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    path: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    edition: Mapped[Edition] = relationship(lazy="raise", back_populates="files")


class Run(Tenanted, Base):
    """A course as offered to a group of people: a semester's course in an LMS, or the open offer of the organisation."""

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    key: Mapped[str]                                       # "open:<course slug>", "renewal:<course slug>:<number>" or "lti:<platform>:<context>:<course slug>"
    title: Mapped[str | None]                              # the LMS's course title, if it has one
    created_at: Mapped[datetime] = mapped_column(default=db.now)
    course: Mapped[Course] = relationship(lazy="raise")


class Enrolment(Tenanted, Base):
    """A person in a run. The edition stays the one that they began with until they choose to move."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("run_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    role: Mapped[Role]
    enrolled_at: Mapped[datetime] = mapped_column(default=db.now)
    participated_at: Mapped[datetime | None]               # reached the threshold for content opened
    achieved_at: Mapped[datetime | None]                   # reached the threshold for points
    run: Mapped[Run] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    edition: Mapped[Edition] = relationship(lazy="raise")


class Visit(Tenanted, Base):
    """A module that somebody has opened: progress that survives a change of device."""

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("enrolment_id", "module"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    module: Mapped[str]                                    # the module's id inside the edition
    first_at: Mapped[datetime] = mapped_column(default=db.now)
    last_at: Mapped[datetime] = mapped_column(default=db.now)


class ThresholdRule(Work, Tenanted, Base):
    """What an organisation asks for its certificates in place of what its courses say. The work is to look who has enough by it already."""

    __tablename__ = "threshold_rule"
    __table_args__ = (UniqueConstraint("organisation_id"), *Work.indexes())
    id: Mapped[int] = mapped_column(primary_key=True)
    participation: Mapped[int | None]                      # percent of the modules; None: what the course says
    achievement: Mapped[int | None]                        # percent of the points
    changed_at: Mapped[datetime] = mapped_column(default=db.now)
