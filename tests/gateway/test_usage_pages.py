"""Pages about the use of models: one's own, a course's, the organisation's; who sees what, and what nobody can be made out from."""

import csv
import io
import random
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.models import Role
from core import db
from core.config import replace_settings
from courses import service as courses
from gateway import figures
from gateway.figures import Sum
from gateway.models import Ending, Pot, Usage
from gateway.service import budgets, policies, usage
from tests import builders

LEARNERS = 8


def call(person_id: int, run_id: int, tokens: int, days_ago: int = 0, **more: object) -> Usage:
    """A call as it is booked."""
    values = {"model": "small", "ending": Ending.STOP, "purpose": "exercise", "external": False, **more}
    return Usage(
        person_id=person_id, run_id=run_id, prompt_tokens=tokens - 1, completion_tokens=1, estimated=False, milliseconds=900,
        day=budgets.today() - timedelta(days=days_ago), **values,
    )


@pytest.fixture
def house(app: Flask) -> dict[str, FlaskClient]:
    """A class of eight, its lecturer, an administrator; everybody has used something."""
    with app.app_context():
        builders.organisation()
        learners = [builders.person(f"Learner {number}") for number in range(LEARNERS)]
        lecturer, administrator = builders.person("Grace Hopper"), builders.person("Root", roles=(Role.ADMINISTRATOR,))
        run_id = builders.enrolment(lecturer, role=Role.LECTURER).run_id
        with db.transaction() as tx:
            for learner in learners:
                courses.enrol(run_id, learner.id)
                tx.add(call(learner.id, run_id, 1000 + learner.id))
            tx.add(call(learners[0].id, run_id, 77_777, days_ago=3, purpose="tool", model="=evil", external=True, ending=Ending.FAILED))
        names = {"learner": learners[0], "other": learners[1], "lecturer": lecturer, "administrator": administrator}
        found = {name: builders.browser(app, who) for name, who in names.items()}
    for client in found.values():
        client.get("/language/en")
    return found


def test_learners_see_their_own_use_and_what_is_left_and_nobody_elses(house: dict[str, FlaskClient]) -> None:
    mine, others = house["learner"].get("/me/models").text, house["other"].get("/me/models").text
    assert "77,777" in mine
    assert "77,777" not in others
    assert "of 60,000 tokens left today" in mine
    assert "Tools of one" in mine
    assert "Learner 1" not in mine.replace("Signed in as", "")


def test_lecturers_see_sums_of_their_course_and_nothing_that_fewer_than_five_people_stand_behind(house: dict[str, FlaskClient]) -> None:
    page = house["lecturer"].get("/courses/1/usage").text
    assert "fewer than five people: not shown" in page
    assert "77,777" not in page                         # A day and a purpose of one person.
    assert "Tools of one" not in page
    assert "=evil" not in page
    assert "Learner" not in page


def test_a_class_of_fewer_than_five_is_not_broken_down_at_all(app: Flask, house: dict[str, FlaskClient]) -> None:
    with app.app_context(), db.scoped(1), db.transaction() as tx:
        for row in tx.scalars(select(Usage).where(Usage.person_id > 4)).all():
            tx.delete(row)
    page = house["lecturer"].get("/courses/1/usage").text
    assert "No figures by day" in page
    assert "<svg class=\"chart-bars\"" not in page


def test_only_those_who_teach_see_a_courses_use_and_only_administrators_the_organisations(house: dict[str, FlaskClient]) -> None:
    assert house["learner"].get("/courses/1/usage").status_code == 403
    assert house["administrator"].get("/courses/1/usage").status_code == 404
    assert [house[name].get("/admin/usage").status_code for name in ("learner", "lecturer", "administrator")] == [403, 403, 200]
    assert [house[name].get("/admin/usage.csv").status_code for name in ("learner", "lecturer")] == [403, 403]


def test_another_university_is_not_in_the_figures(app: Flask, house: dict[str, FlaskClient]) -> None:
    with app.app_context():
        other = builders.organisation("anderswo")
        stranger = builders.person("Stranger", roles=(Role.ADMINISTRATOR,))
        run_id = builders.enrolment(stranger).run_id
        with db.transaction() as tx:
            tx.add(call(stranger.id, run_id, 555_555))
        assert other.id
        browser = builders.browser(app, stranger)
    assert "555,555" not in house["administrator"].get("/admin/usage").text
    page = browser.get("/admin/usage", headers={"Accept-Language": "en"}).text
    assert "555,555" in page.replace(".", ",")
    assert "=evil" not in page


