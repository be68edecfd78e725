"""Submission Review: the lecturer reads one learner's answers from the gradebook, the learner only their own."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Person
from assessments import service as assessments
from core import db
from courses.models import Enrolment, Run, Visit
from lti.models import Participant, ResourceLink
from tests import builders
from tests.lti.conftest import reasons
from tests.lti.lms import LTI, Browser, Lms
from tests.lti.test_preview import TWO_MODULES
from tests.lti.test_recorded import claims_in, launch
from tests.lti.test_scores import ON_ONE_DATABASE, TEACHER, right, wrong

REVIEW = {LTI + "message_type": "LtiSubmissionReviewRequest"}

pytestmark = pytest.mark.usefixtures("by_turns")


def of(user_id: str, **more: Any) -> dict[str, Any]:
    return {**REVIEW, LTI + "for_user": {"user_id": user_id}, **more}


def read(browser: Browser, location: str, status: int = 200) -> str:
    page = browser.client.get(location, headers={"Accept-Language": "en"})
    assert page.status_code == status, page.text
    return page.text.split("<main")[1].split("</main>")[0]


@pytest.fixture
def answered(house: Flask, lms: Lms) -> Browser:
    """A learner who answered: one question wrong, then right, and one wrong."""
    student = Browser(house, lms)
    student.launch(sub="4")
    wrong("farbe")
    right("farbe", number=2)
    wrong("rechnen")
    return student


@ON_ONE_DATABASE
def test_moodles_recorded_review_opens_the_learners_answers(house: Flask) -> None:
    platform = Lms()
    launch(house, platform, claims_in("moodle/idtoken-resource-link-student.json"))
    right("farbe")
    claims = claims_in("moodle/idtoken-submission-review.json")
    claims[LTI + "target_link_uri"] = claims[LTI + "target_link_uri"].replace("/launch", "/lti/launch").replace("/lti/lti", "/lti")
    response = launch(house, platform, claims)
    platform.close()
    assert response.status_code == 303, reasons()
    learner = db.session.scalars(select(Participant.enrolment_id).where(Participant.user_id == "4")).one()
    assert response.location.endswith(f"/learners/{learner}")
    assert reasons() == ["admitted", "admitted"]


def test_the_lecturer_sees_every_attempt_in_order_with_grade_and_key(browser: Browser, answered: Browser) -> None:
    page = read(browser, browser.launch(**TEACHER, **of("4")).location)
    assert "Answers of Änne Müller" in page
    assert [text for text in ("Which colour is the sky?", "FEEDBACK-WRONG en", "FEEDBACK-RIGHT en", "EXPLANATION en", "What is 2 + 2?") if text not in page] == []
    assert re.findall(r"<span>Attempt (\d)</span>", page) == ["1", "2", "1"]
    assert page.count("Not answered yet.") == 1
    assert "In the gradebook" in page
    assert "1 of 4 points" in page


def test_the_key_of_a_question_is_shown_to_lecturers_only(browser: Browser, answered: Browser) -> None:
    teacher = read(browser, browser.launch(**TEACHER, **of("4")).location)
    own = read(answered, answered.launch(sub="4", **of("4")).location)
    assert "A right answer:" in teacher
    assert "A right answer:" not in own
    assert "Your answers" in own
    assert "/lti/class/" not in own


def test_nothing_on_the_page_can_be_sent(browser: Browser, answered: Browser) -> None:
    page = read(browser, browser.launch(**TEACHER, **of("4")).location)
    assert [word for word in ("<button", "csrf", "hx-", 'method="post"', 'type="submit"') if word in page] == []
    controls = re.findall(r"<(?:input|textarea|select)[^>]*>", page)
    fieldsets = re.findall(r"<fieldset[^>]*>", page)
    assert all("disabled" in fieldset for fieldset in fieldsets)
    assert all("disabled" in control or 'type="radio"' in control or 'type="checkbox"' in control for control in controls)


def test_no_two_things_on_the_page_have_one_id(browser: Browser, answered: Browser) -> None:
    ids = re.findall(r'\bid="([^"]+)"', read(browser, browser.launch(**TEACHER, **of("4")).location))
    assert sorted(ids) == sorted(set(ids))


def test_a_learner_reads_nobody_elses_answers(house: Flask, lms: Lms, answered: Browser) -> None:
    other = Browser(house, lms)
    assert other.launch(sub="5", **of("4")).status_code == 403
    assert other.launch(sub="5", **of("gibtsnicht")).status_code == 403
    assert reasons()[-2:] == ["review_foreign"] * 2
    location = other.launch(sub="5").location
    root, run_id = location.split("/courses")[0], db.session.scalars(select(Run.id)).one()
    theirs = db.session.scalars(select(Participant.enrolment_id).where(Participant.user_id == "4")).one()
    read(other, f"{root}/lti/class/{run_id}/learners/{theirs}", 403)


def test_a_refused_review_leaves_no_rows(house: Flask, lms: Lms, answered: Browser) -> None:
    Browser(house, lms).launch(sub="5", **of("4"))
    assert len(db.session.scalars(select(Person)).all()) == 1


def test_who_has_never_come_has_no_answers_yet(browser: Browser, answered: Browser) -> None:
    location = browser.launch(**TEACHER, **of("77")).location
    assert "has not come to Lotse yet" in read(browser, location)


def test_a_lecturer_may_review_before_they_ever_opened_the_link(browser: Browser) -> None:
    location = browser.launch(**TEACHER, **of("4")).location
    assert location.endswith("/learners/none")
    assert db.session.scalars(select(ResourceLink.resource_link_id)).all() == ["7"]


def test_a_review_changes_neither_the_link_nor_its_line_item(browser: Browser, lms: Lms, answered: Browser) -> None:
    second = {**TWO_MODULES}
    builders.edition(second)
    before = db.session.execute(select(ResourceLink.module, ResourceLink.lineitem, ResourceLink.title)).one()
    browser.launch(**TEACHER, **of("4", **{LTI + "custom": {"module": "zwei"}, LTI + "resource_link": {"id": "7", "title": "Other"}}))
    assert db.session.execute(select(ResourceLink.module, ResourceLink.lineitem, ResourceLink.title)).one() == before
    assert db.session.scalars(select(Visit)).all() == []


def test_only_what_the_link_counts_is_shown(house: Flask, lms: Lms, browser: Browser) -> None:
    builders.edition(TWO_MODULES)
    module = {LTI + "custom": {"module": "zwei"}}
    Browser(house, lms).launch(sub="4", **module)
    page = read(browser, browser.launch(**TEACHER, **of("4", **module)).location)
    assert page.count('class="review-chapter"') == 1
    root, run_id = browser.launch(**TEACHER).location.split("/courses")[0], db.session.scalars(select(Run.id)).one()
    learner = db.session.scalars(select(Participant.enrolment_id).where(Participant.user_id == "4")).first()
    assert read(browser, f"{root}/lti/class/{run_id}/learners/{learner}").count('class="review-chapter"') == 2


def test_a_learner_of_another_run_or_university_is_not_found(house: Flask, browser: Browser, answered: Browser) -> None:
    root, run_id = browser.launch(**TEACHER).location.split("/courses")[0], db.session.scalars(select(Run.id)).one()
    outside = builders.enrolment(builders.person("Open offer"))
    read(browser, f"{root}/lti/class/{run_id}/learners/{outside.id}", 404)
    mine = db.session.scalars(select(Participant.enrolment_id).where(Participant.user_id == "4")).one()
    builders.organisation("anderswo")
    builders.edition()
    foreigner = builders.person("Foreign")
    builders.enrolment(foreigner)
    assert builders.browser(house, foreigner).get(f"/lti/class/{run_id}/learners/{mine}").status_code == 404


@ON_ONE_DATABASE
def test_a_review_without_for_user_or_person_is_refused(browser: Browser) -> None:
    answers = [browser.launch(**TEACHER, **REVIEW), browser.launch(**{**TEACHER, "sub": ...}, **of("4"))]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert reasons() == ["for_user_missing", "person_missing"]


@ON_ONE_DATABASE
def test_a_lecturer_who_previews_as_a_student_sees_no_key(browser: Browser, answered: Browser) -> None:
    browser.launch(**TEACHER)
    root = browser.launch(sub="3").location.split("/courses")[0]
    run_id = db.session.scalars(select(Run.id)).one()
    theirs = db.session.scalars(select(Participant.enrolment_id).where(Participant.user_id == "4")).one()
    read(browser, f"{root}/lti/class/{run_id}/learners/{theirs}", 403)


def test_someone_without_a_platform_has_a_page_too(house: Flask) -> None:
    learner = builders.enrolment(builders.person("Lena"))
    page = builders.browser(house, builders.person("Lena")).get(f"/lti/class/{learner.run_id}/learners/{learner.id}", headers={"Accept-Language": "en"})
    assert "came without a learning platform" in page.text


def test_points_of_everybody_are_those_that_each_one_sees(house: Flask, answered: Browser) -> None:
    enrolment = db.session.scalars(select(Enrolment)).one()
    assert assessments.scores_in_run(enrolment.run_id, {enrolment.id: enrolment.edition_id}) == {enrolment.id: assessments.scores(enrolment)}
