"""The outbox of scores: rows in the transaction of the grade, packed by a worker, one learner and line item after the other.

A row says *that* the platform must hear of a score. Which score is read when it is sent: two answers that are graded at the
same moment on PostgreSQL do not see each other, and each would store a sum without the other. At most one row of a
participant waits at any time; a grade that finds it waiting only touches it. The touch matters: it locks the row, so that
a worker either has not read the score yet, or the row no longer waits and the grade adds another.

When a score may leave is the link's policy (lti/score_policy.py). Whoever adds or takes rows reads it with a shared lock on the
link, whoever changes it holds the link's lock: so no row is left waiting for a release that has been.

Rows are taken by the platform, many under one lease (docs/decisions/0010). Taking them is one after the other for each platform,
and never touches a learner and line item of whom another score is on its way.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from accounts.models import Person, Role
from assessments import service as assessments
from assessments.grading import waits
from assessments.models import Attempt
from core import db, jobs
from core.direct import Change, Read
from core.jobs import WorkState
from courses.models import Enrolment
from courses.service import Part
from lti.grades import SCORES, Address, Parcel, can_make_line_item
from lti.legacy import PROTOCOL
from lti.models import Participant, Platform, ResourceLink, ScorePush
from lti.platforms import profile_of
from lti.score_policy import counts_until, leaves_at
from lti.selection import counted_items

Comment = Callable[[float, float, str | None], str]
"""(points, maximum, the person's language) → the comment that stands beside the grade."""

OPEN = (WorkState.DUE, WorkState.RUNNING)
HELD = (WorkState.DUE, WorkState.WAITING)
WINDOW = 4                             # times as many rows are looked at as are taken: some must wait for an earlier one

_POLICY = (ResourceLink.keep, ResourceLink.send, ResourceLink.due_at, ResourceLink.announced_due_at, ResourceLink.released_at)
_OF_LINK = (
    ResourceLink.kind, ResourceLink.module, ResourceLink.item, ResourceLink.draw, ResourceLink.scopes, ResourceLink.lineitem,
    ResourceLink.lineitems, *_POLICY,
)

_Later = aliased(ScorePush)
NEWEST = ~exists().where(_Later.participant_id == ScorePush.participant_id, _Later.id > ScorePush.id)
"""The last row of a participant, which says how their score stands."""

# Learners whose link still leads to their run. Platforms refuse scores for anybody else.
_LISTENING = (
    select(Participant.id, Participant.enrolment_id, Participant.sourcedid, Enrolment.edition_id, Platform.family, Platform.protocol, *_OF_LINK)
    .join(Participant.link).join(ResourceLink.platform).join(Participant.enrolment)
    # A certificate has no score.
    .where(Enrolment.role == Role.LEARNER, Enrolment.run_id == ResourceLink.run_id, ResourceLink.kind != "certificate")
    .with_for_update(read=True, of=ResourceLink)
)
_TO_GRADE = Read(_LISTENING.where(
    Participant.enrolment_id == bindparam("enrolment_id"), or_(ResourceLink.module.is_(None), ResourceLink.module == bindparam("module")),
))
_AT_LINK = Read(_LISTENING.where(
    Participant.link_id == bindparam("link_id"),
    or_(bindparam("participant_id", type_=Integer).is_(None), Participant.id == bindparam("participant_id", type_=Integer)),
))


def note(enrolment_id: int, module: str) -> list[int]:
    """A grade was given: let every link hear of it through which this learner came. Returns the new rows that are due."""
    listening = _TO_GRADE(enrolment_id=enrolment_id, module=module)
    return _add((found for found in listening if takes_scores(found) and _is_touched(found)), graded=True)


def catch_up(link_id: int, participant_id: int | None = None) -> list[int]:
    """Let a link hear what was earned before it listened: by one newcomer, or by all. Returns the new rows that are due."""
    listening = _AT_LINK(link_id=link_id, participant_id=participant_id)
    return _add(found for found in listening if takes_scores(found) and _has_attempt(found, _counted(found)))


def forget_sent(link_id: int, participant_id: int | None = None) -> None:
    """The platform may have lost what it was told, or is told elsewhere from now on."""
    whose = Participant.id == participant_id if participant_id else Participant.link_id == link_id
    db.session.execute(update(Participant).where(whose).values(sent_points=None, sent_maximum=None))


def replan(link_id: int) -> list[int]:
    """The link's policy has changed: rows leave when it says now, and whatever has become another score is sent.

    Call in the transaction of the change, after it. Returns the rows that are due now.
    """
    link = db.session.execute(select(*_POLICY).where(ResourceLink.id == link_id).with_for_update()).one()
    moment = db.now()
    state, due_at = _leaving(link, moment)
    mine = select(Participant.id).where(Participant.link_id == link_id)
    changed = db.session.scalars(
        update(ScorePush).where(ScorePush.participant_id.in_(mine), ScorePush.state.in_(HELD)).values(state=state, due_at=due_at, error=None)
        .returning(ScorePush.id).execution_options(synchronize_session=False)
    ).all()
    added = catch_up(link_id)
    return [*changed, *added] if state == WorkState.DUE and due_at <= moment else added


def takes_scores(link: Any) -> bool:
    """Whether a link (a row with its columns, and those of the platform and the participant) takes scores."""
    if link.protocol == PROTOCOL and not link.sourcedid:
        return False  # Without it LTI 1.1 does not know whose score this is.
    makes = profile_of(link.family).makes_line_items
    return SCORES in link.scopes and bool(link.lineitem or (makes and can_make_line_item(link.lineitems, link.scopes)))


def _counted(found: Any) -> frozenset[str] | None:
    return counted_items(found.kind, found.module, found.item, found.draw, found.edition_id, found.enrolment_id)


def _is_touched(found: Any) -> bool:
    """Whether a grade in the link's module can belong to it: a link to some questions hears nothing before one of them is answered."""
    counted = _counted(found)
    return counted is None or _has_attempt(found, counted)


def _has_attempt(found: Any, counted: frozenset[str] | None) -> bool:
    attempts = select(Attempt.id).where(Attempt.enrolment_id == found.enrolment_id).limit(1)
    if found.module:
        attempts = attempts.where(Attempt.module == found.module)
    if counted is not None:
        attempts = attempts.where(Attempt.item.in_(counted))
    return db.session.scalar(attempts) is not None


def _leaving(policy: Any, moment: datetime) -> tuple[WorkState, datetime]:
    leaves = leaves_at(policy, moment)
    return (WorkState.WAITING, moment) if leaves is None else (WorkState.DUE, leaves)


def _add(listening: Iterable[Any], *, graded: bool = False) -> list[int]:
    moment = db.now()
    added = []
    for found in listening:
        if not _touch(found.id, graded):
            state, due_at = _leaving(found, moment)
            added.append(ScorePush(participant_id=found.id, state=state, due_at=due_at))
    if added:
        db.session.add_all(added)
        db.session.flush()
    return [push.id for push in added if push.state == WorkState.DUE and push.due_at <= moment]


def _touch(participant_id: int, graded: bool) -> bool:
    """Lock the row that waits, if there is one; it is dated anew when it stands for another grade."""
    touched = db.changed(
        update(ScorePush).where(ScorePush.participant_id == participant_id, ScorePush.state.in_(HELD))
        .values(queued_at=db.now() if graded else ScorePush.queued_at)
        .execution_options(synchronize_session=False)
    )
    return touched > 0


SPOKEN_TO = (Platform.active.is_(True), Platform.waiting.is_(False))
"""Which platforms are told scores. One that is switched off, or has moved and was not approved again, is not: its rows wait as they are."""


# --- Taking -----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Lane:
    """The scores of one platform, which are sent together."""

    organisation_id: int
    platform_id: int


def lane_of(push_id: int) -> Lane | None:
    """Where a row belongs that may be sent now; None when there is nothing to do for it."""
    with db.unscoped():  # Only the id of the row is known here; nothing but ids are read.
        found = db.session.execute(
            select(ScorePush.organisation_id, ResourceLink.platform_id)
            .join(ScorePush.participant).join(Participant.link).join(ResourceLink.platform)
            .where(ScorePush.id == push_id, jobs.claimable(ScorePush), *SPOKEN_TO)
        ).one_or_none()
    return Lane(*found) if found else None


def one_of_each_lane(claimable: ColumnElement[bool]) -> Select[Any]:
    """For the sweep: one message for each platform; it brings all that is due there."""
    first = func.min(ScorePush.id)
    return (
        select(first).join(ScorePush.participant).join(Participant.link).join(ResourceLink.platform).where(claimable, *SPOKEN_TO)
        .group_by(ResourceLink.platform_id).order_by(first)
    )


@dataclass(frozen=True)
class Taken:
    """Rows that are this worker's for a while."""

    lease: str
    ids: list[int]


def take(platform_id: int, most: int) -> Taken:
    """Take rows that are due, the oldest first, at most one of each learner and line item. Call in a transaction."""
    # Two workers do not choose at the same moment. (SQLite lets one write at a time anyway; launches are not held up by this lock.)
    lane = select(Platform.id).where(Platform.id == platform_id, *SPOKEN_TO).with_for_update(key_share=True)
    if db.session.scalar(lane) is None:
        return Taken("", [])
    due = db.session.execute(
        select(ScorePush.id, ScorePush.state, ScorePush.participant_id, Participant.user_id, ResourceLink.id.label("link_id"), ResourceLink.lineitem, *_POLICY)
        .join(ScorePush.participant).join(Participant.link).where(ResourceLink.platform_id == platform_id, jobs.claimable(ScorePush))
        .order_by(ScorePush.id).limit(WINDOW * most).with_for_update(read=True, of=ResourceLink)
    ).all()
    if not due:
        return Taken("", [])
    held_back = _hold_back(due)
    busy, chosen = _on_their_way(platform_id), []
    earlier = _postponed([row.participant_id for row in due])
    for row in due:
        must_wait = _key(row) in busy or earlier.get(row.participant_id, row.id) < row.id
        if row.id in held_back or must_wait:
            continue
        busy.add(_key(row))
        chosen.append(row.id)
    return Taken(*jobs.claim_all(ScorePush, chosen[:most]))


def _hold_back(due: Iterable[Any]) -> set[int]:
    """Rows that were on their way when the policy changed, and came back: now they wait as it says."""
    moment = db.now()
    held = {}
    for row in due:
        state, due_at = _leaving(row, moment)
        if state != WorkState.DUE or due_at > moment:
            held[row.id] = {"state": state, "due_at": due_at, "lease": None, "lease_until": None}
    for push_id, values in held.items():
        db.session.execute(update(ScorePush).where(ScorePush.id == push_id).values(values).execution_options(synchronize_session=False))
    return set(held)


def _key(row: Any) -> tuple[Any, str]:
    """Whose score it is and where it goes: two links may share a line item."""
    return row.lineitem or row.link_id, row.user_id


def _on_their_way(platform_id: int) -> set[tuple[Any, str]]:
    rows = db.session.execute(
        select(Participant.user_id, ResourceLink.id.label("link_id"), ResourceLink.lineitem)
        .select_from(ScorePush).join(ScorePush.participant).join(Participant.link)
        .where(ResourceLink.platform_id == platform_id, ScorePush.state == WorkState.RUNNING, ScorePush.lease_until >= db.now())
    )
    return {_key(row) for row in rows}


def _postponed(participant_ids: Collection[int]) -> dict[int, int]:
    """The earliest row of each that waits for its next try: what came after it waits, too."""
    rows = db.session.execute(
        select(ScorePush.participant_id, func.min(ScorePush.id)).group_by(ScorePush.participant_id)
        .where(ScorePush.participant_id.in_(participant_ids), ScorePush.state == WorkState.DUE, ScorePush.due_at > db.now())
    )
    return {row[0]: row[1] for row in rows}


# --- Packing and recording --------------------------------------------------------------------------------------------

_PACKED = (
    select(
        ScorePush.id, ScorePush.tries, ScorePush.queued_at, ScorePush.participant_id, Participant.user_id, Participant.other_user_id, Participant.sourcedid,
        Participant.sent_points, Participant.sent_maximum, Participant.sent_second, Participant.link_id, ResourceLink.resource_link_id,
        ResourceLink.title, ResourceLink.platform_id, Platform.family, Platform.protocol, *_OF_LINK, Person.language,
        *(getattr(Enrolment, name).label(f"part_{name}") for name in Part._fields),
    )
    .join(ScorePush.participant).join(Participant.link).join(ResourceLink.platform).join(Participant.enrolment)
    .join(Person, Person.id == Enrolment.person_id)
)
_SENT = Change(
    update(Participant).where(Participant.id == bindparam("participant_id"))
    .values(sent_points=bindparam("points"), sent_maximum=bindparam("maximum"), sent_second=bindparam("second", type_=BigInteger))
)
_NUMBERS = Change(
    update(ScorePush).where(ScorePush.id == bindparam("push_id")).values(points=bindparam("points"), maximum=bindparam("maximum"))
)


@dataclass(frozen=True)
class Packed:
    """A claimed row. `parcel` is None when there is nothing to tell: the platform knows it, or takes no scores any more.

    `broken`: the score could not be found out.
    """

    push_id: int
    participant_id: int
    tries: int
    parcel: Parcel | None
    broken: bool = False


def rows_of(taken: Taken) -> list[Any]:
    """What packing needs, read in one go."""
    return list(db.session.execute(_PACKED.where(ScorePush.id.in_(taken.ids)).order_by(ScorePush.id)))


def pack(row: Any, last: int, comment: Comment) -> Packed:
    """The score as it stands now. `last` is the latest second that the line item has heard for this learner."""
    part = Part._make(getattr(row, f"part_{name}") for name in Part._fields)
    counted = counted_items(row.kind, row.module, row.item, row.draw, part.edition_id, part.id)
    points = assessments.score_of(part, row.module, counted, keep=row.keep, until=counts_until(row), without=waits)
    known = (row.sent_points, row.sent_maximum) == (points.score, points.maximum)
    # Of a maximum of 0 nothing is said: it is no score, and what the gradebook has stays.
    if known or points.maximum <= 0 or not takes_scores(row):
        return Packed(row.id, row.participant_id, row.tries, None)
    return Packed(row.id, row.participant_id, row.tries, Parcel(
        address=Address(row.link_id, row.resource_link_id, row.module, row.title, row.lineitem, row.lineitems, tuple(row.scopes)),
        user_id=row.user_id, other_user_id=row.other_user_id, sourcedid=row.sourcedid, points=points.score, maximum=points.maximum,
        second=stamp(row.queued_at, row.tries, last, db.now()), comment=comment(points.score, points.maximum, row.language),
    ))


def stamp(given_at: datetime, tries: int, last: int, moment: datetime) -> int:
    """The second that a score is dated with: that of the grade where it comes after the last one, else the present.

    A repeated score gets the present: the platform may have taken it the first time, and refuses the same second (ags-score.http).
    """
    given = int(given_at.timestamp())
    if tries == 1 and last < given:
        return given
    return max(int(moment.timestamp()), last + 1)


def last_seconds(rows: Collection[Any]) -> dict[int, int]:
    """By row: the latest second that was sent for this learner to this line item, through whatever link."""
    own = {row.id: row.sent_second for row in rows}
    for row in _sharing(rows):
        heard = db.session.scalar(
            select(func.max(Participant.sent_second)).join(Participant.link).where(
                ResourceLink.platform_id == row.platform_id, ResourceLink.lineitem == row.lineitem, Participant.user_id == row.user_id,
            )
        )
        own[row.id] = max(own[row.id], heard or 0)
    return own


def _sharing(rows: Collection[Any]) -> list[Any]:
    """Rows of links that do not have their line item for themselves."""
    named = {row.lineitem for row in rows if row.lineitem and not row.sourcedid}  # LTI 1.1 has one address for all, and no timestamps.
    shared = set(db.session.scalars(
        select(ResourceLink.lineitem).where(ResourceLink.lineitem.in_(named)).group_by(ResourceLink.lineitem).having(func.count() > 1)
    )) if named else set()
    return [row for row in rows if row.lineitem in shared]


def record(taken: Taken, sent: Mapping[int, Packed], known: Collection[int]) -> set[int]:
    """Remember what the platform has been told; gives the rows that were still ours. Call in a transaction."""
    kept = jobs.settle_all(ScorePush, taken.lease, list(sent), WorkState.DONE, sent_at=db.now())
    kept |= jobs.settle_all(ScorePush, taken.lease, known, WorkState.DONE)
    for push_id in kept & sent.keys():
        packed = sent[push_id]
        if packed.parcel:
            _SENT(participant_id=packed.participant_id, points=packed.parcel.points, maximum=packed.parcel.maximum, second=packed.parcel.second)
            _NUMBERS(push_id=push_id, points=packed.parcel.points, maximum=packed.parcel.maximum)
    return kept
