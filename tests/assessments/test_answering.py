"""Answering in place: what counts, what is shown, and what must not be."""

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assessments import service
from assessments.models import Attempt, Grade
from core import db
from courses.models import Enrolment
from tests import builders
from tests.assessments.page import QuestionPage

SECRETS = ("FEEDBACK-RIGHT", "FEEDBACK-WRONG", "EXPLANATION")


@pytest.fixture
def learner(app: Flask) -> Enrolment:
    """Ada in the small course."""
    with app.app_context():
        builders.organisation()
        return builders.enrolment()


@pytest.fixture
def page(app: Flask, learner: Enrolment) -> QuestionPage:
    """Ada's module page in a browser."""
    with app.app_context():
        db.act_for(learner.organisation_id)
        return QuestionPage(builders.browser(app, builders.person()), f"/courses/{learner.run_id}/eins")


def test_a_page_shows_no_key_feedback_or_explanation_before_an_answer(page: QuestionPage) -> None:
    html = page.open()
    assert "Welche Farbe hat der Himmel?" in html
    assert "HINT-ONE" in html
    assert not any(secret in html for secret in SECRETS)


def test_a_wrong_answer_is_told_why_and_not_what_would_have_been_right(page: QuestionPage) -> None:
    page.open()
    html = page.answer("farbe", "Grün")
    assert "FEEDBACK-WRONG" in html
    assert "FEEDBACK-RIGHT" not in html
    assert "EXPLANATION" not in html
    assert "1 Versuch" in html or "1 attempt left" in html


def test_the_solution_comes_with_the_last_attempt(page: QuestionPage) -> None:
    page.open()
    page.answer("farbe", "Grün")
    html = page.answer("farbe", "Grün", attempt=2)
    assert "EXPLANATION" in html


def test_a_right_answer_earns_the_points_and_the_explanation(page: QuestionPage, app: Flask, learner: Enrolment) -> None:
    page.open()
    assert "EXPLANATION" in page.answer("farbe", "Blau")
    with app.app_context():
        db.act_for(learner.organisation_id)
        assert service.score_of(learner, "eins").score == 1
        assert service.score_of(learner).maximum == 4


def test_several_answers_earn_a_part_of_the_points(page: QuestionPage, app: Flask, learner: Enrolment) -> None:
    page.open()
    page.answer("zahlen", "2")
    with app.app_context():
        db.act_for(learner.organisation_id)
        assert service.score_of(learner).score == 1


def test_without_javascript_the_page_comes_back_at_the_question(page: QuestionPage) -> None:
    page.open()
    response = page.post("farbe", "Blau", htmx=False)
    assert response.status_code == 303
    assert response.location.endswith("/eins#q-farbe")


def test_a_second_post_of_the_same_attempt_counts_once(page: QuestionPage, app: Flask, learner: Enrolment) -> None:
    page.open()
    page.answer("farbe", "Grün")
    page.answer("farbe", "Blau")
    with app.app_context():
        db.act_for(learner.organisation_id)
        assert db.session.scalar(select(func.count(Attempt.id))) == 1
        assert service.score_of(learner).score == 0


def test_after_the_last_attempt_nothing_counts_any_more(page: QuestionPage, app: Flask, learner: Enrolment) -> None:
    page.open()
    for attempt in (1, 2):
        page.answer("farbe", "Grün", attempt=attempt)
    assert page.post("farbe", "Blau", attempt=3).status_code == 409
    with app.app_context():
        db.act_for(learner.organisation_id)
        assert db.session.scalar(select(func.count(Attempt.id))) == 2


