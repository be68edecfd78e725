"""What a verified launch leaves behind: person, enrolment, link and participant. All is called in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select, update

from accounts import service as accounts
from accounts.models import Role
from assessments import items
from core import db, direct
from core.direct import Change, Read
from core.i18n import LANGUAGES
from courses import service as courses
from courses.service import Part
from lti import copies
from lti.claims import Message, Person
from lti.models import LoginState, Participant, Platform, ResourceLink
from lti.platforms import family_of, profile_at
from lti.platforms.generic import Generic
from lti.refusals import Refused
from lti.roles import role_in_context
from lti.score_policy import due_in
from lti.target import KINDS, NO_SCORES, Target, named
from modules.service import parsed

MOST_DRAWN = 999
_USE = Change(
    update(LoginState).where(LoginState.state == bindparam("used_state"), LoginState.used_at.is_(None))
    .values(used_at=bindparam("moment"))
)
_LINK = Read(
    select(
        ResourceLink.id, ResourceLink.run_id, ResourceLink.kind, ResourceLink.module, ResourceLink.item,
        ResourceLink.draw, ResourceLink.title, ResourceLink.context_id,
        ResourceLink.memberships_url, ResourceLink.groups_url, ResourceLink.group_sets_url, ResourceLink.lineitem, ResourceLink.lineitems,
        ResourceLink.scopes, ResourceLink.announced_due_at,
    )
    .where(ResourceLink.deployment_id == bindparam("deployment_id"), ResourceLink.resource_link_id == bindparam("resource_link_id"))
)
_PARTICIPANT = Read(
    select(Participant.id, Participant.user_id, Participant.other_user_id, Participant.sourcedid)
    .where(Participant.link_id == bindparam("link_id"), Participant.enrolment_id == bindparam("enrolment_id"))
)


@dataclass(frozen=True)
class Opened:
    """What a link opens, checked against the edition: the columns of the same names at ResourceLink."""

    kind: str
    module: str | None = None
    item: str | None = None
    draw: int | None = None


@dataclass(frozen=True)
class Admitted:
    """Who came in, and where they go."""

    person_id: int
    part: Part
    role: Role                         # in this launch
    link_id: int
    opened: Opened
    participant_id: int
    joined: bool                       # the link is new to somebody who took part before: it may have to hear of points
    moved: bool                        # the link's line item or target is a new one: it has to hear of everybody's points
    rescheduled: bool                  # the platform names another due date


def use(state: str) -> None:
    """Spend a login, by the hash of its state. Of several launches with the same state exactly one gets past this line."""
    if _USE(used_state=state, moment=db.now()) != 1:
        raise Refused("state_used")


def enter(platform: Platform, deployment_id: int, message: Message, person: Person) -> Admitted:
    """Bring the rows up to date with what the platform says. Raises Refused when the link opens nothing."""
    began = db.now()
    learn(platform, message)
    profile = profile_at(platform.family, message)
    course, course_id, target = _target(message)
    person_id = accounts.recognise(platform.issuer, person.subject, name=person.name, email=person.email, language=language_of(message))
    run_id = courses.run_id(course_id, _run_key(deployment_id, message, course), message.context_title)
    role = role_in_context(message.roles)
    part = courses.take_part(run_id, person_id, role)
    opened = _opened(part.edition_id, target)
    link_id, changed = _link(platform.id, deployment_id, message, profile, run_id, opened)
    participant_id, is_new = _participate(link_id, part.id, message, profile, person)
    return Admitted(person_id, part, role, link_id, opened, participant_id, is_new and part.enrolled_at < began, *_consequences(changed))


def learn(platform: Platform, message: Message) -> None:
    """What the platform says about itself, for its profile and for the operator's list. Call in the transaction of the launch."""
    if message.family and platform.family != family_of(message.family):
        platform.family = family_of(message.family)
    if message.version and platform.version != message.version:
        platform.version = message.version


def to_preview(message: Message) -> tuple[int, Opened]:
    """What a launch without a person may look at: the newest edition, and what of it the link opens. Writes nothing.

    Raises Refused when the link opens nothing.
    """
    _, course_id, target = _target(message)
    edition_id = courses.newest_edition(course_id).id
    return edition_id, _opened(edition_id, target)


def language_of(message: Message) -> str | None:
    """The platform's language where Lotse speaks it."""
    language = message.locale[:2].casefold()
    return language if language in LANGUAGES else None


def _run_key(deployment_id: int, message: Message, course: str) -> str:
    """One run for each course of the LMS. A context id is unique within its deployment only (LTI Core 5.4.1)."""
    context = message.context_id or f"link {message.link_id}"
    return f"lti:{deployment_id}:{context}:{course}"


