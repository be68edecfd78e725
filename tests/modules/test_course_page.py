"""The course page: what it promises, and to whom."""

import pytest
from flask import Flask

from accounts.models import Role
from core import db
from tests import builders


def course_page(app: Flask, role: Role, language: str = "en") -> str:
    """The course page as somebody in this role sees it who has reached the points for a certificate."""
    with app.app_context():
        builders.organisation()
        person = builders.person()
        with db.transaction():
            enrolment = builders.enrolment(person, role=role)
            enrolment.achieved_at = db.now()
        browser = builders.browser(app, person)
        browser.get(f"/language/{language}")
        return browser.get(f"/courses/{enrolment.run_id}").text


@pytest.mark.parametrize("role", [Role.LECTURER, Role.TRAINER, Role.ADMINISTRATOR])
def test_who_gets_no_certificate_reads_what_learners_get(app: Flask, role: Role) -> None:
    page = course_page(app, role)
    assert "Learners get the certificate with 60% of the points." in page
    assert "Points in the course" in page
    assert "Your certificate" not in page
    assert "Congratulations" not in page


def test_the_same_in_german(app: Flask) -> None:
    assert "Lernende erhalten das Zertifikat mit 60 % der Punkte." in course_page(app, Role.LECTURER, "de").replace("\xa0", " ")


def test_a_learner_is_led_to_the_certificate(app: Flask) -> None:
    page = course_page(app, Role.LEARNER)
    assert "Your certificate" in page
    assert "Congratulations" in page
    assert "Learners get the certificate" not in page
