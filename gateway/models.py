"""An organisation's gateways and models, what they were used for, and what keeps budgets and the line."""

import secrets
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from core.access_keys import AccessKeyRow
from core.db import Base, Tenanted
from core.jobs import Work


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
    purpose: Mapped[str] = mapped_column(default="exercise")  # exercise, code, judge, probe or tool
    external: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(default=db.now)
    day: Mapped[date] = mapped_column(default=lambda: db.now().date(), index=True)  # on whose budget it went


class Pot(Tenanted, Base):
    """The tokens of one account that were used on a day, with those reserved for answers that are still being written."""

    __tablename__ = "pot"
    __table_args__ = (UniqueConstraint("organisation_id", "account", "day"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]                                   # "person 5", "run 7" or "organisation"
    day: Mapped[date]
    tokens: Mapped[int] = mapped_column(default=0)


class Reservation(Tenanted, Base):
    """Tokens of an allowance that are set aside for one call, as long as it runs."""

    __tablename__ = "reservation"
    # Not a number: SQLite gives that of a removed row again, and a call that comes late would settle another's.
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: secrets.token_hex(8))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    day: Mapped[date]                                      # on which the call began
    tokens: Mapped[int]
    cause: Mapped[str] = mapped_column(index=True)         # what the call is for, by which its asker finds it after a crash


class Gateway(Tenanted, Work, Base):
    """A server of models that an organisation may use: a university's own one, or an external one. Work: its next check."""

    __tablename__ = "gateway"
    __table_args__ = Work.indexes()
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    url: Mapped[str]                                       # up to and with /v1, or whatever stands before /chat/completions
    key: Mapped[str] = mapped_column(default="")           # encrypted (core.cipher); empty: the server asks for none
    external: Mapped[bool] = mapped_column(default=True)   # outside the university: used only where the policy allows it
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=db.now)
    checked_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(default="")         # a key of gateway.faults.MESSAGES, of the last check
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what it last said of how much it still answers (gateway.limits)
    limits_at: Mapped[datetime | None]                     # when it said so
    models: Mapped[list["GatewayModel"]] = relationship(lazy="raise", back_populates="gateway", order_by="GatewayModel.name")


class GatewayModel(Tenanted, Base):
    """A model that a gateway offers, the roles that the organisation gave it, and what a probe found that it can do."""

    __tablename__ = "gateway_model"
    __table_args__ = (UniqueConstraint("gateway_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[int] = mapped_column(ForeignKey("gateway.id"), index=True)
    name: Mapped[str]                                      # the id under which the gateway knows it
    title: Mapped[str] = mapped_column(default="")         # what people read; empty: the name
    roles: Mapped[list[Any]] = mapped_column(default=list)      # of gateway.roles.ROLES; empty: not used
    abilities: Mapped[list[Any]] = mapped_column(default=list)  # of gateway.abilities.ABILITIES, as probed
    probed_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]                 # the gateway no longer names it
    gateway: Mapped[Gateway] = relationship(lazy="raise", back_populates="models")


class ModelPolicy(Tenanted, Base):
    """What an organisation allows. One row an organisation; none means the defaults."""

    __tablename__ = "model_policy"
    __table_args__ = (UniqueConstraint("organisation_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    external: Mapped[bool] = mapped_column(default=False)  # external gateways may be used
    embedded: Mapped[bool] = mapped_column(default=True)   # the models on this machine may be used
    pseudonyms: Mapped[bool] = mapped_column(default=False)  # gateways get a pseudonym per person and course, else nothing
    person_tokens: Mapped[int | None]                      # a person's tokens a day; None: LOTSE_DAILY_TOKENS
    run_tokens: Mapped[int | None]                         # a course's tokens a day; None: no limit
    organisation_tokens: Mapped[int | None]                # everybody's tokens a day; None: no limit


class RunModels(Tenanted, Base):
    """What a lecturer has set for one run of a course. None means what the organisation has set."""

    __tablename__ = "run_models"
    __table_args__ = (UniqueConstraint("run_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    silent: Mapped[bool] = mapped_column(default=False)    # no model is asked in this course: recorded answers only
    external: Mapped[bool] = mapped_column(default=True)   # False: no external model here, whatever the organisation allows
    person_tokens: Mapped[int | None]
    run_tokens: Mapped[int | None]
    own_tools: Mapped[bool] = mapped_column(default=False)  # learners may get a key for tools of their own


class Waiting(Base):
    """Somebody's place in the line before a server of models, or their turn at it. Of all organisations: servers are shared.

    Rows of turns that are over stay for a while: they tell how long one takes.
    """

    __tablename__ = "waiting"
    __table_args__ = (UniqueConstraint("server", "cause"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    server: Mapped[str] = mapped_column(index=True)        # gateway.service.Model.server
    person: Mapped[int]                                    # only one answer at a time for each
    cause: Mapped[str]                                     # as in Reservation
    since: Mapped[datetime] = mapped_column(default=db.now)  # who has had a turn queues up anew with what else they wait for
    began_at: Mapped[datetime | None]                      # their turn has come
    until: Mapped[datetime]                                # a place or turn that nobody renews by then is given up
    ended_at: Mapped[datetime | None]


class AccessKey(AccessKeyRow, Tenanted, Base):
    """A learner's short-lived key for tools of their own (gateway.views.facade), in one run of a course."""

    __tablename__ = "access_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
