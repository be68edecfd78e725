"""An organisation's own thresholds: set them, and look who has enough by them already."""

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from assessments.service import notice
from core import db, jobs
from courses.models import Enrolment, ThresholdRule
from modules.thresholds import rule

AT_ONCE = 50               # enrolments in one transaction: other writers come in between
_looking = jobs.queue.signature("assessments.look_who_has_enough")


def set_rule(participation: int | None, achievement: int | None) -> None:
    """Let these hold from now on in all courses of the organisation acted for; None: what the course says.

    Who has enough by them already gets the certificate soon after; nobody loses one.
    """
    try:
        _write(participation, achievement)
    except IntegrityError:  # Two set the first ones together: now there is a row to change.
        _write(participation, achievement)


def _write(participation: int | None, achievement: int | None) -> None:
    with db.transaction() as tx:
        row = rule() or ThresholdRule()
        tx.add(row)
        row.participation, row.achievement, row.changed_at = participation, achievement, db.now()
        jobs.anew(row)
        tx.flush()
        jobs.hint(_looking, row.id)


def look_who_has_enough(claimed: ThresholdRule) -> None:
    """Give what was earned by a lowered threshold. Raises jobs.LostLeaseError."""
    last = 0
    while ids := db.session.scalars(
        select(Enrolment.id).where(
            Enrolment.id > last, Enrolment.role == Role.LEARNER, or_(Enrolment.participated_at.is_(None), Enrolment.achieved_at.is_(None)),
        ).order_by(Enrolment.id).limit(AT_ONCE)
    ).all():
        last = ids[-1]
        with db.transaction() as tx:
            jobs.renew(claimed)
            for part in tx.scalars(select(Enrolment).where(Enrolment.id.in_(ids)).order_by(Enrolment.id)):
                notice(part)
    with db.transaction():
        jobs.finish(claimed)