def _target(message: Message) -> tuple[str, int, Target]:
    """Slug and id of the course that the link opens, and what of it."""
    wanted, offered = named(message.custom, message.target_link_uri), courses.course_ids()
    if wanted.course:
        if wanted.course not in offered:
            raise Refused("course_unknown", wanted=wanted.course, choices=_choices(offered))
        return wanted.course, offered[wanted.course], wanted
    if len(offered) != 1:
        raise Refused("course_unnamed", choices=_choices(offered))
    return *next(iter(offered.items())), wanted


def _choices(offered: Iterable[str]) -> str:
    return ", ".join(offered) or "–"


def _opened(edition_id: int, target: Target) -> Opened:
    """What the edition has of the target. Raises Refused that names what there is."""
    if target.opens not in KINDS:
        raise Refused("kind_unknown", wanted=target.opens, choices=", ".join(KINDS))
    if target.opens in ("course", "certificate"):
        return Opened(target.opens)
    module = _module(edition_id, target)
    if target.opens == "exercise":
        return Opened("exercise", module, item=_item(edition_id, module, target))
    return Opened(target.opens, module, draw=_draw(target) if target.opens == "quiz" else None)


def _module(edition_id: int, target: Target) -> str:
    known = parsed(edition_id).module_ids
    if target.module is None:
        raise Refused("module_unnamed", choices=", ".join(known))
    if target.module not in known:
        raise Refused("module_unknown", wanted=target.module, choices=", ".join(known))
    return target.module


def _item(edition_id: int, module: str, target: Target) -> str:
    known = items.points(edition_id)[module]
    if target.item is None:
        raise Refused("item_unnamed", choices=_choices(known))
    if target.item not in known:
        raise Refused("item_unknown", wanted=target.item, choices=_choices(known))
    return target.item


def _draw(target: Target) -> int | None:
    """How many questions each learner gets. More than there are is all of them: an edition may lose some."""
    if target.draw is None:
        return None
    if not (target.draw.isascii() and target.draw.isdigit() and 0 < int(target.draw) <= MOST_DRAWN):
        raise Refused("draw_wrong", wanted=target.draw)
    return int(target.draw)


def _link(
    platform_id: int, deployment_id: int, message: Message, profile: Generic, run_id: int, opened: Opened,
) -> tuple[int, set[str]]:
    """The link's id, and which of its columns have changed; for a new link all."""
    services = profile.services(message)
    if message.custom.get(NO_SCORES[0]) == NO_SCORES[1]:
        services = replace(services, lineitems=None)
    known = _LINK.one(deployment_id=deployment_id, resource_link_id=message.link_id)
    made_by_us = known.lineitem if known and profile.makes_line_items and services.lineitems else None
    now = {
        "run_id": run_id, "kind": opened.kind, "module": opened.module, "item": opened.item, "draw": opened.draw, "title": message.link_title,
        "context_id": message.context_id, "memberships_url": message.roster.memberships_url, "groups_url": message.roster.groups_url,
        "group_sets_url": message.roster.group_sets_url, "lineitem": services.lineitem or made_by_us,
        "lineitems": services.lineitems, "scopes": list(services.scopes),
        "announced_due_at": due_in(message.custom.get("due", "")),
    }
    if known is None:
        original = copies.original_of(deployment_id, message.custom, now)
        settings = copies.taken_over(original) if original else {}
        added = direct.add(
            ResourceLink, platform_id=platform_id, deployment_id=deployment_id, resource_link_id=message.link_id, **now, **settings,
        )
        return added, set(now)
    changed = {name for name, value in now.items() if getattr(known, name) != value}
    if changed:
        db.session.execute(update(ResourceLink).where(ResourceLink.id == known.id).values(now))
    return known.id, changed


def _consequences(changed: set[str]) -> tuple[bool, bool]:
    """Whether the link's scores go elsewhere or are others than before, and whether its due date is another one."""
    return not changed.isdisjoint({"lineitem", "kind", "module", "item", "draw", "run_id"}), "announced_due_at" in changed


def _participate(link_id: int, enrolment_id: int, message: Message, profile: Generic, person: Person) -> tuple[int, bool]:
    """The participant's id, and whether they came through this link for the first time."""
    # What the platform called them in this launch; the profile may have put another key in place of the subject.
    now = {"user_id": message.person.subject if message.person else person.subject, "other_user_id": profile.other_user_id(message)}
    if message.sourcedid:
        now["sourcedid"] = message.sourcedid
    known = _PARTICIPANT.one(link_id=link_id, enrolment_id=enrolment_id)
    if known is None:
        return direct.add(Participant, link_id=link_id, enrolment_id=enrolment_id, **now), True
    if any(getattr(known, name) != value for name, value in now.items()):
        db.session.execute(update(Participant).where(Participant.id == known.id).values(now))
    return known.id, False
