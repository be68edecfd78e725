"""What a new edition means for those who learn already: whoever has begun stays, whoever has not may be moved."""

from sqlalchemy import exists, func, select, update

from assessments.models import Attempt
from core import db
from courses import service as courses
from courses.models import Enrolment, Run, Visit

_NOT_BEGUN = (~exists().where(Visit.enrolment_id == Enrolment.id)) & (~exists().where(Attempt.enrolment_id == Enrolment.id))


def places(course_id: int) -> dict[int, tuple[int, int]]:
    """How many people have which edition, by its id: those who have not begun, and those in the middle."""
    of_course = select(Enrolment.edition_id, func.count(Enrolment.id)).join(Run, Run.id == Enrolment.run_id).where(Run.course_id == course_id).group_by(Enrolment.edition_id)
    fresh = {row[0]: row[1] for row in db.session.execute(of_course.where(_NOT_BEGUN))}
    everybody = {row[0]: row[1] for row in db.session.execute(of_course)}
    return {edition: (fresh.get(edition, 0), count - fresh.get(edition, 0)) for edition, count in everybody.items()}


def waiting(course_id: int) -> tuple[int, int]:
    """How many people have an older edition: those who have not begun, and those in the middle."""
    newest = courses.newest_edition(course_id).id
    older = [counts for edition, counts in places(course_id).items() if edition != newest]
    return sum(fresh for fresh, _ in older), sum(begun for _, begun in older)


def move(course_id: int) -> int:
    """Give the newest edition to all who have opened and answered nothing so far. How many they were."""
    with db.transaction():
        runs = select(Run.id).where(Run.course_id == course_id)
        return db.changed(
            update(Enrolment).where(Enrolment.run_id.in_(runs), _NOT_BEGUN, Enrolment.edition_id != courses.newest_edition(course_id).id)
            .values(edition_id=courses.newest_edition(course_id).id).execution_options(synchronize_session=False)
        )
