"""Two accounts become one when the person proves that both are theirs, and not otherwise."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from accounts import joining, service
from accounts.joining import CannotJoinError
from accounts.models import Identity, JoinCode, Person, Role
from assessments import service as assessments
from core import db, sessions
from core.web import limiter
from courses import service as courses
from courses.models import Enrolment
from lti.models import Participant
from tests import builders
from tests.lti.lms import Browser, Lms
from tests.lti.test_scores import right

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def house(app: Flask) -> Iterator[Flask]:
    """A university with the small course; each request is somebody else's."""
    app.url_value_preprocessor(lambda *_: _forget())  # What runs first in a request.
    limiter.reset()
    with app.app_context():
        builders.organisation()
        builders.edition()
        yield app


def _forget() -> None:
    for name in ("_login_user", "_flask_babel"):
        g.pop(name, None)


@pytest.fixture
def ada(house: Flask) -> tuple[Person, FlaskClient]:
    """Under the first identity."""
    person = builders.person("Ada Lovelace", "ada-at-moodle")
    return person, builders.browser(house, person)


@pytest.fixture
def again(house: Flask) -> tuple[Person, FlaskClient]:
    """The same under the second identity."""
    person = builders.person("A. Lovelace", "ada-at-ilias")
    return person, builders.browser(house, person)


def code_of(client: FlaskClient) -> str:
    assert client.post("/account/join/code").status_code == 303
    found = re.search(r'class="join-code">([A-Z2-9-]+)<', client.get("/account/join").text)
    assert found
    return found[1]


def join(maker: FlaskClient, other: FlaskClient) -> int:
    code = code_of(maker)
    assert other.post("/account/join/enter", data={"code": code}).status_code == 200
    assert other.post("/account/join/accept", data={"code": code}).status_code == 200
    return maker.post("/account/join/confirm").status_code


def owner(subject: str) -> int:
    return db.session.scalars(select(Identity.person_id).where(Identity.subject == subject)).one()


Two = tuple[Person, FlaskClient]


def test_both_sides_see_which_accounts_are_joined_and_then_they_are_one(ada: Two, again: Two) -> None:
    code = code_of(ada[1])
    seen = again[1].post("/account/join/enter", data={"code": code}, headers=ENGLISH).text
    assert "Ada Lovelace" in seen
    assert "A. Lovelace" in seen
    assert "A. Lovelace" not in ada[1].get("/account/join", headers=ENGLISH).text.split("<main")[1]
    again[1].post("/account/join/accept", data={"code": code})
    assert owner("ada-at-ilias") == again[0].id
    asked = ada[1].get("/account/join", headers=ENGLISH).text
    assert "Are both of these you?" in asked
    assert "A. Lovelace" in asked
    assert ada[1].post("/account/join/confirm").location == "/courses"
    assert {owner(subject) for subject in ("ada-at-moodle", "ada-at-ilias")} == {ada[0].id}


def test_the_vanished_person_has_no_session_name_or_identity(ada: Two, again: Two) -> None:
    join(ada[1], again[1])
    assert again[1].get("/courses").status_code == 302
    assert ada[1].get("/courses").status_code == 200
    gone = db.session.execute(select(Person.name, Person.email, Person.joined_into).where(Person.id == again[0].id)).one()
    assert gone == (None, None, ada[0].id)
    assert db.session.scalar(select(func.count()).select_from(sessions.BrowserSession).where(sessions.BrowserSession.person_id == again[0].id)) == 0


def test_a_second_click_changes_nothing(ada: Two, again: Two) -> None:
    assert [join(ada[1], again[1]), ada[1].post("/account/join/confirm").status_code] == [303, 303]
    assert db.session.scalar(select(func.count()).select_from(Identity)) == 2


def test_a_code_is_accepted_as_people_type_it_and_only_hashed_in_the_table(ada: Two, again: Two) -> None:
    code = code_of(ada[1])
    assert again[1].post("/account/join/enter", data={"code": f" {code.lower().replace('-', ' ')} "}).status_code == 200
    assert code.replace("-", "") not in str(db.session.execute(select(JoinCode.code)).all())


def refused(client: FlaskClient, code: str) -> list[int]:
    return [client.post(f"/account/join/{step}", data={"code": code}).status_code for step in ("enter", "accept")]


