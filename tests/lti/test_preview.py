"""A launch that does not say who came: one may look, and nothing is kept of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, table, update

from accounts.models import Identity, Person
from core import db, sessions
from courses.models import Enrolment, Run
from tests import builders
from tests.lti.conftest import reasons
from tests.lti.lms import BASE, LTI, Browser, Lms
from tests.lti.test_launch import second_course

MODULE = {LTI + "custom": {"module": "eins"}}
TWO_MODULES: Mapping[str, bytes] = {
    **builders.FILES,
    "course.yml": builders.COURSE.replace("[01-eins]", "[01-eins, 02-zwei]").encode(),
    **{
        f"02-zwei/module.{language}.md": text.replace("id: eins", "id: zwei").encode()
        for language, text in (("de", builders.GERMAN), ("en", builders.ENGLISH))
    },
}


def rows() -> dict[str, int]:
    """How many rows each table has."""
    names = inspect(db.session.connection()).get_table_names()
    return {name: db.session.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def main_of(page: str) -> str:
    return page.split("<main")[1].split("</main>")[0]


def test_a_launch_without_a_person_leads_to_a_preview_of_the_course(browser: Browser) -> None:
    response = browser.launch(sub=...)
    assert response.status_code == 303
    assert response.location.endswith("/preview")
    page = browser.client.get(response.location)
    assert page.status_code == 200
    assert "This is a preview" in page.text
    assert f"{response.location}/eins" in page.text
    assert "frame-ancestors https://lms.example;" in page.headers["Content-Security-Policy"] + ";"
    assert reasons() == ["anonymous"]


def test_the_preview_of_a_module_has_its_text_and_questions_and_nothing_that_could_be_sent(browser: Browser) -> None:
    response = browser.launch(sub=..., **MODULE)
    assert response.location.endswith("/preview/eins")
    page = browser.client.get(response.location)
    assert page.status_code == 200
    assert [text for text in ("A sentence about", "Which colour is the sky?", "HINT-ONE", "What is 2 + 2?") if text not in page.text] == []
    assert main_of(page.text).count("<fieldset") == 2
    assert [tag for tag in ("<form", "<button", "hx-", "csrf") if tag in main_of(page.text)] == []


@pytest.mark.parametrize(("custom", "there", "not_there"), [
    ({"item": "rechnen"}, ["What is 2 + 2?"], ["A sentence about", "Which colour is the sky?"]),
    ({"kind": "quiz"}, ["What is 2 + 2?", "Which colour is the sky?"], ["A sentence about"]),
])
def test_the_preview_of_some_questions_has_only_these(browser: Browser, custom: dict[str, str], there: list[str], not_there: list[str]) -> None:
    response = browser.launch(sub=..., **{LTI + "custom": {"module": "eins", **custom}})
    page = browser.client.get(response.location).text
    assert [text for text in there if text not in page] == []
    assert [text for text in not_there if text in page] == []


def test_the_preview_speaks_the_platforms_language(browser: Browser) -> None:
    response = browser.launch(sub=..., **MODULE, **{LTI + "launch_presentation": {"locale": "de_DE"}})
    page = browser.client.get(response.location)
    assert "Dies ist eine Vorschau" in page.text
    assert "Welche Farbe hat der Himmel?" in page.text


@pytest.mark.parametrize("custom", [{}, {"module": "eins"}], ids=["course", "module"])
def test_of_a_preview_only_login_record_and_session_are_kept(browser: Browser, custom: dict[str, str]) -> None:
    browser.client.get("/")
    before = rows()
    location = browser.launch(sub=..., **{LTI + "custom": custom}).location
    browser.client.get(location)
    after = rows()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "browser_session": 1, "lti_launch_record": 1, "lti_login_state": 1,
    }


def test_a_named_launch_beside_it_makes_its_person_as_ever(browser: Browser) -> None:
    preview, named = browser.launch(sub=...), browser.launch()
    assert "/courses/" in named.location
    assert browser.client.get(named.location).status_code == 200
    assert browser.client.get(preview.location).status_code == 200
    assert [db.session.scalar(select(func.count()).select_from(model)) for model in (Person, Identity, Run, Enrolment)] == [1, 1, 1, 1]
    assert reasons() == ["anonymous", "admitted"]


def test_the_newest_edition_is_shown(browser: Browser) -> None:
    builders.edition({**builders.FILES, "01-eins/module.en.md": builders.ENGLISH.replace("about *colours*", "of the second edition").encode()})
    assert "of the second edition" in browser.client.get(browser.launch(sub=..., **MODULE).location).text


# --- Who may look at what ---------------------------------------------------------------------------------------------

def test_the_preview_of_a_course_leads_from_module_to_module(browser: Browser) -> None:
    builders.edition(TWO_MODULES)
    location = browser.launch(sub=...).location
    page = browser.client.get(f"{location}/eins")
    assert f'href="{location}/zwei"' in page.text
    assert f'rel="prev" href="{location}"' in page.text
    assert f'class="brand" href="{location}"' in page.text
    assert browser.client.get(f"{location}/zwei").status_code == 200
    nothing = browser.client.get(f"{location}/drei")
    assert nothing.status_code == 404
    assert "frame-ancestors https://lms.example" in nothing.headers["Content-Security-Policy"]


def test_the_preview_of_a_module_shows_no_other(browser: Browser) -> None:
    builders.edition(TWO_MODULES)
    location = browser.launch(sub=..., **MODULE).location
    course = location.removesuffix("/eins")
    assert "/zwei" not in browser.client.get(location).text
    assert [browser.client.get(path).status_code for path in (course, f"{course}/zwei")] == [404, 404]


def test_the_preview_opens_in_no_other_browser(house: Flask, browser: Browser) -> None:
    location = browser.launch(sub=...).location
    assert house.test_client().get(location).status_code == 401


def test_a_preview_that_has_expired_says_to_open_the_link_again(browser: Browser) -> None:
    location = browser.launch(sub=...).location
    with db.transaction() as tx:
        tx.execute(update(sessions.BrowserSession).values(expires_at=db.now() - timedelta(seconds=1)))
    page = browser.client.get(location, headers={"Accept-Language": "en"})
    assert page.status_code == 401
    assert "open the link there again" in page.text


def test_a_preview_session_sees_nothing_else_and_answers_nothing(browser: Browser) -> None:
    browser.launch()
    run_id = db.session.scalars(select(Run.id)).one()
    launch = browser.launch(sub=..., **MODULE).location.removesuffix("/preview/eins")
    before = rows()
    asked = [browser.client.get(f"{launch}{path}").status_code for path in ("/courses", f"/courses/{run_id}", f"/courses/{run_id}/eins", "/certificates")]
    answers = [f"/courses/{run_id}/eins/farbe/answer", f"/courses/{run_id}/eins/farbe/try", "/preview/eins/farbe/answer", "/preview/eins"]
    told = [browser.client.post(f"{launch}{path}", data={"attempt": "1", "answer": "x"}).status_code for path in answers]
    assert (asked, told) == ([401] * 4, [401, 401, 404, 405])
    assert rows() == before


def test_without_such_a_session_there_is_no_preview(house: Flask, browser: Browser) -> None:
    named = browser.launch().location.split("/courses")[0]
    assert browser.client.get(f"{named}/preview/eins").status_code == 404
    assert browser.client.get("/preview").status_code == 401
    assert builders.browser(house, builders.person()).get("/preview/eins").status_code == 404


def test_the_preview_of_one_university_never_shows_anothers_course(house: Flask, browser: Browser) -> None:
    mine = db.acting_for()
    builders.organisation("anderswo")
    foreign = builders.edition({**builders.FILES, "README.txt": b"theirs"})
    _shown(house, foreign.organisation_id, foreign.id, 200)
    _shown(house, mine, foreign.id, 404)


def _shown(house: Flask, organisation_id: int | None, edition_id: int, status: int) -> None:
    """Open a preview as if a session for it had been made."""
    opened = house.session_interface
    assert isinstance(opened, sessions.DatabaseSessions)
    launch = opened.create({"preview": [edition_id, None], "organisation_id": organisation_id, "frame_ancestors": []}, "a browser's secret")
    client = house.test_client()
    client.set_cookie(sessions.BROWSER_COOKIE, "a browser's secret", secure=True)
    pages = [client.get(f"/l/{launch}{path}").status_code for path in ("/preview", "/preview/eins")]
    assert pages == [status, status]


# --- Launches that are refused all the same ---------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "no course named of several": ({}, 400, "course_unnamed"),
    "a foreign course": ({LTI + "custom": {"course": "gibtsnicht"}}, 404, "course_unknown"),
    "a foreign module": ({LTI + "custom": {"course": "kurs", "module": "gibtsnicht"}}, 404, "module_unknown"),
    "a deployment that nobody approved": ({LTI + "deployment_id": "9"}, 403, "deployment_unknown"),
    "a foreign target": ({LTI + "target_link_uri": f"{BASE}.evil.example/lti/launch"}, 400, "target_foreign"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("changes", "status", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_launch_without_a_person_is_checked_like_any_other(browser: Browser, changes: dict[str, Any], status: int, reason: str) -> None:
    second_course()
    response = browser.launch(sub=..., **changes)
    assert (response.status_code, reasons()) == (status, [reason])


def test_a_launch_without_a_person_works_once(browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    token = lms.sign(lms.claims(begun["nonce"], sub=...))
    assert [browser.post(begun["state"], token).status_code for _ in range(2)] == [303, 401]
    assert reasons() == ["anonymous", "state_used"]
