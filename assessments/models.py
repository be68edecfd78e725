"""Attempts, their append-only grades and regrades, what models answered in them, and what learners left half written."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from core.db import Base, Tenanted
from core.jobs import Work
from courses.models import Enrolment


class Attempt(Work, Tenanted, Base):
    """One response to one item. `number` counts from 1; the unique constraint lets exactly one of two equal posts count."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("enrolment_id", "module", "item", "number"), *Work.indexes())
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    module: Mapped[str]
    item: Mapped[str]                                      # the block's {#id}, the same in every language
    number: Mapped[int]
    language: Mapped[str]
    response: Mapped[dict[str, Any]]
    submitted_at: Mapped[datetime] = mapped_column(default=db.now)
    stopped: Mapped[bool] = mapped_column(default=False)   # the learner asked to stop the model
    counts: Mapped[bool] = mapped_column(default=True)     # False: given back, the failure was not the learner's
    enrolment: Mapped[Enrolment] = relationship(lazy="raise")
    grades: Mapped[list["Grade"]] = relationship(lazy="raise", back_populates="attempt", order_by="Grade.id")
    completions: Mapped[list["Completion"]] = relationship(lazy="raise", back_populates="attempt", order_by="Completion.position")


class Grade(Tenanted, Base):
    """What an attempt was worth, by which text of the item. Never changed: a regrade adds another."""

    __tablename__ = "grade"
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    item_revision: Mapped[str]                             # hash of the item's text and key
    score: Mapped[float]
    score_maximum: Mapped[float]
    verdict: Mapped[dict[str, Any]]
    graded_at: Mapped[datetime] = mapped_column(default=db.now)
    marker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who marked it; None: a program
    attempt: Mapped[Attempt] = relationship(lazy="raise", back_populates="grades")


class How(StrEnum):
    """What a regrade does with the answers to a question."""

    KEY = "key"    # graded by the key of another edition
    FULL = "full"  # whatever was answered earns all points
    VOID = "void"  # the question does not count


class Regrade(Work, Tenanted, Base):
    """Somebody's decision that answers to a question are graded otherwise. The work is to grade those that are there already.

    It holds from its first moment, also for answers that come later; of several the last one. Never changed, apart from its work.
    """

    __tablename__ = "regrade"
    __table_args__ = (UniqueConstraint("edition_id", "module", "item", "number"), *Work.indexes())
    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"), index=True)  # None: in all runs of the course
    module: Mapped[str]
    item: Mapped[str]
    number: Mapped[int]                                    # from 1: lets exactly one of two clicks count
    how: Mapped[How]
    by_edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"))  # whose key
    may_lower: Mapped[bool]
    reason: Mapped[str]                                    # learners read it
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(default=db.now)
    done_at: Mapped[datetime | None]


