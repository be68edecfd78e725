"""The class of a run: the people of the LMS course, fetched when a lecturer looks, beside those who came to Lotse.

The platform's list stays in this process for some minutes and is never written to the database: Lotse keeps no names of people who
have not come (docs/decisions/0011).
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from accounts.models import Identity, Person, Role
from assessments import service as assessments
from assessments.models import Attempt
from core import db
from core.http import Answer
from courses import service as courses
from courses.models import Enrolment, Visit
from courses.service import TEACHING
from lti import groups, roster
from lti.classroom import Learner
from lti.connection import Connection, LaterError
from lti.groups import Group
from lti.models import Participant, Platform, ResourceLink
from lti.paging import Ask
from lti.platforms import profile_of
from lti.roster import Listing, Member, RosterError, Trouble
from lti.service import scores
from lti.service.calls import connected

log = structlog.get_logger("lti")
KEPT = timedelta(minutes=10)
RESTED = timedelta(minutes=1)
SECONDS = 20                           # for all pages of a list together
MOST_KEPT = 64


@dataclass(frozen=True)
class Roster:
    """Who is in the LMS course, as the platform said."""

    listing: Listing
    groups: tuple[Group, ...]
    fetched_at: datetime


@dataclass(frozen=True)
class Seen:
    """What is known of the LMS course: its roster, why there is none, and whether the platform offers one at all."""

    roster: Roster | None = None
    trouble: Trouble | None = None
    offered: bool = True
    from_lms: bool = True              # False: the organisation's own offer, which belongs to no LMS course
    platform: str = ""
    link: ResourceLink | None = None


@dataclass(frozen=True)
class Teacher:
    """Somebody who teaches in the run."""

    enrolment_id: int
    person_id: int
    name: str | None


@dataclass
class _Kept:
    """What this process knows of one list: as it was last read, and why it could not be read since."""

    roster: Roster | None = None
    trouble: Trouble | None = None
    tried_at: datetime = field(default_factory=db.now)


_kept: dict[tuple[int, str], _Kept] = {}
_keeping = threading.Lock()


def look(run_id: int, asker_id: int, *, anew: bool = False) -> Seen:
    """The LMS course of a run: what was fetched some minutes ago, or else what the platform says now.

    A platform that does not answer is left alone for a minute, unless it shall be asked anew. A fresh list also corrects the roles
    of those who teach in Lotse and only learn there, save that of the asker.
    """
    link = _link_of(run_id)
    if link is None:
        return Seen(offered=False, from_lms=False)
    if not link.memberships_url or not link.platform.active or link.platform.waiting:
        return Seen(offered=False, platform=link.platform.name, link=link)
    kept = _known(link.platform.id, link.memberships_url)
    if anew or kept is None:
        kept = _ask(link, kept.roster if kept else None)
        if kept.roster and not kept.trouble:
            _correct_roles(run_id, link, kept.roster, asker_id)
    return Seen(kept.roster, kept.trouble, platform=link.platform.name, link=link)


def _ask(link: ResourceLink, before: Roster | None) -> _Kept:
    assert link.memberships_url
    try:
        answered = _Kept(_fetch(link))
    except RosterError as error:
        log.info("roster", platform=link.platform.id, trouble=error.trouble.value)
        answered = _Kept(before, error.trouble)
    _keep((link.platform.id, link.memberships_url), answered)
    return answered


def _link_of(run_id: int) -> ResourceLink | None:
    """The link that says most about the LMS course, the newest first: all links of a run stand in the same course."""
    found = db.session.scalars(
        select(ResourceLink).join(ResourceLink.platform).options(contains_eager(ResourceLink.platform))
        .where(ResourceLink.run_id == run_id).order_by(ResourceLink.memberships_url.is_(None), ResourceLink.id.desc()).limit(1)
    )
    return found.one_or_none()


# --- Asking the platform ----------------------------------------------------------------------------------------------

def _fetch(link: ResourceLink) -> Roster:
    """Raises RosterError."""
    assert link.memberships_url
    db.session.commit()  # No transaction stays open while the platform is asked.
    try:
        with connected(link.platform) as connection:
            listing = roster.members(_asking(connection, roster.SCOPE, roster.MEDIA_TYPE), link.memberships_url, groups=bool(link.groups_url))
            return Roster(listing, _groups(connection, link), db.now())
    except LaterError as error:
        raise RosterError(Trouble.UNREACHABLE) from error


def _groups(connection: Connection, link: ResourceLink) -> tuple[Group, ...]:
    """The groups; without them the list of people is as good."""
    if not link.groups_url:
        return ()
    try:
        return groups.groups(
            _asking(connection, groups.SCOPE, groups.GROUPS_TYPE), link.groups_url,
            _asking(connection, groups.SCOPE, groups.SETS_TYPE), link.group_sets_url,
        )
    except (RosterError, LaterError) as error:
        log.info("groups", platform=link.platform_id, reason=str(error))
        return ()


def _asking(platform: Connection, scope: str, media_type: str) -> Ask:
    """One media type in Accept and nothing else: Moodle refuses all but that (nrps-members.http)."""
    end = time.monotonic() + SECONDS

    def ask(address: str) -> Answer:
        if time.monotonic() > end:
            raise LaterError("out_of_time")
        return platform.call("GET", address, [scope], {"Accept": media_type})

    return ask


def _known(platform_id: int, url: str) -> _Kept | None:
    """What need not be asked for again yet. A list that is older than it may be is not shown either."""
    moment = db.now()
    with _keeping:
        for key in [key for key, kept in _kept.items() if not _holds(kept, moment)]:
            del _kept[key]
        return _kept.get((platform_id, url))


def _holds(kept: _Kept, moment: datetime) -> bool:
    if kept.trouble is not None and kept.tried_at <= moment - RESTED:
        return False
    return kept.roster is None or kept.roster.fetched_at > moment - KEPT


def _keep(key: tuple[int, str], answered: _Kept) -> None:
    with _keeping:
        _kept.pop(key, None)
        while len(_kept) >= MOST_KEPT:
            del _kept[next(iter(_kept))]
        _kept[key] = answered


def forget() -> None:
    """Throw all lists away (tests: another database may use the same numbers)."""
    with _keeping:
        _kept.clear()


# --- Roles ------------------------------------------------------------------------------------------------------------

def teachers(run_id: int) -> list[Teacher]:
    """Who teaches in the run."""
    rows = db.session.execute(
        select(Enrolment.id, Enrolment.person_id, Person.name).join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.run_id == run_id, Enrolment.role.in_(TEACHING)).order_by(Enrolment.id)
    )
    return [Teacher(*row) for row in rows]


def make_learner(run_id: int, enrolment_id: int) -> bool:
    """Let somebody who taught in the run take part as a learner; False when they do already. Raises LookupError."""
    with db.transaction():
        if db.session.scalar(select(Enrolment.id).where(Enrolment.id == enrolment_id, Enrolment.run_id == run_id)) is None:
            raise LookupError(enrolment_id)
        changed = courses.take_part_as_learner(enrolment_id)
        if changed:
            scores.became_learner(enrolment_id)
    return changed


def _correct_roles(run_id: int, link: ResourceLink, fetched: Roster, asker_id: int) -> None:
    """Who only learns in the LMS course now learns in Lotse too."""
    by_key, keys = _members_by_key(link.platform, fetched.listing), _keys(run_id, link.platform)
    for teacher in teachers(run_id):
        found = [by_key[key] for key in keys.get(teacher.enrolment_id, ()) if key in by_key]
        if teacher.person_id != asker_id and found and all(member.learns and member.active for member in found):
            make_learner(run_id, teacher.enrolment_id)


# --- Those who came, and those who did not ----------------------------------------------------------------------------

def learners(run_id: int, seen: Seen) -> list[Learner]:
    """Everybody who learns in the run, and everybody who could and has not come."""
    listing = seen.roster.listing if seen.roster else None
    by_key = _members_by_key(seen.link.platform, listing) if listing and seen.link else {}
    keys = _keys(run_id, seen.link.platform) if seen.link else {}
    came = _came(run_id, listing, by_key, keys)
    if listing is None:
        return came
    met = {id(by_key[key]) for all_of_one in keys.values() for key in all_of_one if key in by_key}
    absent = [member for member in listing.members if member.learns and member.active and id(member) not in met]
    return came + [_absent(member) for member in absent]


def _absent(member: Member) -> Learner:
    return Learner(member.user_id, member.name, None, 0, {}, None, participated=False, passed=False, left=False, groups=member.groups)


def _came(run_id: int, listing: Listing | None, by_key: Mapping[str, Member], keys: Mapping[int, list[str]]) -> list[Learner]:
    rows = db.session.execute(
        select(Enrolment, Person.name).join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.run_id == run_id, Enrolment.role == Role.LEARNER, Person.joined_into.is_(None)).order_by(Enrolment.id)
    ).all()
    points = assessments.scores_in_run(run_id, {enrolment.id: enrolment.edition_id for enrolment, _ in rows})
    opened, last = _opened(run_id), _last(run_id)
    found = []
    for enrolment, name in rows:
        own = keys.get(enrolment.id, [])
        member = next((by_key[key] for key in own if key in by_key), None)
        gone = listing is not None and listing.whole and bool(own) and (member is None or not member.active)
        found.append(Learner(
            own[0] if own else str(enrolment.id), name or (member.name if member else None), enrolment.id, opened.get(enrolment.id, 0),
            points[enrolment.id], last.get(enrolment.id), enrolment.participated_at is not None, enrolment.achieved_at is not None,
            left=gone, groups=member.groups if member else frozenset(),
        ))
    return found


def _opened(run_id: int) -> dict[int, int]:
    rows = db.session.execute(
        select(Visit.enrolment_id, func.count()).join(Enrolment, Enrolment.id == Visit.enrolment_id)
        .where(Enrolment.run_id == run_id).group_by(Visit.enrolment_id)
    )
    return {row[0]: row[1] for row in rows}


def _last(run_id: int) -> dict[int, datetime]:
    """When each one did something last: opened a module, or answered."""
    found: dict[int, datetime] = {}
    for moment, table in ((Visit.last_at, Visit), (Attempt.submitted_at, Attempt)):
        rows = db.session.execute(
            select(table.enrolment_id, func.max(moment)).join(Enrolment, Enrolment.id == table.enrolment_id)
            .where(Enrolment.run_id == run_id).group_by(table.enrolment_id)
        )
        for enrolment_id, latest in rows:
            found[enrolment_id] = max(latest, found.get(enrolment_id, latest))
    return found


def _keys(run_id: int, platform: Platform) -> dict[int, list[str]]:
    """How the platform may call each person of the run: at their launches, and by the key under which Lotse knows them."""
    launched = select(Participant.enrolment_id, Participant.user_id).join(ResourceLink, ResourceLink.id == Participant.link_id).where(
        ResourceLink.platform_id == platform.id, ResourceLink.run_id == run_id,
    ).order_by(Participant.id.desc())
    known = select(Enrolment.id, Identity.subject).join(Identity, Identity.person_id == Enrolment.person_id).where(
        Enrolment.run_id == run_id, Identity.issuer == platform.issuer,
    )
    found: dict[int, list[str]] = {}
    for statement in (launched, known):
        for enrolment_id, key in db.session.execute(statement):
            found.setdefault(enrolment_id, []).append(key)
    return found


def _members_by_key(platform: Platform, listing: Listing) -> dict[str, Member]:
    profile = profile_of(platform.family)
    return {key: member for member in listing.members for key in profile.keys_of(member.user_id, member.email)}