@pytest.mark.parametrize("code", ["AAAA-AAAA", "", "🦊", "\x00", "A" * 41])
def test_what_is_no_code_opens_nothing(again: Two, code: str) -> None:
    assert refused(again[1], code) == [422, 422]


def test_a_code_that_was_replaced_or_withdrawn_opens_nothing(ada: Two, again: Two) -> None:
    replaced, withdrawn = code_of(ada[1]), code_of(ada[1])
    ada[1].post("/account/join/cancel")
    assert refused(again[1], replaced) + refused(again[1], withdrawn) == [422] * 4


def test_a_code_that_ran_out_or_was_used_opens_nothing(ada: Two, again: Two, house: Flask) -> None:
    old = code_of(ada[1])
    with db.transaction() as tx:
        tx.execute(update(JoinCode).values(expires_at=db.now() - timedelta(seconds=1)))
    assert refused(again[1], old) == [422, 422]
    used = code_of(ada[1])
    assert again[1].post("/account/join/accept", data={"code": used}).status_code == 200
    ada[1].post("/account/join/confirm")
    assert refused(builders.browser(house, builders.person("Eve")), used) == [422, 422]


def test_ones_own_code_joins_nothing(ada: Two) -> None:
    code = code_of(ada[1])
    page = ada[1].post("/account/join/enter", data={"code": code}, headers=ENGLISH)
    assert (page.status_code, "You made this code here yourself" in page.text) == (422, True)


def test_nothing_is_joined_before_the_maker_confirms(ada: Two, again: Two) -> None:
    assert ada[1].post("/account/join/confirm").status_code == 303
    code = code_of(ada[1])
    ada[1].post("/account/join/confirm")
    again[1].post("/account/join/enter", data={"code": code})
    ada[1].post("/account/join/confirm")
    assert owner("ada-at-ilias") == again[0].id


def test_a_code_that_one_person_has_entered_is_no_other_persons(ada: Two, again: Two, house: Flask) -> None:
    code = code_of(ada[1])
    again[1].post("/account/join/accept", data={"code": code})
    eve = builders.browser(house, builders.person("Eve"))
    assert refused(eve, code) == [422, 422]


def test_codes_of_one_university_open_nothing_at_another(ada: Two, house: Flask) -> None:
    code = code_of(ada[1])
    builders.organisation("anderswo")
    assert refused(builders.browser(house, builders.person("Ada Lovelace", "foreign")), code) == [422, 422]


def test_people_with_a_role_in_the_administration_are_not_joined(ada: Two, house: Flask) -> None:
    admin = builders.browser(house, builders.person("Jonas", roles=(Role.ADMINISTRATOR,)))
    assert admin.post("/account/join/code").status_code == 409
    assert refused(admin, code_of(ada[1])) == [422, 422]


def test_people_who_are_learners_in_the_whole_organisation_are_joined(ada: Two, again: Two) -> None:
    with db.transaction():
        service.grant(again[0].id, Role.LEARNER)
    assert join(ada[1], again[1]) == 303
    assert owner("ada-at-moodle") == owner("ada-at-ilias")


def test_a_role_that_is_given_in_between_stops_the_join(ada: Two, again: Two) -> None:
    code = code_of(ada[1])
    again[1].post("/account/join/accept", data={"code": code})
    with db.transaction():
        service.grant(again[0].id, Role.TRAINER)
    assert ada[1].post("/account/join/confirm").status_code == 409
    assert owner("ada-at-ilias") == again[0].id


def test_guessing_ends_after_ten_codes(house: Flask, again: Two) -> None:
    house.config["RATELIMIT_ENABLED"] = True
    limiter.enabled = True
    statuses = [again[1].post(f"/account/join/{step}", data={"code": "AAAAAAAA"}).status_code for step in ("enter", "accept") * 6]
    limiter.reset()
    assert statuses == [422] * 10 + [429] * 2


def test_strangers_are_sent_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/account/join").status_code == 302
    assert [client.post(f"/account/join/{step}").status_code for step in ("code", "enter", "accept", "confirm", "cancel")] == [302] * 5


# --- What was done ----------------------------------------------------------------------------------------------------

def run(number: int) -> int:
    course = courses.course("kurs")
    assert course
    return courses.find_or_add_run(course.id, f"test:{number}", f"Run {number}").id


