"""A class before one small model: who waits, what they are told, and how they come to their answer."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from assessments import prompt_place
from assessments.models import Attempt
from assessments.running import run_try
from core import db
from core.jobs import WorkState
from gateway.models import Waiting
from gateway.service import line
from gateway.service.line import Place
from tests import builders
from tests.assessments.prompt_page import PromptPage, announce, live_of, open_page, two_at_turn
from tests.gateway.faults import WORDS, FaultServer

ANSWER = "".join(WORDS)


@pytest.fixture
def page(app: Flask, faults: FaultServer, tmp_path: Path) -> PromptPage:
    """Ada on the exercise, in English."""
    announce(faults, tmp_path)
    found = open_page(app)
    found.client.get("/language/en")
    return found


def place(page: PromptPage, live: str, shown: str = "") -> str:
    return page.client.get(f"{live}/place", query_string={"shown": shown}).text


def test_who_has_to_wait_is_told_their_place_and_answered_when_it_is_their_turn(page: PromptPage, faults: FaultServer) -> None:
    with two_at_turn(page.app):
        sent = page.send()
        events, _ = page.watch(sent)
        assert events[0] == ("later", None)
        assert faults.requests == []
        told = place(page, live_of(sent))
        assert "You are number 1." in told
        assert "About 10 seconds." in told
        assert page.client.get(f"{live_of(sent)}/question").status_code == 204
    # Those who left have called the next one: no look, no sweep was needed.
    assert len(faults.requests) == 1
    assert ANSWER in page.client.get(f"{live_of(sent)}/question").text
    (attempt,) = page.attempts()
    assert (attempt.state, attempt.tries) == (WorkState.DONE, 1)


def test_the_page_asks_again_and_gets_nothing_while_nothing_has_changed(page: PromptPage) -> None:
    with two_at_turn(page.app):
        sent = page.send()
        page.watch(sent)
        shown = "You are number 1. About 10 seconds."
        assert page.client.get(f"{live_of(sent)}/place", query_string={"shown": shown}).status_code == 204


def test_without_scripts_the_page_that_looks_again_tells_the_place(page: PromptPage) -> None:
    with two_at_turn(page.app):
        looked = page.client.get(page.send(htmx=False).location).text
        assert "You are number 1." in looked
        assert 'http-equiv="refresh"' in looked
    assert ANSWER in page.client.get(page.path).text


def test_who_withdraws_leaves_the_line_and_loses_no_attempt(page: PromptPage, faults: FaultServer) -> None:
    with two_at_turn(page.app):
        sent = page.send()
        page.watch(sent)
        page.client.post(f"{live_of(sent)}/stop", headers={"HX-Request": "true"})
        (attempt,) = page.attempts()
        assert (attempt.state, attempt.counts) == (WorkState.FAILED, False)
        with page.app.app_context():
            assert line.look(f"attempt {attempt.id}") is None
    assert faults.requests == []
    assert "You stopped before an answer began." in page.client.get(page.path).text


def test_waiting_counts_as_no_try_of_running_it_however_often_it_is_looked_after(page: PromptPage) -> None:
    with two_at_turn(page.app):
        page.watch(page.send())
        (attempt,) = page.attempts()
        for _ in range(5):
            _make_due(page, attempt.id)
            with page.app.app_context():
                list(run_try(attempt.id))
        assert page.attempts()[0].tries == 0
    assert page.attempts()[0].state == WorkState.DONE


def test_a_call_that_was_lost_is_made_up_for_when_the_page_looks(page: PromptPage, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "called", type("Deaf", (), {"send": lambda *_, **__: None}))
    with two_at_turn(page.app):
        sent = page.send()
        page.watch(sent)
    assert faults.requests == []
    place(page, live_of(sent))
    assert len(faults.requests) == 1


def test_a_model_that_fails_gives_the_turn_on(page: PromptPage, faults: FaultServer) -> None:
    faults.replies[0].cut = True
    page.watch(page.send())
    with page.app.app_context():
        assert db.session.scalars(select(Waiting.ended_at)).one() is not None


def test_nobody_sees_where_another_persons_try_stands(page: PromptPage) -> None:
    with two_at_turn(page.app):
        sent = page.send()
        page.watch(sent)
        with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
            stranger = builders.browser(page.app, builders.person("Grace Hopper"))
        assert stranger.get(f"{live_of(sent)}/place").status_code == 404


def _make_due(page: PromptPage, attempt_id: int) -> None:
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id), db.transaction() as tx:
        tx.execute(update(Attempt).where(Attempt.id == attempt_id).values(due_at=db.now() - timedelta(seconds=1)))


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "About 5 seconds."), (36, "About 40 seconds."), (91, "About 2 minutes."), (600, "About 10 minutes.")])
def test_a_wait_is_told_in_round_figures(app: Flask, seconds: float, words: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert prompt_place.standing_of(False, Place(False, 3, seconds)).seconds == words
