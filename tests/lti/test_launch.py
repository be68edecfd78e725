"""What a launch leads to: the person, the enrolment, the page, the session."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Identity, Person, Role
from core import db, sessions
from courses.models import Course, Enrolment, Run
from lti.models import Participant, ResourceLink
from tests import builders
from tests.lti.conftest import reasons
from tests.lti.lms import BASE, LTI, Browser, Lms

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
ANY_ADMINISTRATOR = [
    "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
]


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def second_course() -> None:
    with db.transaction() as tx:
        tx.add(Course(slug="zweiter", title={"de": "Zweiter"}))


# --- The way in -------------------------------------------------------------------------------------------------------

def test_a_launch_leads_to_the_course_and_the_person_is_signed_in_there(browser: Browser) -> None:
    response = browser.launch()
    run = db.session.scalars(select(Run)).one()
    assert response.status_code == 303
    assert response.location.endswith(f"/courses/{run.id}")
    page = browser.client.get(response.location)
    assert page.status_code == 200
    assert "A small course" in page.text
    assert "frame-ancestors https://lms.example;" in page.headers["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in page.headers


def test_a_module_named_by_the_link_is_opened(browser: Browser) -> None:
    response = browser.launch(**{LTI + "custom": {"module": "eins"}})
    assert response.location.endswith("/eins")
    assert browser.client.get(response.location).status_code == 200


def test_the_launch_address_opens_nothing_in_another_browser(house: Flask, browser: Browser) -> None:
    response = browser.launch()
    assert house.test_client().get(response.location).status_code == 401


def test_two_launches_in_one_browser_stay_two_people(browser: Browser) -> None:
    first, second = browser.launch(sub="4", name="Änne"), browser.launch(sub="5", name="Bo")
    assert first.location != second.location
    ids = [_person_at(browser, response.location) for response in (first, second, first)]
    assert ids[0] == ids[2] != ids[1]


def _person_at(browser: Browser, location: str) -> str:
    secret = location.split("/")[2]
    row = db.session.get_one(sessions.BrowserSession, sessions.digest(secret), populate_existing=True)
    return str(row.data["_user_id"])


def test_a_second_launch_makes_no_second_rows(browser: Browser) -> None:
    browser.launch()
    browser.launch()
    assert [count(model) for model in (Person, Identity, Run, Enrolment, ResourceLink, Participant)] == [1, 1, 1, 1, 1, 1]


def test_the_language_of_the_platform_is_taken_on(browser: Browser) -> None:
    german = {LTI + "launch_presentation": {"locale": "de_kids"}}
    assert "Ein kleiner Kurs" in browser.client.get(browser.launch(**german).location).text


def test_of_two_posts_of_one_launch_at_the_same_moment_exactly_one_is_let_in(house: Flask, browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    token = lms.sign(lms.claims(begun["nonce"]))
    cookie = browser.client.get_cookie(sessions.BROWSER_COOKIE)
    assert cookie is not None
    start, statuses = threading.Barrier(2, timeout=60), []

    def post() -> None:
        client = house.test_client()
        client.set_cookie(sessions.BROWSER_COOKIE, cookie.value, secure=True)
        start.wait()
        statuses.append(client.post("/lti/launch", data={"state": begun["state"], "id_token": token}).status_code)

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 401]
    assert sorted(reasons()) == ["admitted", "state_used"]


def test_two_first_launches_of_one_person_at_the_same_moment_are_both_let_in(house: Flask, lms: Lms) -> None:
    Browser(house, lms).launch(sub="somebody else")  # So that the platform's keys are there already.
    browsers = [Browser(house, lms) for _ in range(2)]
    begun = [browser.begin() for browser in browsers]
    start, statuses = threading.Barrier(2, timeout=60), []

    def launch(number: int) -> None:
        token = lms.sign(lms.claims(begun[number]["nonce"], **{LTI + "resource_link": {"id": f"link {number}"}}))
        start.wait()
        statuses.append(browsers[number].post(begun[number]["state"], token).status_code)

    threads = [threading.Thread(target=launch, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303, 303]
    assert count(Person) == 2


# --- People and roles -------------------------------------------------------------------------------------------------

ROLES: dict[str, tuple[list[str], Role]] = {
    "a teacher of the course": ([f"{MEMBERSHIP}#Instructor"], Role.LECTURER),
    "a teaching assistant": ([f"{MEMBERSHIP}/Instructor#TeachingAssistant"], Role.LECTURER),
    "an administrator of the course": ([f"{MEMBERSHIP}#Administrator"], Role.LECTURER),
    "a teacher by the short name": (["Instructor"], Role.LECTURER),
    "an administrator of the institution": (ANY_ADMINISTRATOR, Role.LEARNER),
    "an administrator who teaches": ([*ANY_ADMINISTRATOR, f"{MEMBERSHIP}#Instructor"], Role.LECTURER),
    "a learner": ([f"{MEMBERSHIP}#Learner"], Role.LEARNER),
    "a learner who helps": ([f"{MEMBERSHIP}/Learner#Instructor"], Role.LEARNER),
    "a mentor": ([f"{MEMBERSHIP}#Mentor"], Role.LEARNER),
    "an institution's own idea": (["https://example.org/roles#Instructor"], Role.LEARNER),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("roles", "expected"), ROLES.values(), ids=ROLES.keys())
def test_roles_count_for_this_course_only(browser: Browser, roles: list[str], expected: Role) -> None:
    browser.launch(**{LTI + "roles": roles})
    assert db.session.scalars(select(Enrolment.role)).one() == expected


def test_a_teacher_of_one_course_is_a_learner_in_another(browser: Browser) -> None:
    browser.launch(**{LTI + "roles": [f"{MEMBERSHIP}#Instructor"]})
    browser.launch(**{LTI + "context": {"id": "another"}, LTI + "resource_link": {"id": "8"}})
    assert db.session.scalars(select(Enrolment.role).order_by(Enrolment.id)).all() == [Role.LECTURER, Role.LEARNER]
    assert count(Person) == 1


def test_the_same_e_mail_does_not_make_two_accounts_one(browser: Browser) -> None:
    browser.launch(sub="4", email="anne@uni.example")
    browser.launch(sub="5", email="anne@uni.example")
    assert count(Person) == 2


def test_names_may_be_missing(browser: Browser) -> None:
    assert browser.launch(name=...).status_code == 303
    assert db.session.scalars(select(Person.name)).one() is None


@pytest.mark.parametrize("name", ["Zoë 🦊 Öztürk", "👩‍👩‍👧 Familie"])
def test_names_are_kept_with_all_their_letters(browser: Browser, name: str) -> None:
    browser.launch(name=name)
    assert db.session.scalars(select(Person.name)).one() == name


@pytest.mark.parametrize("name", [5, ["a"], "\x00\ud800", "", None, "x" * 100_00])
def test_a_name_that_is_no_name_does_no_harm(browser: Browser, name: Any) -> None:
    assert browser.launch(name=name).status_code == 303
    assert len(db.session.scalars(select(Person.name)).one() or "") <= 300


def test_the_same_platform_id_at_another_university_is_another_person(house: Flask, browser: Browser, lms: Lms) -> None:
    browser.launch()
    builders.organisation("anderswo")
    builders.edition()
    other = Lms(client_id="at-the-other")
    other.register(db.acting_for() or 0)
    Browser(house, other).launch()
    other.close()
    with db.unscoped():
        assert len(set(db.session.scalars(select(Person.organisation_id)))) == 2


# --- Which course -----------------------------------------------------------------------------------------------------

TARGETS: dict[str, dict[str, Any]] = {
    "a custom parameter": {LTI + "custom": {"course": "kurs", "module": "eins"}},
    "a parameter in the other form that Moodle sends": {LTI + "custom": {"Course": "kurs", "MODULE": "eins"}},
    "the address": {LTI + "target_link_uri": f"{BASE}/lti/launch?course=kurs&module=eins"},
    "the parameter rather than the address": {
        LTI + "custom": {"course": "kurs", "module": "eins"}, LTI + "target_link_uri": f"{BASE}/lti/launch?course=zweiter",
    },
    "the address where a variable was not filled in": {
        LTI + "custom": {"course": "$Context.course"}, LTI + "target_link_uri": f"{BASE}/lti/launch?course=kurs&module=eins",
    },
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("changes", TARGETS.values(), ids=TARGETS.keys())
def test_course_and_module_come_from(browser: Browser, changes: dict[str, Any]) -> None:
    second_course()
    assert browser.launch(**changes).location.endswith("/eins")


WRONG_TARGETS: dict[str, tuple[Callable[[], None], dict[str, str], int, str]] = {
    "several courses and none named": (second_course, {}, 400, "kurs, zweiter"),
    "a course that does not exist": (lambda: None, {"course": "gibtsnicht"}, 404, "kurs"),
    "a module that does not exist": (lambda: None, {"module": "gibtsnicht"}, 404, "eins"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("prepare", "custom", "status", "choices"), WRONG_TARGETS.values(), ids=WRONG_TARGETS.keys())
def test_a_link_that_leads_nowhere_says_what_to_set(
    browser: Browser, prepare: Callable[[], None], custom: dict[str, str], status: int, choices: str,
) -> None:
    prepare()
    response = browser.launch(**{LTI + "custom": custom})
    assert (response.status_code, choices in response.text) == (status, True)
    assert "frame-ancestors https://lms.example" in response.headers["Content-Security-Policy"]
    assert count(Person) == 0


def test_a_lecturer_who_points_the_link_elsewhere_moves_it(browser: Browser) -> None:
    browser.launch()
    browser.launch(**{LTI + "custom": {"module": "eins"}})
    assert db.session.scalars(select(ResourceLink.module)).one() == "eins"


def test_two_links_of_one_course_share_the_progress(browser: Browser) -> None:
    browser.launch()
    browser.launch(**{LTI + "resource_link": {"id": "8"}, LTI + "custom": {"module": "eins"}})
    assert (count(Enrolment), count(Participant)) == (1, 2)