class Regraded(Tenanted, Base):
    """An attempt that a regrade has looked at, with the grade that counted before and the one that counts after; both may be the same."""

    __tablename__ = "regraded"
    __table_args__ = (UniqueConstraint("regrade_id", "attempt_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    regrade_id: Mapped[int] = mapped_column(ForeignKey("regrade.id"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    before_id: Mapped[int] = mapped_column(ForeignKey("grade.id"))
    after_id: Mapped[int] = mapped_column(ForeignKey("grade.id"))


class Marking(Tenanted, Base):
    """What somebody is writing about an attempt that people mark. Grades come of it; it stays, to go on from."""

    __tablename__ = "marking"
    __table_args__ = (UniqueConstraint("attempt_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    marker_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    points: Mapped[list[Any]]                              # of each line of the rubric, as typed; empty where nothing is yet
    comment: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)        # counts savings, so that two who mark at once overwrite nothing
    saved_at: Mapped[datetime] = mapped_column(default=db.now)


class SurveyCount(Tenanted, Base):
    """How often something was answered in a run. Nothing here says by whom or when: there are sums only.

    `shown` is the sum that people may see. It follows `count` in steps of several people, so that nobody learns one person's
    answer by looking before and after.
    """

    __tablename__ = "survey_count"
    __table_args__ = (UniqueConstraint("run_id", "edition_id", "module", "item", "place"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    module: Mapped[str]
    item: Mapped[str]
    place: Mapped[str]                                     # part:value of what was chosen; "people" counts who took part
    count: Mapped[int] = mapped_column(default=0)
    shown: Mapped[int] = mapped_column(default=0)


class SurveyText(Tenanted, Base):
    """What somebody wrote in a survey. The id is drawn at random and there is no time, so that the order of rows tells nothing."""

    __tablename__ = "survey_text"
    __table_args__ = (Index(None, "run_id", "module", "item"),)
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    module: Mapped[str]
    item: Mapped[str]
    text: Mapped[str]
    shown: Mapped[bool] = mapped_column(default=False)     # as SurveyCount.shown


class Completion(Tenanted, Base):
    """One answer of a model inside a prompt attempt."""

    __tablename__ = "completion"
    __table_args__ = (UniqueConstraint("attempt_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    position: Mapped[int]                                  # in the order of asking, from 0; an ask with several runs has several
    ask: Mapped[str]
    answer: Mapped[str]
    model: Mapped[str | None]                              # as the gateway named itself
    parameters: Mapped[dict[str, Any]]
    prompt_tokens: Mapped[int] = mapped_column(default=0)
    completion_tokens: Mapped[int] = mapped_column(default=0)
    finish: Mapped[str] = mapped_column(default="stop")    # stop, length, stopped, failed
    recorded: Mapped[bool] = mapped_column(default=False)  # a recorded answer, no model ran
    arm: Mapped[str] = mapped_column(default="")           # which of several models, temperatures or words in place of a gap
    attempt: Mapped[Attempt] = relationship(lazy="raise", back_populates="completions")


class Draft(Tenanted, Base):
    """What somebody has typed into an item and not handed in: it follows them to the next device."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("enrolment_id", "module", "item"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    module: Mapped[str]
    item: Mapped[str]
    fields: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)        # counts savings, so that an older tab does not overwrite a newer one
    saved_at: Mapped[datetime] = mapped_column(default=db.now)


class FollowUp(Tenanted, Base):
    """What a learner made of the answers in an attempt: marked them, listed what to verify. It may earn points of its own."""

    __tablename__ = "follow_up"
    __table_args__ = (UniqueConstraint("attempt_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    response: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=db.now)


class Sitting(Tenanted, Base):
    """A test with a time limit that somebody has begun: one clock, on whichever device."""

    __tablename__ = "sitting"
    __table_args__ = (UniqueConstraint("enrolment_id", "module"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    module: Mapped[str]
    minutes: Mapped[int]                                   # the limit that the button named, without anybody's extra time
    started_at: Mapped[datetime] = mapped_column(default=db.now)


class ExtraTime(Tenanted, Base):
    """How much longer somebody may take in all tests of a run. Never changed: the latest row is valid, the others tell how it came."""

    __tablename__ = "extra_time"
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    percent: Mapped[int]
    minutes: Mapped[int]
    giver_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[datetime] = mapped_column(default=db.now)


class DueDate(Work, Tenanted, Base):
    """When a module is due in a run. `at` is what a lecturer chose; empty: what the course says. The work is to let what was kept back
    count and be told once that moment has come.
    """

    __tablename__ = "due_date"
    __table_args__ = (UniqueConstraint("run_id", "module"), *Work.indexes())
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    module: Mapped[str]
    at: Mapped[datetime | None]
    setter_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime] = mapped_column(default=db.now)


class Vote(Tenanted, Base):
    """Which of several answers, whose models were hidden, somebody found best. One vote a person and item."""

    __tablename__ = "vote"
    __table_args__ = (UniqueConstraint("enrolment_id", "module", "item"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    module: Mapped[str]
    item: Mapped[str]
    model: Mapped[str]                                     # as the completion names it; empty: none was better
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=db.now)


class Judgement(Work, Tenanted, Base):
    """What a model thinks of an attempt by one criterion: an opinion beside the checks, never points. The unique constraint
    lets exactly one of two clicks ask.
    """

    __tablename__ = "judgement"
    __table_args__ = (UniqueConstraint("attempt_id", "position"), *Work.indexes())
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    position: Mapped[int]                                  # of the criterion in the exercise
    model: Mapped[str] = mapped_column(default="")
    opinion: Mapped[str] = mapped_column(default="")       # yes, partly, no or unclear; empty as long as it is asked
    reason: Mapped[str] = mapped_column(default="")
    quote: Mapped[str] = mapped_column(default="")         # what it quotes as evidence
    quote_found: Mapped[bool] = mapped_column(default=False)  # by program, word for word
    at: Mapped[datetime] = mapped_column(default=db.now)
