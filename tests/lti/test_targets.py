"""What a link can open, end to end: course, module, quiz, one exercise, certificate; and only what it counts is sent."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from assessments.drawing import drawn
from core import db
from courses.models import Enrolment
from lti.models import Participant, ResourceLink
from lti.selection import counted_items
from lti.target import Target, named
from tests import builders
from tests.lti.choosing import items_in, link_to, nobody, open_picker
from tests.lti.lms import AGS, BASE, LTI, SCOPE, Browser, Lms
from tests.lti.test_scores import given, right, wrong

ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ITEMS = ("farbe", "zahlen", "rechnen")


def custom(**values: str) -> dict[str, Any]:
    return {LTI + "custom": {"course": "kurs", **values}}


def questions(page: str) -> list[str]:
    """The questions of a page in their order."""
    return re.findall(r'<section class="question [^"]*" id="q-([^"]+)"', page)


# --- What a link names ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("values", "target", "kind"), [
    ({}, Target(None), "course"), ({"course": "a"}, Target("a"), "course"), ({"Course": "a", "MODULE": "b"}, Target("a", "b"), "module"),
    ({"course": "a", "module": "b", "kind": "quiz"}, Target("a", "b", "quiz"), "quiz"),
    ({"course": "a", "module": "b", "draw": "5"}, Target("a", "b", draw="5"), "quiz"),
    ({"course": "a", "module": "b", "item": "c"}, Target("a", "b", item="c"), "exercise"),
    ({"course": "a", "kind": "certificate", "module": "$Unknown.variable"}, Target("a", kind="certificate"), "certificate"),
    ({"course": "a", "item": "", "draw": " "}, Target("a"), "course"),
])
def test_a_target_is_read_from_the_parameters(values: dict[str, str], target: Target, kind: str) -> None:
    assert named(values, f"{BASE}/lti/launch") == target
    assert named(values, f"{BASE}/lti/launch?course=z&item=z").course == (target.course or "z")
    assert target.opens == kind


def test_a_target_is_read_from_the_address_where_there_are_no_parameters() -> None:
    assert named({}, f"{BASE}/lti/launch?course=a&module=b&item=c") == Target("a", "b", item="c")
    assert named({"module": "mine"}, f"{BASE}/lti/launch?course=a&module=b") == Target("a", "mine")


@ON_ONE_DATABASE
@pytest.mark.parametrize(("values", "status", "words"), [
    ({"kind": "film"}, 404, ["film", "course, module, quiz, exercise, certificate"]),
    ({"kind": "quiz"}, 400, ["module=…", "eins"]),
    ({"kind": "exercise", "module": "eins"}, 400, ["item=…", "farbe, zahlen, rechnen"]),
    ({"module": "eins", "item": "nobody"}, 404, ["nobody", "farbe, zahlen, rechnen"]),
    ({"module": "zwei", "item": "farbe"}, 404, ["zwei", "eins"]),
    ({"module": "eins", "draw": "0"}, 400, ["draw=…", "0"]), ({"module": "eins", "draw": "viele"}, 400, ["viele"]),
    ({"module": "eins", "draw": "1000"}, 400, ["1000"]),
])
def test_a_link_to_nothing_names_what_there_is_and_leaves_no_rows(browser: Browser, values: dict[str, str], status: int, words: list[str]) -> None:
    response = browser.launch(**custom(**values))
    assert response.status_code == status
    assert [word for word in words if word not in response.text] == []
    assert db.session.scalars(select(ResourceLink)).all() == []
    assert db.session.scalars(select(Enrolment)).all() == []


# --- From the picker to the page --------------------------------------------------------------------------------------

CHOICES = {
    "course.kurs": ("/courses/1", "Modules"), "module.kurs.eins": ("/courses/1/eins", "A sentence about"),
    "quiz.kurs.eins": ("/courses/1/quiz/0/eins", "3 questions"), "exercise.kurs.eins.rechnen": ("/courses/1/exercise/rechnen/eins", "What is 2 + 2?"),
    "certificate.kurs": ("/certificates/course/1", "What is still missing"),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize("family", ["moodle", "ilias", ""])
def test_each_chosen_link_opens_what_was_chosen(house: Flask, lms: Lms, family: str) -> None:
    lms.family = family
    picker = open_picker(house, lms)
    picker.choose(*CHOICES)
    for number, (item, (path, words)) in enumerate(zip(items_in(picker.add_for(lms)), CHOICES.values(), strict=True), 20):
        nobody()
        browser = Browser(house, lms)
        response = browser.launch(**link_to(item, str(number)))
        assert response.status_code == 303, response.text
        assert response.location.endswith(path)
        page = browser.client.get(response.location)
        assert page.status_code == 200
        assert words in page.text
    kinds = [(link.kind, link.module, link.item) for link in db.session.scalars(select(ResourceLink).order_by(ResourceLink.id))]
    assert kinds == [("course", None, None), ("module", "eins", None), ("quiz", "eins", None), ("exercise", "eins", "rechnen"), ("certificate", None, None)]


@ON_ONE_DATABASE
def test_a_link_whose_target_was_changed_opens_and_scores_the_new_one(browser: Browser, lms: Lms) -> None:
    browser.launch(**custom(module="eins"))
    right("farbe")
    assert browser.launch(**custom(module="eins", item="rechnen")).location.endswith("/courses/1/exercise/rechnen/eins")
    right("rechnen")
    assert given(lms) == [(1, 4), (1, 1)]


# --- The pages --------------------------------------------------------------------------------------------------------

def learner_at(browser: Browser, **values: str) -> str:
    location = browser.launch(**custom(**values)).location
    return str(location)


@ON_ONE_DATABASE
def test_a_quiz_shows_the_modules_questions_and_nothing_of_its_text(browser: Browser) -> None:
    page = browser.client.get(learner_at(browser, module="eins", kind="quiz")).text
    assert questions(page) == list(ITEMS)
    assert "A sentence about" not in page
    assert "0 of 4" in page


@ON_ONE_DATABASE
def test_a_drawn_quiz_stays_the_same_for_a_learner_and_differs_between_them(house: Flask, lms: Lms) -> None:
    seen = {}
    for sub in ("4", "5", "6", "7", "8", "9"):
        nobody()
        browser = Browser(house, lms)
        location = browser.launch(sub=sub, **custom(module="eins", draw="2")).location
        seen[sub] = questions(browser.client.get(location).text)
        again = Browser(house, lms).launch(sub=sub, **custom(module="eins", draw="2"))
        assert again.location.endswith("/quiz/2/eins")
        assert questions(browser.client.get(location).text) == seen[sub]
    assert {len(found) for found in seen.values()} == {2}
    assert len({tuple(found) for found in seen.values()}) > 1


def test_draws_are_even_and_a_larger_one_holds_the_smaller() -> None:
    pool = tuple(f"q{number}" for number in range(10))
    draws = [drawn(pool, 3, str(seed)) for seed in range(2000)]
    counts = {item: sum(item in draw for draw in draws) for item in pool}
    assert all(480 < count < 720 for count in counts.values())
    assert all(len(set(draw)) == 3 for draw in draws)
    assert drawn(pool, 3, "x") == drawn(pool, 5, "x")[:3]
    assert sorted(drawn(pool, 99, "x")) == sorted(pool)


@ON_ONE_DATABASE
@pytest.mark.parametrize(("values", "maximum"), [({"kind": "quiz"}, 4), ({"item": "rechnen"}, 1)])
def test_an_answer_leads_back_to_the_page_that_it_came_from(browser: Browser, values: dict[str, str], maximum: int) -> None:
    location = learner_at(browser, module="eins", **values)
    folder = location.rsplit("/", 1)[0]
    page = browser.client.get(location).text
    assert 'action="eins/rechnen/answer"' in page  # Relative to the page, as on the module's.
    response = browser.client.post(f"{folder}/eins/rechnen/answer", data={"attempt": "1", "answer": "5"})
    assert (response.status_code, response.location) == (303, f"{location}#q-rechnen")
    live = browser.client.post(f"{folder}/eins/rechnen/answer", data={"attempt": "2", "answer": "4"}, headers={"HX-Request": "true"})
    assert f"1 of {maximum}" in live.text
    assert "Your points" in live.text
    closed = browser.client.post(f"{folder}/eins/rechnen/answer", data={"attempt": "3", "answer": "4"})
    assert closed.status_code == 409
    assert f'href="{location}#q-rechnen"' in closed.text


@ON_ONE_DATABASE
def test_a_question_keeps_its_number_on_the_page(browser: Browser) -> None:
    location = learner_at(browser, module="eins", item="rechnen")
    assert "Question 1" in browser.client.get(location).text
    folder = location.rsplit("/", 1)[0]
    assert "Question 1" in browser.client.post(f"{folder}/eins/rechnen/answer", data={"attempt": "1", "answer": "5"}, headers={"HX-Request": "true"}).text


@ON_ONE_DATABASE
@pytest.mark.parametrize("path", [
    "exercise/nobody/eins", "exercise/farbe/zwei", "quiz/0/zwei", "quiz/x/eins", "quiz/-1/eins",
])
def test_pages_that_do_not_exist_are_not_there(browser: Browser, path: str) -> None:
    base = learner_at(browser)
    assert browser.client.get(f"{base}/{path}").status_code == 404


@ON_ONE_DATABASE
def test_no_answer_is_taken_for_a_question_that_the_page_does_not_show(browser: Browser) -> None:
    base = learner_at(browser)
    assert browser.client.post(f"{base}/exercise/farbe/eins/rechnen/answer", data={"attempt": "1", "answer": "4"}).status_code == 404


@ON_ONE_DATABASE
def test_foreign_people_see_none_of_these_pages(house: Flask, browser: Browser) -> None:
    learner_at(browser, module="eins", kind="quiz")
    stranger = builders.browser(house, builders.person("Fremd"))
    for path in ("/courses/1/quiz/0/eins", "/courses/1/exercise/farbe/eins", "/certificates/course/1"):
        nobody()
        assert stranger.get(path).status_code == 404
        nobody()
        assert house.test_client().get(path).status_code == 302


@ON_ONE_DATABASE
def test_the_certificate_link_shows_what_is_missing_and_then_the_certificate(browser: Browser) -> None:
    location = learner_at(browser, kind="certificate")
    page = browser.client.get(location).text
    assert "What is still missing" in page
    assert "0 of 4" in page
    for item in ITEMS:
        right(item)
    page = browser.client.get(location).text
    assert "What is still missing" not in page
    assert "/certificates/1" in page


@ON_ONE_DATABASE
def test_who_teaches_gets_no_certificate_and_reads_why(browser: Browser) -> None:
    response = browser.launch(sub="3", **{LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]}, **custom(kind="certificate"))
    assert "Learners see their own certificate here" in browser.client.get(response.location).text


# --- Scores -----------------------------------------------------------------------------------------------------------

def test_an_exercise_link_hears_of_its_question_only(browser: Browser, lms: Lms) -> None:
    browser.launch(**custom(module="eins", item="rechnen"))
    right("farbe")
    assert given(lms) == []
    right("rechnen")
    wrong("zahlen")
    assert given(lms) == [(1, 1)]


def test_a_drawn_quiz_counts_what_was_drawn(browser: Browser, lms: Lms) -> None:
    browser.launch(**custom(module="eins", draw="2"))
    participant = db.session.scalars(select(Participant)).one()
    counted = counted_items("quiz", "eins", None, 2, 1, participant.enrolment_id)
    assert counted is not None
    assert len(counted) == 2
    [other] = set(ITEMS) - counted
    right(other)
    assert given(lms) == []
    points = {"farbe": 1, "zahlen": 2, "rechnen": 1}
    maximum = sum(points[item] for item in counted)
    first, second = sorted(counted)
    right(first)
    right(second)
    assert given(lms) == [(points[first], maximum), (maximum, maximum)]


@ON_ONE_DATABASE
def test_a_whole_quiz_counts_the_module(browser: Browser, lms: Lms) -> None:
    browser.launch(**custom(module="eins", kind="quiz"))
    right("farbe")
    assert given(lms) == [(1, 4)]


@ON_ONE_DATABASE
def test_a_certificate_link_sends_nothing(browser: Browser, lms: Lms) -> None:
    browser.launch(**custom(kind="certificate"))
    for item in ITEMS:
        right(item)
    assert lms.scores() == []


@ON_ONE_DATABASE
def test_a_new_link_hears_only_of_what_it_counts(browser: Browser, lms: Lms) -> None:
    browser.launch(**{AGS: ...})
    right("farbe")
    for number, item in enumerate(("farbe", "rechnen"), 30):
        browser.launch(**{
            **custom(module="eins", item=item), LTI + "resource_link": {"id": str(number)},
            AGS: {"lineitem": f"{lms.url}/lineitems/{number}", "scope": [SCOPE + "score"]},
        })
    assert [asked.path for asked in lms.asked if "scores" in asked.path] == ["/lineitems/30/scores"]


@ON_ONE_DATABASE
def test_a_question_that_the_learners_edition_does_not_have_counts_nothing(house: Flask) -> None:
    assert counted_items("exercise", "eins", "nobody", None, 1, 1) == frozenset()
    assert counted_items("quiz", "zwei", None, 3, 1, 1) == frozenset()
    assert counted_items("course", None, None, None, 1, 1) is None
    assert counted_items("certificate", None, None, None, 1, 1) == frozenset()
