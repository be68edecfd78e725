"""Scores reach the platform: every one, in order, whatever the platform does meanwhile."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select, update

from assessments import items
from assessments import service as assessments
from core import db, jobs
from core.jobs import WorkState
from courses.models import Enrolment
from lti import outbox
from lti.models import KeyState, Participant, Platform, ResourceLink, ScorePush, ToolKey
from lti.outbox import Lane
from lti.service import delivery, scores, tool_keys
from tests.lti.lms import AGS, LTI, SCOPE, Answer, Browser, Lms

TEACHER = {LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"], "sub": "3"}
RIGHT: dict[str, list[int | str]] = {"farbe": [1], "zahlen": [0, 2], "rechnen": ["4"]}
WRONG: dict[str, list[int | str]] = {"farbe": [0], "zahlen": [1], "rechnen": ["5"]}
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def answer(item: str, *given: int | str, sub: str = "4", number: int = 1) -> None:
    """A learner answers a question, by the positions of the options or in words; jobs run at once."""
    participant = db.session.scalars(
        select(Participant).join(Participant.link).where(Participant.user_id == sub).order_by(Participant.id)
    ).first()
    assert participant is not None
    enrolment = db.session.get_one(Enrolment, participant.enrolment_id)
    parsed = items.item(enrolment.edition_id, "eins", item, "en")
    values = [parsed.options[value].key if isinstance(value, int) else value for value in given]  # type: ignore[attr-defined]
    assessments.submit(enrolment, "eins", item, "en", number, {"answer": values})


def right(item: str, **more: Any) -> None:
    """The right answer."""
    answer(item, *RIGHT[item], **more)


def wrong(item: str, **more: Any) -> None:
    """A wrong answer."""
    answer(item, *WRONG[item], **more)


def push(push_id: int) -> None:
    """Run the task as a worker does. (Importing it here would build it before the app exists: pytest looks at imports.)"""
    jobs.queue.tasks[scores.PUSH](push_id)


def elsewhere(house: Flask, push_id: int) -> None:
    """Do what the task does, as another process would: it does not know what this one is at."""
    with house.app_context():
        lane = outbox.lane_of(push_id)
        assert lane is not None
    drain(house, lane)


def drain(house: Flask, lane: Lane) -> None:
    """Send what is due at a platform."""
    with house.app_context(), db.scoped(lane.organisation_id):
        scores.drain(lane)


def pushes() -> list[ScorePush]:
    return list(db.session.scalars(select(ScorePush).order_by(ScorePush.id).execution_options(populate_existing=True)))


def let_due(**values: Any) -> None:
    """The back-off is over."""
    with db.transaction() as tx:
        tx.execute(update(ScorePush).where(ScorePush.state == WorkState.DUE).values(due_at=db.now() - timedelta(seconds=1), **values))
    jobs.sweep()


def given(lms: Lms) -> list[tuple[float, float]]:
    return [(score["scoreGiven"], score["scoreMaximum"]) for score in lms.scores()]


# --- What is sent -----------------------------------------------------------------------------------------------------

def test_a_score_arrives_whole_and_final_with_a_comment(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    asked = lms.asked[-1]
    assert (asked.method, asked.path, asked.query) == ("POST", "/lineitems/1/scores", {"type_id": ["1"]})
    assert asked.headers["content-type"] == asked.headers["accept"] == "application/vnd.ims.lis.v1.score+json"
    score = asked.json
    assert abs(datetime.fromisoformat(score.pop("timestamp")) - datetime.now(UTC)) < timedelta(seconds=30)
    assert score == {
        "userId": "4", "scoreGiven": 1, "scoreMaximum": 4, "activityProgress": "Completed", "gradingProgress": "FullyGraded",
        "comment": "Lotse: 1 of 4 points",
    }
    assert [row.state for row in pushes()] == [WorkState.DONE]


def test_the_best_attempt_counts_and_an_unchanged_score_is_not_sent_again(browser: Browser, lms: Lms) -> None:
    browser.launch()
    wrong("farbe")
    right("farbe", number=2)
    wrong("rechnen")
    assert given(lms) == [(0, 4), (1, 4)]


def test_timestamps_rise_by_whole_seconds(browser: Browser, lms: Lms) -> None:
    browser.launch()
    for item in ("farbe", "zahlen", "rechnen"):
        right(item)
    moments = [datetime.fromisoformat(score["timestamp"]) for score in lms.scores()]
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(moments))
    assert given(lms) == [(1, 4), (3, 4), (4, 4)]
    assert lms.grades == {"4": [(1, 4), (3, 4), (4, 4)]}


def test_a_link_to_a_module_is_scored_by_that_module_and_one_to_the_course_by_all(browser: Browser, lms: Lms) -> None:
    browser.launch()
    browser.launch(**{
        LTI + "resource_link": {"id": "8"}, LTI + "custom": {"module": "eins"},
        AGS: {"lineitem": f"{lms.url}/lineitems/2", "scope": [SCOPE + "score"]},
    })
    right("farbe")
    assert sorted(asked.path for asked in lms.asked if "scores" in asked.path) == ["/lineitems/1/scores", "/lineitems/2/scores"]


@ON_ONE_DATABASE
@pytest.mark.parametrize("endpoint", [
    ..., {}, {"scope": [SCOPE + "score"]}, {"lineitem": "", "scope": [SCOPE + "score"]}, {"lineitem": "https://lms.example/1", "scope": []},
    {"lineitem": "javascript:alert(1)", "scope": [SCOPE + "score"]}, {"lineitem": 5, "scope": "score"}, "text",
])
def test_a_link_without_a_grade_sends_nothing(browser: Browser, lms: Lms, endpoint: Any) -> None:
    assert browser.launch(**{AGS: endpoint}).status_code == 303
    right("farbe")
    assert pushes() == []


def test_lecturers_have_no_score(browser: Browser, lms: Lms) -> None:
    browser.launch(**TEACHER)
    right("farbe", sub="3")
    assert pushes() == []


def test_what_was_earned_before_the_link_had_a_grade_is_sent_when_it_has_one(browser: Browser, lms: Lms) -> None:
    browser.launch(**{AGS: ...})
    right("farbe")
    assert given(lms) == []
    browser.launch(sub="5")
    assert given(lms) == [(1, 4)]
    assert lms.scores()[0]["userId"] == "4"


def test_opening_a_link_sends_nothing(browser: Browser, lms: Lms) -> None:
    browser.launch()
    browser.launch()
    assert pushes() == []


# --- The token --------------------------------------------------------------------------------------------------------

def test_the_token_is_asked_for_with_a_signed_assertion_and_kept(house: Flask, browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    right("rechnen")
    asked = [entry for entry in lms.asked if entry.path == "/token"]
    assert len(asked) == 1
    form = dict(pair.split("=", 1) for pair in asked[0].body.decode().split("&"))
    assert form["scope"] == "https%3A%2F%2Fpurl.imsglobal.org%2Fspec%2Flti-ags%2Fscope%2Fscore"
    key_set = jwt.PyJWKSet.from_json(house.test_client().get("/lti/jwks").text)
    kid = jwt.get_unverified_header(form["client_assertion"])["kid"]
    claims = jwt.decode(form["client_assertion"], key_set[kid], algorithms=["RS256"], audience=f"{lms.url}/token")
    assert claims["iss"] == claims["sub"] == lms.client_id
    assert claims["iat"] <= db.now().timestamp() - 5


def test_two_clients_of_one_platform_never_share_a_token(house: Flask, browser: Browser, lms: Lms) -> None:
    other = Lms(client_id="another client")
    other.register(db.acting_for() or 0)
    browser.launch()
    right("farbe")
    Browser(house, other).launch(sub="5")
    right("farbe", sub="5")
    assert (lms.count("/token"), other.count("/token")) == (1, 1)
    other.close()


def test_after_a_401_one_new_token_is_tried(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    lms.tokens.clear()
    right("rechnen")
    assert lms.count("/token") == 2
    assert lms.grades == {"4": [(1, 4), (2, 4)]}


# --- Platforms that fail ----------------------------------------------------------------------------------------------

TROUBLE: dict[str, tuple[str, Answer]] = {
    "is down": ("scores", Answer(0)),
    "breaks": ("scores", Answer(500, b"<html>")),
    "is overloaded": ("scores", Answer(429)),
    "has a conflict": ("scores", Answer(409)),
    "gives no token": ("token", Answer(400, b'{"error": "invalid "client""}')),
    "gives garbage as a token": ("token", Answer(200, b"\xff\xfe garbage")),
    "gives a token that is no text": ("token", Answer(200, b'{"access_token": {"a": 1}}')),
    "gives a list as a token": ("token", Answer(200, b"[]")),
    "answers without end": ("token", Answer(200, b" " * (1 << 21))),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize(("place", "trouble"), TROUBLE.values(), ids=TROUBLE.keys())
def test_a_score_is_sent_again_later_when_the_platform(browser: Browser, lms: Lms, place: str, trouble: Answer) -> None:
    browser.launch()
    lms.answers[place].append(trouble)
    right("farbe")
    row = pushes()[0]
    assert (row.state, row.tries, row.sent_at) == (WorkState.DUE, 1, None)
    assert row.due_at > db.now()
    assert row.error
    let_due()
    assert lms.grades == {"4": [(1, 4)]}
    assert pushes()[0].state == WorkState.DONE


def test_the_platform_says_when_to_come_back(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(429, headers={"Retry-After": "600"}))
    right("farbe")
    assert timedelta(seconds=590) < pushes()[0].due_at - db.now() <= timedelta(seconds=600)


@ON_ONE_DATABASE
@pytest.mark.parametrize("status", [302, 400, 403, 404])
def test_a_score_that_the_platform_does_not_take_fails_with_words_and_can_be_sent_again(browser: Browser, lms: Lms, house: Flask, status: int) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(status))
    right("farbe")
    row = pushes()[0]
    assert (row.state, row.error) == (WorkState.FAILED, f"score_never {status}")
    assert "1 scores" in house.test_cli_runner().invoke(args=["lti", "resend"]).output
    assert lms.grades == {"4": [(1, 4)]}


@pytest.mark.parametrize("kept_back", [{"active": False}, {"waiting": True}], ids=["is switched off", "has moved and waits for approval"])
def test_scores_wait_untried_while_a_platform(browser: Browser, lms: Lms, kept_back: dict[str, bool]) -> None:
    browser.launch()
    with db.transaction() as tx:
        tx.execute(update(Platform).values(kept_back))
    right("farbe")
    let_due()
    push(pushes()[0].id)
    assert (lms.count("/token"), lms.scores()) == (0, [])
    assert [(row.state, row.tries) for row in pushes()] == [(WorkState.DUE, 0)]
    with db.transaction() as tx:
        tx.execute(update(Platform).values(active=True, waiting=False))
    jobs.sweep()
    assert lms.grades == {"4": [(1, 4)]}


def test_after_three_days_of_failures_the_row_says_so(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].extend([Answer(500), Answer(500)])
    right("farbe")
    let_due(tries=scores.MOST_TRIES - 1)
    assert [(row.state, row.error) for row in pushes()] == [(WorkState.FAILED, "score_later 500")]


def test_a_score_that_failed_for_good_does_not_hold_up_the_next(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(400))
    right("farbe")
    right("rechnen")
    assert lms.grades == {"4": [(2, 4)]}


def test_a_key_that_cannot_be_read_holds_scores_back_until_it_is_mended(browser: Browser, lms: Lms) -> None:
    browser.launch()
    tool_keys.make_missing()
    active = ToolKey.state == KeyState.ACTIVE
    kept = db.session.scalars(select(ToolKey.private_pem).where(active)).one()
    with db.transaction() as tx:
        tx.execute(update(ToolKey).where(active).values(private_pem="encrypted with another secret"))
    right("farbe")
    assert pushes()[0].error == "key_trouble"
    with db.transaction() as tx:
        tx.execute(update(ToolKey).where(active).values(private_pem=kept))
    let_due()
    assert lms.grades == {"4": [(1, 4)]}


# --- Order, and work that is cut off ----------------------------------------------------------------------------------

def test_answers_given_while_the_platform_is_down_arrive_as_one_score(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(503))
    for item in ("farbe", "zahlen", "rechnen"):
        right(item)
    assert [row.state for row in pushes()] == [WorkState.DUE]
    let_due()
    assert lms.grades == {"4": [(4, 4)]}


def test_a_worker_that_dies_while_it_sends_loses_nothing(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(503))
    right("farbe")
    let_due_only()
    assert jobs.claim(ScorePush, pushes()[0].id) is not None  # The worker claims the row, and is killed here.
    jobs.sweep()
    assert lms.grades == {}
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(lease_until=db.now() - timedelta(seconds=1)))
    jobs.sweep()
    assert lms.grades == {"4": [(1, 4)]}
    assert [row.state for row in pushes()] == [WorkState.DONE]


def let_due_only() -> None:
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(due_at=db.now() - timedelta(seconds=1)))


def test_a_later_score_waits_for_the_one_on_its_way_and_goes_right_after_it(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(503))
    right("farbe")
    let_due_only()
    first = jobs.claim(ScorePush, pushes()[0].id)  # One worker has the first score in its hands.
    assert first is not None
    right("rechnen")
    assert [row.state for row in pushes()] == [WorkState.RUNNING, WorkState.DUE]
    push(pushes()[1].id)
    assert lms.grades == {}
    with db.transaction():
        jobs.postpone(first, "slow", timedelta(0))
    push(first.id)
    assert [row.state for row in pushes()] == [WorkState.DONE, WorkState.DONE]
    assert lms.grades == {"4": [(2, 4)]}  # The first carries all that was earned, so the second has nothing to add.


def test_running_the_same_work_twice_sends_it_once(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    push(pushes()[0].id)
    assert len(lms.scores()) == 1


def test_a_slow_worker_whose_row_was_taken_over_changes_nothing(house: Flask, browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(503))
    right("farbe")
    let_due_only()
    gate = threading.Event()
    lms.answers["scores"].append(Answer(400, gate=gate))
    lms.score_arrived.clear()
    slow = threading.Thread(target=elsewhere, args=(house, pushes()[0].id))
    slow.start()
    assert lms.score_arrived.wait(20)
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(lease_until=db.now() - timedelta(seconds=1)))
    jobs.sweep()
    gate.set()
    slow.join()
    assert lms.grades == {"4": [(1, 4)]}
    assert [row.state for row in pushes()] == [WorkState.DONE]


# --- Line items -------------------------------------------------------------------------------------------------------

def no_line_item(lms: Lms) -> dict[str, Any]:
    """A launch that names no line item but allows to make one."""
    return {AGS: {"lineitems": f"{lms.url}/lineitems?type_id=1", "scope": [SCOPE + "score", SCOPE + "lineitem"]}}


def test_a_line_item_is_made_once_and_kept(browser: Browser, lms: Lms) -> None:
    endpoint = no_line_item(lms)
    browser.launch(**endpoint)
    right("farbe")
    right("rechnen")
    browser.launch(sub="5", **endpoint)
    right("farbe", sub="5")
    assert len(lms.line_items) == 1
    made = {name: value for name, value in lms.line_items[0].items() if name != "id"}
    assert made == {"label": "Ein Link", "scoreMaximum": 100, "resourceId": "course", "resourceLinkId": "7"}
    assert {asked.path for asked in lms.asked if "scores" in asked.path} == {"/lineitems/10/scores"}
    assert lms.grades == {"4": [(1, 4), (2, 4)], "5": [(1, 4)]}


def test_a_line_item_that_was_made_before_is_found_again(browser: Browser, lms: Lms) -> None:
    lms.line_items = [
        {"id": f"{lms.url}/lineitems/30", "resourceLinkId": "another", "resourceId": "course"},
        {"id": f"{lms.url}/lineitems/31", "resourceLinkId": "7", "resourceId": "course"},
    ]
    browser.launch(**no_line_item(lms))
    right("farbe")
    assert lms.asked[-1].path == "/lineitems/31/scores"
    assert len(lms.line_items) == 2


def test_a_line_item_is_not_made_twice_by_two_workers(browser: Browser, lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MAKING_PATIENCE", 0)
    browser.launch(**no_line_item(lms))
    with db.transaction() as tx:
        tx.execute(update(ResourceLink).values(making_until=db.now() + timedelta(minutes=1)))
    right("farbe")
    assert (lms.line_items, pushes()[0].state) == ([], WorkState.DUE)


@ON_ONE_DATABASE
@pytest.mark.parametrize("trouble", [Answer(200, b"garbage"), Answer(500), Answer(200, b"[5, {}]")])
def test_trouble_with_the_line_item_loses_no_score(browser: Browser, lms: Lms, trouble: Answer) -> None:
    browser.launch(**no_line_item(lms))
    lms.answers["lineitems"].append(trouble)
    right("farbe")
    let_due()
    assert lms.grades == {"4": [(1, 4)]}