def test_administrators_get_the_figures_as_a_table_that_no_spreadsheet_takes_for_formulas(house: dict[str, FlaskClient]) -> None:
    answer = house["administrator"].get("/admin/usage.csv?days=7")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["Day", "Course", "Model", "Purpose", "External", "Tokens used", "Calls", "Failures"]
    external = next(row for row in rows[1:] if row[4] == "yes")
    assert external[2:] == ["'=evil", "Tools of one's own", "yes", "77777", "1", "1"]
    assert "Learner" not in answer.text


@pytest.mark.parametrize("days", ["7", "90", "", "x", "-1", "999999", "7 or 1=1"])
def test_the_span_is_one_of_those_that_are_offered(house: dict[str, FlaskClient], days: str) -> None:
    page = house["administrator"].get("/admin/usage", query_string={"days": days}).text
    assert page.count('aria-current="true"') == 1


def test_the_limits_stand_beside_the_use(app: Flask, house: dict[str, FlaskClient]) -> None:
    with app.app_context(), db.scoped(1):
        policies.set_policy(organisation_tokens=500_000)
        policies.set_run_models(1, run_tokens=90_000, person_tokens=9_000)
    assert "of 500,000 tokens left today" in house["administrator"].get("/admin/usage").text
    page = house["lecturer"].get("/courses/1/usage").text
    assert "of 90,000 tokens left today" in page
    assert "Each person may use 9,000 tokens a day here." in page
    assert "of 9,000 tokens left today" in house["learner"].get("/me/models").text


def test_pages_without_any_use_say_so(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        person = builders.person(roles=(Role.ADMINISTRATOR,))
        builders.enrolment(person, role=Role.LECTURER)
        browser = builders.browser(app, person)
    browser.get("/language/en")
    for path in ("/me/models", "/courses/1/usage", "/admin/usage"):
        assert "Nothing used in this time" in browser.get(path).text


def test_old_calls_and_peoples_days_are_forgotten_and_the_sums_of_courses_stay(app: Flask, house: dict[str, FlaskClient]) -> None:
    app.extensions["settings"] = replace_settings(app.extensions["settings"], usage_days=2)
    with app.app_context(), db.scoped(1):
        long_ago = budgets.today() - timedelta(days=3)
        with db.transaction() as tx:
            tx.add_all(Pot(account=name, day=long_ago, tokens=10) for name in ("person 1", "person 1 run 1", "run 1", "organisation"))
        usage.forget_old()
        assert db.session.scalar(select(func.count()).select_from(Usage)) == LEARNERS
        assert set(db.session.scalars(select(Pot.account))) == {"run 1", "organisation"}


def test_what_is_put_together_always_stands_for_enough_people() -> None:
    draw = random.Random(4711)
    for _ in range(200):
        people = draw.randint(5, 12)
        rows = [Sum(draw.randint(1, people), date(2026, 11, 1), 1, draw.choice("abcdef"), "exercise", False, draw.randint(1, 99), 1, 0) for _ in range(40)]
        if figures.total(rows).people >= figures.FEW:
            found = figures.lines(rows, lambda row: row.model, figures.FEW)
            assert all(line.people >= figures.FEW for line in found)
            assert sum(line.tokens for line in found) == sum(row.tokens for row in rows)


def test_days_in_sight_never_tell_what_fewer_than_five_people_used_on_the_others() -> None:
    first = date(2026, 11, 1)
    days = {first: range(1, 9), first + timedelta(days=1): range(1, 7), first + timedelta(days=2): [1]}
    rows = [Sum(person, day, 1, "a", "exercise", False, 10, 1, 0) for day, people in days.items() for person in people]
    found = figures.bars(rows, first, first + timedelta(days=3), figures.FEW)
    # The third day would be the sum without the others; so the second is hidden with it.
    assert [bar.hidden for bar in found] == [False, True, True, False]
    assert [bar.tokens for bar in found] == [80, 0, 0, 0]
