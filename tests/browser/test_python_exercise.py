"""A Python exercise in a real browser: typed, run with the keyboard, its error marked, handed in, kept for the next visit."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from core import db, sessions
from tests import builders
from tests.assessments.code_page import FILES, RIGHT
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.ports import free_port

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, sqlite_template: Path, tmp_path: Path) -> Iterator[Page]:
    shutil.copy(sqlite_template, tmp_path / "lotse.sqlite3")
    port = free_port()
    with serving_lotse(f"sqlite:///{tmp_path}/lotse.sqlite3", tmp_path, port) as lotse:
        with lotse.app_context():
            builders.organisation()
            learner = builders.person()
            run_id = builders.enrolment(learner, FILES).run_id
            opened = lotse.session_interface
            assert isinstance(opened, sessions.DatabaseSessions)
            secret = opened.create({"_user_id": str(learner.id), "organisation_id": learner.organisation_id, "_fresh": True})
            db.session.remove()
        site = f"http://localhost:{port}"
        context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": secret, "url": site.replace("http:", "https:"), "secure": True}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{site}/courses/{run_id}/eins")
        expect(editor(page)).to_be_visible()
        yield page
        page.close()
    assert errors == []


def exercise(page: Page) -> Locator:
    return page.locator("#q-doppelt")


def editor(page: Page) -> Locator:
    """The one that took the textarea's place: only it has editable content."""
    return exercise(page).locator(".cm-content").and_(exercise(page).get_by_role("textbox", name="Your program"))


def write(page: Page, program: str) -> None:
    """As somebody types who pastes."""
    page.bring_to_front()
    editor(page).click()
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(program)
    expect(editor(page)).to_contain_text(program.split("\n", maxsplit=1)[0])


def test_a_program_is_written_run_mended_and_handed_in_with_the_keyboard_alone(page: Page) -> None:
    write(page, "print('Hallo')\nprint(1 / 0)\ndef f(x):\n    return x")
    page.keyboard.press("Control+Enter")
    expect(exercise(page).locator(".run-output")).to_have_text("Hallo")
    expect(exercise(page).get_by_text("Line 2 divides by zero.").first).to_be_visible()
    expect(exercise(page).locator(".cm-problem")).to_have_text("print(1 / 0)")
    assert_accessible(page, "a program with an error")
    assert_no_sideways_scroll(page, 390, "a program with an error")
    exercise(page).locator(".run-problem .line-link").first.focus()
    page.keyboard.press("Enter")
    expect(editor(page)).to_be_focused()
    write(page, RIGHT)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")  # Escape has let go of the key, so it leaves the editor.
    expect(editor(page)).not_to_be_focused()
    exercise(page).get_by_role("button", name="Hand in").focus()
    page.keyboard.press("Enter")
    expect(exercise(page).locator(".verdict--right")).to_be_visible()
    expect(exercise(page).get_by_text("3 of 3 passed")).to_be_visible()
    assert_accessible(page, "a program handed in")


def test_what_was_typed_is_there_at_the_next_visit_and_can_be_thrown_away(page: Page) -> None:
    with page.expect_response(lambda response: response.url.endswith("/draft") and response.request.method == "POST"):
        write(page, "# half a thought")
    expect(exercise(page).locator(".code-state")).to_have_text("Saved")
    page.reload()
    expect(editor(page)).to_contain_text("# half a thought")
    exercise(page).get_by_role("button", name="Begin anew", exact=True).click()
    exercise(page).get_by_role("button", name="Keep my program").click()
    expect(editor(page)).to_contain_text("# half a thought")
    exercise(page).get_by_role("button", name="Begin anew", exact=True).click()
    expect(exercise(page).get_by_role("button", name="Yes, begin anew")).to_be_focused()
    page.keyboard.press("Enter")
    expect(editor(page)).to_contain_text("return x")
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Control+Z")
    expect(editor(page)).to_contain_text("# half a thought")


def test_a_later_tab_is_not_overwritten_unasked(page: Page, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto(page.url)
    expect(editor(other)).to_be_visible()
    with page.expect_response(lambda response: response.url.endswith("/draft") and response.request.method == "POST"):
        write(page, "# the later one")
    with other.expect_response(lambda response: response.status == 409):
        write(other, "# the older one")
    exercise(other).get_by_role("button", name="Take that version").click()
    expect(editor(other)).to_contain_text("# the later one")
    other.close()


def test_a_program_that_is_handed_in_before_it_was_saved_stays_in_the_editor(page: Page) -> None:
    with page.expect_response(lambda response: response.url.endswith("/draft") and response.request.method == "POST"):
        write(page, "# an older thought")
    write(page, "def f(x):\n    return 7")
    exercise(page).get_by_role("button", name="Hand in").click()
    expect(exercise(page).get_by_text("0 of 3 passed")).to_be_visible()
    page.reload()
    expect(editor(page)).to_contain_text("return 7")


def test_a_program_waits_for_its_turn_by_itself_and_can_be_stopped(page: Page) -> None:
    refusals = 1

    def others_first(route: Route) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals < 0:
            route.continue_()
        else:
            route.fulfill(status=202, json={"wait": "You are number 1."})

    page.route("**/run", others_first)
    write(page, "print('my turn')")
    page.keyboard.press("Control+Enter")
    expect(exercise(page).locator(".code-state")).to_have_text("You are number 1.")
    expect(exercise(page).locator(".run-output")).to_have_text("my turn")
    refusals = 100
    exercise(page).get_by_role("button", name="Run").click()
    exercise(page).get_by_role("button", name="Stop").click()
    expect(exercise(page).get_by_role("button", name="Run")).to_be_visible()


def test_what_a_program_prints_is_seen_before_it_ends(page: Page) -> None:
    write(page, "print('begun')\nwhile True: pass")
    exercise(page).get_by_role("button", name="Run").click()
    expect(exercise(page).locator(".run-output")).to_have_text("begun")
    expect(exercise(page).get_by_role("button", name="Run")).to_be_visible()
