"""Prompt exercises on a server of models: what counts, what is given back, and who sees what."""

import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from assessments import service, watching
from assessments.models import Attempt, Completion, Grade
from assessments.running import run_try
from core import db, jobs, sessions
from core.jobs import WorkState
from gateway.faults import GatewayError
from gateway.models import Pot, Reservation, Usage
from gateway.wire import Patience
from tests.assessments.prompt_page import PromptPage, announce, events_of, live_of, open_page
from tests.gateway.faults import WORDS, FaultServer, Reply

ANSWER = "".join(WORDS)


@pytest.fixture
def page(app: Flask, faults: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PromptPage:
    """Ada on the exercise; the model is a server that fails as told."""
    monkeypatch.setattr("gateway.wire.wait_of", lambda *_: 0.0)
    announce(faults, tmp_path)
    return open_page(app)


def count(page: PromptPage, model: type[db.Base]) -> int:
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_answer_streams_in_pieces_and_comes_back_checked(page: PromptPage) -> None:
    events, html = page.watch(page.send())
    assert [data for name, data in events if name == "text"] == list(WORDS)
    assert events[0] == ("answer", {"number": 1, "of": 1, "ask": "When does it open?"})
    assert events[-1] == ("done", None)
    assert ANSWER in html
    assert html.count('<li class="is-right">') == html.count('<li class="is-wrong">') == 1
    assert "faulty-1" in html
    assert "REFLECT" in html


def test_answer_checks_and_points_are_there_after_a_reload_and_in_the_other_language(page: PromptPage) -> None:
    page.watch(page.send())
    page.client.get("/language/de")
    html = page.client.get(page.path).text
    assert ANSWER in html
    assert "1 von 2 Punkten" in html
    page.client.get("/language/en")
    assert "1 of 2 points" in page.client.get(page.path).text


def test_prompt_model_parameters_and_answer_are_kept_with_the_attempt(page: PromptPage) -> None:
    page.watch(page.send("Answer from the source."))
    (attempt,) = page.attempts()
    assert attempt.response["prompt"] == "Answer from the source."
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        kept = db.session.scalars(select(Completion)).one()
    assert (kept.answer, kept.model, kept.finish, kept.recorded) == (ANSWER, "faulty-1", "stop", False)
    assert kept.parameters["temperature"] == 0
    assert (kept.prompt_tokens, kept.completion_tokens) == (20, 5)


def test_the_model_is_told_the_prompt_the_source_and_the_question_and_nobodys_name(page: PromptPage, faults: FaultServer) -> None:
    page.watch(page.send("Answer from the source."))
    (message,) = faults.requests[0]["messages"]
    assert message["content"].startswith("Answer from the source.")
    assert "Opening hours: from eight." in message["content"]
    assert message["content"].endswith("When does it open?")
    assert "Ada" not in str(faults.requests)


def test_three_runs_are_three_calls_at_temperature_1_each_with_its_own_seed(page: PromptPage, faults: FaultServer) -> None:
    faults.replies = [Reply(pieces=("A",)), Reply(pieces=("B",)), Reply(pieces=("A",))]
    _, html = page.watch(page.send(item="dreimal"))
    assert [request["temperature"] for request in faults.requests] == [1.0] * 3
    assert len({request["seed"] for request in faults.requests}) == 3
    assert "There were 2 different answers." in html or "2 verschiedene" in html
    assert count(page, Completion) == 3


@pytest.mark.parametrize("prompt", ["", "   \n ", "word " * 301, "x" * 9000])
def test_an_empty_or_endless_prompt_is_refused_before_any_call(page: PromptPage, faults: FaultServer, prompt: str) -> None:
    response = page.send(prompt)
    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == "#q-quelle-alert"
    assert faults.requests == []
    assert page.attempts() == []


def test_personal_data_is_sent_only_after_a_second_thought(page: PromptPage, faults: FaultServer) -> None:
    response = page.send("Write to ada@example.org.")
    assert response.status_code == 422
    assert 'name="anyway"' in response.text
    assert page.attempts() == []
    page.watch(page.send("Write to ada@example.org.", anyway="1"))
    assert len(faults.requests) == 1


def test_without_scripts_the_second_thought_is_a_page_that_keeps_the_text(page: PromptPage) -> None:
    response = page.send("Write to <ada@example.org>.", htmx=False)
    assert response.status_code == 422
    assert "Write to &lt;ada@example.org&gt;." in response.text
    assert f'action="{page.path}/quelle/try"' in response.text


def test_without_scripts_a_task_does_it_and_the_way_leads_back_to_the_question(page: PromptPage) -> None:
    sent = page.send(htmx=False)
    assert sent.status_code == 303
    looked = page.client.get(sent.location)
    assert looked.location == f"{page.path}#q-quelle"
    assert ANSWER in page.client.get(page.path).text


@pytest.mark.parametrize(("place", "maximum"), [("exercise/quelle/eins", 2), ("quiz/0/eins", None)])
def test_on_a_page_of_its_own_the_answer_comes_back_with_that_pages_points(page: PromptPage, place: str, maximum: int | None) -> None:
    own = f"{page.path.removesuffix('/eins')}/{place}"
    assert 'action="eins/quelle/try"' in page.client.get(own).text
    sent = page.client.post(f"{own}/quelle/try", data={"attempt": "1", "prompt": "Answer from the source."}, headers={"HX-Request": "true"})
    live = live_of(sent)
    events_of(page.client.get(f"{live}/stream").text)
    html = page.client.get(f"{live}/question", headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{own}"}).text
    assert ANSWER in html
    assert "Ihre Punkte" in html
    assert maximum is None or f"1 von {maximum}" in html
    assert "Punkte in diesem Modul" in page.client.get(f"{live}/question", headers={"HX-Current-URL": "http://localhost/elsewhere"}).text
    other = f"http://localhost{page.path.removesuffix('/eins')}/exercise/dreimal/eins"  # This page does not show the question.
    assert page.client.get(f"{live}/question", headers={"HX-Current-URL": other}).status_code == 404


def test_on_a_page_of_its_own_without_scripts_the_way_leads_back_there(page: PromptPage) -> None:
    own = f"{page.path.removesuffix('/eins')}/exercise/quelle/eins"
    sent = page.client.post(f"{own}/quelle/try", data={"attempt": "1", "prompt": "Answer from the source."})
    assert sent.status_code == 303
    assert page.client.get(sent.location).location == f"{own}#q-quelle"
    assert page.client.post(f"{own}/quelle/try", data={"attempt": "2", "prompt": ""}).text.count(f"{own}#q-quelle") == 1
    assert page.client.post(f"{own}/dreimal/try", data={"attempt": "1", "prompt": "x"}).status_code == 404

def test_while_it_is_at_work_the_page_without_scripts_looks_again_by_itself(page: PromptPage) -> None:
    live = live_of(page.send())
    assert 'http-equiv="refresh"' in page.client.get(live).text
    assert page.client.get(f"{live}/question").status_code == 204


def test_after_the_last_try_nothing_is_asked_any_more(page: PromptPage, faults: FaultServer) -> None:
    for attempt in (1, 2):
        page.watch(page.send(attempt=attempt))
    assert page.send(attempt=3).status_code == 409
    assert len(faults.requests) == 2


def test_the_same_form_sent_twice_is_one_try(page: PromptPage, faults: FaultServer) -> None:
    first, second = page.send(), page.send()
    assert live_of(first) == live_of(second)
    page.watch(first)
    assert len(faults.requests) == 1
    assert count(page, Grade) == 1


def test_a_second_tab_is_told_to_look_later_and_finds_the_same_answer(page: PromptPage, faults: FaultServer) -> None:
    live = live_of(page.send())
    assert events_of(page.client.get(f"{live}/stream").text)[-1] == ("done", None)
    assert events_of(page.client.get(f"{live}/stream").text) == [("later", None)]
    assert ANSWER in page.client.get(f"{live}/question").text
    assert len(faults.requests) == 1


def test_two_who_run_the_same_try_at_the_same_moment_make_one_grade(page: PromptPage, faults: FaultServer) -> None:
    live_of(page.send())
    (attempt,) = page.attempts()
    barrier = threading.Barrier(3, timeout=60)
    ends: list[str] = []

    def run() -> None:
        barrier.wait()
        with page.app.app_context():
            ends.append([event.name for event in run_try(attempt.id)][-1])

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["done", "later", "later"]
    assert len(faults.requests) == count(page, Grade) == 1


def test_when_too_many_watch_a_task_does_the_asking(page: PromptPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "places", threading.BoundedSemaphore(1))
    watching.places.acquire()
    live = live_of(page.send())
    assert events_of(page.client.get(f"{live}/stream").text) == [("later", None)]
    assert ANSWER in page.client.get(f"{live}/question").text


def test_a_closed_tab_loses_no_answer(page: PromptPage, faults: FaultServer) -> None:
    faults.replies = [Reply(hang=(gate := threading.Event()))]
    live = live_of(page.send())
    response = page.client.get(f"{live}/stream", buffered=False)
    next(response.iter_encoded())
    response.close()
    gate.set()
    next(thread for thread in threading.enumerate() if thread.name == f"try-{live.split('/')[-1]}").join()
    assert ANSWER in page.client.get(f"{live}/question").text


def test_stop_keeps_and_checks_what_has_come(page: PromptPage, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessments.prompt_run.LOOK_FOR_STOP", 0)
    faults.replies = [Reply(hang=(gate := threading.Event()))]
    live = live_of(page.send())
    response = page.client.get(f"{live}/stream", buffered=False)
    pieces = response.iter_encoded()
    assert "answer" in next(pieces).decode()
    assert "The " in next(pieces).decode()
    assert page.client.post(f"{live}/stop", headers={"HX-Request": "true"}).status_code == 204
    gate.set()
    rest = b"".join(pieces).decode()
    assert "eight." not in rest
    html = page.client.get(f"{live}/question").text
    assert "The" in html
    assert count(page, Grade) == 1
    assert page.attempts()[0].counts


def test_a_stop_before_the_first_word_gives_the_try_back(page: PromptPage, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = page.send()
    page.client.post(f"{live_of(sent)}/stop")
    _, html = page.watch(sent)
    assert count(page, Grade) == 0
    assert not page.attempts()[0].counts
    assert "2 attempts left" in html or "2 Versuche" in html


@pytest.mark.parametrize(("reply", "kind"), [
    (Reply(cut=True), "cut"), (Reply(reset=True), "cut"), (Reply(502, "<html>Bad Gateway</html>"), "unreachable"), (Reply(429, '{"error": "quota"}'), "quota"),
    (Reply(400, '{"error": "no"}'), "refused"), (Reply(404, '{"error": {"message": "The model faulty does not exist"}}'), "model"),
    (Reply(400, '{"error": {"message": "This model has a context length of 2048 tokens"}}'), "long"), (Reply(body="<html>"), "garbled"),
])
def test_a_failure_that_is_not_the_learners_gives_the_try_back_and_says_why(
    page: PromptPage, faults: FaultServer, monkeypatch: pytest.MonkeyPatch, reply: Reply, kind: str,
) -> None:
    monkeypatch.setattr("gateway.wire.wait_of", lambda *_: 0.0)
    faults.replies = [reply]
    events, html = page.watch(page.send("Keep this prompt."))
    (attempt,) = page.attempts()
    assert events[-1][0] == "done"
    assert (attempt.state, attempt.counts, attempt.error) == (WorkState.FAILED, False, GatewayError(kind).message)
    assert count(page, Grade) == count(page, Completion) == 0
    assert "kern-alert--warning" in html
    assert "Keep this prompt." in html
    assert "2 attempts left" in html or "2 Versuche" in html


@pytest.mark.parametrize("drip", ["head", "body", "error"])
def test_a_server_that_sends_a_byte_now_and_then_ends_with_the_time_and_the_try_is_given_back(
    page: PromptPage, faults: FaultServer, monkeypatch: pytest.MonkeyPatch, drip: str,
) -> None:
    monkeypatch.setattr("gateway.service.offers.EMBEDDED_PATIENCE", Patience(silence=2, total=0.4))
    page.client.get("/language/en")
    faults.replies = [Reply(drip=drip)]
    events, html = page.watch(page.send("Keep this prompt."))
    (attempt,) = page.attempts()
    assert [name for name, _ in events] == (["answer", "text", "done"] if drip == "body" else ["answer", "done"])
    assert (attempt.state, attempt.counts, attempt.error) == (WorkState.FAILED, False, GatewayError("slow").message)
    assert all(text in html for text in ("The model took too long to answer.", "Keep this prompt.", "2 attempts left"))
    assert count(page, Grade) == count(page, Completion) == count(page, Reservation) == 0
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        used = db.session.scalars(select(Pot.tokens).where(Pot.account == "organisation")).one()
    assert 0 < used < 100 if drip == "body" else used == 0      # What was written is booked by estimate; the rest is free again.


def test_after_a_failure_the_next_try_works(page: PromptPage, faults: FaultServer) -> None:
    faults.replies = [Reply(cut=True), Reply()]
    page.watch(page.send())
    _, html = page.watch(page.send(attempt=2))
    assert ANSWER in html
    assert "1 attempt left" in html or "1 Versuch" in html


def test_inside_a_launch_everything_stays_under_the_launchs_address(page: PromptPage) -> None:
    opened = page.app.session_interface
    assert isinstance(opened, sessions.DatabaseSessions)
    with page.app.app_context():
        data = {"_user_id": str(page.enrolment.person_id), "organisation_id": page.enrolment.organisation_id, "_fresh": True}
        launch = opened.create(data, browser="jar")
    page.client.delete_cookie(sessions.DIRECT_COOKIE)
    page.client.set_cookie(sessions.BROWSER_COOKIE, "jar", secure=True)
    page.path = f"/l/{launch}{page.path}"
    sent = page.send()
    assert live_of(sent).startswith(f"/l/{launch}/attempts/")
    assert ANSWER in page.watch(sent)[1]
    assert page.send(attempt=2, htmx=False).location.startswith(f"/l/{launch}/attempts/")


def test_someone_elses_attempt_is_not_found(page: PromptPage) -> None:
    live = live_of(page.send())
    stranger = open_page(page.app, "Eve").client
    assert [stranger.get(live + path).status_code for path in ("", "/stream", "/question")] == [404] * 3
    assert stranger.post(f"{live}/stop").status_code == 404
    assert page.attempts()[0].state == WorkState.DUE
    assert not page.attempts()[0].stopped


def test_a_model_answer_is_shown_as_safe_markdown_and_data_as_data(page: PromptPage, faults: FaultServer) -> None:
    evil = '**bold** <script>alert(1)</script> <img src=x onerror=alert(1)> ![x](https://evil.example/a.png) [x](javascript:alert(1))'
    faults.replies = [Reply(pieces=(evil,)), Reply(pieces=('{"a": "<b>",', '\n "b": 1}'))]
    _, html = page.watch(page.send())
    assert "<strong>bold</strong>" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not any(bad in html for bad in ("<script>alert", "<img", 'src="https://evil', 'href="javascript:'))
    _, html = page.watch(page.send(attempt=2))
    assert "<pre><code>{&#34;a&#34;: &#34;&lt;b&gt;&#34;,\n" in html


def test_tokens_are_booked_and_what_is_left_is_shown(page: PromptPage) -> None:
    page.client.get("/language/en")
    page.watch(page.send())
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        assert db.session.scalars(select(Pot.tokens).where(Pot.account == "organisation")).one() == 25
        usage = db.session.scalars(select(Usage)).one()
    assert (usage.prompt_tokens, usage.completion_tokens, usage.ending) == (20, 5, "stop")
    html = page.client.get(page.path).text
    assert "59,975 tokens left today" in html
    assert 'value="59975" max="60000"' in html


def test_a_process_that_hangs_is_followed_by_another_and_there_is_one_grade(page: PromptPage, faults: FaultServer) -> None:
    live_of(page.send())
    (attempt,) = page.attempts()
    with page.app.app_context():
        slow = run_try(attempt.id)
        next(slow)                                     # Claimed; then the process hangs, and its lease runs out.
        with db.transaction() as tx:
            tx.execute(update(Attempt).values(lease_until=db.now()))
        with page.app.app_context():
            assert jobs.sweep() == 1
        assert [event.name for event in slow][-1] == "later"  # It comes back, and counts nothing.
    assert count(page, Grade) == 1
    assert len(faults.requests) == 1


def test_a_try_that_was_killed_in_mid_answer_costs_only_what_its_repetition_uses(page: PromptPage) -> None:
    live_of(page.send())
    (attempt,) = page.attempts()
    with page.app.app_context():
        killed = run_try(attempt.id)
        assert [next(killed).name, next(killed).name] == ["answer", "text"]  # Its tokens are reserved; nothing more comes of it.
        with db.transaction() as tx:
            tx.execute(update(Attempt).values(lease_until=db.now()))
        with page.app.app_context():
            assert jobs.sweep() == 1
        with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
            assert db.session.scalars(select(Pot.tokens).where(Pot.account == "organisation")).one() == 25
        killed.close()
    assert count(page, Reservation) == 0


def test_a_try_is_held_for_as_long_as_the_model_takes_and_no_longer(page: PromptPage) -> None:
    live_of(page.send())
    (attempt,) = page.attempts()
    with page.app.app_context():
        trying = run_try(attempt.id)
        next(trying)
        assert "lease" in {thread.name for thread in threading.enumerate()}
        assert [event.name for event in trying][-1] == "done"
        assert "lease" not in {thread.name for thread in threading.enumerate()}


def test_a_prompt_does_not_get_in_by_the_door_of_the_other_kinds(page: PromptPage) -> None:
    answer = page.client.post(f"{page.path}/quelle/answer", data={"attempt": "1", "prompt": "Hello"})
    assert answer.status_code == 404
    assert page.client.post(f"{page.path}/farbe/try", data={"attempt": "1", "prompt": "Hello"}).status_code == 404
    assert page.attempts() == []


def test_points_of_a_prompt_count_in_the_course(page: PromptPage) -> None:
    page.watch(page.send())
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        points = service.score_of(page.enrolment, "eins")
    assert (points.score, points.maximum) == (1, 7)
