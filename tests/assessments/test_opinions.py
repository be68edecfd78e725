"""A model's opinion by one criterion: asked once, in its turn, within the budget, and told whatever becomes of it."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from accounts.models import Person
from assessments import opinions
from assessments.models import Grade, Judgement
from core import db, jobs
from core.jobs import WorkState
from gateway.models import Pot, Reservation, Usage, Waiting
from gateway.service import budgets
from tests import builders
from tests.assessments.after_page import AfterPage, announce_judge, open_after
from tests.assessments.prompt_page import HTMX, two_at_turn
from tests.gateway.faults import FaultServer, Reply

YES = Reply(pieces=('{"opinion": "yes", "reason": "It asks nicely.", "quote": "library opens"}',))
USED = 25                  # tokens of one call, as the server counts them


@pytest.fixture
def page(app: Flask, faults: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AfterPage:
    """Ada, who has an answer."""
    monkeypatch.setattr("gateway.wire.wait_of", lambda *_: 0.0)
    announce_judge(faults, tmp_path)
    found = open_after(app)
    found.watch(found.send("Please.", item="judged"))
    faults.requests.clear()
    faults.replies = [YES]
    return found


def look(page: AfterPage, shown: str = "", *, htmx: bool = True) -> Any:
    address = f"/attempts/{page.attempts()[-1].id}/opinion/0"
    return page.client.get(address, query_string={"shown": shown} if shown else {}, headers=HTMX if htmx else {})


def spent(page: AfterPage) -> int:
    """What was booked for opinions: the same in the budget and in the statistics, and nothing is set aside any more."""
    assert page.rows(Reservation) == []
    tokens = [row.prompt_tokens + row.completion_tokens for row in page.rows(Usage) if row.purpose == "judge"]
    assert {pot.tokens for pot in page.rows(Pot)} == {USED + sum(tokens)}  # The answer itself took a call, too.
    return sum(tokens)


def test_an_opinion_is_shown_as_one_earns_nothing_and_is_booked_once(page: AfterPage, faults: FaultServer) -> None:
    grades = len(page.rows(Grade))
    html = page.act("opinion/0").text
    for words in ("Opinion of a model", "It asks nicely.", "stands there word for word", "Model: faulty"):
        assert words in html
    assert html.count("autofocus") == 1
    assert "It asks nicely." in page.client.get(page.path).text
    assert len(page.rows(Grade)) == grades
    assert (len(faults.requests), spent(page)) == (1, USED)


def test_two_clicks_at_once_ask_and_book_once(page: AfterPage, faults: FaultServer) -> None:
    address, together, statuses = f"/attempts/{page.attempts()[-1].id}/opinion/0", threading.Barrier(2), []
    browsers = [_same_person(page) for _ in range(2)]

    def click(number: int) -> None:
        together.wait()
        statuses.append(browsers[number].post(address, headers=HTMX).status_code)

    clicks = [threading.Thread(target=click, args=(number,)) for number in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert statuses == [200, 200]
    assert (len(faults.requests), len(page.rows(Judgement)), spent(page)) == (1, 1, USED)


def test_who_clicks_while_it_is_being_asked_is_told_so(page: AfterPage, faults: FaultServer) -> None:
    _left_running(page, lease=timedelta(seconds=30))
    html = page.act("opinion/0").text
    assert "the model is answering" in html
    assert 'hx-trigger="every 2s"' in html
    assert faults.requests == []


def test_it_waits_its_turn_and_the_page_tells_the_place_and_looks_again(page: AfterPage, faults: FaultServer) -> None:
    with two_at_turn(page.app):
        html = page.act("opinion/0").text
        assert "You are number 1." in html
        assert faults.requests == []
        assert look(page, "You are number 1. About 5 seconds.").status_code == 204
        assert "You are number 1." in look(page, "something else").text
        whole = page.client.get(page.path).text
        assert "You are number 1." in whole
        assert "Look whether the opinion is there" in whole
        assert look(page, htmx=False).location == f"{page.path}#q-judged"
    # Those who left have called the next one.
    assert "It asks nicely." in look(page, "You are number 1. About 5 seconds.").text
    (row,) = page.rows(Judgement)
    assert (row.state, row.tries, len(faults.requests)) == (WorkState.DONE, 1, 1)


def test_a_killed_process_loses_its_claim_and_what_it_had_set_aside(page: AfterPage, faults: FaultServer) -> None:
    row_id = _left_running(page, lease=timedelta(seconds=-1))
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        budgets.reserve(page.enrolment.person_id, page.enrolment.run_id, 500, opinions.cause(row_id))
    with page.app.app_context():
        assert jobs.sweep() == 1
    assert "It asks nicely." in look(page).text
    assert (len(faults.requests), spent(page)) == (1, USED)


def test_what_kills_every_process_is_given_up_with_a_message(page: AfterPage, faults: FaultServer) -> None:
    _left_running(page, lease=timedelta(seconds=-1), tries=3)
    with page.app.app_context():
        jobs.sweep()
    assert "Something went wrong on our side." in look(page).text
    assert faults.requests == []


@pytest.mark.parametrize(("reply", "words"), [
    (Reply(status=502), "cannot be reached"),
    (Reply(status=429, body='{"error": {"code": "insufficient_quota", "message": "quota"}}'), "quota for this model is used up"),
    (Reply(pieces=('{"opinion": "y',), cut=True), "broke off"),
])
def test_a_failure_is_told_leaves_nothing_and_can_be_tried_again(page: AfterPage, faults: FaultServer, reply: Reply, words: str) -> None:
    faults.replies = [reply]
    html = page.act("opinion/0").text
    assert words in html
    assert "Ask once more" in html
    assert words in page.client.get(page.path).text
    broken = spent(page)
    assert all(place.ended_at is not None for place in page.rows(Waiting))
    faults.replies = [YES]
    assert "It asks nicely." in page.act("opinion/0").text
    (row,) = page.rows(Judgement)
    assert (row.state, row.error, spent(page)) == (WorkState.DONE, None, broken + USED)


def test_without_tokens_or_without_a_model_nothing_is_asked(page: AfterPage, faults: FaultServer, tmp_path: Path) -> None:
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id), db.transaction() as tx:
        tx.execute(update(Pot).values(tokens=10**8))
    assert "Your tokens for" in page.act("opinion/0").text
    (tmp_path / "models" / "server.json").unlink()
    html = page.act("opinion/0").text
    assert "No model is there just now" in html
    assert "Ask once more" not in html
    assert faults.requests == []


def test_of_what_does_not_exist_or_was_recorded_no_opinion_can_be_had(page: AfterPage, faults: FaultServer, tmp_path: Path) -> None:
    assert page.act("opinion/1").status_code == 404
    stranger = open_after(page.app, "Grace Hopper")
    address = f"/attempts/{page.attempts()[-1].id}/opinion/0"
    assert [stranger.client.post(address).status_code, stranger.client.get(address, headers=HTMX).status_code] == [404, 404]
    (tmp_path / "models" / "server.json").unlink()
    stranger.watch(stranger.send("Please.", item="judged"))
    announce_judge(faults, tmp_path)
    assert stranger.act("opinion/0").status_code == 404
    assert page.rows(Judgement) == []


def _same_person(page: AfterPage) -> Any:
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id):
        return builders.browser(page.app, db.session.get_one(Person, page.enrolment.person_id))


def _left_running(page: AfterPage, *, lease: timedelta, tries: int = 1) -> int:
    """Somebody is at it, and holds it for so long."""
    attempt = page.attempts()[-1]
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id), db.transaction() as tx:
        row = Judgement(
            attempt_id=attempt.id, position=0, state=WorkState.RUNNING, lease="other", lease_until=db.now() + lease, tries=tries,
        )
        tx.add(row)
        tx.flush()
        return row.id