@pytest.mark.parametrize("form", [{}, {"answer": "x" * 20_000}, {"answer": ["a", "b"]}, {"answer": "nothing-of-this"}])
def test_an_answer_of_the_wrong_shape_is_refused_with_words_and_counts_nothing(
    page: QuestionPage, app: Flask, learner: Enrolment, form: dict[str, object],
) -> None:
    page.open()
    response = page.client.post(f"{page.path}/farbe/answer", data={"attempt": "1", **form}, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "question-error" in response.text
    with app.app_context():
        db.act_for(learner.organisation_id)
        assert db.session.scalar(select(func.count(Attempt.id))) == 0


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "99999999999999999999"])
def test_a_strange_attempt_number_does_no_harm(page: QuestionPage, number: str) -> None:
    page.open()
    assert page.client.post(f"{page.path}/farbe/answer", data={"attempt": number}).status_code in (303, 404, 422)


def test_nobody_answers_in_a_run_that_they_are_not_in(app: Flask, page: QuestionPage, learner: Enrolment) -> None:
    with app.app_context():
        db.act_for(learner.organisation_id)
        stranger = builders.browser(app, builders.person("Eve"))
    assert stranger.get(page.path).status_code == 404
    assert stranger.post(f"{page.path}/farbe/answer", data={"attempt": "1"}).status_code == 404


def test_another_university_finds_nothing_there(app: Flask, page: QuestionPage) -> None:
    with app.app_context():
        builders.organisation("anderswo")
        stranger = builders.browser(app, builders.person("Eve"))
    assert stranger.get(page.path).status_code == 404


def test_progress_is_there_on_another_device(app: Flask, page: QuestionPage, learner: Enrolment) -> None:
    page.open()
    page.answer("farbe", "Grün")
    with app.app_context():
        db.act_for(learner.organisation_id)
        phone = QuestionPage(builders.browser(app, builders.person()), page.path)
    assert "FEEDBACK-WRONG" in phone.open()


def test_of_two_answers_at_the_same_moment_exactly_one_counts(app: Flask, page: QuestionPage, learner: Enrolment) -> None:
    page.open()
    barrier = threading.Barrier(4, timeout=60)
    statuses: list[int] = []

    def send(client: FlaskClient) -> None:
        barrier.wait()
        statuses.append(QuestionPage(client, page.path, page.forms).post("farbe", "Blau").status_code)

    with app.app_context():
        db.act_for(learner.organisation_id)
        clients = [builders.browser(app, builders.person()) for _ in range(4)]
    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    with app.app_context():
        db.act_for(learner.organisation_id)
        assert db.session.scalar(select(func.count(Attempt.id))) == 1
        assert db.session.scalar(select(func.count(Grade.id))) == 1


def test_a_course_is_achieved_once_when_enough_points_are_there(app: Flask, page: QuestionPage, learner: Enrolment) -> None:
    page.open()
    page.answer("farbe", "Blau")
    page.answer("zahlen", "2", "3")
    with app.app_context():
        db.act_for(learner.organisation_id)
        assert db.session.scalars(select(Enrolment)).one().achieved_at is not None


def test_the_page_exists_in_english_too_with_the_same_progress(page: QuestionPage) -> None:
    page.open()
    page.answer("farbe", "Grün")
    page.client.get("/language/en")
    html = page.open()
    assert "Which colour is the sky?" in html
    assert "FEEDBACK-WRONG en" in html


def test_a_word_that_was_right_stays_right_when_the_page_is_read_in_the_other_language(app: Flask) -> None:
    block = "\n::: short {{#gesetz points=1}}\n{question}\n= {answer}\n:::\n"
    files = {
        **builders.FILES,
        "01-eins/module.de.md": (builders.GERMAN + block.format(question="Wie heißt die Verordnung?", answer="Verordnung")).encode(),
        "01-eins/module.en.md": (builders.ENGLISH + block.format(question="What is it called?", answer="Regulation")).encode(),
    }
    with app.app_context():
        builders.organisation()
        enrolment = builders.enrolment(files=files)
        client = builders.browser(app, builders.person())
    path = f"/courses/{enrolment.run_id}/eins"
    client.post(f"{path}/gesetz/answer", data={"attempt": "1", "answer": "Verordnung"})
    client.get("/language/en")
    section = client.get(path).text.split('id="q-gesetz"')[1]
    assert "verdict--right" in section
