"""A real browser launches from the stand-in LMS, which is another site than Lotse, with third-party cookies allowed and blocked."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Response
from playwright.sync_api import BrowserContext, FrameLocator, Page, Playwright, expect

from core.config import settings
from demo.campus import WORKSHOP, Activity
from demo.claims import resource_link
from demo.lms import create_lms
from demo.seed import seed
from setup import system
from tests.browser.look import assert_accessible, assert_no_sideways_scroll, headed, settled
from tests.browser.test_seen_ways import tab_to
from tests.demo.house import serving_lotse
from tests.demo.servers import serving
from tests.ports import free_port

pytestmark = pytest.mark.browser
BLOCKED = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
OPEN = re.compile(r"^Open here.*Module M2")
OPEN_WINDOW = re.compile(r"^Open in a new window.*Module M2")
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@dataclass
class Site:
    """The demonstration, served."""

    platform: str
    lotse: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    port, lms_port = free_port(), free_port()
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port, demo_lms_url=f"http://127.0.0.1:{lms_port}") as lotse:
        with lotse.app_context():
            seed(settings())
            lms = create_lms(settings())
        with serving(lms, lms_port):
            yield Site(f"http://127.0.0.1:{lms_port}", f"http://localhost:{port}")


def opened(playwright: Playwright, folder: Path, *, blocked: bool, **options: object) -> BrowserContext:
    """A fresh browser profile; `blocked`: as its user has switched third-party cookies off."""
    (folder / "Default").mkdir(parents=True)
    (folder / "Default" / "Preferences").write_text(json.dumps(BLOCKED if blocked else {}))
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=system.browser(), args=["--no-sandbox"], locale="en-GB", **options,  # type: ignore[arg-type]
    )


@pytest.fixture(params=["cookies allowed", "cookies blocked"])
def context(playwright: Playwright, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = opened(playwright, tmp_path / "profile", blocked=request.param == "cookies blocked")
    yield context
    context.close()


@pytest.fixture
def blocking(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    context = opened(playwright, tmp_path / "profile", blocked=True)
    yield context
    context.close()


def be(page: Page, site: Site, name: str) -> None:
    page.goto(site.platform)
    page.get_by_role("button", name=f"Continue as {name}").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def tool_of(page: Page) -> FrameLocator:
    return settled(page).frame_locator("iframe")


def answer_first_question(tool: FrameLocator) -> None:
    """Answer the first question that still takes answers: an earlier test may have answered another rightly."""
    still_open = tool.locator(".question", has=tool.locator("input[type=radio]:enabled")).first
    question = tool.locator(f"#{still_open.get_attribute('id')}")
    number = question.locator("[name=attempt]").input_value()
    question.locator("input[type=radio]").first.check()
    question.get_by_role("button").first.click()
    expect(question.locator("[name=attempt]")).not_to_have_value(number)


def test_an_answer_in_a_frame_becomes_a_score_in_the_gradebook(context: BrowserContext, site: Site) -> None:
    lecturer, page = context.new_page(), context.new_page()
    be(page, site, "Mira")
    page.get_by_role("link", name=OPEN).click()
    expect(tool_of(page).get_by_role("heading", level=1)).to_contain_text("language models")
    answer_first_question(tool_of(page))
    be(lecturer, site, "Frauke")
    lecturer.get_by_role("link", name="Gradebook").click()
    expect(lecturer.get_by_role("table")).to_contain_text("Lotse:")
    assert any(cookie.get("partitionKey") for cookie in context.cookies() if cookie["name"].endswith("launch"))


def test_a_program_is_typed_run_and_handed_in_inside_a_frame_without_third_party_cookies(
    blocking: BrowserContext, site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = Activity("99", "Python", "", {"course": WORKSHOP, "module": "python"})
    monkeypatch.setattr("demo.parts.ACTIVITIES", (python,))
    page = blocking.new_page()
    be(page, site, "Mira")
    page.goto(f"{site.platform}/course/{python.id}")
    tool = tool_of(page)
    headed(tool, "Python with a language model")
    assert re.match(rf"{site.lotse}/l/[^/]+/courses/", page.frames[1].url)
    exercise = tool.locator("#q-woerter-zaehlen")
    editor = exercise.locator(".cm-content").and_(exercise.get_by_role("textbox", name="Your program"))
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("def schaetze(text):\n    return -(-len(text) // 4)\nprint('four:', schaetze('x' * 16))")
    page.keyboard.press("Control+Enter")
    expect(exercise.locator(".run-output")).to_have_text("four: 4")
    exercise.get_by_role("button", name="Hand in").click()
    expect(exercise.locator(".verdict--right")).to_be_visible()
    expect(exercise.locator("#q-woerter-zaehlen-result")).to_be_focused()
    assert re.match(rf"{site.lotse}/l/[^/]+/courses/", page.frames[1].url)


def test_an_open_gradebook_shows_a_new_score_by_itself(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    be(page, site, "Yunus")
    page.get_by_role("link", name="Gradebook").click()
    watched = page.get_by_role("table")
    before = watched.inner_text()
    other = context.new_page()
    other.goto(f"{site.platform}/course/2")
    answer_first_question(tool_of(other))
    page.bring_to_front()
    expect(watched).not_to_have_text(before, timeout=10_000)
    expect(watched).to_contain_text("/ 100")


def test_the_new_window_works_too(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    be(page, site, "Mira")
    with context.expect_page() as window:
        page.get_by_role("link", name=OPEN_WINDOW).click()
    expect(window.value.get_by_role("heading", level=1)).to_contain_text("language models")


def test_a_browser_that_keeps_no_cookie_in_a_frame_is_offered_a_new_window(
    blocking: BrowserContext, site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As browsers do that block third-party cookies and do not know `Partitioned`."""
    monkeypatch.setattr("lti.views.arrivals.set_cookie", _unpartitioned)
    page = blocking.new_page()
    be(page, site, "Mira")
    page.get_by_role("link", name=OPEN).click()
    with blocking.expect_page() as window:
        tool_of(page).get_by_role("link", name="Open in a new window").click()
    expect(window.value.get_by_role("heading", level=1)).to_contain_text("language models")


