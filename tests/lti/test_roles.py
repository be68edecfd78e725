"""Roles of one person in one run: a lecturer who looks with a learner's eyes stays a lecturer; several courses, several platforms."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Identity, Person, Role
from certificates.models import Certificate
from core import db
from courses import service as courses
from courses.models import Enrolment, Run
from lti.models import Deployment, Participant, ResourceLink, ScorePush
from lti.service import rosters
from tests import builders
from tests.lti.conftest import reasons
from tests.lti.lms import AGS, LTI, SCOPE, Browser, Lms
from tests.lti.test_scores import ON_ONE_DATABASE, TEACHER, right

M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
AS_STUDENT = {"sub": "3", LTI + "roles": [f"{M}#Learner"]}


def page(browser: Browser, location: str) -> str:
    return browser.client.get(location, headers={"Accept-Language": "en"}).text


def role() -> Role:
    return db.session.scalars(select(Enrolment.role).execution_options(populate_existing=True)).one()


# --- Previewing as a student ------------------------------------------------------------------------------------------

def test_a_lecturer_who_comes_as_a_student_stays_a_lecturer_and_sees_what_students_see_in_that_tab(browser: Browser) -> None:
    teaching = browser.launch(**TEACHER).location
    previewing = browser.launch(**AS_STUDENT).location
    assert role() == Role.LECTURER
    assert "Class" in page(browser, teaching)
    assert "You take part in another role" in page(browser, teaching)
    assert "Class" not in page(browser, previewing).split("<main")[1]
    assert "You take part in another role" not in page(browser, previewing)
    assert "Class" in page(browser, teaching)


def test_what_a_previewing_lecturer_answers_is_sent_to_nobody_and_earns_no_certificate(browser: Browser, lms: Lms) -> None:
    browser.launch(**TEACHER)
    browser.launch(**AS_STUDENT)
    for item in ("farbe", "zahlen", "rechnen"):
        right(item, sub="3")
    assert lms.scores() == []
    assert db.session.scalar(select(func.count()).select_from(ScorePush)) == 0
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 0


def test_a_previewing_lecturer_does_not_stand_among_the_learners(browser: Browser) -> None:
    browser.launch(**TEACHER)
    browser.launch(**AS_STUDENT)
    run_id = db.session.scalars(select(Run.id)).one()
    assert rosters.learners(run_id, rosters.look(run_id, 0)) == []


def test_a_learner_who_begins_to_teach_is_a_lecturer_from_then_on(browser: Browser) -> None:
    browser.launch(**AS_STUDENT)
    assert role() == Role.LEARNER
    browser.launch(**TEACHER)
    assert role() == Role.LECTURER


def test_enrolling_oneself_again_does_not_make_a_learner_of_a_lecturer(house: Flask) -> None:
    lecturer = builders.enrolment(role=Role.LECTURER)
    assert courses.enrol(lecturer.run_id, lecturer.person_id).role == Role.LECTURER


def test_a_lecturer_who_becomes_a_learner_gets_points_and_certificate_for_what_they_did(browser: Browser, lms: Lms) -> None:
    browser.launch(**TEACHER)
    for item in ("farbe", "zahlen", "rechnen"):
        right(item, sub="3")
    enrolment = db.session.scalars(select(Enrolment)).one()
    assert rosters.make_learner(enrolment.run_id, enrolment.id)
    assert [score["scoreGiven"] for score in lms.scores()] == [4]
    assert db.session.scalars(select(Certificate.award)).all() == ["achievement"]
    assert not rosters.make_learner(enrolment.run_id, enrolment.id)
    assert len(lms.scores()) == 1


def test_who_no_longer_teaches_does_not_go_on_in_a_launch_that_is_open(browser: Browser) -> None:
    open_launch = browser.launch(**TEACHER).location
    enrolment = db.session.scalars(select(Enrolment)).one()
    rosters.make_learner(enrolment.run_id, enrolment.id)
    assert "Class" not in page(browser, open_launch).split("<main")[1]
    root = open_launch.split("/courses")[0]
    assert browser.client.get(f"{root}/lti/class/{enrolment.run_id}").status_code == 403


# --- Several courses, several platforms -------------------------------------------------------------------------------

def in_course(number: int, lms: Lms) -> dict[str, object]:
    """The claims of a launch from another course of the same platform."""
    return {
        LTI + "context": {"id": f"c{number}", "title": f"LMS course {number}"}, LTI + "resource_link": {"id": f"l{number}", "title": "Link"},
        AGS: {"lineitem": f"{lms.url}/lineitems/{number}?type_id=1", "scope": [SCOPE + "score"]},
    }


def test_several_lms_courses_on_one_course_are_runs_of_their_own(browser: Browser, lms: Lms) -> None:
    for number in (1, 2):
        browser.launch(**in_course(number, lms))
    assert db.session.scalars(select(Run.title).order_by(Run.id)).all() == ["LMS course 1", "LMS course 2"]
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1
    right("farbe")
    assert [asked.path for asked in lms.asked if asked.path.endswith("/scores")] == ["/lineitems/1/scores"]
    first, second = db.session.scalars(select(Enrolment).order_by(Enrolment.id)).all()
    assert (first.run_id, first.person_id) != (second.run_id, second.person_id)
    mine = page(browser, browser.launch(**in_course(1, lms)).location.split("/courses")[0] + "/courses")
    assert "LMS course 1" in mine
    assert "LMS course 2" in mine


def test_one_person_teaches_in_one_course_and_learns_in_the_other(browser: Browser, lms: Lms) -> None:
    browser.launch(**{**in_course(1, lms), **TEACHER})
    browser.launch(**{**in_course(2, lms), **AS_STUDENT})
    assert db.session.scalars(select(Enrolment.role).order_by(Enrolment.id)).all() == [Role.LECTURER, Role.LEARNER]


def test_two_platforms_that_name_the_same_address_make_two_persons(house: Flask, browser: Browser) -> None:
    other = Lms("https://other.example", "lotse-there")
    other.register(db.acting_for() or 0)
    browser.launch(email="ada@uni.example")
    Browser(house, other).launch(email="ada@uni.example")
    other.close()
    assert db.session.scalars(select(Person.email)).all() == ["ada@uni.example"] * 2
    assert db.session.scalars(select(Identity.issuer).order_by(Identity.id)).all() == ["https://lms.example", "https://other.example"]


# --- Ids and names as they come ---------------------------------------------------------------------------------------

LONG = "ü🦊" * 127 + "x"


@pytest.mark.parametrize("sub", [LONG, "🦊" * 255, "a" * 255], ids=["mixed", "emoji", "letters"])
def test_an_id_of_255_characters_is_kept_whole(browser: Browser, sub: str) -> None:
    assert len(sub) == 255
    ids = {LTI + "context": {"id": sub, "title": "T"}, LTI + "resource_link": {"id": sub}, LTI + "roles": [f"{M}#Learner"]}
    browser.lms.deployment_id = sub
    browser.lms.register(db.acting_for() or 0)
    for _ in range(2):
        assert browser.launch(sub=sub, **ids).status_code == 303, reasons()
    assert db.session.scalars(select(Identity.subject)).all() == [sub]
    assert db.session.scalars(select(Participant.user_id)).all() == [sub]
    assert db.session.execute(select(ResourceLink.resource_link_id, ResourceLink.context_id)).all() == [(sub, sub)]
    assert sub in db.session.scalars(select(Deployment.deployment_id)).all()


@pytest.mark.parametrize("where", ["sub", "context", "resource_link", "deployment_id"])
def test_an_id_of_256_characters_is_refused(browser: Browser, where: str) -> None:
    names = {"sub": "sub", "deployment_id": LTI + "deployment_id"}
    changes = {names[where]: "x" * 256} if where in names else {LTI + where: {"id": "x" * 256}}
    assert browser.launch(**changes).status_code == 400
    assert reasons() == ["claim_malformed"]
    assert db.session.scalars(select(Person)).all() == []


@ON_ONE_DATABASE
def test_two_ids_that_look_alike_are_two_people(browser: Browser) -> None:
    browser.launch(sub="Ä")
    browser.launch(sub="A\N{COMBINING DIAERESIS}")
    assert db.session.scalar(select(func.count()).select_from(Person)) == 2


@ON_ONE_DATABASE
def test_a_name_that_is_withheld_later_stays_and_one_that_was_never_given_is_none(browser: Browser) -> None:
    browser.launch(sub="4", name="Zoë 🦊 Öztürk")
    browser.launch(sub="4", name=...)
    browser.launch(sub="5", name=...)
    assert db.session.scalars(select(Person.name).order_by(Person.id)).all() == ["Zoë 🦊 Öztürk", None]
