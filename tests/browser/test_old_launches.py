"""LTI 1.1 in a real browser: the form is posted twice, in frames with and without cookies, and in a window of its own."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from markupsafe import escape
from playwright.sync_api import BrowserContext, FrameLocator, Page, Playwright, expect

from core import sessions
from lti.service import legacy
from tests import builders
from tests.browser.look import assert_accessible, headed, settled
from tests.browser.test_frames import opened
from tests.demo.house import serving_lotse
from tests.demo.servers import serving
from tests.lti.consumer import Consumer
from tests.ports import free_port

pytestmark = pytest.mark.browser


@dataclass
class Site:
    """Lotse, and an old platform on another site that shows it in a frame."""

    lotse: str
    platform: str


def platform(consumer: Consumer, lotse: str) -> Flask:
    """A course page whose frame is filled by a signed form."""
    app = Flask(__name__)

    @app.get("/course")
    def course() -> Response:
        signed = consumer.signed(consumer.fields(user_id=request.args["user"]), url=f"{lotse}/lti/1p1/launch")
        inputs = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in signed.items())
        return Response(
            f'<!doctype html><html lang="en"><title>Course</title><iframe name="tool" title="Lotse" width="{request.args.get("width", "900")}" height="700"></iframe>'
            f'<form method="post" action="{lotse}/lti/1p1/launch" target="{request.args.get("target", "tool")}">{inputs}<button>Go</button></form>'
            "<script>document.forms[0].submit()</script></html>",
        )

    return app


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("old")
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    port, own = free_port(), free_port()
    found = Site(f"http://localhost:{port}", f"http://127.0.0.1:{own}")
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port, lti11="on") as app:
        with app.app_context():
            organisation = builders.organisation()
            builders.edition()
            made, secret = legacy.add_consumer(organisation.id, "Old", found.platform)
        with serving(platform(Consumer(app, made.client_id, secret), found.lotse), own):
            yield found


@pytest.fixture(params=["cookies allowed", "cookies blocked"])
def context(playwright: Playwright, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = opened(playwright, tmp_path / "profile", blocked=request.param == "cookies blocked")
    yield context
    context.close()


@pytest.fixture
def cookieless(playwright: Playwright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowserContext]:
    """A browser that keeps no cookie in frames, as those that block and do not know `Partitioned`."""
    def in_windows(*given: Any, **more: Any) -> None:
        if request.headers["Sec-Fetch-Dest"] != "iframe":
            sessions.set_cookie(*given, **more)

    monkeypatch.setattr("lti.views.arrivals.set_cookie", in_windows)
    context = opened(playwright, tmp_path / "profile", blocked=True)
    yield context
    context.close()


def course(context: BrowserContext, site: Site, user: str, **given: str) -> Page:
    page = context.new_page()
    page.goto(f"{site.platform}/course?user={user}" + "".join(f"&{name}={value}" for name, value in given.items()))
    return settled(page)


def heading(place: Page | FrameLocator) -> Any:
    return place.get_by_role("heading", level=1)


def test_a_frame_shows_the_course_also_where_foreign_cookies_are_blocked(context: BrowserContext, site: Site) -> None:
    page = course(context, site, "4")
    tool = page.frame_locator("iframe[name=tool]")
    headed(tool, "A small course")
    tool.get_by_role("link", name="One").first.click()
    headed(tool, "One")


def test_a_window_shows_it_too_and_its_way_back_begins_nothing_anew(context: BrowserContext, site: Site) -> None:
    page = course(context, site, "5", target="_self")
    expect(heading(page)).to_have_text("A small course")
    assert page.url.startswith(f"{site.lotse}/l/")


def test_where_the_frame_keeps_no_cookie_the_same_form_opens_a_window(cookieless: BrowserContext, site: Site) -> None:
    page = course(cookieless, site, "6")
    tool = page.frame_locator("iframe[name=tool]")
    headed(tool, "Please open Lotse in a new window")
    with cookieless.expect_page() as window:
        tool.get_by_role("button", name="Open in a new window").click()
    expect(heading(window.value)).to_have_text("A small course")
    assert window.value.url.startswith(f"{site.lotse}/l/")
    with cookieless.expect_page() as again:
        tool.get_by_role("button", name="Open in a new window").click()
    expect(heading(again.value)).to_have_text("Lotse could not be opened from your learning platform")


@pytest.mark.parametrize("width", ["320", "900"])
def test_the_page_that_offers_the_window_is_accessible_and_fits(cookieless: BrowserContext, site: Site, width: str) -> None:
    page = course(cookieless, site, "7", width=width)
    headed(page.frame_locator("iframe[name=tool]"), "Please open Lotse in a new window")
    frame: Any = page.frame(name="tool")
    assert_accessible(frame, "the page that offers the window")
    assert frame.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
