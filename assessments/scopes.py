"""For whom something about a course holds, or of whom it tells: those in one run, or everybody in the organisation who takes the course."""

from dataclasses import dataclass
from typing import Any

from flask import abort
from sqlalchemy import ColumnElement, func, select

from accounts.models import Role
from accounts.policy import roles_of
from accounts.signin import person
from assessments.models import Attempt
from core import db
from core.i18n import language
from courses import service as courses
from courses.models import Course, Edition, Enrolment, Run
from courses.policy import lecturer_part
from modules.service import parsed

AUTHORS = (Role.TRAINER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class EditionUse:
    """An edition of the course, and how many answers of it there are here."""

    id: int
    number: int
    answers: int


@dataclass(frozen=True)
class Scope:
    """`run_id` is None where all runs of the course are meant. `edition_id` is where a look begins."""

    course_id: int
    slug: str
    run_id: int | None
    edition_id: int

    @property
    def address(self) -> dict[str, Any]:
        """What the address of a page about it needs."""
        return {"run_id": self.run_id} if self.run_id is not None else {"slug": self.slug}

    @property
    def title(self) -> str:
        """Of the course."""
        return parsed(self.edition_id).course.titled(language())

    @property
    def mine(self) -> ColumnElement[bool]:
        """The enrolments that are meant."""
        runs = select(Run.id).where(Run.course_id == self.course_id)
        return Enrolment.run_id == self.run_id if self.run_id is not None else Enrolment.run_id.in_(runs)


def scope_or_refuse(run_id: int | None, slug: str | None) -> Scope:
    """What the signed-in person may look at: a run that they teach, or as a trainer or administrator a course. 404 and 403 otherwise."""
    if run_id is not None:
        part = lecturer_part(run_id)
        course = db.session.scalars(select(Course).join(Run, Run.course_id == Course.id).where(Run.id == run_id)).one()
        return Scope(course.id, course.slug, run_id, part.edition_id)
    if not roles_of(person().id) & set(AUTHORS):
        abort(403)
    found = courses.course(slug or "")
    if found is None:
        abort(404)
    return Scope(found.id, found.slug, None, courses.newest_edition(found.id).id)


def editions(scope: Scope) -> list[EditionUse]:
    """All editions of the course, the newest first."""
    answers = {
        row[0]: row[1]
        for row in db.session.execute(
            select(Attempt.edition_id, func.count()).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
            .where(scope.mine, Enrolment.role == Role.LEARNER).group_by(Attempt.edition_id)
        )
    }
    rows = db.session.execute(select(Edition.id, Edition.number).where(Edition.course_id == scope.course_id).order_by(Edition.number.desc()))
    return [EditionUse(row.id, row.number, answers.get(row.id, 0)) for row in rows]
