"""A lecturer chooses in the picker what a link opens; the platform gets it signed, and nothing else comes of it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, table

from core import db
from lti.service.choosing import MOST
from tests import builders
from tests.lti.choosing import (
    DL,
    RETURN,
    SETTINGS,
    Picker,
    fields_of,
    handed_over,
    items_in,
    open_picker,
    request_claims,
)
from tests.lti.conftest import reasons
from tests.lti.lms import LTI, Browser, Lms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FieldValues = dict[str, Any]
COURSE, MODULE, QUIZ = "course.kurs", "module.kurs.eins", "quiz.kurs.eins"
QUESTION, CERTIFICATE = "exercise.kurs.eins.farbe", "certificate.kurs"


@pytest.fixture
def picker(house: Flask, lms: Lms) -> Picker:
    return open_picker(house, lms)


# --- The picker -------------------------------------------------------------------------------------------------------

def test_the_picker_offers_everything_that_a_link_can_open(picker: Picker) -> None:
    page = picker.see()
    assert page.status_code == 200
    assert fields_of(page.text)["shown"] == [COURSE, CERTIFICATE, MODULE, QUIZ, *(f"exercise.kurs.eins.{item}" for item in ("farbe", "zahlen", "rechnen"))]
    assert "7 entries found" in page.text
    assert "frame-ancestors https://lms.example" in page.headers["Content-Security-Policy"]
    assert [key for key in ("FEEDBACK", "EXPLANATION") if key in page.text] == []


def test_choosing_leaves_no_rows_but_login_record_session_and_key(house: Flask, lms: Lms) -> None:
    def rows() -> dict[str, int]:
        names = inspect(db.session.connection()).get_table_names()
        return {name: db.session.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}

    before = rows()
    picker = open_picker(house, lms)
    picker.choose(COURSE, QUIZ)
    assert len(items_in(picker.add())) == 2
    after = rows()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "browser_session": 1, "lti_launch_record": 1, "lti_login_state": 1, "lti_tool_key": 2,
    }
    assert reasons() == ["choosing"]


def test_what_was_chosen_arrives_signed_with_title_points_and_target(picker: Picker) -> None:
    picker.choose(COURSE, QUESTION, CERTIFICATE)
    claims = picker.add()
    assert (claims["iss"], claims["aud"]) == ("lotse-at-lms", "https://lms.example")
    assert claims[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert (claims[LTI + "version"], claims[LTI + "deployment_id"], claims[DL + "data"]) == ("1.3.0", "1", SETTINGS["data"])
    course, question, certificate = items_in(claims)
    assert {item["type"] for item in items_in(claims)} == {"ltiResourceLink"}
    assert (course["title"], course["text"], course["custom"]) == ("A small course", "What it is about.", {"course": "kurs"})
    review = {"reviewableStatus": ["InProgress", "Submitted", "Completed"], "url": "http://localhost:8000/lti/launch"}
    assert course["lineItem"] == {"scoreMaximum": 4, "label": "A small course", "resourceId": COURSE, "tag": "course", "submissionReview": review}
    assert (question["title"], question["lineItem"]["scoreMaximum"]) == ("Question: Which colour is the sky?", 1)
    assert question["custom"] == {"course": "kurs", "module": "eins", "item": "farbe", "kind": "exercise"}
    assert (certificate["custom"], "lineItem" in certificate) == ({"course": "kurs", "kind": "certificate"}, False)


def test_titles_are_in_the_lecturers_language(house: Flask, lms: Lms) -> None:
    picker = open_picker(house, lms, **{LTI + "launch_presentation": {"locale": "de_DE"}})
    picker.choose(MODULE, QUIZ)
    assert [item["title"] for item in items_in(picker.add())] == ["Eins", "Quiz: Eins"]


def test_title_description_points_and_draw_can_be_changed(picker: Picker) -> None:
    picker.choose(QUIZ, MODULE)
    claims = picker.add(**{
        "entry1-title": "  Zwischen\ttest \u202e🦊 ", "entry1-text": "Zeile 1\r\nZeile  2", "entry1-points": "25", "entry1-draw": "2", "entry2-graded": [],
    })
    quiz, module = items_in(claims)
    assert (quiz["title"], quiz["text"]) == ("Zwischen test 🦊", "Zeile 1\nZeile 2")
    assert (quiz["lineItem"]["scoreMaximum"], quiz["lineItem"]["label"]) == (25, "Zwischen test 🦊")
    assert quiz["custom"] == {"course": "kurs", "module": "eins", "draw": "2", "kind": "quiz"}
    assert "lineItem" not in module


@pytest.mark.parametrize(("field", "value"), [
    ("points", "0"), ("points", "101"), ("points", "12.5"), ("points", "-3"), ("points", ""), ("points", "1e2"), ("points", "١٢"), ("points", "9" * 5000),
    ("draw", "0"), ("draw", "4"), ("draw", "x"), ("draw", "1.5"), ("title", ""), ("title", " \u200b "),
])
def test_what_a_platform_would_not_take_is_said_beside_the_field_and_nothing_is_lost(picker: Picker, field: str, value: str) -> None:
    picker.choose(QUIZ)
    response = picker.send("send", "/details", **FieldValues({"entry1-text": "Meine Beschreibung", f"entry1-{field}": value}))
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert "Meine Beschreibung" in response.text
    assert "Meine Beschreibung" in picker.see("/details").text


def test_without_a_grade_the_points_do_not_matter(picker: Picker) -> None:
    picker.choose(QUIZ)
    assert "lineItem" not in items_in(picker.add(**{"entry1-graded": [], "entry1-points": "x"}))[0]


# --- Search and selection ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("query", "found"), [
    ("", 7), ("colour sky", 4), ("COLOUR", 4), ("quiz", 5), ("certificate", 2), ("nothing like it", 0), ("2 + 2", 4), ("small course", 7), ("farbe", 4),
])
def test_a_search_finds_titles_questions_and_kinds(picker: Picker, query: str, found: int) -> None:
    page = picker.send("search", htmx=True, q=query)
    assert page.status_code == 200
    assert ("entries found" in page.text) == (found != 1)
    assert len(fields_of(page.text).get("shown", [])) >= (found > 0)
    if not found:
        assert "Nothing fits this search" in page.text


def test_accents_and_capitals_do_not_matter(house: Flask, lms: Lms) -> None:
    builders.edition({path: text.replace(b"Primzahlen", "Übergrößen".encode()) for path, text in builders.FILES.items()})
    picker = open_picker(house, lms, **{LTI + "launch_presentation": {"locale": "de"}})
    assert "exercise.kurs.eins.zahlen" in picker.send("search", htmx=True, q="ubergrossen").text


def test_audience_and_language_narrow_the_results(picker: Picker) -> None:
    assert "Nothing fits" in picker.send("search", htmx=True, audience="admin").text
    assert "A small course" in picker.send("search", htmx=True, audience="students", language="de").text
    assert "A small course" in picker.send("search", htmx=True, audience="nobody", language="xx").text


def test_the_selection_survives_searching_looking_at_something_and_coming_back(picker: Picker) -> None:
    response = picker.send("search", q="sky", pick=[QUESTION])
    assert response.location.endswith("/lti/choose")
    assert 'value="sky"' in picker.see().text
    response = picker.send(f"preview:{MODULE}", pick=[QUESTION, MODULE])
    page = picker.browser.client.get(response.location)
    assert page.status_code == 200
    assert "A sentence about" in page.text
    assert "Remove from the selection" in page.text
    assert picker.send("search", q="nothing like it").status_code == 303
    picker.send("all")
    assert fields_of(picker.see().text)["pick"] == [MODULE, QUESTION]


def test_with_scripts_a_tick_only_brings_the_basket_back(picker: Picker) -> None:
    page = picker.send("pick", htmx=True, pick=[MODULE])
    assert 'id="basket"' in page.text
    assert 'id="results"' not in page.text
    assert "1 selected" in page.text


def test_something_can_be_taken_out_again(picker: Picker) -> None:
    picker.send("pick", pick=[MODULE, QUIZ])
    picker.send(f"remove:{QUIZ}")
    assert fields_of(picker.see().text)["pick"] == [MODULE]
    picker.choose(MODULE, QUESTION)
    assert picker.send(f"remove:{MODULE}", "/details").location.endswith("/details")
    assert fields_of(picker.see("/details").text)["entry"] == [QUESTION]


def test_what_was_written_stays_when_one_goes_back_for_more(picker: Picker) -> None:
    picker.choose(MODULE)
    picker.send("back", "/details", **FieldValues({"entry1-title": "Mein Titel", "entry1-points": "7"}))
    page = picker.choose(MODULE, QUIZ)
    assert fields_of(page.text)["entry1-title"] == ["Mein Titel"]
    assert items_in(picker.add())[0]["lineItem"]["scoreMaximum"] == 7


def test_where_the_platform_takes_one_there_is_one(house: Flask, lms: Lms) -> None:
    picker = open_picker(house, lms, {"accept_multiple": False})
    page = picker.see()
    assert 'type="radio"' in page.text
    assert 'type="checkbox"' not in page.text
    picker.choose(MODULE, QUIZ)
    assert len(items_in(picker.add())) == 1


def test_nothing_chosen_is_said(picker: Picker) -> None:
    response = picker.send("continue")
    assert response.status_code == 422
    assert "Please choose something first." in response.text
    assert picker.see("/details").status_code == 303


@pytest.mark.parametrize("path", ["", "/details"])
def test_cancelling_tells_the_platform_that_nothing_was_chosen(picker: Picker, path: str) -> None:
    picker.choose(MODULE)
    claims = handed_over(picker.send("cancel", path))
    assert items_in(claims) == []
    assert claims[DL + "msg"] == "Nothing was chosen, so nothing was added."
    assert claims[DL + "data"] == SETTINGS["data"]


def test_the_form_to_the_platform_may_go_there_only_and_needs_no_script(picker: Picker) -> None:
    picker.choose(MODULE)
    page = picker.send("send", "/details")
    assert "form-action https://lms.example;" in page.headers["Content-Security-Policy"]
    assert "form-action 'self'" in picker.see().headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "private, no-store"
    assert '<button class="kern-btn kern-btn--primary" type="submit"' in page.text
    assert "Set-Cookie" not in page.headers


def test_choosing_twice_makes_two_messages_with_their_own_nonce(picker: Picker) -> None:
    picker.choose(MODULE)
    first, second = picker.add(), picker.add()
    assert items_in(first) == items_in(second)
    assert first["nonce"] != second["nonce"]


def test_without_data_none_is_sent_back(house: Flask, lms: Lms) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != "data"}
    browser = Browser(house, lms)
    response = browser.launch(**{**request_claims(), "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": settings})
    picker = Picker(browser, response.location)
    picker.choose(MODULE)
    assert DL + "data" not in picker.add()


@pytest.mark.parametrize("types", [["file", "html"], [], "ltiResourceLink", None])
def test_a_platform_that_takes_no_links_is_told_so(house: Flask, lms: Lms, types: Any) -> None:
    picker = open_picker(house, lms, {"accept_types": types})
    page = picker.see()
    assert "Lotse cannot be chosen here" in page.text
    claims = handed_over(picker.send("cancel"))
    assert items_in(claims) == []
    assert "does not take links" in claims[DL + "errormsg"]


def test_an_organisation_without_courses_sees_that_there_are_none(house: Flask, lms: Lms) -> None:
    builders.organisation("leer")
    other = Lms("https://empty.example", "client")
    other.register(db.acting_for() or 0)
    assert "There are no courses yet" in open_picker(house, other).see().text
    other.close()


# --- Previews ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("path", "there", "not_there"), [
    ("/preview/kurs", "One", "<fieldset"), ("/preview/kurs/module/eins", "A sentence about", "HINT-ONE de"),
    ("/preview/kurs/quiz/eins", "Which colour is the sky?", "A sentence about"),
    ("/preview/kurs/exercise/eins/rechnen", "What is 2 + 2?", "Which colour is the sky?"),
])
def test_a_preview_shows_what_learners_will_see_and_takes_no_answer(picker: Picker, path: str, there: str, not_there: str) -> None:
    page = picker.see(path)
    assert page.status_code == 200
    assert there in page.text
    assert not_there not in page.text
    assert "Back to the selection" in page.text
    assert [key for key in ("FEEDBACK", "EXPLANATION", "/answer") if key in page.text] == []


def test_what_was_looked_at_can_be_chosen_there(picker: Picker) -> None:
    picker.send("search", q="sky")
    picker.browser.client.post(picker.base, data={**fields_of(picker.see("/preview/kurs/quiz/eins").text), "do": "search"})
    page = picker.see()
    assert 'value="sky"' in page.text
    assert "1 selected" in page.text


# --- Who may, and what others try -------------------------------------------------------------------------------------

@pytest.mark.parametrize("roles", [
    [], ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator", "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"],
])
def test_only_who_teaches_in_the_course_may_choose(browser: Browser, roles: list[str]) -> None:
    response = browser.launch(**request_claims(**FieldValues({LTI + "roles": roles})))
    assert response.status_code == 403
    assert reasons() == ["teachers_only"]


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", "data:text/html,x", "//evil.example", "", None, 5, "https:///x", "https://a;script-src *", "ftp://lms.example/", "https://a b/",
    "http://lms.example/return", "https://lms.example@evil.example/",
])
def test_a_return_address_that_is_none_is_refused(browser: Browser, url: Any) -> None:
    response = browser.launch(**request_claims({"deep_link_return_url": url}))
    assert response.status_code == 400
    assert reasons() == ["return_url_missing"]


def test_a_request_without_a_person_is_refused(browser: Browser) -> None:
    assert browser.launch(**request_claims(sub=...)).status_code == 400
    assert reasons() == ["person_missing"]


def test_the_picker_opens_in_the_browser_and_session_of_its_launch_only(house: Flask, lms: Lms, picker: Picker) -> None:
    assert Browser(house, lms).client.get(picker.base).status_code == 401
    assert picker.browser.client.get("/lti/choose").status_code == 401
    learner = Browser(house, lms)
    location = learner.launch().location
    prefix = location.split("/courses")[0]
    assert learner.client.get(f"{prefix}/lti/choose").status_code == 404
    assert picker.browser.client.get(f"{picker.base.removesuffix('/lti/choose')}/certificates").status_code == 401


def test_forms_need_the_token(house: Flask, picker: Picker) -> None:
    house.config["WTF_CSRF_ENABLED"] = True
    assert picker.send("pick", pick=[MODULE]).status_code == 303
    for path in ("", "/details"):
        assert picker.send("cancel", path, csrf_token="forged").status_code == 400


def test_forged_names_are_not_chosen(picker: Picker) -> None:
    forged = ["exercise.kurs.eins.nobody", "course.other", "course", "", "exercise.kurs.eins", "../..", "module.kurs.eins.farbe", "x" * 10_000]
    assert picker.send("continue", pick=forged).status_code == 422
    for name in forged:
        assert picker.send(f"preview:{name}").status_code in (303, 404)
    assert picker.see("/preview/kurs/exercise/eins/nobody").status_code == 404
    assert picker.see("/preview/other").status_code == 404


def test_courses_of_another_university_are_neither_offered_nor_taken(house: Flask, lms: Lms) -> None:
    mine = db.acting_for()
    builders.organisation("nachbarstadt")
    builders.edition({path: text.replace(b"kurs", b"fremd").replace(b"small", b"foreign") for path, text in builders.FILES.items()})
    db.act_for(mine or 0)
    picker = open_picker(house, lms)
    assert "foreign" not in picker.see().text
    assert picker.send("continue", pick=["course.fremd"]).status_code == 422


def test_a_huge_selection_is_refused_and_the_earlier_one_stays(house: Flask, lms: Lms) -> None:
    questions = "\n".join(f"::: numeric {{#frage-{number} points=1}}\nWas ist {number}?\n= {number} +- 0\n:::\n" for number in range(MOST + 10))
    builders.edition({path: text + questions.encode() if path.endswith(".md") else text for path, text in builders.FILES.items()})
    picker = open_picker(house, lms)
    picker.send("pick", pick=[MODULE])
    response = picker.send("continue", pick=[f"exercise.kurs.eins.frage-{number}" for number in range(MOST + 10)])
    assert response.status_code == 422
    assert f"At most {MOST}" in response.text
    assert fields_of(picker.see().text)["pick"] == [MODULE]


def test_a_course_that_changed_meanwhile_is_said_and_can_be_taken_out(picker: Picker) -> None:
    picker.choose(MODULE, QUESTION)
    builders.edition({path: text.replace(b"#farbe", b"#andere") for path, text in builders.FILES.items()})
    response = picker.send("send", "/details")
    assert response.status_code == 422
    assert "This is no longer there" in response.text
    picker.send(f"remove:{QUESTION}", "/details")
    assert [item["custom"] for item in items_in(picker.add())] == [{"course": "kurs", "module": "eins"}]


def test_a_selection_that_changed_in_another_tab_is_shown_before_it_is_sent(picker: Picker) -> None:
    picker.choose(MODULE, QUIZ)
    stale = fields_of(picker.see("/details").text)
    picker.send(f"remove:{MODULE}")
    response = picker.browser.client.post(f"{picker.base}/details", data={**stale, "do": "send"})
    assert response.status_code == 303
    assert "changed in another window" in picker.see("/details").text


def test_the_return_address_is_the_one_of_the_launch(picker: Picker) -> None:
    picker.choose(MODULE)
    page = picker.send("send", "/details", return_url="https://evil.example", deep_link_return_url="https://evil.example")
    assert "evil" not in page.text
    assert RETURN.replace("&", "&amp;") in page.text
