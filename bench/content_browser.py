"""A real browser in the studio: from a key in the editor to the picture of the preview. Run apart: `python -m bench.content_browser`.

It prints the milliseconds of each key as JSON, with one language in the preview and then with both. The clock is the page's own: from the key's event to the frame that is painted
after the preview has changed.
"""

import json
import os
import sys
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from setup import system

KEYS = 25
_WATCH = """() => {
  window.taken = [];
  let began = 0;
  document.addEventListener("keydown", () => { began = performance.now(); }, true);
  const pieces = document.querySelector("[data-frame]").contentDocument.getElementById("pieces");
  new MutationObserver(() => {
    if (!began) return;
    const since = began;
    began = 0;
    requestAnimationFrame(() => setTimeout(() => window.taken.push(performance.now() - since)));
  }).observe(pieces, { childList: true });
}"""
_PLACE = """() => {
  const { view } = document.querySelector("[data-studio]").studio;
  const place = view.state.doc.toString().indexOf("It has read much", view.state.doc.length / 2);
  view.dispatch({ selection: { anchor: place }, scrollIntoView: true });
  view.focus();
}"""

_SEEN = """() => {
  const frame = document.querySelector("[data-frame]");
  const piece = [...frame.contentDocument.querySelectorAll(".piece")].find((each) => each.textContent.includes("xxx"));
  const { top, bottom } = piece.getBoundingClientRect();
  return top < frame.clientHeight && bottom > 0;
}"""


def measured(url: str, cookie: str) -> tuple[list[float], list[float]]:
    """Write in the middle of the module at this address, key by key: with one language in the preview, and with both."""
    origin = f"https://{urlsplit(url).netloc}"  # Secure cookies are for such an address, and are sent to this machine all the same.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system.browser(), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([
            {"name": name, "value": morsel.value, "url": origin, "secure": True} for name, morsel in SimpleCookie(cookie).items()
        ])
        page = context.new_page()
        page.goto(url)
        page.wait_for_load_state("networkidle")
        one = _written(page)
        page.select_option("[data-beside]", index=1)
        page.wait_for_load_state("networkidle")
        both = _written(page)
        browser.close()
    return one, both


def _written(page: Page) -> list[float]:
    page.evaluate(_WATCH)
    page.evaluate(_PLACE)
    for number in range(1, KEYS + 1):
        page.keyboard.press("x")
        page.wait_for_function("count => window.taken.length >= count", arg=number)
    if not page.evaluate(_SEEN):
        raise RuntimeError("The preview does not show what is being written.")
    taken: list[float] = page.evaluate("window.taken")
    page.keyboard.press("Enter")
    return taken


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], os.environ["BENCH_COOKIE"])))
