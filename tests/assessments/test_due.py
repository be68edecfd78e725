"""Due dates, and what is not told before them: by no page, no sum, no score for an LMS and no certificate."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from accounts.models import Role
from assessments import due, service, terms
from assessments.grading import closed, showing, unseen, waits
from assessments.models import Attempt, DueDate
from assessments.review import review
from core import db, jobs
from core.jobs import WorkState
from core.signals import graded
from courses import service as courses
from courses.models import Enrolment
from modules.dates import moment_of
from tests import builders
from tests.assessments.kinds_course import learner, rows
from tests.assessments.timed import Time, course, page

ONE = "::: numeric {#zahl points=4 attempts=3 show=SHOW}\nWie viel?\n= 4 +- 0\n! EXPLANATION\n:::\n"
TOLD = ("EXPLANATION", "feedback--right", "feedback--wrong", "is-right", "is-wrong", "4 of 4", "0 of 4", "You have passed")


def soon() -> str:
    return f"due: {(db.now() + timedelta(hours=2)).astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d %H:%M}\n"


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-12-20", datetime(2026, 12, 20, 22, 59, 59, tzinfo=UTC)), ("2026-07-01 18:00", datetime(2026, 7, 1, 16, tzinfo=UTC)),
    ("2026-13-01", None), ("20.12.2026", None), ("", None), ("1026-12-20", None), ("2026-12-20 25:00", None),
])
def test_a_day_lasts_until_its_end_where_the_house_stands(text: str, moment: datetime | None) -> None:
    assert moment_of(text, "Europe/Berlin") == moment


def test_what_is_kept_back_does_not_show_by_a_form_that_closes() -> None:
    for show, past_due in (("after-due", False), ("never", None), ("never", True)):
        assert unseen(show, past_due)
        assert not closed(show, 2, solved=True, answered=True, due_passed=past_due)
        assert not showing(show, is_closed=True, due_passed=past_due).marks
    assert closed("now", 2, solved=True, answered=True, due_passed=None)
    assert closed("after-due", 2, solved=False, answered=True, due_passed=True)      # all is shown: nobody copies it
    assert not closed("after-due", 2, solved=False, answered=False, due_passed=True)
    assert showing("after-due", is_closed=True, due_passed=True).solution
    assert waits("after-due", False)
    assert not waits("after-due", None)
    assert not waits("never", False)


def _same(html: str, part: Enrolment, given: str) -> str:
    """A page without what must differ between two people."""
    html = re.sub(r'name="csrf_token" value="[^"]*"|MUSTERSTADT-\d+-\d+|/z/\w+|/certificates/\d+', "", html)
    return html.replace(f'value="{given}"', "value=GIVEN").replace(f"/learners/{part.id}", "/learners/PART")


def _everything(app: Flask, part: Enrolment, answer: str) -> list[str]:
    """All that a learner is told who gives this answer: the response with and without htmx, and each page and file."""
    mine = page(app, part)
    mine.open()
    url = f"{mine.path}/zahl/answer"
    said = [mine.client.post(url, data={"attempt": "1", "answer": answer}, headers={"HX-Request": "true"}).text]
    run = f"/courses/{part.run_id}"
    for path in (mine.path, f"{run}/quiz/0/eins", f"{run}/exercise/zahl/eins", run, f"/certificates/course/{part.run_id}", f"/lti/class/{part.run_id}/learners/{part.id}", f"{run}/log", "/certificates", "/courses"):
        said.append(mine.client.get(path, follow_redirects=True).text)
    said.append(mine.client.post(f"{mine.path}/zahl/typed", data={"attempt": "2", "answer": answer}).text)
    said.append(mine.client.get(f"{run}/practice/eins", follow_redirects=True).text.split('<div class="narrow stack">')[1])
    said.append(mine.client.post(url, data={"attempt": "2", "answer": answer}).headers["Location"])
    return [_same(text, part, answer) for text in said]


@pytest.mark.parametrize("show", ["after-due", "never"])
def test_right_and_wrong_answers_look_the_same_everywhere_before_the_due_date(app: Flask, show: str) -> None:
    with app.app_context():
        builders.organisation()
        files = course(ONE, head=soon(), show=show)
        run = builders.run(files)
        right, wrong = (courses.enrol(run.id, builders.person("Ada", name).id) for name in ("a", "b"))
    told_right, told_wrong = _everything(app, right, "4"), _everything(app, wrong, "5")
    assert "is saved" in told_right[0]
    if show == "after-due":                                    # A certificate says that all was right: of “never” only that may be seen.
        assert told_right == told_wrong
        assert not [(text, word) for text in told_right for word in TOLD if word in text]
    else:
        assert told_right[:4] == told_wrong[:4]
        assert told_right[-2:] == told_wrong[-2:]
        assert "counts for the certificate" in told_right[1]
    with app.test_request_context():
        db.act_for(right.organisation_id)
        assert courses.enrolment(right.id).achieved_at is None or show == "never"
        assert service.score_of(right).score == 4             # it is graded all the same, for those who teach
        assert service.score_of(right, without=waits).maximum == (0 if show == "after-due" else 4)
        assert review(right, "eins", "en", key=True)[0].attempts[0].verdict is not None
        assert review(right, "eins", "en", key=False)[0].attempts[0].verdict is None


def test_once_the_date_has_come_everything_is_shown_counted_and_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    time, heard = Time(monkeypatch), []
    with app.app_context():
        builders.organisation()
        _, ada = learner(app, "Ada", course(ONE, head=soon(), show="after-due"))
        _, ben = learner(app, "Ben", course(ONE, head=soon(), show="after-due"))
    mine = page(app, ada)
    mine.open()
    for attempt in ("1", "2"):                                 # all points are earned by the first one, and nobody learns it
        assert mine.client.post(f"{mine.path}/zahl/answer", data={"attempt": attempt, "answer": "4"}).status_code == 303
    (waiting,) = rows(app, DueDate)
    assert (waiting.state, waiting.at) == (WorkState.DUE, None)

    def listen(_sender: object, *, part: Any, module: str) -> None:
        heard.append((part.id, module))

    graded.connect(listen)
    _sweep(app)
    assert heard == []
    time.passes(hours=3)
    for _ in range(2):
        _sweep(app)
    assert heard == [(ada.id, "eins")]                         # those who bring scores to an LMS
    with app.app_context():
        db.act_for(ada.organisation_id)
        assert courses.enrolment(ada.id).achieved_at is not None
    html = mine.open()
    assert "EXPLANATION" in html
    assert "4 of 4" in html
    third = mine.client.post(f"{mine.path}/zahl/answer", data={"attempt": "3", "answer": "5"}, headers={"HX-Request": "true"})
    assert third.status_code == 409
    assert "The due date has come" in third.text

    late = page(app, ben)                                      # who is late may answer once, and all is shown then
    assert "Answers still count" in late.open()
    said = late.client.post(f"{late.path}/zahl/answer", data={"attempt": "1", "answer": "5"}, headers={"HX-Request": "true"}).text
    assert "EXPLANATION" in said


def _sweep(app: Flask) -> None:
    with app.app_context():
        jobs.sweep()


def test_a_lecturers_date_goes_before_the_courses_and_what_is_late_is_marked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        builders.organisation()
        _, ada = learner(app, "Ada", course(ONE, head="due: 2020-01-01\n", show="after-due"))
        tess, _ = learner(app, "Tess", course(ONE, head="due: 2020-01-01\n", show="after-due"), Role.LECTURER)
    times = f"/class/{ada.run_id}/times"
    mine = page(app, ada)
    assert "This was due on" in mine.open()
    future = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT10:00")
    assert tess.post(f"{times}/due", data={"due-eins": "soon"}).status_code == 422
    assert tess.post(f"{times}/due", data={"due-eins": future}).status_code == 303
    assert f'value="{future}"' in tess.get(times).text
    assert "Due on" in mine.open()
    assert "points are in no sum" in mine.open()
    answer = {"attempt": "1", "answer": "4"}
    assert "is saved" in mine.client.post(f"{mine.path}/zahl/answer", data=answer, headers={"HX-Request": "true"}).text
    assert "flag" in mine.client.get(f"/courses/{ada.run_id}").text
    assert tess.post(f"{times}/due", data={"due-eins": ""}).status_code == 303      # as the course says: it is over, and told at once
    assert "EXPLANATION" in mine.open()
    with app.app_context():
        db.act_for(ada.organisation_id)
        assert courses.enrolment(ada.id).achieved_at is not None
        assert terms.of(ada, "eins").past_due
    assert "late" in tess.get(f"/lti/class/{ada.run_id}/learners/{ada.id}").text
    assert len(rows(app, Attempt)) == 1
    assert mine.client.post(f"{times}/due", data={"due-eins": future}).status_code == 403


def test_two_answers_at_once_leave_one_row_that_knows_of_both(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        run = builders.run(course(ONE, head=soon(), show="after-due"))
        moment = db.now() + timedelta(days=1)
        for at in (moment, moment + timedelta(hours=1), moment - timedelta(hours=1)):
            with db.transaction():
                due.expect(run.id, "eins", at)
        (row,) = rows(app, DueDate)
        assert row.due_at == moment - timedelta(hours=1)
        with db.transaction() as tx:                           # it is at work: what is written meanwhile it may have missed
            tx.merge(row).state = WorkState.RUNNING
        with db.transaction():
            due.expect(run.id, "eins", moment)
        assert [(row.state, row.due_at) for row in rows(app, DueDate)] == [(WorkState.DUE, moment)]


@pytest.mark.parametrize(("in_course", "in_module", "score"), [("", "", 4), ("attempts: last\n", "", 0), ("attempts: last\n", "attempts: first\n", 2), ("", "attempts: last\n", 0)])
def test_which_attempt_counts_the_course_or_its_module_says(app: Flask, in_course: str, in_module: str, score: float) -> None:
    three = "::: multi {#zahl points=4 attempts=4}\nWelche?\n[x] a\n[x] b\n[ ] c\n:::\n"
    with app.app_context():
        builders.organisation()
        _, ada = learner(app, "Ada", course(three, head=in_module, course=in_course))
    mine = page(app, ada)
    mine.open()
    for number, ticked in enumerate((["a"], ["a", "b"], ["c"]) if score != 4 else (["a"], ["c"], ["a", "b"]), 1):
        if number == 3 and score != 4:
            break
        mine.post("zahl", *ticked, attempt=number)
    expected = {"": 4, "attempts: last\n": 4, "attempts: first\n": 2}[in_module or in_course]
    with app.app_context():
        db.act_for(ada.organisation_id)
        assert service.score_of(ada).score == service.scores(ada)["eins"].score == expected
        assert service.scores_in_run(ada.run_id, {ada.id: ada.edition_id})[ada.id]["eins"].score == expected
        assert service.score_of(ada, keep="best").score == 4
    assert f"{expected} of 4" in mine.open()
