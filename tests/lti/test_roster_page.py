"""The class page: the people of the LMS course beside those who came, and only for whoever teaches there."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.models import Person, Role
from core import db, spreadsheet
from courses.models import Enrolment, Run, Visit
from lti import classroom
from lti.classroom import Choice, Learner, Standing
from lti.models import Platform
from lti.service import rosters
from modules.presenters import Points
from tests import builders
from tests.lti.lms import LTI, NRPS, Answer, Browser, Lms
from tests.lti.test_scores import ON_ONE_DATABASE, TEACHER, right

ASSISTANT: dict[str, Any] = {LTI + "roles": TEACHER[LTI + "roles"]}
FROM_ILIAS: dict[str, Any] = {LTI + "tool_platform": {"product_family_code": "ilias"}}

pytestmark = pytest.mark.usefixtures("by_turns")


def learner(user_id: str, name: str | None = None, **more: Any) -> dict[str, Any]:
    return {"user_id": user_id, "roles": ["Learner"], "status": "Active", **({"name": name} if name else {}), **more}


def come(app: Flask, lms: Lms, sub: str, name: str | None = None, reads: bool = True, **changes: Any) -> None:
    """Somebody launches from the course, and opens the module unless told otherwise."""
    browser = Browser(app, lms)
    location = browser.launch(sub=sub, name=name or ..., **lms.services(), **changes).location
    if reads:
        browser.client.get(f"{location}/eins")


@pytest.fixture
def teacher(house: Flask, lms: Lms) -> Browser:
    """A lecturer whose browser has launched Lotse from the course, with the list of people there."""
    browser = Browser(house, lms)
    browser.root = browser.launch(name="Jürgen Großmann", **TEACHER, **lms.services()).location.split("/courses")[0]  # type: ignore[attr-defined]
    return browser


def open_class(browser: Browser, path: str = "", status: int = 200) -> str:
    run_id = db.session.scalars(select(Run.id)).first()
    page = browser.client.get(f"{browser.root}/lti/class/{run_id}{path}", headers={"Accept-Language": "en"})  # type: ignore[attr-defined]
    assert page.status_code == status, page.text
    return page.text


def table(page: str) -> dict[str, str]:
    """The rows by the name in their first cell, as text."""
    body = page.split("<tbody")[1].split("</tbody>")[0] if "<tbody" in page else ""
    rows = {}
    for row in body.split("<tr")[1:]:
        texts = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S)]
        rows[texts[0]] = " | ".join(texts[1:])
    return rows


def summary(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page)]


def test_the_class_shows_who_has_begun_and_who_has_not(house: Flask, lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", "Änne Müller"), learner("5", "Jörg Weiß"), learner("6", "Zoë 🦊 Öztürk"), {"user_id": "3", "roles": ["Instructor"], "name": "Jürgen"}]
    come(house, lms, "4", "Änne Müller")
    come(house, lms, "5", "Jörg Weiß", reads=False)
    right("farbe")
    page = open_class(teacher)
    found = table(page)
    assert list(found) == ["Jörg Weiß", "Zoë 🦊 Öztürk", "Änne Müller"]
    assert "1 / 4" in found["Änne Müller"]
    assert "at work" in found["Änne Müller"]
    assert found["Jörg Weiß"].startswith("not begun | 0 of 1")
    assert "has never come" in found["Zoë 🦊 Öztürk"]
    assert summary(page) == [3, 1, 2, 0, 0]


def test_only_the_scope_for_reading_is_asked_for_and_one_media_type_is_accepted(lms: Lms, teacher: Browser) -> None:
    open_class(teacher)
    asked = next(asked for asked in lms.asked if asked.path == "/members")
    assert asked.headers["accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    tokens = [asked.body.decode() for asked in lms.asked if asked.path == "/token"]
    assert any("contextmembership.readonly" in body and "score" not in body for body in tokens)


def test_the_list_is_fetched_once_in_a_while_and_when_it_is_asked_for(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", "Änne")]
    open_class(teacher)
    lms.members.append(learner("5", "Jörg"))
    assert "Jörg" not in open_class(teacher)
    assert lms.count("/members") == 1
    run_id = db.session.scalars(select(Run.id)).one()
    answer = teacher.client.post(f"{teacher.root}/lti/class/{run_id}/refresh")  # type: ignore[attr-defined]
    assert answer.status_code == 303
    assert "Jörg" in open_class(teacher)
    assert lms.count("/members") == 2


def test_a_class_of_500_is_read_in_pages_and_shown_in_pages(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner(str(number), f"Person {number:03}") for number in range(10, 510)]
    page = open_class(teacher)
    assert (lms.count("/members"), len(table(page)), summary(page)[0]) == (3, classroom.PAGE, 500)
    assert "Page 1 of 10" in page
    assert list(table(open_class(teacher, "?page=10")))[-1] == "Person 509"
    assert len(table(open_class(teacher, "?page=99"))) == classroom.PAGE


def test_nothing_of_people_who_never_came_is_stored(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("77", "Never Came")]
    assert "Never Came" in open_class(teacher)
    assert db.session.scalars(select(Person.name)).all() == ["Jürgen Großmann"]


def test_who_is_no_longer_on_the_list_has_left_and_so_has_who_is_inactive(house: Flask, lms: Lms, teacher: Browser) -> None:
    come(house, lms, "4", "Suspended")
    come(house, lms, "5", "Inactive")
    come(house, lms, "6", "Present")
    lms.members = [learner("5", "Inactive", status="Inactive"), learner("6", "Present"), learner("8", "Deleted", status="Deleted")]
    found = table(open_class(teacher))
    assert ["no longer in the LMS course" in found[name] for name in ("Suspended", "Inactive", "Present")] == [True, True, False]
    assert "Deleted" not in found
    assert set(table(open_class(teacher, "?show=left"))) == {"Suspended", "Inactive"}


def test_names_that_are_withheld_are_replaced_by_the_platforms_own_key(house: Flask, lms: Lms, teacher: Browser) -> None:
    come(house, lms, "4")
    lms.members = [learner("4"), learner("5")]
    assert set(table(open_class(teacher))) == {"Learner 4", "Learner 5"}


@ON_ONE_DATABASE
def test_the_pseudonym_finds_people_again_where_the_subject_changes(house: Flask, lms: Lms, teacher: Browser) -> None:
    with db.transaction() as tx:
        tx.execute(update(Platform).values(family="ilias"))
    come(house, lms, "random-1", email="abc@uuid.ilias", **FROM_ILIAS)
    lms.members = [learner("random-2", "Found", email="abc@uuid.ilias")]
    assert list(table(open_class(teacher))) == ["Found"]


# --- When the platform has no list, or does not give it -----------------------------------------------------------------

def test_without_a_list_those_who_came_are_shown(house: Flask, lms: Lms) -> None:
    browser = Browser(house, lms)
    browser.root = browser.launch(**TEACHER).location.split("/courses")[0]  # type: ignore[attr-defined]
    Browser(house, lms).launch(sub="4", name="Came")
    page = open_class(browser)
    assert "does not tell who is in the course" in page
    assert list(table(page)) == ["Came"]
    assert "Refresh" not in page


TROUBLE: dict[str, tuple[Answer, str]] = {
    "a server's error": (Answer(500), "did not answer"), "no answer": (Answer(0), "did not answer"),
    "not found": (Answer(404), "does not know this course"), "forbidden": (Answer(403), "Names and Roles"),
    "nonsense": (Answer(200, b"<html>"), "cannot be read"),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize(("answer", "words"), TROUBLE.values(), ids=TROUBLE)
def test_when_the_list_cannot_be_had_the_page_says_why_and_shows_those_who_came(
    house: Flask, lms: Lms, teacher: Browser, answer: Answer, words: str,
) -> None:
    come(house, lms, "4", "Came")
    lms.answers["members"].append(answer)
    page = open_class(teacher)
    assert words in page
    assert list(table(page)) == ["Came"]


@ON_ONE_DATABASE
def test_a_next_page_on_another_host_is_not_asked_for(lms: Lms, teacher: Browser) -> None:
    lms.answers["members"].append(Answer(200, b'{"members": []}', {"Link": '<https://evil.example/more>; rel="next"'}))
    open_class(teacher)
    assert lms.count("/members") == 1


def test_a_course_of_the_organisation_itself_has_a_class_too(house: Flask) -> None:
    lecturer = builders.person("Karim")
    run = builders.enrolment(lecturer, role=Role.LECTURER).run_id
    builders.enrolment(builders.person("Lena"))
    page = builders.browser(house, lecturer).get(f"/lti/class/{run}", headers={"Accept-Language": "en"})
    assert "belongs to no learning platform" in page.text
    assert list(table(page.text)) == ["Lena"]


# --- Groups -------------------------------------------------------------------------------------------------------------

def test_a_class_is_filtered_by_the_groups_of_the_platform(lms: Lms, teacher: Browser) -> None:
    lms.groups, lms.sets = [{"id": "g1", "name": "Montag", "set_id": "s"}], [{"id": "s", "name": "Übung"}]
    lms.members = [learner("4", "In", group_enrollments=[{"group_id": "g1"}]), learner("5", "Out")]
    page = open_class(teacher)
    assert "Übung: Montag" in page
    assert next(asked for asked in lms.asked if asked.path == "/members").query["groups"] == ["true"]
    assert list(table(open_class(teacher, "?group=g1"))) == ["In"]
    assert "nobody to show" in open_class(teacher, "?group=gibtsnicht")


@ON_ONE_DATABASE
def test_without_the_groups_the_list_is_shown_all_the_same(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", "Da")]
    lms.answers["groups"].append(Answer(500))
    page = open_class(teacher)
    assert (list(table(page)), "All groups" in page) == (["Da"], False)


# --- Who may look -------------------------------------------------------------------------------------------------------

def test_learners_and_strangers_see_no_class(house: Flask, lms: Lms, teacher: Browser) -> None:
    run_id = db.session.scalars(select(Run.id)).one()
    student = Browser(house, lms)
    root = student.launch(sub="4").location.split("/courses")[0]
    assert [student.client.get(f"{root}/lti/class/{run_id}{path}").status_code for path in ("", "/export", "/learners/none")] == [403] * 3
    assert [student.client.post(f"{root}/lti/class/{run_id}{path}").status_code for path in ("/refresh", "/people/1/learns")] == [403] * 2
    assert builders.browser(house, builders.person("Stranger")).get(f"/lti/class/{run_id}").status_code == 404
    assert house.test_client().get(f"/lti/class/{run_id}").status_code == 302


def test_a_lecturer_of_one_course_sees_no_other(house: Flask, lms: Lms, teacher: Browser) -> None:
    run_id = db.session.scalars(select(Run.id)).one()
    other = Browser(house, lms)
    root = other.launch(**{**TEACHER, "sub": "33"}, **{LTI + "context": {"id": "99", "title": "Other"}, LTI + "resource_link": {"id": "99"}}).location.split("/courses")[0]
    assert other.client.get(f"{root}/lti/class/{run_id}").status_code == 404


def test_a_lecturer_of_another_university_sees_nothing(house: Flask, teacher: Browser) -> None:
    run_id = db.session.scalars(select(Run.id)).one()
    builders.organisation("anderswo")
    foreign = builders.person("Foreign", roles=(Role.ADMINISTRATOR,))
    assert builders.browser(house, foreign).get(f"/lti/class/{run_id}").status_code == 404


def test_the_course_page_leads_lecturers_to_the_class(house: Flask, lms: Lms, teacher: Browser) -> None:
    run_id = db.session.scalars(select(Run.id)).one()
    address = f"{teacher.root}/lti/class/{run_id}"  # type: ignore[attr-defined]
    assert f'href="{address}"' in teacher.client.get(f"{teacher.root}/courses/{run_id}").text  # type: ignore[attr-defined]
    student = Browser(house, lms)
    assert "/lti/class/" not in student.client.get(student.launch(sub="4").location).text


# --- For spreadsheets ---------------------------------------------------------------------------------------------------

def test_the_table_is_safe_for_spreadsheets(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", '=HYPERLINK("http://evil.example")'), learner("5", "+1"), learner("6", "@x"), learner("7", "-2"), learner("8", "Zoë 🦊; a, b")]
    text = open_class(teacher, "/export")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len({len(row) for row in rows}) == 1
    assert {row[0] for row in rows[1:]} == {'\'=HYPERLINK("http://evil.example")', "'+1", "'@x", "'-2", "Zoë 🦊; a, b"}
    assert {row[1] for row in rows[1:]} == {"not begun"}


@pytest.mark.parametrize(("text", "safe"), [("=1", "'=1"), (" =1", "' =1"), ("\t=1", "'\t=1"), ("Ada", "Ada"), ("", ""), ("a-b", "a-b")])
def test_a_cell_never_begins_a_formula(text: str, safe: str) -> None:
    assert spreadsheet.cell(text) == safe


# --- The rules ------------------------------------------------------------------------------------------------------------

NOW = db.now()


def one(opened: int = 4, score: float = 10, days: int = 1, **more: Any) -> Learner:
    return Learner("1", "X", 1, opened, {"m": Points(score, 20)}, NOW - timedelta(days=days) if opened or score else None, **{"participated": False, "passed": False, "left": False, **more})


def test_behind_is_who_has_less_than_half_of_the_median_or_was_quiet_for_two_weeks() -> None:
    everybody = [one(), one(), one(), one(opened=1), one(score=4), one(days=15), one(days=13), one(opened=2, score=5), one(opened=0, score=0), one(score=1, passed=True)]
    found = [row.standing for row in classroom.rows_of(everybody, NOW)]
    work, behind = Standing.AT_WORK, Standing.BEHIND
    assert found == [work, work, work, behind, behind, behind, work, work, Standing.WAITING, Standing.PASSED]


def test_who_has_left_or_not_begun_moves_no_median() -> None:
    rows = classroom.rows_of([one(opened=1, score=1), *[one(opened=9, score=20, left=True)] * 5, *[one(opened=0, score=0)] * 5], NOW)
    assert rows[0].standing is Standing.AT_WORK


def test_an_empty_class_has_a_summary() -> None:
    assert classroom.summary(classroom.rows_of([], NOW)) == classroom.Summary(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("values", [{"page": "²"}, {"page": "-1"}, {"page": "0"}, {"page": "99999999"}, {"show": "x", "sort": "y"}, {}])
def test_an_address_that_makes_no_sense_shows_everybody(values: dict[str, str]) -> None:
    assert Choice.of(values) == Choice()


@pytest.mark.parametrize("sort", classroom.SORTS)
def test_every_order_takes_every_learner(sort: str) -> None:
    rows = classroom.rows_of([one(), one(opened=0, score=0), Learner("9", None, None, 0, {}, None, participated=False, passed=False, left=False)], NOW)
    assert len(classroom.chosen(rows, Choice(sort=sort))) == 3


# --- Roles ------------------------------------------------------------------------------------------------------------

def test_a_list_that_says_learner_only_corrects_a_role(house: Flask, lms: Lms, teacher: Browser) -> None:
    come(house, lms, "9", "Assistant", **ASSISTANT)
    lms.members = [learner("9", "Assistant"), learner("3", "The asker")]
    assert list(table(open_class(teacher))) == ["Assistant"]
    roles = dict(db.session.execute(select(Person.name, Enrolment.role).join(Person, Person.id == Enrolment.person_id)).all())
    assert roles == {"Assistant": Role.LEARNER, "Jürgen Großmann": Role.LECTURER}


def test_a_lecturer_says_that_somebody_takes_part_as_a_learner(house: Flask, lms: Lms, teacher: Browser) -> None:
    come(house, lms, "9", "Assistant", **ASSISTANT)
    run_id = db.session.scalars(select(Run.id)).one()
    own, other = db.session.scalars(select(Enrolment.id).order_by(Enrolment.id)).all()
    ask = [teacher.client.post(f"{teacher.root}/lti/class/{run_id}/people/{id_}/learns").status_code for id_ in (other, other, own, 999)]  # type: ignore[attr-defined]
    assert ask == [303, 303, 403, 404]
    assert "Assistant" in table(open_class(teacher))


def test_rosters_of_two_platforms_do_not_mix(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", "Mine")]
    open_class(teacher)
    assert len(rosters._kept) == 1
    assert rosters._known(999, f"{lms.url}/members") is None


@ON_ONE_DATABASE
def test_a_platform_that_does_not_answer_is_left_alone_for_a_minute(lms: Lms, teacher: Browser) -> None:
    lms.answers["members"].append(Answer(500))
    assert "did not answer" in open_class(teacher)
    assert "did not answer" in open_class(teacher)
    assert lms.count("/members") == 1
    for kept in rosters._kept.values():
        kept.tried_at -= rosters.RESTED
    assert "did not answer" not in open_class(teacher)


@ON_ONE_DATABASE
def test_a_list_that_cannot_be_refreshed_stays_with_a_word_about_it(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", "Änne")]
    open_class(teacher)
    lms.answers["members"].append(Answer(503))
    run_id = db.session.scalars(select(Run.id)).one()
    teacher.client.post(f"{teacher.root}/lti/class/{run_id}/refresh")  # type: ignore[attr-defined]
    page = open_class(teacher)
    assert "as it was a few minutes ago" in page
    assert list(table(page)) == ["Änne"]


@ON_ONE_DATABASE
def test_a_list_is_forgotten_after_ten_minutes(lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", "Old")]
    open_class(teacher)
    for key, kept in list(rosters._kept.items()):
        assert kept.roster
        rosters._kept[key] = rosters._Kept(replace(kept.roster, fetched_at=kept.roster.fetched_at - rosters.KEPT))
    lms.answers["members"].append(Answer(500))
    assert "Old" not in open_class(teacher)


@ON_ONE_DATABASE
def test_a_platform_that_is_switched_off_is_not_asked(lms: Lms, teacher: Browser) -> None:
    with db.transaction() as tx:
        tx.execute(update(Platform).values(active=False))
    open_class(teacher)
    assert lms.count("/members") == 0


def test_visits_and_answers_are_counted(house: Flask, lms: Lms, teacher: Browser) -> None:
    lms.members = [learner("4", "Änne")]
    come(house, lms, "4", "Änne")
    right("zahlen")
    right("farbe")
    right("rechnen")
    assert db.session.scalars(select(Visit.module)).all() == ["eins"]
    found = table(open_class(teacher))["Änne"]
    assert found.startswith("passed | 1 of 1 | 4 / 4 | 4 / 4")


def test_a_roster_url_that_went_away_is_forgotten(house: Flask, lms: Lms, teacher: Browser) -> None:
    browser = Browser(house, lms)
    browser.launch(sub="4", **{NRPS: ...})
    assert "does not tell" in open_class(teacher)
