"""What a new edition means for those who learn already: whoever has begun stays, whoever has not may be moved."""

from sqlalchemy import exists, func, select, update

from assessments.models import Attempt
from core import db
from courses import service as courses
from courses.models import Enrolment, Run, Visit

_NOT_BEGUN = (~exists().where(Visit.enrolment_id == Enrolment.id)) & (~exists().where(Attempt.enrolment_id == Enrolment.id))


def waiting(course_id: int) -> tuple[int, int]:
    """How many people have an older edition: those who have not begun, and those in the middle."""
    newest = courses.newest_edition(course_id).id
    older = select(func.count(Enrolment.id)).join(Run, Run.id == Enrolment.run_id).where(Run.course_id == course_id, Enrolment.edition_id != newest)
    everybody = db.session.scalar(older) or 0
    fresh = db.session.scalar(older.where(_NOT_BEGUN)) or 0
    return fresh, everybody - fresh


def move(course_id: int) -> int:
    """Give the newest edition to all who have opened and answered nothing so far. How many they were."""
    with db.transaction():
        runs = select(Run.id).where(Run.course_id == course_id)
        return db.changed(
            update(Enrolment).where(Enrolment.run_id.in_(runs), _NOT_BEGUN, Enrolment.edition_id != courses.newest_edition(course_id).id)
            .values(edition_id=courses.newest_edition(course_id).id).execution_options(synchronize_session=False)
        )
