"""Platforms that launch Lotse, what they said at logins and launches, and the scores that go back to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db
from core.db import Base, Tenanted
from core.jobs import Work
from courses.models import Enrolment


class Platform(Tenanted, Base):
    """An LMS that an operator has registered. (issuer, client_id) is what a login names, so it also tells the tenant."""

    __tablename__ = "lti_platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    client_id: Mapped[str]
    name: Mapped[str]
    family: Mapped[str] = mapped_column(default="")        # product_family_code, learned at the registration or first launch
    version: Mapped[str] = mapped_column(default="")       # of the product, as it says itself
    protocol: Mapped[str] = mapped_column(default="1.3")   # "1.3", or "1.1" for a consumer with a shared secret
    secret: Mapped[str | None]                             # encrypted shared secret (1.1 only)
    auth_url: Mapped[str]
    token_url: Mapped[str]
    jwks_url: Mapped[str]
    jwks: Mapped[dict[str, Any] | None]                    # the key set as last fetched
    jwks_fetched_at: Mapped[datetime | None]
    jwks_tried_at: Mapped[datetime | None]                 # also when the fetch failed: this limits the rate
    active: Mapped[bool] = mapped_column(default=True)
    waiting: Mapped[bool] = mapped_column(default=False)   # registered by a link, and not approved yet
    registered: Mapped[dict[str, Any] | None]              # what the platform answered to a dynamic registration
    created_at: Mapped[datetime] = mapped_column(default=db.now)


class RegistrationLink(Tenanted, Base):
    """A one-time link with which an LMS registers Lotse. Kept as a hash: a copy of the database registers nothing."""

    __tablename__ = "lti_registration_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")          # what the administrator calls the LMS
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: made on the command line
    created_at: Mapped[datetime] = mapped_column(default=db.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    error: Mapped[str | None]                              # why the last try failed, as a code of lti.dynamic
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("lti_platform.id"))  # what came of it


class Deployment(Tenanted, Base):
    """A place inside the platform where Lotse was added. An unknown one is noted here and waits for approval."""

    __tablename__ = "lti_deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("lti_platform.id"), index=True)
    deployment_id: Mapped[str]
    approved: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime] = mapped_column(default=db.now)


class LoginState(Tenanted, Base):
    """A login that was begun. It is used once, by the browser that began it, within ten minutes.

    State, nonce and browser are kept as hashes: a copy of the database completes nobody's login.
    """

    __tablename__ = "lti_login_state"
    state: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[str]
    browser: Mapped[str]
    platform_id: Mapped[int] = mapped_column(ForeignKey("lti_platform.id"))
    initiation: Mapped[dict[str, Any]]                     # what the platform sent, to repeat the login in a new window
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    platform: Mapped[Platform] = relationship(lazy="raise")


class KeyState(StrEnum):
    """A key of the tool is published before it signs, and for a while after, because platforms cache the set."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


class ToolKey(Base):
    """A key with which Lotse signs towards platforms. One set for the whole installation: there is one /lti/jwks."""

    __tablename__ = "lti_tool_key"
    __table_args__ = (
        # Two processes that make the first keys at the same moment: only one of them can.
        Index("uq_lti_tool_key_current", "state", unique=True, sqlite_where=text("state != 'retired'"), postgresql_where=text("state != 'retired'")),
    )
    kid: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[KeyState]
    public_jwk: Mapped[dict[str, Any]]
    private_pem: Mapped[str]                               # encrypted with a key made from LOTSE_SECRET_KEY
    created_at: Mapped[datetime] = mapped_column(default=db.now)
    retired_at: Mapped[datetime | None]


