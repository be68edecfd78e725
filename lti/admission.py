"""What a verified launch leaves behind: person, enrolment, link and participant. All is called in one transaction."""

from dataclasses import dataclass

from sqlalchemy import CursorResult, select, update

from accounts import service as accounts
from core import db
from core.i18n import LANGUAGES
from courses import service as courses
from courses.models import Course, Enrolment
from lti.claims import Message, Person
from lti.models import Deployment, LoginState, Participant, Platform, ResourceLink
from lti.platforms import profile_of
from lti.platforms.generic import Generic
from lti.refusals import Refused
from lti.roles import role_in_context
from lti.target import named
from modules.service import parsed


@dataclass(frozen=True)
class Admitted:
    """Who came in, and where they go."""

    person_id: int
    enrolment: Enrolment
    link: ResourceLink
    language: str | None
    participant: Participant
    joined: bool                       # the link is new to somebody who took part before: it may have to hear of points
    moved: bool                        # the link's line item or target is a new one: it has to hear of everybody's points


def use(login: LoginState) -> None:
    """Spend the login state. Of several launches with the same state exactly one gets past this line."""
    spent = db.session.execute(
        update(LoginState).where(LoginState.state == login.state, LoginState.used_at.is_(None)).values(used_at=db.now())
        .execution_options(synchronize_session=False)
    )
    if not isinstance(spent, CursorResult) or spent.rowcount != 1:
        raise Refused("state_used")


def enter(platform: Platform, deployment: Deployment, message: Message, person: Person) -> Admitted:
    """Bring the rows up to date with what the platform says. Raises Refused when the link opens nothing."""
    began = db.now()
    if message.family and platform.family != message.family:
        platform.family = message.family
    profile = profile_of(message.family or platform.family)
    course, module = _target(message)
    language = message.locale[:2].casefold() if message.locale[:2].casefold() in LANGUAGES else None
    known = accounts.find_or_add(platform.issuer, person.subject, name=person.name, email=person.email, language=language)
    run = courses.find_or_add_run(course.id, _run_key(deployment, message, course), message.context_title)
    enrolment = courses.enrol(run.id, known.id, role_in_context(message.roles))
    _check_module(enrolment.edition_id, module)
    link, moved = _link(deployment, message, profile, run.id, module)
    participant, is_new = _participate(link, enrolment, message, profile, person)
    return Admitted(known.id, enrolment, link, language, participant, is_new and enrolment.enrolled_at < began, moved)


def _run_key(deployment: Deployment, message: Message, course: Course) -> str:
    """One run for each course of the LMS. A context id is unique within its deployment only (LTI Core 5.4.1)."""
    context = message.context_id or f"link {message.link_id}"
    return f"lti:{deployment.id}:{context}:{course.slug}"


def _target(message: Message) -> tuple[Course, str | None]:
    wanted = named(message.custom, message.target_link_uri)
    if wanted.course:
        course = courses.course(wanted.course)
        if course is None:
            raise Refused("course_unknown", wanted=wanted.course, choices=_choices())
        return course, wanted.module
    offered = courses.courses()
    if len(offered) != 1:
        raise Refused("course_unnamed", choices=_choices())
    return offered[0], wanted.module


def _choices() -> str:
    return ", ".join(course.slug for course in courses.courses()) or "–"


def _check_module(edition_id: int, module: str | None) -> None:
    known = parsed(edition_id).module_ids
    if module is not None and module not in known:
        raise Refused("module_unknown", wanted=module, choices=", ".join(known))


def _link(deployment: Deployment, message: Message, profile: Generic, run_id: int, module: str | None) -> tuple[ResourceLink, bool]:
    """The link's row, and whether its scores go to another line item than before."""
    services = profile.services(message)
    link = db.session.scalars(
        select(ResourceLink).where(ResourceLink.deployment_id == deployment.id, ResourceLink.resource_link_id == message.link_id)
    ).one_or_none()
    if link is None:
        link = ResourceLink(platform_id=deployment.platform_id, deployment_id=deployment.id, resource_link_id=message.link_id)
        db.session.add(link)
    made_by_us = link.lineitem if profile.makes_line_items and services.lineitems else None
    lineitem = services.lineitem or made_by_us
    moved = (link.lineitem, link.module, link.run_id) != (lineitem, module, run_id)
    link.run_id, link.module, link.title = run_id, module, message.link_title
    link.lineitem, link.lineitems = lineitem, services.lineitems
    if list(services.scopes) != link.scopes:
        link.scopes = list(services.scopes)
    db.session.flush()
    return link, moved


def _participate(
    link: ResourceLink, enrolment: Enrolment, message: Message, profile: Generic, person: Person,
) -> tuple[Participant, bool]:
    found = db.session.scalars(
        select(Participant).where(Participant.link_id == link.id, Participant.enrolment_id == enrolment.id)
    ).one_or_none()
    is_new = found is None
    if found is None:
        found = Participant(link_id=link.id, enrolment_id=enrolment.id)
        db.session.add(found)
    # What the platform called them in this launch; the profile may have put another key in place of the subject.
    found.user_id = message.person.subject if message.person else person.subject
    found.other_user_id = profile.other_user_id(message)
    return found, is_new
