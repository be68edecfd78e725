"""Submission Review: a lecturer opens one learner's work from the gradebook of the LMS, or from the class page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import or_, select

from accounts import service as accounts
from accounts.models import Identity, Person, Role
from assessments import service as assessments
from assessments.drawing import shown_items
from assessments.grading import unseen
from assessments.review import Question, review
from core import db
from courses import service as courses
from courses.models import Enrolment
from courses.service import AnyPart
from lti import admission
from lti.claims import Message
from lti.claims import Person as Launcher
from lti.landing import Landing, session_of
from lti.models import Participant, Platform, ResourceLink
from lti.platforms import profile_at
from lti.refusals import Refused
from lti.roles import role_in_context
from modules.presenters import Points
from modules.service import parsed


@dataclass(frozen=True)
class Entrance:
    """Who asks for a review, by which link, and in which role."""

    person_id: int
    enrolment_id: int
    run_id: int
    link_id: int
    role: Role


@dataclass(frozen=True)
class Told:
    """What the platform's gradebook has been told through one link."""

    title: str
    module: str | None
    points: Points | None
    at: datetime | None


@dataclass(frozen=True)
class Chapter:
    """The answers in one module."""

    id: str
    title: str
    points: Points
    questions: list[Question]


@dataclass(frozen=True)
class Submission:
    """One learner's work, as whoever asks may see it. `link` is the one that was opened in the gradebook, if it was."""

    enrolment: Enrolment
    name: str | None
    user_id: str
    chapters: list[Chapter]
    told: list[Told]
    link: ResourceLink | None


def begin(platform: Platform, deployment_id: int, message: Message) -> Landing:
    """Where a submission review leads (LTI Submission Review 1.0, section 2.2). Call in the transaction of the launch. Raises Refused.

    The link that is known keeps what it opens: a review may come with parameters of its own.
    """
    person = profile_at(platform.family, message).person(message)
    if person is None:
        raise Refused("person_missing")
    entered = _enter(platform, deployment_id, message, person)
    assert message.for_user
    wanted = _enrolment_of(entered, platform, message.for_user)
    if entered.role == Role.LEARNER and wanted != entered.enrolment_id:
        raise Refused("review_foreign")
    session = {**session_of(entered.person_id, entered.role, entered.run_id, entered.link_id), "review_link": entered.link_id}
    if wanted is None:
        return Landing("lti_people.nobody", {"run_id": entered.run_id}, session)
    return Landing("lti_people.learner", {"run_id": entered.run_id, "enrolment_id": wanted}, session)


def _enter(platform: Platform, deployment_id: int, message: Message, person: Launcher) -> Entrance:
    link = db.session.scalars(
        select(ResourceLink).where(ResourceLink.deployment_id == deployment_id, ResourceLink.resource_link_id == message.link_id)
    ).one_or_none()
    if link is None:
        admitted = admission.enter(platform, deployment_id, message, person)
        return Entrance(admitted.person_id, admitted.part.id, admitted.part.run_id, admitted.link_id, admitted.role)
    person_id = accounts.recognise(
        platform.issuer, person.subject, name=person.name, email=person.email, language=admission.language_of(message),
    )
    role = role_in_context(message.roles)
    part = courses.take_part(link.run_id, person_id, role)
    return Entrance(person_id, part.id, link.run_id, link.id, role)


def _enrolment_of(entered: Entrance, platform: Platform, user_id: str) -> int | None:
    """Who is meant by `for_user`: somebody who came through this link, or who is known to the platform by this subject."""
    through = (
        select(Participant.enrolment_id).join(Enrolment, Enrolment.id == Participant.enrolment_id)
        .where(
            Participant.link_id == entered.link_id, Enrolment.run_id == entered.run_id,
            or_(Participant.user_id == user_id, Participant.other_user_id == user_id),
        ).order_by(Participant.id.desc()).limit(1)
    )
    known = (
        select(Enrolment.id).join(Identity, Identity.person_id == Enrolment.person_id)
        .where(Enrolment.run_id == entered.run_id, Identity.issuer == platform.issuer, Identity.subject == user_id)
    )
    return db.session.scalar(through) or db.session.scalar(known)


# --- Reading ----------------------------------------------------------------------------------------------------------

def submission(run_id: int, enrolment_id: int, language: str, *, link_id: int | None, key: bool) -> Submission | None:
    """One learner's work; None when there is no such learner in the run. `link_id`: only what this link counts."""
    found = db.session.execute(
        select(Enrolment, Person.name).join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.id == enrolment_id, Enrolment.run_id == run_id)
    ).one_or_none()
    if found is None:
        return None
    enrolment, name = found
    link = db.session.scalars(select(ResourceLink).where(ResourceLink.id == link_id, ResourceLink.run_id == run_id)).one_or_none()
    told, user_id = _told(enrolment_id, link)
    return Submission(enrolment, name, user_id, _chapters(enrolment, link, language, key=key), told, link)


def _chapters(part: AnyPart, link: ResourceLink | None, language: str, *, key: bool) -> list[Chapter]:
    edition = parsed(part.edition_id)
    chosen = language if language in edition.languages else edition.languages[0]
    wanted = [link.module] if link is not None and link.module else edition.module_ids
    chapters = (_chapter(part, module, edition.module(module, chosen).title, link, chosen, key=key) for module in wanted)
    return [chapter for chapter in chapters if chapter.questions]


def _chapter(part: AnyPart, module: str, title: str, link: ResourceLink | None, language: str, *, key: bool) -> Chapter:
    """The answers in a module, or in the part of it that the link opens and counts."""
    without = assessments.nothing if key else unseen
    if link is None or not link.module:
        return Chapter(module, title, assessments.score_of(part, module, without=without), review(part, module, language, key=key))
    counted = shown_items(part.edition_id, module, only=link.item, draw=link.draw, seed=str(part.id))
    points = assessments.score_of(part, module, counted, keep=link.keep, without=without)
    return Chapter(module, title, points, review(part, module, language, key=key, only=counted))


def _told(enrolment_id: int, link: ResourceLink | None) -> tuple[list[Told], str]:
    rows: list[Any] = list(db.session.execute(
        select(ResourceLink.id, ResourceLink.title, ResourceLink.module, Participant.user_id, Participant.sent_points, Participant.sent_maximum, Participant.sent_second)
        .join(Participant, Participant.link_id == ResourceLink.id).where(Participant.enrolment_id == enrolment_id).order_by(ResourceLink.id)
    ))
    told = [
        Told(
            row.title, row.module, Points(row.sent_points, row.sent_maximum) if row.sent_points is not None and row.sent_maximum else None,
            datetime.fromtimestamp(row.sent_second, UTC) if row.sent_second else None,
        )
        for row in rows if link is None or row.id == link.id
    ]
    return told, rows[-1].user_id if rows else ""
