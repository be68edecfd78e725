"""The working copy of a course: its files as they stand, everything that they have ever been, and who is at work on them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import db
from core.db import Base, Tenanted
from core.jobs import Work


class Draft(Tenanted, Base):
    """What the next edition of a course will be. There is one for each course; it outlives the editions made from it."""

    __tablename__ = "studio_draft"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]                                      # of the course, which a new one becomes by its first edition
    base_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"), index=True)  # the edition that it began with
    created_at: Mapped[datetime] = mapped_column(default=db.now)


class DraftContent(Tenanted, Base):
    """Bytes that a file of a draft has or had, packed. Each is stored once, however many files and revisions have it."""

    __tablename__ = "studio_content"
    __table_args__ = (UniqueConstraint("draft_id", "digest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("studio_draft.id"), index=True)
    digest: Mapped[str]                                    # SHA-256 of what is packed
    size: Mapped[int]
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class DraftFile(Tenanted, Base):
    """A file as it stands now. `revision` grows with every change, also when the file goes and comes back."""

    __tablename__ = "studio_file"
    __table_args__ = (UniqueConstraint("draft_id", "path"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("studio_draft.id"), index=True)
    path: Mapped[str]
    revision: Mapped[int]
    content_id: Mapped[int | None] = mapped_column(ForeignKey("studio_content.id"))  # none: it was deleted


class DraftRevision(Tenanted, Base):
    """One change of one file. Rows are added and never changed: whatever was written can be had again."""

    __tablename__ = "studio_revision"
    __table_args__ = (UniqueConstraint("file_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("studio_file.id"), index=True)
    number: Mapped[int]
    content_id: Mapped[int | None] = mapped_column(ForeignKey("studio_content.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # none: it came with an edition
    at: Mapped[datetime] = mapped_column(default=db.now)
    note: Mapped[str] = mapped_column(default="")          # a word that templates/studio/history.html knows


class DraftRelease(Tenanted, Base):
    """An edition that was published from a draft, and what its author says about it."""

    __tablename__ = "studio_release"
    __table_args__ = (UniqueConstraint("edition_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("studio_draft.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=db.now)
    note: Mapped[str]


class DraftPresence(Tenanted, Base):
    """Who had a file open last, and when."""

    __tablename__ = "studio_presence"
    __table_args__ = (UniqueConstraint("draft_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("studio_draft.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    path: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(default=db.now)


class Following(Tenanted, Work, Base):
    """A draft that follows a git repository, and when it is looked at next."""

    __tablename__ = "studio_following"
    __table_args__ = (UniqueConstraint("draft_id"), *Work.indexes())
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("studio_draft.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))  # who said so last; what comes is theirs in the history
    url: Mapped[str]
    branch: Mapped[str]                                    # empty: the repository's usual one
    folder: Mapped[str]                                    # empty: the repository itself
    token: Mapped[str]                                     # encrypted (core.cipher); empty: the repository is public
    publishes: Mapped[bool]                                # new commits without errors become editions by themselves
    commit_id: Mapped[str]                                 # the last one that the draft has, or that was passed over
    taken: Mapped[str]                                     # digest of the draft's files as that commit made them
    overrules: Mapped[str]                                 # the commit that may replace a draft that was edited: somebody said so
    looked_at: Mapped[datetime | None]                     # when the repository was last asked for


class PullOutcome(StrEnum):
    """What became of a commit."""

    DRAFTED = "drafted"        # it is the draft now
    PUBLISHED = "published"    # and an edition
    CONFLICT = "conflict"      # the draft was edited here; nothing was changed
    REFUSED = "refused"        # it is no course, or has what no draft may have; nothing was changed
    FAILED = "failed"          # the repository could not be read
    PASSED = "passed"          # somebody decided to keep the draft


class Pull(Tenanted, Base):
    """The report on one pull. Rows are added; only the last one is told anew that the same was found again."""

    __tablename__ = "studio_pull"
    id: Mapped[int] = mapped_column(primary_key=True)
    following_id: Mapped[int] = mapped_column(ForeignKey("studio_following.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=db.now)
    again_at: Mapped[datetime | None]                      # when the same was found last
    outcome: Mapped[PullOutcome]
    commit_id: Mapped[str]                                 # empty: it did not come so far
    author: Mapped[str]
    committed_at: Mapped[datetime | None]
    subject: Mapped[str]
    message: Mapped[str]                                   # message id of why, filled from `told`
    told: Mapped[dict[str, Any]]
    findings: Mapped[list[Any]]
    changed: Mapped[list[Any]]                             # [sign, path]
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"))


class Arrival(Tenanted, Work, Base):
    """A file of another system that an author brought along: read by a job, looked at by its author, then taken over or not."""

    __tablename__ = "studio_arrival"
    __table_args__ = Work.indexes()
    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("studio_draft.id"), index=True)  # none: it becomes a course of its own
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=db.now)
    name: Mapped[str]                                      # of the file
    format: Mapped[str]                                    # as its author says; "auto": what it looks like
    language: Mapped[str]                                  # of its texts
    sent: Mapped[bytes | None] = mapped_column(LargeBinary)  # the file, packed, until it is read
    made: Mapped[bytes | None] = mapped_column(LargeBinary)  # the course folder that it makes, as a zip, until it is taken over
    report: Mapped[dict[str, Any] | None]                  # what became of each item
    taken_at: Mapped[datetime | None]
