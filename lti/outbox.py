"""The outbox of scores: rows in the transaction of the grade, packed by a worker, one learner and link after the other.

A row says *that* the platform must hear of a score. Which score is read when it is sent: two answers that are graded at the
same moment on PostgreSQL do not see each other, and each would store a sum without the other. At most one row of a
participant waits at any time; a grade that finds it waiting only touches it. The touch matters: it locks the row, so that
a worker either has not read the score yet, or the row no longer waits and the grade adds another.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, CursorResult, select, true, update
from sqlalchemy.orm import contains_eager

from accounts.models import Role
from assessments import service as assessments
from assessments.models import Attempt
from core import db
from core.jobs import WorkState
from courses.models import Enrolment
from lti.grades import SCORES, Address, Parcel, can_make_line_item
from lti.models import Participant, ResourceLink, ScorePush
from lti.platforms import profile_of

Comment = Callable[[float, float], str]
"""(points, maximum) → the comment that stands beside the grade."""

_OPEN = (WorkState.DUE, WorkState.RUNNING)


def note(enrolment_id: int, module: str) -> list[int]:
    """A grade was given: let every link hear of it through which this learner came. Returns the new rows."""
    here = (Participant.enrolment_id == enrolment_id) & (ResourceLink.module.is_(None) | (ResourceLink.module == module))
    return _add(_listening(here))


def catch_up(link: ResourceLink, participant_id: int | None) -> list[int]:
    """Let a link hear what was earned before it listened: by one newcomer, or (None) by all, as for a new line item."""
    if participant_id is None:
        db.session.execute(update(Participant).where(Participant.link_id == link.id).values(sent_points=None, sent_maximum=None))
    here = (Participant.link_id == link.id) & (Participant.id == participant_id if participant_id else true())
    return _add(participant for participant in _listening(here) if _has_attempt(participant))


def _listening(condition: ColumnElement[bool]) -> list[Participant]:
    """Learners whose link still leads to their run and takes scores. Platforms refuse scores for anybody else."""
    found = db.session.scalars(
        select(Participant).join(Participant.link).join(ResourceLink.platform).join(Participant.enrolment)
        .options(contains_eager(Participant.link).contains_eager(ResourceLink.platform))
        .where(condition, Enrolment.role == Role.LEARNER, Enrolment.run_id == ResourceLink.run_id)
    )
    return [participant for participant in found if _takes_scores(participant.link)]


def _takes_scores(link: ResourceLink) -> bool:
    makes = profile_of(link.platform.family).makes_line_items
    return SCORES in link.scopes and bool(link.lineitem or (makes and can_make_line_item(link.lineitems, link.scopes)))


def _has_attempt(participant: Participant) -> bool:
    attempts = select(Attempt.id).where(Attempt.enrolment_id == participant.enrolment_id).limit(1)
    if participant.link.module:
        attempts = attempts.where(Attempt.module == participant.link.module)
    return db.session.scalar(attempts) is not None


def _add(participants: Iterable[Participant]) -> list[int]:
    added = [ScorePush(participant_id=participant.id) for participant in participants if not _touch(participant.id)]
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
    points = assessments.score_of(participant.enrolment, link.module)
    known = (participant.sent_points, participant.sent_maximum) == (points.score, points.maximum)
    if known or points.maximum <= 0 or not _takes_scores(link):
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