class ResourceLink(Tenanted, Base):
    """A link in an LMS course that opens Lotse, and where its scores go."""

    __tablename__ = "lti_resource_link"
    __table_args__ = (UniqueConstraint("deployment_id", "resource_link_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("lti_platform.id"))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("lti_deployment.id"))
    resource_link_id: Mapped[str]
    title: Mapped[str]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    kind: Mapped[str] = mapped_column(default="course")    # lti.target.KINDS: course, module, quiz, exercise, certificate
    module: Mapped[str | None]                             # None: the whole course is scored
    item: Mapped[str | None]                               # the only question or exercise that is opened and scored
    draw: Mapped[int | None]                               # quiz: how many questions each learner gets; None: all
    context_id: Mapped[str | None]                         # the LMS course that the link stands in
    lineitem: Mapped[str | None]
    lineitems: Mapped[str | None]
    scopes: Mapped[list[Any]]
    making_until: Mapped[datetime | None]                  # one worker is making the line item
    memberships_url: Mapped[str | None]                    # roster of the LMS course (NRPS)
    groups_url: Mapped[str | None]                         # its groups (Course Groups)
    group_sets_url: Mapped[str | None]
    keep: Mapped[str] = mapped_column(default="course")    # which attempt counts: best, last, first, or as the course says
    send: Mapped[str] = mapped_column(default="submission")  # when scores leave: on submission, on release, when due
    due_at: Mapped[datetime | None]                        # as the lecturer chose
    announced_due_at: Mapped[datetime | None]              # as the platform says at a launch
    released_at: Mapped[datetime | None]
    copied_from: Mapped[int | None] = mapped_column(ForeignKey("lti_resource_link.id"))  # the LMS course was copied
    platform: Mapped[Platform] = relationship(lazy="raise")


class Participant(Tenanted, Base):
    """Somebody who came through a link: how the platform calls them there, and what it was told about them."""

    __tablename__ = "lti_participant"
    __table_args__ = (UniqueConstraint("link_id", "enrolment_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("lti_resource_link.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    user_id: Mapped[str]                                   # the `sub` of the last launch
    other_user_id: Mapped[str | None]                      # what some platforms want in its place, see platforms/
    sourcedid: Mapped[str | None]                          # lis_result_sourcedid (LTI 1.1 Basic Outcomes)
    sent_points: Mapped[float | None]
    sent_maximum: Mapped[float | None]
    sent_second: Mapped[int] = mapped_column(BigInteger, default=0)  # timestamp of the last score, in whole seconds
    link: Mapped[ResourceLink] = relationship(lazy="raise")
    enrolment: Mapped[Enrolment] = relationship(lazy="raise")


class ScorePush(Work, Tenanted, Base):
    """A score that the platform has to hear of. The points are read when it is sent, so that it is never an old one."""

    __tablename__ = "lti_score_push"
    __table_args__ = (*Work.indexes(),)
    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("lti_participant.id"), index=True)
    points: Mapped[float | None]
    maximum: Mapped[float | None]
    queued_at: Mapped[datetime] = mapped_column(default=db.now)
    sent_at: Mapped[datetime | None]                       # None on a finished row: the platform knew this score already
    participant: Mapped[Participant] = relationship(lazy="raise")


class LaunchRecord(Tenanted, Base):
    """What became of a launch, for whoever is asked with the reference number at hand. No personal data."""

    __tablename__ = "lti_launch_record"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("lti_platform.id"), index=True)  # None: no platform was recognised
    reference: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]                                    # "admitted", or the code of the refusal
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what an LMS administrator compares, never about a person
    at: Mapped[datetime] = mapped_column(default=db.now, index=True)


class Ticket(Tenanted, Base):
    """A one-time hand-over of a launch from a frame to a window of its own, whose cookies the frame cannot see."""

    __tablename__ = "lti_ticket"
    secret: Mapped[str] = mapped_column(primary_key=True)  # a hash, as of all secrets
    data: Mapped[dict[str, Any]]                           # of the launch session
    path: Mapped[str]                                      # the page to open there
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class SpentNonce(Tenanted, Base):
    """An OAuth 1.0a nonce of an LTI 1.1 launch: each opens one launch only."""

    __tablename__ = "lti_spent_nonce"
    nonce: Mapped[str] = mapped_column(primary_key=True)   # hash of consumer, timestamp and nonce
    expires_at: Mapped[datetime] = mapped_column(index=True)