def _unpartitioned(response: Response, name: str, value: str, **_: object) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="None")


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_launch_without_a_person_shows_a_preview_to_read(
    playwright: Playwright, tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch, language: str,
) -> None:
    monkeypatch.setattr("demo.claims.resource_link", partial(_without_a_person, resource_link, language))
    context = opened(playwright, tmp_path / "profile", blocked=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    be(page, site, "Mira")
    page.get_by_role("link", name=OPEN).click()
    note = tool_of(page).locator(".kern-alert").first
    expect(note).to_contain_text({"de": "Dies ist eine Vorschau", "en": "This is a preview"}[language])
    page.goto(f"{site.platform}/launch/2/window")
    expect(page.get_by_role("heading", level=1)).to_have_text({"de": "Wie Sprachmodelle schreiben", "en": "How language models write"}[language])
    hint = page.locator("#q-fuenf-angaben .hint summary").first
    tab_to(page, hint)
    page.keyboard.press("Enter")
    expect(page.locator("#q-fuenf-angaben .hint > div").first).to_be_visible()
    assert page.locator("main :is(input, select, textarea, button):enabled").count() == 0
    for details in page.locator("main details").all():
        details.evaluate("details => { details.open = true; }")
    assert_accessible(page, "preview")
    assert_no_sideways_scroll(page, 390, "preview")
    context.close()


def _without_a_person(claims: Callable[..., dict[str, Any]], language: str, *who: object, **launch: object) -> dict[str, Any]:
    return {name: value for name, value in claims(*who, **{**launch, "locale": language}).items() if name != "sub"}


def test_a_page_outside_of_a_launch_cannot_be_framed(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto(site.platform)
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.evaluate("address => { const frame = document.createElement('iframe'); frame.src = address; document.body.append(frame); }", f"{site.lotse}/sign-in")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_stand_in_is_accessible(playwright: Playwright, tmp_path: Path, site: Site, scheme: str, width: int) -> None:
    context = opened(playwright, tmp_path / "profile", blocked=False, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    be(page, site, "Mira")
    for path in ("/", "/course", "/gradebook", "/messages", "/return?lti_msg=ok", "/nowhere"):
        page.goto(site.platform + path)
        found = Axe().run(page, options=AXE_RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    context.close()


def test_the_stand_in_works_without_scripts(playwright: Playwright, tmp_path: Path, site: Site) -> None:
    context = opened(playwright, tmp_path / "profile", blocked=False, java_script_enabled=False)
    page = context.new_page()
    be(page, site, "Mira")
    page.goto(f"{site.platform}/launch/2/window")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("language models")
    context.close()
