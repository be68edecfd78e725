"""A university with courses, and people who took part in them on known days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.models import Role
from certificates.models import Award, Certificate
from core import db
from core.jobs import WorkState
from courses import service as courses
from courses.models import Enrolment
from reports.evidence import Period
from tests import builders
from tests.certificates.earning import FILES, request

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def noon(month: int, day: int = 1, year: int = 2026) -> datetime:
    """A moment that is the same day everywhere in Europe."""
    return datetime(year, month, day, 12, tzinfo=UTC)


@dataclass
class Scene:
    """Administrator and lecturer, with their browsers."""

    organisation_id: int
    administrator_id: int
    administrator: FlaskClient
    lecturer: FlaskClient

    def get(self, path: str, *, who: str = "administrator") -> TestResponse:
        """Open a page."""
        return request(getattr(self, who), path)

    def post(self, path: str, data: dict[str, str], *, who: str = "administrator") -> TestResponse:
        """Send a form."""
        return request(getattr(self, who), path, "POST", data)


def group(title: str | None, people: int, *, participated: int = 0, achieved: int = 0, month: int = 3, year: int = 2026) -> list[Enrolment]:
    """A course group of the small course: all begin in a month, some of them reach something in the next one."""
    edition = builders.edition(FILES)
    run = courses.find_or_add_run(edition.course_id, f"lti:1:{title}:kurs" if title else "open:kurs", title)
    found = []
    for number in range(people):
        enrolment = courses.enrol(run.id, builders.person(f"{title or 'Frei'} Person {number}").id)
        with db.transaction():
            enrolment.enrolled_at = noon(month, year=year)
            enrolment.participated_at = noon(month + 1, year=year) if number < participated else None
            enrolment.achieved_at = noon(month + 1, 2, year=year) if number < achieved else None
        found.append(enrolment)
    return found


def certify(enrolment: Enrolment, issued_at: datetime, number: int, award: Award = Award.ACHIEVEMENT, turn: int = 1) -> Certificate:
    """A certificate as it stands in the database once it is printed."""
    with db.transaction() as tx:
        certificate = Certificate(
            enrolment_id=enrolment.id, award=award, turn=turn, code=f"{enrolment.organisation_id:03}-{number:018}", year=issued_at.year, serial=number, language="de", snapshot={},
            issued_at=issued_at, state=WorkState.DONE,
        )
        tx.add(certificate)
    return certificate


def university(app: Flask, slug: str = "musterstadt") -> Scene:
    """The people who may look, or may not; the session acts for their university."""
    organisation = builders.organisation(slug)
    administrator, lecturer = builders.person("Root", roles=(Role.ADMINISTRATOR,)), builders.person("Grace Hopper")
    return Scene(organisation.id, administrator.id, builders.browser(app, administrator), builders.browser(app, lecturer))
