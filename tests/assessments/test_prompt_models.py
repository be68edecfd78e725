"""Prompt exercises without any model, on the real small one, and on one that dies."""

import os
import re
import signal
from pathlib import Path

import pytest
from flask import Flask

from assessments import service
from assessments.running import MOST_TRIES, run_try
from core import db
from core.config import replace_settings
from core.jobs import WorkState
from gateway.client import Endpoint
from gateway.faults import GatewayError
from gateway.models import Gateway, GatewayModel, ModelPolicy
from gateway.service import Model
from gateway.service import budgets as budget
from tests.assessments.prompt_page import PromptPage, announce, events_of, live_of, open_page
from tests.gateway.faults import FaultServer
from tests.gateway.server import ModelServer, running


@pytest.fixture
def page(app: Flask) -> PromptPage:
    """Ada on the exercise; there is no model."""
    return open_page(app)


def points(page: PromptPage) -> tuple[float, float]:
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        found = service.score_of(page.enrolment, "eins")
        return found.score, found.maximum


def test_without_a_model_the_recorded_answer_is_shown_and_marked_as_recorded(page: PromptPage) -> None:
    page.client.get("/language/en")
    events, html = page.watch(page.send())
    assert [name for name, _ in events] == ["done"]
    assert "RECORDED-ANSWER" in html
    assert "Recorded answer: no model ran" in html
    assert "REFLECT en" in html
    assert 'class="is-right"' in html
    assert "of 2 points" not in html


def test_a_recorded_answer_takes_no_attempt_and_the_exercise_out_of_the_maximum(page: PromptPage) -> None:
    page.client.get("/language/en")
    before = points(page)
    _, html = page.watch(page.send())
    assert "2 attempts left" in html
    assert (before, points(page)) == ((0, 7), (0, 5))


def test_once_a_model_is_there_the_exercise_counts_again(page: PromptPage, faults: FaultServer, tmp_path: Path) -> None:
    page.watch(page.send())
    announce(faults, tmp_path)
    page.watch(page.send(attempt=2))
    assert points(page) == (1, 7)
    assert "RECORDED-ANSWER" not in page.client.get(page.path).text


def test_without_model_and_recorded_answer_the_try_is_given_back(page: PromptPage) -> None:
    _, html = page.watch(page.send(item="dreimal"))
    assert page.attempts()[0].state == WorkState.FAILED
    assert not page.attempts()[0].counts
    assert "kern-alert--warning" in html
    assert points(page) == (0, 7)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "http://127.0.0.1:1/v1", "key": "k"}'])
def test_a_model_server_that_is_gone_is_no_model(page: PromptPage, tmp_path: Path, content: str) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "server.json").write_text(content)
    assert "RECORDED-ANSWER" in page.watch(page.send())[1]


def test_without_enough_tokens_nothing_is_asked_and_nothing_counts(page: PromptPage, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    page.app.extensions["settings"] = replace_settings(page.app.extensions["settings"], daily_tokens=50)
    assert page.send().status_code == 429
    assert page.attempts() == []
    assert faults.requests == []


def test_without_a_model_nobody_needs_tokens(page: PromptPage) -> None:
    page.app.extensions["settings"] = replace_settings(page.app.extensions["settings"], daily_tokens=0)
    assert "RECORDED-ANSWER" in page.watch(page.send())[1]


def test_tokens_that_another_tab_has_used_meanwhile_give_the_try_back(page: PromptPage, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    sent = page.send()
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        budget.reserve(page.enrolment.person_id, page.enrolment.run_id, 60_000, "another tab")
    page.watch(sent)
    assert page.attempts()[0].error == GatewayError("tokens").message
    assert not page.attempts()[0].counts
    assert faults.requests == []


def test_a_try_over_which_processes_die_is_given_back_in_the_end(page: PromptPage, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    live_of(page.send())
    (attempt,) = page.attempts()
    for _ in range(MOST_TRIES + 1):
        with page.app.app_context():
            next(run_try(attempt.id))
            with db.transaction():
                db.session.get_one(type(attempt), attempt.id).lease_until = db.now()
    assert page.attempts()[0].state == WorkState.FAILED
    assert not page.attempts()[0].counts


@pytest.mark.model
def test_the_small_model_answers_in_pieces_and_its_tokens_are_booked(page: PromptPage, model_server: ModelServer, tmp_path: Path) -> None:
    model_server.serve(tmp_path)
    events, html = page.watch(page.send())
    pieces = [data for name, data in events if name == "text"]
    assert len(pieces) > 3
    assert events[-1] == ("done", None)
    assert "smollm2-135m-instruct" in html
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        assert 60_000 - 400 < budget.tokens_left(page.enrolment.person_id, page.enrolment.run_id) < 60_000


@pytest.mark.model
def test_the_small_model_can_be_stopped(page: PromptPage, model_server: ModelServer, tmp_path: Path) -> None:
    model_server.serve(tmp_path)
    live = live_of(page.send("Count to a thousand in words."))
    response = page.client.get(f"{live}/stream", buffered=False)
    pieces = response.iter_encoded()
    while "event: text" not in next(pieces).decode():
        pass
    page.client.post(f"{live}/stop")
    rest = b"".join(pieces).decode()
    assert events_of(rest)[-1] == ("done", None)
    assert page.attempts()[0].counts
    html = page.client.get(f"{live}/question").text
    assert re.search("You stopped it|Sie haben sie angehalten|Sie haben", html)


@pytest.mark.model
def test_a_model_that_is_killed_in_mid_stream_gives_the_try_back(page: PromptPage, tmp_path: Path) -> None:
    with running(tmp_path) as server:
        live = live_of(page.send("Count to a thousand in words."))
        pieces = page.client.get(f"{live}/stream", buffered=False).iter_encoded()
        while "event: text" not in next(pieces).decode():
            pass
        os.kill(server.pid, signal.SIGKILL)
        assert events_of(b"".join(pieces).decode())[-1] == ("done", None)
    (attempt,) = page.attempts()
    assert (attempt.state, attempt.counts) == (WorkState.FAILED, False)
    assert attempt.error == GatewayError("cut").message


def test_a_learner_reads_that_external_models_may_be_asked_and_which_one_was(
    page: PromptPage, faults: FaultServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id), db.transaction() as tx:
        gateway = Gateway(name="Cloud", url="https://cloud.example/v1", external=True)
        tx.add_all([gateway, ModelPolicy(external=True)])
        tx.flush()
        tx.add(GatewayModel(gateway_id=gateway.id, name="big-1", title="Big One", roles=["chat"]))
    outside = Model(Endpoint(faults.url, "key"), "big-1", "Big One", external=True, server="gateway 1")
    monkeypatch.setattr("gateway.service.model", lambda *_, **__: outside)  # The address cannot be reached from here.
    page.client.set_cookie("lotse-language", "en")
    assert "External models may be asked here (Big One)" in page.client.get(page.path).text
    assert re.search(r"Model: \S+ \(external\)", page.watch(page.send())[1])
