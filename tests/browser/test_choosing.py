"""A lecturer adds activities in a frame of the stand-in LMS, which is another site: by keyboard alone, on a phone, without scripts."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Page, expect

from tests.browser.look import assert_accessible, assert_no_sideways_scroll, headed, settled
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser
Opener = Callable[..., Page]


@pytest.fixture
def adding(chromium: Browser, stage: Stage) -> Iterator[Opener]:
    """The page on which somebody who teaches adds an activity, in a fresh browser."""
    contexts: list[BrowserContext] = []

    def open_page(width: int = 1280, height: int = 720, member: str = "3", **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.goto(stage.platform)
        page.locator(f"form[action$='/be/{member}'] button").click()
        page.goto(f"{stage.platform}/course/add")
        if options.get("java_script_enabled", True):
            headed(tool_of(page), "Choose content for your course")
        return page

    yield open_page
    for context in contexts:
        context.close()


def tool_of(page: Page) -> FrameLocator:
    return settled(page).frame_locator("iframe")


def frame_of(page: Page) -> Frame:
    return page.frames[-1]


def focused(page: Page) -> str:
    """What has the focus inside the frame, by its name or text."""
    return str(frame_of(page).evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.id || document.activeElement.innerText"))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until this has the focus; it must be seen then, above the bar at the foot."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if re.search(name, focused(page)):
            box = "document.activeElement.getBoundingClientRect()"
            assert frame_of(page).evaluate(f"document.elementFromPoint({box}.x + 5, {box}.y + {box}.height / 2)?.closest('.basket') === null || !!document.activeElement.closest('.basket')"), name
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_by_keyboard_alone_from_the_search_to_the_activity_in_the_course(adding: Opener, stage: Stage) -> None:
    page = adding(height=600)
    tool = tool_of(page)
    tool.get_by_role("heading", level=1).click()
    tab_to(page, "chooser-q")
    everything = tool.locator("#chooser-count").inner_text()
    page.keyboard.type("token")
    expect(tool.locator("#chooser-count")).not_to_have_text(everything)
    settled(page)  # A list that is just being replaced would lose the tick.
    tab_to(page, r"pick-quiz\.ki-kompetenz")
    page.keyboard.press("Space")
    expect(tool.get_by_role("region", name="Your selection")).to_contain_text("1 selected")
    expect(tool.locator("#chooser-said")).to_have_text("1 selected")
    tab_to(page, "^Next")
    page.keyboard.press("Enter")
    headed(tool, "Titles and points")
    tab_to(page, "entry1-title")
    page.keyboard.press("Control+A")
    page.keyboard.type("Keyboard quiz")
    tab_to(page, "entry1-points")
    page.keyboard.press("Control+A")
    page.keyboard.type("500")
    page.keyboard.press("Enter")
    expect(tool.get_by_role("alert").first).to_contain_text("Please check what is marked")
    expect(tool.locator("#entry1-points")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    headed(tool, "Added to the course")
    expect(tool.get_by_role("row").nth(1)).to_contain_text("Keyboard quiz")
    tool.get_by_role("link", name="To the course").click()
    page.get_by_role("link", name=re.compile("Open here.*Keyboard quiz")).click()
    expect(tool_of(page).get_by_text(re.compile("^Quiz$"))).to_be_visible()


def test_on_a_phone_in_a_frame_of_another_site(adding: Opener) -> None:
    page = adding(390, 780)
    tool = tool_of(page)
    tool.get_by_role("checkbox").first.check()
    expect(tool.get_by_role("region", name="Your selection")).to_contain_text("1 selected")
    for state in ("pick", "details"):
        wide, inner = frame_of(page).evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= inner, state
        assert_no_sideways_scroll(page, 390, state)
        if state == "pick":
            tool.get_by_role("button", name="Next", exact=True).click()
            headed(tool, "Titles and points")
    tool.get_by_role("button", name="Add to the course").last.click()
    headed(tool, "Added to the course")


def test_without_scripts_a_search_a_preview_and_the_buttons_do_it(adding: Opener) -> None:
    page = adding(java_script_enabled=False)
    for onward in ("/lti/auth", "/lti/choose"):  # The forms that carry the launch have buttons where no script presses them.
        tool_of(page).get_by_role("button", name="Continue").click()
        frame_of(page).wait_for_url(re.compile(onward))
    tool = tool_of(page)
    headed(tool, "Choose content for your course")
    tool.get_by_role("checkbox").first.check()
    tool.locator("#chooser-q").fill("token")
    tool.get_by_role("button", name="Search").last.click()
    expect(tool.locator("#basket")).to_contain_text("1 selected")
    tool.get_by_role("button", name=re.compile("^Preview: Quiz: How language")).first.click()  # Three courses share the module.
    expect(tool.get_by_role("heading", level=1)).to_contain_text("Quiz: ")
    tool.get_by_role("link", name="Back to the selection").click()
    expect(tool.locator("#chooser-q")).to_have_value("token")
    tool.get_by_role("button", name="Next", exact=True).click()
    tool.get_by_role("button", name="Add to the course").last.click()
    tool.get_by_role("button", name="Continue").click()
    headed(tool, "Added to the course")


def test_every_state_of_the_picker_is_accessible(adding: Opener, stage: Stage) -> None:
    """In a window of its own: axe looks at the page itself, and at 320 px nothing sticks out."""
    page = adding()
    page.goto(f"{stage.platform}/deep-linking/begin")
    expect(page.locator("#chooser-q")).to_be_visible()

    def look(where: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert_accessible(page, f"{where} {scheme}")
        assert_no_sideways_scroll(page, 320, where)
        page.set_viewport_size({"width": 1280, "height": 600})

    for details in page.locator("details.offer-more").all()[:2]:  # All look alike, and axe looks at each word of what is open.
        details.locator("summary").click()
    look("pick")
    page.locator("#chooser-q").fill("xyzzy")
    expect(page.get_by_role("heading", name="Nothing fits this search")).to_be_visible()
    look("nothing found")
    page.get_by_role("button", name="Show everything").click()
    page.locator("[name=pick]").nth(3).check()
    expect(page.locator("#basket")).to_contain_text("1 selected")
    page.locator("#basket summary").click()
    look("basket open")
    page.get_by_role("button", name=re.compile("^Preview")).nth(1).click()
    expect(page.get_by_role("link", name="Back to the selection")).to_be_visible()
    look("preview")
    page.get_by_role("link", name="Back to the selection").click()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Titles and points")
    look("details")
    page.locator("#entry1-title").fill("")
    page.get_by_role("button", name="Add to the course").last.click()
    expect(page.get_by_role("alert").first).to_be_visible()
    look("errors")


def test_cancelling_says_so_in_the_learning_platform(adding: Opener) -> None:
    page = adding()
    tool_of(page).get_by_role("button", name="Cancel").click()
    headed(tool_of(page), "Nothing was added")
    expect(tool_of(page).get_by_text("Nothing was chosen, so nothing was added.")).to_be_visible()
