"""Renewing a certificate that expires: the holder takes the course again, in a run that is made for it, and gets another one.

A course run yields one certificate of a kind to a person (docs/decisions/0026), and that stays so: whoever renews takes part in the
next of the course's renewal runs, in the newest edition, with no attempts yet. What stands above of thresholds and certificates is the same.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from certificates.models import Award, Certificate, Standing
from certificates.organisations import alone
from core import db
from core.jobs import WorkState
from courses import service as courses
from courses.models import Course, Enrolment, Run

WINDOW = timedelta(days=90)
"""How long before its last day a certificate can be renewed."""


class NotYetError(RuntimeError):
    """The certificate cannot be renewed: not yet, not any more, or never."""


@dataclass(frozen=True)
class Renewal:
    """What holders are offered for a certificate that expires."""

    opens_on: date
    is_open: bool
    run_id: int | None                                     # the run in which they have begun already


def opens_on(expires_on: date) -> date:
    """From this day on it can be renewed."""
    return expires_on - WINDOW


def offer(certificate: Certificate, today: date) -> Renewal | None:
    """How this certificate can be renewed; None when it does not expire, is worth nothing, or another one has followed."""
    if certificate.expires_on is None or certificate.state != WorkState.DONE:
        return None
    if certificate.standing(today) not in (Standing.VALID, Standing.EXPIRED) or db.session.scalar(later_ones(certificate).limit(1)) is not None:
        return None
    begins = opens_on(certificate.expires_on)
    begun = _begun(certificate)
    return Renewal(begins, begins <= today, begun.run_id if begun else None)


def begin(certificate: Certificate, today: date) -> int:
    """Let the holder take part in a renewal run; gives the run. Doing it twice leads to the same one. Raises NotYetError."""
    with db.transaction():
        alone(certificate.organisation_id)
        offered = offer(certificate, today)
        if offered is None or not offered.is_open:
            raise NotYetError
        if offered.run_id is not None:
            return offered.run_id
        enrolment, course = _origin(certificate)
        taken = set(db.session.scalars(
            select(Run.key).join(Enrolment, Enrolment.run_id == Run.id).where(Run.course_id == course.id, Enrolment.person_id == enrolment.person_id)
        ))
        run = next(
            run for number in range(1, len(taken) + 2)
            if (run := courses.renewal_run(course.id, course.slug, number)).key not in taken
        )
        courses.enrol(run.id, enrolment.person_id)
    return run.id


def renewed_by(enrolment: Enrolment, award: Award, today: date) -> str | None:
    """The number of the certificate that one which is made today renews: the one for the same course that is valid longest, once its renewal is open."""
    course_id = select(Run.course_id).where(Run.id == enrolment.run_id).scalar_subquery()
    found = db.session.scalars(
        select(Certificate).join(Enrolment, Enrolment.id == Certificate.enrolment_id).join(Run, Run.id == Enrolment.run_id)
        .where(
            Enrolment.person_id == enrolment.person_id, Enrolment.id != enrolment.id, Run.course_id == course_id, Certificate.award == award,
            *_counting(Certificate), Certificate.issued_at.is_not(None),
        ).order_by(Certificate.expires_on.is_(None).desc(), Certificate.expires_on.desc(), Certificate.id.desc()).limit(1)
    ).one_or_none()
    if found is None or found.expires_on is None or today < opens_on(found.expires_on):
        return None
    return str(found.snapshot["number"])


def later_ones(certificate: Any) -> Select[int]:
    """Certificates of the same person, course and kind that count and are valid longer. Of the class: to be used inside a query."""
    later, its_part, its_run, own_part, own_run = aliased(Certificate), aliased(Enrolment), aliased(Run), aliased(Enrolment), aliased(Run)
    return (
        select(later.id).join(its_part, its_part.id == later.enrolment_id).join(its_run, its_run.id == its_part.run_id)
        .join(own_part, own_part.person_id == its_part.person_id).join(own_run, (own_run.id == own_part.run_id) & (own_run.course_id == its_run.course_id))
        .where(own_part.id == certificate.enrolment_id, later.award == certificate.award, later.id != certificate.id, *_counting(later), or_(
            later.expires_on.is_(None), later.expires_on > certificate.expires_on,
            and_(later.expires_on == certificate.expires_on, later.id > certificate.id),
        ))
    )


def _counting(table: type[Certificate]) -> tuple[ColumnElement[bool], ...]:
    return table.withdrawn_at.is_(None), table.deleted_at.is_(None), table.replaced_at.is_(None)


def _begun(certificate: Certificate) -> Enrolment | None:
    """The newest renewal run of the holder in which they have not yet got this kind of certificate."""
    enrolment, course = _origin(certificate)
    got = select(Certificate.id).where(Certificate.enrolment_id == Enrolment.id, Certificate.award == certificate.award).exists()
    return db.session.scalars(
        select(Enrolment).join(Run, Run.id == Enrolment.run_id)
        .where(
            Run.course_id == course.id, Run.key.startswith(courses.RENEWAL, autoescape=True), Enrolment.person_id == enrolment.person_id,
            Enrolment.id > enrolment.id, ~got,
        ).order_by(Enrolment.id.desc()).limit(1)
    ).one_or_none()


def _origin(certificate: Certificate) -> tuple[Enrolment, Course]:
    row = db.session.execute(
        select(Enrolment, Course).join(Run, Run.id == Enrolment.run_id).join(Course, Course.id == Run.course_id)
        .where(Enrolment.id == certificate.enrolment_id)
    ).one()
    return row[0], row[1]