def answer(enrolment: Enrolment) -> None:
    assessments.submit(enrolment, "eins", "rechnen", "en", 1, {"answer": ["4"]})


def parts(person_id: int) -> dict[int, int]:
    rows = db.session.execute(select(Enrolment.run_id, Enrolment.id).where(Enrolment.person_id == person_id))
    return {row.run_id: row.id for row in rows}


def test_parts_in_different_runs_move(ada: Two, again: Two) -> None:
    mine, theirs = courses.enrol(run(1), ada[0].id), courses.enrol(run(2), again[0].id)
    answer(theirs)
    join(ada[1], again[1])
    assert parts(ada[0].id) == {mine.run_id: mine.id, theirs.run_id: theirs.id}
    assert "Run 2" in ada[1].get("/courses").text


@pytest.mark.parametrize("whose", ["mine", "theirs", "nobody's"])
def test_in_one_run_the_part_with_answers_stays(ada: Two, again: Two, whose: str) -> None:
    mine, theirs = courses.enrol(run(1), ada[0].id), courses.enrol(run(1), again[0].id)
    if whose != "nobody's":
        answer(mine if whose == "mine" else theirs)
    join(ada[1], again[1])
    assert parts(ada[0].id) == {mine.run_id: theirs.id if whose == "theirs" else mine.id}


def test_two_parts_with_answers_in_one_run_stay_two_accounts_and_say_why(ada: Two, again: Two) -> None:
    mine, theirs = courses.enrol(run(1), ada[0].id), courses.enrol(run(1), again[0].id)
    answer(mine)
    answer(theirs)
    assert join(ada[1], again[1]) == 409
    assert (parts(ada[0].id), parts(again[0].id)) == ({mine.run_id: mine.id}, {mine.run_id: theirs.id})
    assert owner("ada-at-ilias") == again[0].id
    assert again[1].get("/courses").status_code == 200
    assert db.session.scalar(select(Person.name).where(Person.id == again[0].id)) == "A. Lovelace"


def test_whoever_teaches_in_one_of_them_goes_on_teaching(ada: Two, again: Two) -> None:
    courses.enrol(run(1), ada[0].id)
    courses.enrol(run(1), again[0].id, Role.LECTURER)
    join(ada[1], again[1])
    assert db.session.scalars(select(Enrolment.role).where(Enrolment.person_id == ada[0].id)).all() == [Role.LECTURER]


def test_a_third_account_can_be_joined_too(ada: Two, again: Two, house: Flask) -> None:
    join(ada[1], again[1])
    third = builders.person("Ada L.", "third")
    join(builders.browser(house, third), ada[1])
    assert {owner(subject) for subject in ("ada-at-moodle", "ada-at-ilias", "third")} == {third.id}
    assert db.session.scalars(select(Person.joined_into).where(Person.id == again[0].id)).one() == third.id


def test_what_vanished_cannot_be_joined_again(ada: Two, again: Two) -> None:
    join(ada[1], again[1])
    with pytest.raises(CannotJoinError), db.transaction():
        joining._join(ada[0].id, again[0].id)


def test_from_two_platforms_one_person_has_both_courses_and_each_platform_its_points(house: Flask) -> None:
    first, second = Lms(), Lms("https://ilias.example", "lotse-there")
    browsers = []
    for platform in (first, second):
        platform.register(db.acting_for() or 0)
        browser = Browser(house, platform)
        browsers.append((browser.client, browser.launch(sub=f"at {platform.client_id}").location.split("/courses")[0]))
    (here, root), (there, other) = browsers
    here.post(f"{root}/account/join/code")
    found = re.search(r'class="join-code">([A-Z2-9-]+)<', here.get(f"{root}/account/join").text)
    assert found
    for step in ("enter", "accept"):
        assert there.post(f"{other}/account/join/{step}", data={"code": found[1]}).status_code == 200
    assert here.post(f"{root}/account/join/confirm").status_code == 303
    assert there.get(f"{other}/courses").status_code == 401
    assert len(parts(owner("at lotse-at-lms"))) == 2
    assert Browser(house, second).launch(sub="at lotse-there").status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Participant)) == 2
    right("farbe", sub="at lotse-there")
    assert (len(first.scores()), len(second.scores())) == (0, 1)
    first.close()
    second.close()
