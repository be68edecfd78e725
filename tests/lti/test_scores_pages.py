"""Lecturers see what went to the gradebook, decide the rules, and send again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from accounts.models import Person, Role
from assessments import regrading
from assessments.models import How
from assessments.regrading import Place, Wish
from assessments.scopes import Scope
from core import db
from core.jobs import WorkState
from courses import service as courses
from courses.models import Edition, Run
from lti.models import Participant, Platform, ResourceLink, ScorePush
from lti.service import gradebook, scores
from tests import builders
from tests.lti.lms import AGS, LTI, SCOPE, Answer, Browser, Lms
from tests.lti.test_scores import given, pushes, right, wrong

pytestmark = [pytest.mark.parametrize("database_url", ["sqlite"], indirect=True), pytest.mark.usefixtures("by_turns")]


class Desk:
    """A lecturer at the page of the link."""

    def __init__(self, house: Flask, language: str = "en") -> None:
        self.run = db.session.scalars(select(Run)).one()
        self.link = db.session.scalars(select(ResourceLink).order_by(ResourceLink.id)).first() or pytest.fail("no link")
        self.person = builders.person("Grace Hopper", f"grace-{language}")
        courses.enrol(self.run.id, self.person.id, Role.LECTURER)
        self.client: FlaskClient = builders.browser(house, self.person)
        self.headers = {"Accept-Language": language}

    @property
    def path(self) -> str:
        return f"/lti/scores/{self.run.id}/{self.link.id}"

    def get(self, more: str = "") -> str:
        response = self.client.get(self.path + more, headers=self.headers)
        assert response.status_code == 200, response.text
        return response.text

    def post(self, more: str = "", **form: Any) -> TestResponse:
        return self.client.post(self.path + more, data=form, headers=self.headers)

    def rules(self, keep: str = "best", send: str = "submission", due_at: str = "") -> TestResponse:
        return self.post(keep=keep, send=send, due_at=due_at)


def words(page: str) -> str:
    """What stands on the page."""
    main = page.split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


@pytest.fixture
def desk(house: Flask, browser: Browser) -> Desk:
    """After one learner came."""
    browser.launch()
    return Desk(house)


def test_a_sent_score_is_shown_with_its_points(desk: Desk) -> None:
    right("farbe")
    page = words(desk.get())
    assert "Änne Müller" in page
    assert "1 of 4" in page
    assert "The course says which attempt counts. Scores are sent at once." in page
    assert "Opens the whole course" in page


def test_the_page_speaks_german(house: Flask, browser: Browser) -> None:
    browser.launch()
    right("farbe")
    page = words(Desk(house, "de").get())
    assert "Punkte in den Bewertungen" in page
    assert "Welcher Versuch zählt, sagt der Kurs. Punkte werden sofort übertragen." in page
    assert not re.search(r"\b(Send|Scores|Learners|State)\b", page)


@pytest.mark.parametrize(("answer", "reason"), [
    (Answer(400), "does not take a score for this person (400)"), (Answer(404), "knows the column in the gradebook or the person no more (404)"),
    (Answer(403), "may not write"), (Answer(302), "does not take the score (302)"),
])
def test_a_failed_score_says_why_in_plain_words_and_is_sent_again(desk: Desk, lms: Lms, answer: Answer, reason: str) -> None:
    lms.answers["scores"].append(answer)
    right("farbe")
    page = words(desk.get())
    assert "1 score has not arrived" in page
    assert reason in page
    assert desk.post("/again").status_code == 303
    assert lms.grades == {"4": [(1, 4)]}
    assert "has not arrived" not in words(desk.get())


def test_a_score_that_is_tried_again_says_when(desk: Desk, lms: Lms) -> None:
    lms.answers["scores"].append(Answer(0))
    right("farbe")
    page = words(desk.get("?show=failed"))
    assert "could not be reached" in page
    assert "1 try, the next at" in page
    desk.post("/again", participant=str(db.session.scalars(select(Participant.id)).one()))
    assert lms.grades == {"4": [(1, 4)]}


def test_neither_tokens_nor_the_platforms_words_are_shown(desk: Desk, lms: Lms) -> None:
    lms.answers["scores"].append(Answer(400, b"<b>secret body</b>"))
    right("farbe")
    participant = db.session.scalars(select(Participant.id)).one()
    for page in (desk.get(), desk.get(f"/{participant}")):
        assert "secret body" not in page
        assert "token-" not in page


def test_everything_is_sent_once_more_when_the_gradebook_has_lost_it(desk: Desk, lms: Lms) -> None:
    right("farbe")
    lms.grades.clear()
    assert desk.post("/again").status_code == 303
    assert lms.grades == {}
    desk.post("/again", everything="1")
    assert lms.grades == {"4": [(1, 4)]}


def test_the_history_of_a_learner_is_shown(desk: Desk) -> None:
    right("farbe")
    right("rechnen")
    page = words(desk.get(f"/{db.session.scalars(select(Participant.id)).one()}"))
    assert "The gradebook was told: 2 of 4 points." in page
    assert "1 of 4" in page


def test_a_learner_without_a_name_has_a_neutral_label(desk: Desk) -> None:
    with db.transaction() as tx:
        tx.execute(update(Person).where(Person.name == "Änne Müller").values(name=None))
    right("farbe")
    assert "Person 1" in words(desk.get())


def test_scores_wait_for_the_release_and_go_when_it_comes(desk: Desk, lms: Lms) -> None:
    desk.rules(send="release")
    right("farbe")
    right("rechnen")
    assert given(lms) == []
    page = desk.get("?show=waiting")
    assert "waits for the release" in words(page)
    assert "Release now" in page
    desk.post("/release")
    assert given(lms) == [(2, 4)]
    wrong("zahlen")
    right("zahlen", number=2)
    desk.post("/release")
    assert given(lms)[-1] == (4, 4)
    assert "You have released the scores on" in words(desk.get())


def test_rules_are_checked(desk: Desk) -> None:
    refused = desk.rules(send="due")
    assert refused.status_code == 422
    assert "Please say below when the due date is" in refused.text
    assert desk.rules(send="due", due_at="0001-01-01T00:00").status_code == 422
    assert desk.rules(send="never").status_code == 422
    assert desk.rules(keep="worst").status_code == 422
    assert db.session.scalars(select(ResourceLink.send)).all() == ["submission"]


@pytest.mark.parametrize("typed", ["tomorrow", "2031-13-01T00:00"])
def test_what_is_no_date_is_named_beside_the_field(desk: Desk, typed: str) -> None:
    page = desk.rules(send="due", due_at=typed)
    assert (page.status_code, typed in page.text) == (422, True)


def test_a_form_without_the_field_of_the_date_is_no_fault(desk: Desk) -> None:
    assert desk.post(keep="best", send="due").status_code == 422


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "2147483648"])
def test_a_learner_who_is_none_is_not_taken_for_everybody(desk: Desk, number: str) -> None:
    assert desk.post("/again", participant=number).status_code == 404


def test_the_due_date_is_meant_in_the_installations_time(desk: Desk) -> None:
    assert desk.rules(send="due", due_at="2031-07-01T12:00").status_code == 303
    due = db.session.scalars(select(ResourceLink.due_at)).one()
    assert due is not None
    assert due.isoformat() == "2031-07-01T10:00:00+00:00"
    page = desk.get()
    assert 'value="2031-07-01T12:00"' in page
    assert "attempts after it do not count" in words(page)


def test_a_link_that_takes_no_scores_says_why(house: Flask, browser: Browser, lms: Lms) -> None:
    browser.launch(**{AGS: ...})
    assert "has not allowed Lotse to send scores" in words(Desk(house).get())
    lms.family = "moodle"
    browser.launch(**{AGS: {"lineitems": f"{lms.url}/lineitems", "scope": [SCOPE + "score"]}, LTI + "resource_link": {"id": "7"}})
    assert "has no column in the gradebook" in words(Desk(house).get())


@pytest.mark.parametrize("state", [{"active": False}, {"waiting": True}], ids=["off", "waiting"])
def test_a_platform_that_is_told_nothing_at_present_says_so(house: Flask, browser: Browser, state: dict[str, bool]) -> None:
    browser.launch()
    with db.transaction() as tx:
        tx.execute(update(Platform).values(state))
    right("farbe")
    page = words(Desk(house).get())
    assert "Scores are kept, and leave when it is let in again" in page
    assert "Send again" not in page


def test_several_links_have_an_overview(house: Flask, browser: Browser) -> None:
    browser.launch()
    desk = Desk(house)
    assert desk.client.get(f"/lti/scores/{desk.run.id}").status_code == 302
    browser.launch(**{LTI + "resource_link": {"id": "8", "title": "Zweiter Link"}, LTI + "custom": {"module": "eins"}})
    page = words(desk.client.get(f"/lti/scores/{desk.run.id}", headers=desk.headers).text)
    assert "Zweiter Link" in page
    assert "Opens the module “One”." in page
    browser.launch(**{LTI + "resource_link": {"id": "9", "title": "Frage"}, LTI + "custom": {"module": "eins", "kind": "exercise", "item": "farbe"}})
    page = words(desk.client.get(f"/lti/scores/{desk.run.id}", headers=desk.headers).text)
    assert re.search(r"Opens one question of “One”: “[^”]*\?”\.", page)
    assert "farbe" not in page


def test_the_course_page_leads_there_and_counts_what_has_failed(house: Flask, desk: Desk, lms: Lms) -> None:
    assert "not sent" not in desk.client.get(f"/courses/{desk.run.id}", headers=desk.headers).text
    lms.answers["scores"].append(Answer(400))
    right("farbe")
    page = desk.client.get(f"/courses/{desk.run.id}", headers=desk.headers).text
    assert f"/lti/scores/{desk.run.id}" in page
    assert "1 not sent" in page
    assert scores.failed_by_platform() == {1: 1}


def test_learners_other_runs_and_other_universities_see_and_change_nothing(house: Flask, desk: Desk, lms: Lms) -> None:
    right("farbe")
    student = builders.person("Ada Lovelace")
    stranger = builders.person("Alan Turing")
    courses.enrol(desk.run.id, student.id)
    home = db.acting_for()
    foreign_organisation = builders.organisation("anderswo")
    foreign = builders.person("Foreign Lecturer")
    foreign_run = builders.run()
    courses.enrol(foreign_run.id, foreign.id, Role.LECTURER)
    in_foreign_run = builders.browser(house, foreign).get(f"/lti/scores/{foreign_run.id}/{desk.link.id}")
    assert foreign_organisation.id != home
    assert in_foreign_run.status_code == 404
    assert builders.browser(house, foreign).get(desk.path).status_code == 404
    assert home is not None
    db.act_for(home)
    for who, status in ((student, 403), (stranger, 404)):
        client = builders.browser(house, who)
        for address in (desk.path, f"/lti/scores/{desk.run.id}", f"{desk.path}/1"):
            assert client.get(address).status_code == status
        for address in (desk.path, f"{desk.path}/release", f"{desk.path}/again"):
            assert client.post(address, data={"everything": "1", "keep": "best", "send": "release"}).status_code == status
    assert len(lms.scores()) == 1
    assert desk.post("/again", participant="999").status_code == 404
    assert house.test_client().get(desk.path).status_code in (302, 401)


def test_500_learners_come_in_pages(house: Flask, desk: Desk) -> None:
    with db.transaction():
        for number in range(120):
            enrolment = courses.enrol(desk.run.id, builders.person(f"Learner {number:03}", f"l{number}").id)
            db.session.add(Participant(link_id=desk.link.id, enrolment_id=enrolment.id, user_id=str(100 + number)))
    first, last = words(desk.get()), words(desk.get("?page=99"))
    assert "Page 1 of 3" in first
    assert "Learner 048" in first
    assert "Page 3 of 3" in last
    assert "Learner 119" in last
    assert gradebook.learners(desk.link.id, "all", 2).page == 2


def test_a_row_in_the_future_waits_for_the_due_date(desk: Desk) -> None:
    due = db.now() + timedelta(days=3)
    gradebook.set_policy(desk.link.id, "best", "due", due)
    right("farbe")
    assert [row.state for row in pushes()] == [WorkState.DUE]
    assert "waits for the due date" in words(desk.get())
    assert db.session.scalars(select(ScorePush.due_at)).one() == due


def test_a_score_that_a_regrade_has_changed_is_sent_again_and_the_pages_say_why(desk: Desk, lms: Lms) -> None:
    wrong("farbe")
    right("rechnen")
    assert given(lms) == [(0, 4), (1, 4)]
    first = db.session.scalars(select(Edition)).one()
    texts = {path: text.replace(b"( ) Gr", b"(x) Gr").replace(b"(x) Bl", b"( ) Bl") for path, text in builders.FILES.items()}
    second = builders.edition(texts)
    scope = Scope(first.course_id, "kurs", desk.run.id, first.id)
    regrading.ask(scope, Place(first.id, "eins", "farbe"), Wish(How.KEY, second.id, may_lower=False), "Der Schlüssel war falsch.", desk.person.id, 0)
    assert given(lms) == [(0, 4), (1, 4), (2, 4)]
    assert "1 question was graded again" in words(desk.get())
    participant = db.session.scalars(select(Participant.id)).one()
    page = words(desk.get(f"/{participant}"))
    assert "Question 1: 0 of 1 before, 1 of 1 now Der Schlüssel war falsch." in page
