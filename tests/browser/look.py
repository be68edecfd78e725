"""What is looked at on every page: accessibility by axe, and that nothing sticks out."""

import json
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import FrameLocator, Locator, Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"], "preload": False}  # No rule of these reads style sheets.
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# Only the violations travel, and as one text: the whole report takes longer on its way than axe takes to look.
_RUN = "async rules => JSON.stringify((await axe.run(rules)).violations)"
_WITHOUT_CONTRAST = {**RULES, "rules": {"color-contrast": {"enabled": False}}}


def settled(page: Page) -> Page:
    """The page, once nothing in it nor in its frames is on its way.

    Playwright's first look of an `expect` has no time limit, and one into a frame that is just being replaced never ends.
    """
    page.wait_for_load_state("networkidle")
    return page


def headed(place: Page | FrameLocator, title: str) -> Locator:
    """Wait until the page, or the page in a frame, has this heading.

    Of a frame that may still be replaced use this, and no `expect`, whose first look may never end (see `settled`).
    """
    heading = place.get_by_role("heading", level=1, name=title, exact=True)
    heading.wait_for()
    return heading


def assert_accessible(page: Page, where: str, *, contrast: bool = True) -> None:
    """Axe finds no violation of WCAG 2.2 AA. Measuring contrast takes most of the time: without it where another page has the same colours."""
    page.evaluate(_AXE)
    found = json.loads(page.evaluate(_RUN, RULES if contrast else _WITHOUT_CONTRAST))
    problems = [f"{violation['id']}: {node['html']} {node['any'][:1]}" for violation in found for node in violation["nodes"][:3]]
    assert not problems, f"{where}:\n" + "\n".join(problems)


def assert_no_sideways_scroll(page: Page, width: int, where: str) -> None:
    """At this width the page scrolls downwards only."""
    page.set_viewport_size({"width": width, "height": 800})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{where} is {wide} wide at {width}"
