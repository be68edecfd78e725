"""Which score leaves, and when: the rules of a link on real rows, and the order of what is sent."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from assessments import due
from assessments.grading import kept
from assessments.models import Attempt, Grade
from core import db, jobs
from core.jobs import WorkState
from courses.models import Enrolment
from lti import outbox
from lti.lanes import Lanes
from lti.models import Participant, ResourceLink, ScorePush
from lti.outbox import stamp
from lti.score_policy import due_in
from lti.service import delivery, gradebook, scores
from tests import builders
from tests.lti.lms import AGS, LTI, SCOPE, Answer, Browser, Lms
from tests.lti.test_scores import drain, elsewhere, given, let_due, no_line_item, push, pushes, right, wrong

ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def link() -> ResourceLink:
    return db.session.scalars(select(ResourceLink).execution_options(populate_existing=True)).one()


def rules(keep: str = "best", send: str = "submission", due_at: datetime | None = None) -> None:
    gradebook.set_policy(link().id, keep, send, due_at)


def answered(item: str, *, ago: timedelta) -> None:
    """Let the last answer to a question be older."""
    with db.transaction() as tx:
        newest = tx.scalar(select(func.max(Attempt.id)).where(Attempt.item == item))
        tx.execute(update(Attempt).where(Attempt.id == newest).values(submitted_at=db.now() - ago))


def regrade(score: float, maximum: float) -> None:
    """The last attempt is graded once more, as a regrade does, and the platform is told."""
    with db.transaction() as tx:
        attempt = tx.scalars(select(Attempt).order_by(Attempt.id.desc()).limit(1)).one()
        tx.add(Grade(
            attempt_id=attempt.id, edition_id=attempt.edition_id, item_revision="2", score=score, score_maximum=maximum, verdict={},
        ))
        tx.flush()
        scores.note_grade(attempt.enrolment_id, "eins")


# --- Which attempt counts ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("keep", "expected"), [("best", 3.0), ("last", 1.0), ("first", 2.0)])
def test_of_several_attempts_one_counts(keep: str, expected: float) -> None:
    assert kept([(2.0, 4.0), (3.0, 4.0), (1.0, 4.0)], keep) == (expected, 4.0)
    assert kept([(0.0, 0.0), (expected, 4.0), (0.0, 0.0)], keep) == (expected, 4.0)
    assert kept([(0.0, 0.0)], keep) == (0.0, 0.0)


def test_with_the_last_attempt_a_score_may_fall_and_the_platform_hears_of_it(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("zahlen")
    wrong("farbe")
    right("farbe", number=2)
    assert given(lms)[-1] == (3, 4)
    rules("first")
    assert given(lms)[-1] == (2, 4)
    rules("last")
    assert given(lms)[-1] == (3, 4)


def test_which_attempt_counts_the_course_says_unless_the_link_does(browser: Browser, lms: Lms) -> None:
    builders.edition({**builders.FILES, "course.yml": (builders.COURSE + "attempts: first\n").encode()})
    browser.launch()
    assert link().keep == "course"
    right("zahlen")
    wrong("farbe")
    right("farbe", number=2)
    assert given(lms)[-1] == (2, 4)
    rules("best")
    assert given(lms)[-1] == (3, 4)
    rules("course")
    assert given(lms)[-1] == (2, 4)


def test_what_is_kept_back_until_the_due_date_is_in_no_score_and_is_sent_then(browser: Browser, lms: Lms) -> None:
    later = {name: text.replace(b"attempts=2}", b"attempts=2 show=after-due}").replace(b"pass: 60", b"pass: 60\ndue: 2999-12-20") for name, text in builders.FILES.items()}
    builders.edition(later)
    browser.launch()
    right("farbe")
    assert [score["scoreMaximum"] for score in lms.scores()] == [3]    # of the questions that may be told; nothing says what this one was worth
    right("rechnen")
    assert given(lms)[-1] == (1, 3)
    teacher = builders.person("Tess")
    due.set_date(link().run_id, "eins", db.now() - timedelta(minutes=1), teacher.id)
    assert given(lms)[-1] == (2, 4)


def test_a_rule_that_changes_no_score_sends_nothing(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    rules("last")
    rules("last")
    rules("first")
    assert given(lms) == [(1, 4)]
    assert {row.state for row in pushes()} == {WorkState.DONE}


def test_of_several_grades_of_one_attempt_the_latest_is_valid(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    regrade(0, 1)
    assert given(lms) == [(1, 4), (0, 4)]


def test_a_score_that_becomes_nothing_leaves_the_grade_in_the_lms(browser: Browser, lms: Lms) -> None:
    files = {LTI + "custom": {"kind": "exercise", "module": "eins", "item": "farbe"}}
    browser.launch(**files)
    right("farbe")
    regrade(0, 0)
    assert given(lms) == [(1, 1)]
    assert [row.state for row in pushes()] == [WorkState.DONE, WorkState.DONE]


# --- When scores leave ------------------------------------------------------------------------------------------------

def test_until_the_release_nothing_leaves_and_one_row_waits(browser: Browser, lms: Lms) -> None:
    browser.launch()
    rules(send="release")
    right("farbe")
    right("zahlen")
    assert [row.state for row in pushes()] == [WorkState.WAITING]
    jobs.sweep()
    assert given(lms) == []
    gradebook.release(link().id)
    gradebook.release(link().id)
    assert given(lms) == [(3, 4)]
    right("rechnen")
    assert given(lms)[-1] == (4, 4)


def test_whoever_goes_back_to_releasing_decides_anew(browser: Browser, lms: Lms) -> None:
    browser.launch()
    rules(send="release")
    gradebook.release(link().id)
    rules()
    rules(send="release")
    right("farbe")
    assert given(lms) == []
    rules()
    assert given(lms) == [(1, 4)]


def test_at_the_due_date_the_score_of_that_moment_is_sent(browser: Browser, lms: Lms) -> None:
    browser.launch()
    rules(send="due", due_at=db.now() + timedelta(days=1))
    right("farbe")
    answered("farbe", ago=timedelta(hours=2))
    right("zahlen")
    jobs.sweep()
    assert given(lms) == []
    assert [(row.state, row.due_at) for row in pushes()] == [(WorkState.DUE, link().due_at)]
    rules(send="due", due_at=db.now() - timedelta(hours=1))
    assert given(lms) == [(1, 4)]
    right("rechnen")
    assert given(lms) == [(1, 4)]


def test_a_later_due_date_lets_later_attempts_count_and_an_earlier_one_takes_them_back(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    answered("farbe", ago=timedelta(hours=3))
    right("zahlen")
    answered("zahlen", ago=timedelta(hours=1))
    rules(send="due", due_at=db.now() - timedelta(minutes=1))
    rules(send="due", due_at=db.now() - timedelta(hours=2))
    assert given(lms) == [(1, 4), (3, 4), (1, 4)]


@pytest.mark.parametrize(("text", "expected"), [
    ("2026-12-01T12:00:00Z", datetime(2026, 12, 1, 12, tzinfo=UTC)), ("2026-12-01T12:00:00+01:00", datetime(2026, 12, 1, 11, tzinfo=UTC)),
    ("2026-12-01T12:00:00.5", datetime(2026, 12, 1, 12, 0, 0, 500000, tzinfo=UTC)), ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC)),
    ("$ResourceLink.submission.endDateTime", None), ("", None), ("soon", None), ("0001-01-01T00:00:00+14:00", None),
])
def test_the_platforms_due_date_is_read(text: str, expected: datetime | None) -> None:
    assert due_in(text) == expected


def test_the_platform_names_the_due_date_and_the_lecturer_may_choose_another(browser: Browser, lms: Lms) -> None:
    def launch(due: str) -> None:
        browser.launch(**{LTI + "custom": {"due": due}})

    launch("$ResourceLink.submission.endDateTime")
    rules(send="due")
    right("farbe")
    assert [row.state for row in pushes()] == [WorkState.WAITING]
    launch("2031-01-01T00:00:00Z")
    assert [(row.state, row.due_at) for row in pushes()] == [(WorkState.DUE, datetime(2031, 1, 1, tzinfo=UTC))]
    rules(send="due", due_at=datetime(2032, 1, 1, tzinfo=UTC))
    launch("2030-01-01T00:00:00Z")
    assert pushes()[0].due_at == datetime(2032, 1, 1, tzinfo=UTC)
    assert given(lms) == []


def test_a_row_that_was_on_its_way_when_the_rules_changed_waits_as_they_say(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(503))
    right("farbe")
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(due_at=db.now() - timedelta(seconds=1)))
    row = jobs.claim(ScorePush, pushes()[0].id)  # A worker has it in its hands.
    assert row is not None
    rules(send="release")
    with db.transaction():
        jobs.postpone(row, "unreachable", timedelta(seconds=-1))
    jobs.sweep()
    assert given(lms) == [(1, 4)]  # Only the first try, before the rules changed.
    assert {state.state for state in pushes()} <= {WorkState.WAITING, WorkState.DONE}
    gradebook.release(link().id)
    assert lms.grades == {"4": [(1, 4)]}


def test_a_release_and_a_grade_at_the_same_moment_leave_no_score_behind(house: Flask, browser: Browser, lms: Lms) -> None:
    browser.launch()
    rules(send="release")
    enrolment = db.session.scalars(select(Enrolment.id)).one()
    organisation, chosen = db.acting_for() or 0, link().id
    db.session.commit()
    noted, released = threading.Event(), threading.Event()

    def grade() -> None:
        with house.app_context(), db.scoped(organisation), db.transaction():
            outbox.note(enrolment, "eins")
            noted.set()
            released.wait(0.5)  # On PostgreSQL the release must wait for this grade; on SQLite it cannot even begin.

    def release() -> None:
        noted.wait(20)
        with house.app_context(), db.scoped(organisation):
            gradebook.release(chosen)
        released.set()

    both = [threading.Thread(target=work) for work in (grade, release)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert [row.state for row in pushes()] in ([WorkState.DONE], [WorkState.DUE])


# --- Order ------------------------------------------------------------------------------------------------------------

def test_a_score_is_dated_with_its_grade_where_that_comes_after_the_last_one() -> None:
    grade, now = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert stamp(grade, 1, 0, now) == grade.timestamp()
    assert stamp(grade, 2, 0, now) == now.timestamp()
    assert stamp(grade, 1, int(grade.timestamp()), now) == now.timestamp()
    assert stamp(grade, 1, int(now.timestamp()), now) == now.timestamp() + 1


def test_the_timestamp_is_that_of_the_grade_also_when_the_score_was_held_back(browser: Browser, lms: Lms) -> None:
    browser.launch()
    rules(send="release")
    right("farbe")
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(queued_at=datetime(2026, 11, 1, 12, tzinfo=UTC)))
    gradebook.release(link().id)
    assert lms.scores()[0]["timestamp"] == "2026-11-01T12:00:00.000+00:00"


def test_two_links_with_one_line_item_send_one_after_the_other_with_rising_timestamps(browser: Browser, lms: Lms) -> None:
    browser.launch()
    browser.launch(**{LTI + "resource_link": {"id": "8"}})
    for item in ("farbe", "zahlen", "rechnen"):
        right(item)
    moments = [score["timestamp"] for score in lms.scores()]
    assert len(moments) == 6
    assert moments == sorted(set(moments))
    assert lms.grades["4"] == [(1, 4), (1, 4), (3, 4), (3, 4), (4, 4), (4, 4)]


def test_a_worker_takes_no_two_rows_of_one_learner_and_line_item(browser: Browser, lms: Lms) -> None:
    lms.answers["scores"].extend([Answer(503), Answer(503)])
    browser.launch()
    browser.launch(**{LTI + "resource_link": {"id": "8"}})
    right("farbe")
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(due_at=db.now() - timedelta(seconds=1)))
    platform = db.session.scalars(select(ResourceLink.platform_id)).first() or 0
    with db.transaction():
        first = outbox.take(platform, 10)
        assert len(first.ids) == 1
    with db.transaction():
        assert outbox.take(platform, 10).ids == []
        assert jobs.settle_all(ScorePush, first.lease, first.ids, WorkState.DONE) == set(first.ids)
        assert len(outbox.take(platform, 10).ids) == 1


def test_a_grade_while_a_score_is_sent_is_sent_right_after_it(house: Flask, browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(503))
    right("farbe")
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(due_at=db.now() - timedelta(seconds=1)))
    gate = threading.Event()
    lms.answers["scores"].append(Answer(200, gate=gate))
    lms.score_arrived.clear()
    sending = threading.Thread(target=elsewhere, args=(house, pushes()[0].id))
    sending.start()
    assert lms.score_arrived.wait(20)
    right("rechnen")  # Its own message comes while the first is on its way, and does nothing.
    gate.set()
    sending.join()
    assert given(lms)[-1] == (2, 4)
    assert {row.state for row in pushes()} == {WorkState.DONE}


def test_two_workers_that_drain_at_once_send_each_score_once(house: Flask, browser: Browser, lms: Lms) -> None:
    for number in range(12):
        browser.launch(sub=str(number))
    lms.answers["scores"].extend(Answer(503) for _ in range(12))
    for number in range(12):
        right("farbe", sub=str(number))
    assert lms.grades == {}
    lms.answers["scores"].clear()
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(due_at=db.now() - timedelta(seconds=1)))
    first = pushes()[0].id
    lane = outbox.lane_of(first)
    db.session.commit()
    workers = [threading.Thread(target=drain, args=(house, lane)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    push(first)
    assert lms.grades == {str(number): [(1, 4)] for number in range(12)}


def test_whoever_finds_a_platform_in_hand_leaves_word() -> None:
    lanes = Lanes()
    assert lanes.enter(1)
    assert lanes.enter(2)
    assert not lanes.enter(1)
    assert lanes.leave(1)
    assert not lanes.leave(2)
    assert lanes.enter(1)


# --- A batch and its platform -----------------------------------------------------------------------------------------

@pytest.fixture
def crowd(browser: Browser, lms: Lms) -> Callable[[], None]:
    """Twenty learners, each with a score that waits; the call lets them all be due at once."""
    for number in range(20):
        browser.launch(sub=str(number))
    rules(send="release")
    for number in range(20):
        right("farbe", sub=str(number))
    return lambda: gradebook.release(link().id)


@ON_ONE_DATABASE
def test_a_platform_that_is_down_is_not_asked_for_each_score(crowd: Callable[[], None], lms: Lms) -> None:
    lms.answers["scores"].extend(Answer(500) for _ in range(100))
    crowd()
    assert len(lms.scores()) <= 2 * delivery.AT_ONCE
    assert [(row.state, row.tries, row.error) for row in pushes()] == [(WorkState.DUE, 1, "score_later 500")] * 20
    lms.answers["scores"].clear()
    let_due()
    assert len(lms.grades) == 20


@ON_ONE_DATABASE
def test_a_platform_that_asks_for_a_pause_gets_it_for_all_scores(crowd: Callable[[], None], lms: Lms) -> None:
    lms.answers["scores"].extend(Answer(429, headers={"Retry-After": "600"}) for _ in range(100))
    crowd()
    assert len(lms.scores()) <= 2 * delivery.AT_ONCE
    assert all(row.due_at > db.now() + timedelta(seconds=500) for row in pushes())


@ON_ONE_DATABASE
def test_one_score_that_is_refused_or_slow_does_not_keep_the_others(crowd: Callable[[], None], lms: Lms) -> None:
    lms.answers["scores"].extend([Answer(400), Answer(0), Answer(409)])
    crowd()
    assert len(lms.grades) == 17
    assert sorted(row.error or "" for row in pushes())[-3:] == ["score_later 409", "score_never 400", "unreachable"]


@ON_ONE_DATABASE
def test_one_course_that_cannot_be_read_does_not_keep_the_others(crowd: Callable[[], None], lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = outbox.pack

    def pack(row: Any, *rest: Any) -> Any:
        if row.user_id == "3":
            raise ValueError("unreadable")
        return whole(row, *rest)

    monkeypatch.setattr(outbox, "pack", pack)
    crowd()
    assert len(lms.grades) == 19
    assert [row.error for row in pushes() if row.state == WorkState.DUE] == ["broken"]


@ON_ONE_DATABASE
def test_a_batch_that_takes_too_long_ends_and_goes_on_later(crowd: Callable[[], None], lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BATCH_SECONDS", -1)
    monkeypatch.setattr(scores, "TURN_SECONDS", -1)
    monkeypatch.setattr(scores, "_call_again", lambda lane: None)
    crowd()
    assert {(row.state, row.error) for row in pushes()} == {(WorkState.DUE, "out_of_time")}
    monkeypatch.undo()
    jobs.sweep()
    assert len(lms.grades) == 20


@ON_ONE_DATABASE
def test_a_slow_platform_does_not_keep_another_one_waiting(house: Flask, browser: Browser, lms: Lms) -> None:
    other = Lms(issuer="https://other.example", client_id="other")
    other.register(db.acting_for() or 0)
    browser.launch()
    Browser(house, other).launch(sub="5")
    gate = threading.Event()
    lms.answers["scores"].extend([Answer(503), Answer(200, gate=gate)])
    right("farbe")
    with db.transaction() as tx:
        tx.execute(update(ScorePush).values(due_at=db.now() - timedelta(seconds=1)))
    lms.score_arrived.clear()
    slow = threading.Thread(target=elsewhere, args=(house, pushes()[0].id))
    slow.start()
    assert lms.score_arrived.wait(20)
    right("farbe", sub="5")
    assert other.grades == {"5": [(1, 4)]}
    gate.set()
    slow.join()
    other.close()


# --- Line items -------------------------------------------------------------------------------------------------------

@ON_ONE_DATABASE
def test_a_line_item_is_found_on_a_later_page_of_a_platform_without_filters(browser: Browser, lms: Lms) -> None:
    lms.line_items = [{"id": f"{lms.url}/lineitems/31", "resourceLinkId": "7", "resourceId": "course"}]
    following = f'<{lms.url}/lineitems?type_id=1&amp;limit=2&amp;from=2>; rel=“next”, <{lms.url}/lineitems?type_id=1&amp;from=9>; rel=“last”'.encode()
    lms.answers["lineitems"].append(Answer(200, b'[{"id": "x"}, 5]', {"Link": following.decode("latin-1"), "Content-Type": "application/json"}))
    browser.launch(**no_line_item(lms))
    right("farbe")
    asked = [entry for entry in lms.asked if entry.path == "/lineitems"]
    assert [entry.query.get("from") for entry in asked] == [None, ["2"]]
    assert lms.asked[-1].path == "/lineitems/31/scores"


@ON_ONE_DATABASE
def test_a_platform_that_says_nothing_may_be_making_the_line_item_so_nobody_makes_another(
    browser: Browser, lms: Lms, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "MAKING_PATIENCE", 0)
    browser.launch(**no_line_item(lms))
    lms.answers["lineitems"].extend([Answer(200, b"[]"), Answer(0)])
    right("farbe")
    before = lms.count("lineitems")
    let_due()
    assert lms.count("lineitems") == before
    with db.transaction() as tx:
        tx.execute(update(ResourceLink).values(making_until=db.now() - timedelta(seconds=1)))
    lms.line_items = [{"id": f"{lms.url}/lineitems/31", "resourceLinkId": "7", "resourceId": "course"}]
    let_due()
    assert lms.grades == {"4": [(1, 4)]}
    assert len(lms.line_items) == 1


def test_a_worker_that_dies_right_after_making_a_line_item_leaves_one_that_is_found(browser: Browser, lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.launch(**no_line_item(lms))

    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_keep_line_item", killed)
        with pytest.raises(SystemExit):
            right("farbe")
    assert len(lms.line_items) == 1
    with db.transaction() as tx:
        moment = db.now() - timedelta(seconds=1)
        tx.execute(update(ScorePush).values(lease_until=moment))
        tx.execute(update(ResourceLink).values(making_until=moment))
    jobs.sweep()
    assert len(lms.line_items) == 1
    assert lms.grades == {"4": [(1, 4)]}


def test_a_link_whose_line_item_changes_tells_the_new_one_everything(browser: Browser, lms: Lms) -> None:
    browser.launch()
    right("farbe")
    browser.launch(**{AGS: {"lineitem": f"{lms.url}/lineitems/2", "scope": [SCOPE + "score"]}})
    assert [asked.path for asked in lms.asked if "scores" in asked.path] == ["/lineitems/1/scores", "/lineitems/2/scores"]
    moments = [score["timestamp"] for score in lms.scores()]
    assert moments[0] < moments[1]


# --- Sending again ----------------------------------------------------------------------------------------------------

def test_everything_once_more_tells_what_the_platform_was_told(browser: Browser, lms: Lms) -> None:
    for sub in ("4", "5"):
        browser.launch(sub=sub)
        right("farbe", sub=sub)
    assert gradebook.send_again(link().id) == 0
    assert gradebook.send_again(link().id, everything=True) == 2
    assert lms.grades == {"4": [(1, 4), (1, 4)], "5": [(1, 4), (1, 4)]}


def test_one_learner_once_more_leaves_the_others_alone(browser: Browser, lms: Lms) -> None:
    for sub in ("4", "5"):
        browser.launch(sub=sub)
        right("farbe", sub=sub)
    participant = db.session.scalars(select(Participant.id).where(Participant.user_id == "5")).one()
    assert gradebook.send_again(link().id, participant) == 1
    assert (len(lms.grades["4"]), len(lms.grades["5"])) == (1, 2)


def test_what_failed_is_sent_again_only_when_the_rules_let_it(browser: Browser, lms: Lms) -> None:
    browser.launch()
    lms.answers["scores"].append(Answer(400))
    right("farbe")
    rules(send="release")
    gradebook.send_again(link().id)
    assert lms.grades == {}
    gradebook.release(link().id)
    assert lms.grades == {"4": [(1, 4)]}
