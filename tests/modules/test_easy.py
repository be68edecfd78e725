"""Easy language: a second text of a module with the same questions, which learners choose."""

import pytest
from flask import Flask
from sqlalchemy import select

from assessments.models import Attempt
from core import db
from modules.render import render
from modules.source import read_course
from tests import builders
from tests.assessments.page import QuestionPage
from tests.modules.folders import FRONT, QUESTION, folder

EASY = "01-eins/module.leicht.md"
SECOND = "\n::: single {#zwei}\nUnd das Meer?\n(x) Auch blau\n( ) Rosa\n:::\n"
EASY_TEXT = FRONT.replace('{de: "Eins", en: "One"}', "Eins leicht") + "\nDas ist kurz.\nDas auch.\n" + QUESTION.replace("Welche Farbe?", "Ist es blau?")
COURSE_WITH_BOTH = folder(QUESTION + SECOND, **{EASY: EASY_TEXT})


@pytest.fixture
def page(app: Flask) -> QuestionPage:
    """Ada's page of a module that has an easy text, in German."""
    with app.app_context():
        builders.organisation()
        part = builders.enrolment(files=COURSE_WITH_BOTH)
        browser = builders.browser(app, builders.person())
        browser.get("/language/de")
        return QuestionPage(browser, f"/courses/{part.run_id}/eins")


def test_an_easy_text_is_a_text_of_its_module_and_no_language_of_the_course() -> None:
    course = read_course(COURSE_WITH_BOTH)
    assert course.findings == ()
    assert [(source.language, source.written_in, source.title) for source in course.sources] == [
        ("de", "de", "Eins"), ("en", "en", "One"), ("leicht", "de", "Eins leicht"),
    ]
    assert course.languages == ("de", "en")


def test_in_easy_language_each_sentence_stays_on_its_line() -> None:
    lines = "Das ist kurz.\nDas auch."
    assert "<br" in render(lines, language="leicht", media_url=str).html
    assert "<br" not in render(lines, language="de", media_url=str).html


def test_a_learner_chooses_easy_language_and_comes_back_from_it(page: QuestionPage) -> None:
    usual = page.open()
    assert "In Leichter Sprache lesen" in usual
    assert "Das ist kurz." not in usual
    page.client.get(f"{page.path}/text/easy")
    easy = page.open()
    assert "<h1>Eins leicht</h1>" in easy
    assert "Ist es blau?" in easy
    assert "1 Frage steht nur im üblichen Text." in easy
    assert "Und das Meer?" not in easy
    page.client.get(f"{page.path}/text/usual")
    assert "Welche Farbe?" in page.open()


def test_who_reads_english_is_offered_no_german_text(page: QuestionPage) -> None:
    page.client.get(f"{page.path}/text/easy")
    page.client.get("/language/en")
    html = page.open()
    assert "easy language" not in html
    assert "<h1>One</h1>" in html


def test_an_answer_in_easy_language_counts_and_stays_easy(page: QuestionPage, app: Flask) -> None:
    page.client.get(f"{page.path}/text/easy")
    page.open()
    html = page.answer("farbe", "Blau")
    assert "Ist es blau?" in html
    page.client.get(f"{page.path}/text/usual")
    assert "1 von 2" in page.open().replace("\xa0", " ")
    with app.app_context(), db.unscoped():
        assert db.session.scalars(select(Attempt.language)).all() == ["leicht"]


def test_a_quiz_of_the_module_has_all_questions_each_as_easy_as_it_is(page: QuestionPage) -> None:
    page.client.get(f"{page.path}/text/easy")
    run = page.path.split("/")[2]
    html = page.client.get(f"/courses/{run}/quiz/0/eins").text
    assert "Ist es blau?" in html
    assert "Und das Meer?" in html
