"""Tests with a time limit: one clock, the server's; what is late is refused, and nothing that was answered is lost."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role
from assessments import service, sittings, terms
from assessments.clock import GRACE, Clock, allowed
from assessments.models import Attempt, ExtraTime, Sitting
from core import db
from tests import builders
from tests.assessments.kinds_course import learner, rows
from tests.assessments.timed import Time, begin, course, page

LIMITED = course(head="time_limit: 30\n")


def test_an_answer_is_taken_until_the_end_and_a_little_longer() -> None:
    start = db.now()
    for after, refused in ((0, False), (1800, False), (1800 + GRACE.total_seconds() - 1, False), (1800 + GRACE.total_seconds(), True)):
        assert Clock(1800, start, start + timedelta(seconds=after)).refuses is refused
    assert not Clock(1800, None, start).refuses
    assert (allowed(45, 25, 0), allowed(45, 0, 10), allowed(30, 0, 0)) == (45 * 75, 55 * 60, 1800)


def test_a_test_is_begun_by_a_button_and_its_clock_is_the_same_everywhere(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    with app.app_context():
        builders.organisation()
        _, enrolment = learner(app, "Ada", LIMITED)
    ada = page(app, enrolment)
    html = ada.open()
    assert "you have 30 minutes" in html
    assert "Welche Farbe?" not in html
    assert "farbe" not in ada.forms
    assert "Welche Farbe?" not in page(app, enrolment, "").client.get(f"/courses/{enrolment.run_id}/quiz/0/eins").text
    for act in ("answer", "typed"):
        assert ada.client.post(f"{ada.path}/farbe/{act}", data={"attempt": "1", "answer": "x"}).status_code == 404
    assert rows(app, Attempt) == []
    assert begin(ada).location.endswith("/eins")
    before = ada.open()
    assert 'role="timer"' in before
    assert "Welche Farbe?" in before
    left = int(re.search(r'data-left="(\d+)"', before)[1])  # type: ignore[index]
    assert 1790 <= left <= 1800

    time.passes(minutes=10)
    other = page(app, enrolment, "")
    quiz = other.client.get(f"/courses/{enrolment.run_id}/quiz/0/eins").text   # another device, another page of the same questions
    assert 1190 <= int(re.search(r'data-left="(\d+)"', quiz)[1]) <= 1200  # type: ignore[index]
    assert other.client.post(f"/courses/{enrolment.run_id}/eins/begin").status_code == 303   # a second press changes nothing
    assert [row.minutes for row in rows(app, Sitting)] == [30]
    assert other.client.get(f"/courses/{enrolment.run_id}/eins/clock").get_json()["left"] <= 1200
    assert "FEEDBACK-RIGHT" in ada.answer("farbe", "Blau")


def test_after_the_end_answers_are_refused_in_words_and_what_was_answered_stays(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    with app.app_context():
        builders.organisation()
        _, enrolment = learner(app, "Ada", LIMITED)
        db.session.commit()
    ada = page(app, enrolment)
    begin(ada)
    ada.open()
    assert "FEEDBACK-WRONG" in ada.answer("farbe", "Rot")
    time.passes(minutes=30, seconds=10)                       # the network was slow
    assert ada.client.post(f"{ada.path}/zahl/answer", data={"attempt": "1", "answer": "4"}).status_code == 303
    assert "The time of this test is over" in ada.open()
    time.passes(seconds=30)
    late = ada.post("farbe", "Blau", attempt=2)
    assert late.status_code == 409
    assert "The time of this test is over, so this answer was not taken." in late.text
    assert "was not taken" in ada.post("farbe", "Blau", attempt=2, htmx=False).text
    html = ada.open()
    assert "EXPLANATION" in html                              # closed, so all may be shown
    assert "1 of 3" in html
    assert len(rows(app, Attempt)) == 2


def test_extra_time_counts_in_a_test_that_is_running_and_its_story_is_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    with app.app_context():
        builders.organisation()
        _, enrolment = learner(app, "Ada", LIMITED)
        _, other = learner(app, "Ben", LIMITED)
        teacher, _ = learner(app, "Tess", LIMITED, Role.LECTURER)
    ada = page(app, enrolment)
    begin(ada)
    ada.open()
    time.passes(minutes=31)
    assert ada.post("farbe", "Blau").status_code == 409
    times = f"/class/{enrolment.run_id}/times"
    shown = teacher.get(times).text
    assert "Eins (30 minutes)" in shown or "One (30 minutes)" in shown
    give = {"person": str(enrolment.id), "unit": "percent", "amount": "50"}
    for _ in range(2):                                        # a second click gives nothing twice
        assert teacher.post(f"{times}/extra", data=give).status_code == 303
    assert ada.client.get(f"{ada.path}/clock").get_json()["left"] > 13 * 60
    assert "FEEDBACK-RIGHT" in ada.answer("farbe", "Blau")
    teacher.post(f"{times}/extra", data={**give, "unit": "minutes", "amount": "5"})
    table = teacher.get(times).text
    assert "50 percent" in table
    assert "5 minutes" in table
    assert "Tess" in table
    assert [(row.percent, row.minutes) for row in rows(app, ExtraTime)] == [(50, 0), (0, 5)]
    assert "30 minutes" in page(app, other).open()            # nobody else has more

    for wrong in ({"amount": "x"}, {"amount": "301"}, {"unit": "hours"}, {"person": ""}, {"amount": "-1"}):
        assert teacher.post(f"{times}/extra", data={**give, **wrong}).status_code == 422
    assert teacher.post(f"{times}/extra", data={**give, "person": "999"}).status_code == 404
    assert ada.client.get(times).status_code == 403           # learners give themselves nothing
    assert ada.client.post(f"{times}/extra", data=give).status_code == 403
    with app.app_context():
        db.act_for(enrolment.organisation_id)
        admin = builders.browser(app, builders.person("Rita", roles=(Role.ADMINISTRATOR,)))
        stranger = builders.browser(app, builders.person("Sue"))
    assert admin.post(f"{times}/extra", data=give).status_code == 303
    assert stranger.get(times).status_code == 404
    with app.app_context():
        builders.organisation("anderswo")
        foreign = builders.browser(app, builders.person("Fay", roles=(Role.ADMINISTRATOR,)))
    assert foreign.get(times).status_code == 404
    assert foreign.post(f"{times}/extra", data=give).status_code == 404


def test_who_teaches_may_begin_a_test_again_and_who_learns_may_not(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    time = Time(monkeypatch)
    with app.app_context():
        builders.organisation()
        _, enrolment = learner(app, "Ada", LIMITED)
        _, teaching = learner(app, "Tess", LIMITED, Role.LECTURER)
        for part in (enrolment, teaching):
            sittings.begin(part, "eins")
        time.passes(hours=1)
        for part, over in ((enrolment, True), (teaching, False)):
            sittings.begin(part, "eins")
            assert terms.of(part, "eins").over is over
        with pytest.raises(service.TimeOverError):
            service.submit(enrolment, "eins", "zahl", "de", 1, {"answer": ["4"]})
        assert db.session.scalars(select(Attempt)).all() == []
