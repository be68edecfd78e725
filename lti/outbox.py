"""The outbox of scores: rows in the transaction of the grade, packed by a worker, one learner and link after the other.

A row says *that* the platform must hear of a score. Which score is read when it is sent: two answers that are graded at the
same moment on PostgreSQL do not see each other, and each would store a sum without the other. At most one row of a
participant waits at any time; a grade that finds it waiting only touches it. The touch matters: it locks the row, so that
a worker either has not read the score yet, or the row no longer waits and the grade adds another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Integer, bindparam, or_, select, update
from sqlalchemy.orm import contains_eager

from accounts.models import Role
from assessments import service as assessments
from assessments.models import Attempt
from core import db
from core.direct import Read
from core.jobs import WorkState
from courses.models import Enrolment
from lti.grades import SCORES, Address, Parcel, can_make_line_item
from lti.models import Participant, Platform, ResourceLink, ScorePush
from lti.platforms import profile_of
from lti.selection import counted_items

Comment = Callable[[float, float], str]
"""(points, maximum) → the comment that stands beside the grade."""

_OPEN = (WorkState.DUE, WorkState.RUNNING)


# Learners whose link still leads to their run. Platforms refuse scores for anybody else.
_LISTENING = (
    select(
        Participant.id, Participant.enrolment_id, Enrolment.edition_id, ResourceLink.kind, ResourceLink.module, ResourceLink.item,
        ResourceLink.draw, Platform.family, ResourceLink.scopes, ResourceLink.lineitem,
        ResourceLink.lineitems,
    )
    .join(Participant.link).join(ResourceLink.platform).join(Participant.enrolment)
    # A certificate has no score.
    .where(Enrolment.role == Role.LEARNER, Enrolment.run_id == ResourceLink.run_id, ResourceLink.kind != "certificate")
)
_TO_GRADE = Read(_LISTENING.where(
    Participant.enrolment_id == bindparam("enrolment_id"), or_(ResourceLink.module.is_(None), ResourceLink.module == bindparam("module")),
))
_AT_LINK = Read(_LISTENING.where(
    Participant.link_id == bindparam("link_id"),
    or_(bindparam("participant_id", type_=Integer).is_(None), Participant.id == bindparam("participant_id", type_=Integer)),
))


def note(enrolment_id: int, module: str) -> list[int]:
    """A grade was given: let every link hear of it through which this learner came. Returns the new rows."""
    listening = _TO_GRADE(enrolment_id=enrolment_id, module=module)
    return _add(found.id for found in listening if _takes_scores(found, found.family) and _is_touched(found))


def catch_up(link_id: int, participant_id: int | None) -> list[int]:
    """Let a link hear what was earned before it listened: by one newcomer, or (None) by all, as for a new line item."""
    if participant_id is None:
        db.session.execute(update(Participant).where(Participant.link_id == link_id).values(sent_points=None, sent_maximum=None))
    listening = _AT_LINK(link_id=link_id, participant_id=participant_id)
    return _add(found.id for found in listening if _takes_scores(found, found.family) and _has_attempt(found, _counted(found)))


def _takes_scores(link: Any, family: str) -> bool:
    """Whether a link (or a row with its columns) takes scores."""
    makes = profile_of(family).makes_line_items
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


def _add(participant_ids: Iterable[int]) -> list[int]:
    added = [ScorePush(participant_id=participant_id) for participant_id in participant_ids if not _touch(participant_id)]
    if added:
        db.session.add_all(added)
        db.session.flush()
    return [push.id for push in added]


def _touch(participant_id: int) -> bool:
    touched = db.session.execute(
        update(ScorePush).where(ScorePush.participant_id == participant_id, ScorePush.state == WorkState.DUE).values(queued_at=db.now())
        .execution_options(synchronize_session=False)
    )
    return isinstance(touched, CursorResult) and touched.rowcount > 0


# --- Sending ----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Packed:
    """A claimed row with everything that sending needs, read in one go: no transaction is open while it is sent."""

    participant: Participant
    parcel: Parcel


def must_wait(push_id: int) -> bool:
    """Whether an earlier score of the same learner and link is still on its way: it goes first."""
    mine = select(ScorePush.participant_id).where(ScorePush.id == push_id).scalar_subquery()
    earlier = select(ScorePush.id).where(ScorePush.participant_id == mine, ScorePush.id < push_id, ScorePush.state.in_(_OPEN)).limit(1)
    with db.unscoped():  # Only the id of the row is known here; nothing but an id is read.
        return db.session.scalar(earlier) is not None


def pack(push: ScorePush, comment: Comment) -> Packed | None:
    """The score as it stands now. None when there is nothing to tell: the platform knows it, or takes no scores any more."""
    participant = _participant(push.participant_id)
    link = participant.link
    part = participant.enrolment
    counted = counted_items(link.kind, link.module, link.item, link.draw, part.edition_id, part.id)
    points = assessments.score_of(part, link.module, counted)
    known = (participant.sent_points, participant.sent_maximum) == (points.score, points.maximum)
    if known or points.maximum <= 0 or not _takes_scores(link, link.platform.family):
        return None
    push.points, push.maximum = points.score, points.maximum
    second = max(int(db.now().timestamp()), participant.sent_second + 1)
    parcel = Parcel(
        address=Address(link.id, link.resource_link_id, link.module, link.title, link.lineitem, link.lineitems, tuple(link.scopes)),
        user_id=participant.user_id, other_user_id=participant.other_user_id, points=points.score, maximum=points.maximum,
        second=second, comment=comment(points.score, points.maximum),
    )
    return Packed(participant, parcel)


def record(packed: Packed, push: ScorePush) -> None:
    """Remember what the platform has been told."""
    packed.participant.sent_points, packed.participant.sent_maximum = packed.parcel.points, packed.parcel.maximum
    packed.participant.sent_second = packed.parcel.second
    push.sent_at = db.now()


def next_waiting(push: ScorePush) -> int | None:
    """The row of the same participant that could not go while this one was on its way."""
    return db.session.scalar(
        select(ScorePush.id).where(ScorePush.participant_id == push.participant_id, ScorePush.state == WorkState.DUE, ScorePush.id != push.id)
        .order_by(ScorePush.id).limit(1)
    )


def _participant(participant_id: int) -> Participant:
    return db.session.scalars(
        select(Participant).join(Participant.link).join(ResourceLink.platform).join(Participant.enrolment)
        .options(contains_eager(Participant.link).contains_eager(ResourceLink.platform), contains_eager(Participant.enrolment))
        .where(Participant.id == participant_id).execution_options(populate_existing=True)
    ).one()
