"""One demonstration and one browser for all tests of this folder."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright

from core.sessions import DIRECT_COOKIE
from setup import system
from tests.browser.stage import Stage, performing

LOCALES = {"de": "de-DE", "en": "en-GB"}
expect.set_options(timeout=20_000)  # The first page of a cold house on a busy machine.


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Stage]:
    """The demonstration with everybody in place."""
    folder = tmp_path_factory.mktemp("stage")
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    with performing(folder) as playing:
        yield playing


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers."""
    if system.browser() is None:
        pytest.skip("there is no Chromium or Chrome here: apt-get install chromium")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The browser."""
    browser = playwright.chromium.launch(executable_path=system.browser(), args=["--no-sandbox"])
    yield browser
    browser.close()


@dataclass
class Visit:
    """Opens pages as one of the actors, and keeps what the browser complains about."""

    browser: Browser
    stage: Stage
    complaints: list[str] = field(default_factory=list)
    closing: ExitStack = field(default_factory=ExitStack)

    def __call__(self, actor: str = "", language: str = "de", width: int = 1280, **options: Any) -> Page:
        """An empty page in a fresh profile in which the actor is signed in."""
        context = self.browser.new_context(
            base_url=self.stage.lotse, locale=LOCALES[language], viewport={"width": width, "height": 800},
            **{"reduced_motion": "reduce", **options},  # No colour on its way to another while it is looked at.
        )
        self.closing.callback(context.close)
        if actor:
            # A `__Host-` cookie can be given for https addresses only; the browser sends it to localhost all the same.
            site = self.stage.lotse.replace("http:", "https:")
            context.add_cookies([{"name": DIRECT_COOKIE, "value": self.stage.actors[actor].cookie, "url": site, "secure": True}])
        page = context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        """Keep errors and warnings, but for the browser's remark that a page came with an error status."""
        own = message.page is not None and message.location["url"] == message.page.url
        if message.type in ("error", "warning") and not (own and message.text.startswith("Failed to load resource")):
            self.complaints.append(message.text)


@pytest.fixture
def visit(chromium: Browser, stage: Stage) -> Iterator[Visit]:
    """See Visit. A test fails when the browser complained."""
    visiting = Visit(chromium, stage)
    with visiting.closing:
        yield visiting
    assert visiting.complaints == []
