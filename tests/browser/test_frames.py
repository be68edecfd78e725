"""Frames and windows in a real browser: hand-over, platforms that keep values for tools, several launches, the way out."""

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import request
from playwright.sync_api import BrowserContext, FrameLocator, Page, Playwright, expect
from sqlalchemy import select

from accounts.models import Organisation, Person, Role
from core import db, sessions
from core.sessions import DIRECT_COOKIE, BrowserSession, DatabaseSessions, digest
from lti.registration import PlatformData
from lti.service import add_platform
from setup import system
from tests import builders
from tests.browser.look import assert_accessible, assert_no_sideways_scroll, headed, settled
from tests.browser.other_site import create
from tests.demo.house import serving_lotse
from tests.demo.servers import serving
from tests.lti.lms import Lms
from tests.ports import free_port

pytestmark = pytest.mark.browser
BLOCKED = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
NO_COOKIE = "Please open Lotse in a new window"


@dataclass
class Site:
    """Lotse, a platform on another site, and a site that is neither."""

    lotse: str
    platform: str
    stranger: str
    lms: Lms

    def course(self, **given: str) -> str:
        """The address of a course page; see tests.browser.other_site."""
        return f"{self.platform}/course?{urlencode(given)}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("frames")
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    lms, port, own, other = Lms(), free_port(), free_port(), free_port()
    lotse, platform, stranger = f"http://localhost:{port}", f"http://127.0.0.1:{own}", f"http://127.0.0.1:{other}"
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port) as app:
        with app.app_context():
            builders.organisation()
            builders.edition()
            add_platform(db.acting_for() or 0, PlatformData(
                issuer=lms.issuer, client_id=lms.client_id, auth_url=f"{platform}/auth", token_url=f"{lms.url}/token",
                jwks_url=f"{lms.url}/jwks", deployments=("1",), name="Platform",
            ))
        page = create(lms, lotse)
        with serving(page, own), serving(page, other):
            yield Site(lotse, platform, stranger, lms)
    lms.close()


def opened(playwright: Playwright, folder: Path, *, blocked: bool, **options: Any) -> BrowserContext:
    (folder / "Default").mkdir(parents=True)
    (folder / "Default" / "Preferences").write_text(json.dumps(BLOCKED if blocked else {}))
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=system.browser(), args=["--no-sandbox"], **{"locale": "en-GB", "reduced_motion": "reduce", **options},
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


@pytest.fixture
def cookieless(blocking: BrowserContext, monkeypatch: pytest.MonkeyPatch) -> BrowserContext:
    """A browser that keeps no cookie of a login, as those that block and do not know `Partitioned`."""
    def lost_at_the_login(*given: Any, **more: Any) -> None:
        if request.endpoint != "lti.begin":
            sessions.set_cookie(*given, **more)

    monkeypatch.setattr("lti.views.arrivals.set_cookie", lost_at_the_login)
    return blocking


def visited(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return settled(page)


def tool(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[name=tool]")


def heading(place: Page | FrameLocator) -> Any:
    return place.get_by_role("heading", level=1)


def who(page: Page | FrameLocator) -> str:
    """Whose page this is: the certificates page greets nobody, but the session knows; the header's form leads to its launch."""
    return page.locator("form[data-hand-over]").first.get_attribute("action") or ""


def person_of(site: Site, launch: str) -> str:
    """The name of the person in whose launch a page is."""
    with db.unscoped():
        row = db.session.get_one(BrowserSession, digest(launch.split("/l/")[1].split("/")[0]), populate_existing=True)
        name = db.session.get_one(Person, row.person_id).name
    db.session.remove()
    return name or ""


# --- New window -----------------------------------------------------------------------------------------------------------

def test_the_new_window_shows_the_same_page_to_the_same_person(context: BrowserContext, site: Site) -> None:
    page = visited(context, site.course(**{"as": "11"}))
    tool(page).get_by_role("link", name="One").first.click()
    headed(tool(page), "One")
    framed = who(tool(page))
    with context.expect_page() as window:
        tool(page).get_by_role("button", name="New window").click()
    headed(window.value, "One")
    assert window.value.url.startswith(f"{site.lotse}/l/")
    assert person_of(site, window.value.url) == person_of(site, framed) == "Person 11"
    assert window.value.url.split("/")[4] != framed.split("/")[2]
    expect(window.value.get_by_role("button", name="New window")).to_be_hidden()
    headed(tool(page), "One")
    assert window.value.evaluate("window.opener") is None
    assert window.value.evaluate("document.referrer").rstrip("/") in ("", site.lotse) or "/l/" in window.value.evaluate("document.referrer")


def test_answers_given_in_the_window_are_those_of_the_frame(context: BrowserContext, site: Site) -> None:
    page = visited(context, site.course(**{"as": secrets.token_hex(4)}))
    tool(page).get_by_role("link", name="One").first.click()
    with context.expect_page() as window:
        tool(page).get_by_role("button", name="New window").click()
    question = window.value.locator("#q-farbe")
    question.get_by_label("Blue").check()
    question.get_by_role("button").first.click()
    expect(question.locator(".verdict--right")).to_be_visible()
    tool(page).get_by_role("link", name="My courses").click()
    tool(page).get_by_role("link", name="A small course").first.click()
    tool(page).get_by_role("link", name="One").first.click()
    expect(tool(page).locator("#q-farbe .verdict--right")).to_be_visible()


def test_without_scripts_there_is_a_second_button(playwright: Playwright, tmp_path: Path, site: Site) -> None:
    context = opened(playwright, tmp_path / "profile", blocked=True, java_script_enabled=False)
    page = visited(context, site.course(**{"as": "13"}))
    page.get_by_role("button", name="Go").click()
    tool(page).locator("button", has_text="Go").or_(tool(page).get_by_role("heading")).first.wait_for()
    tool(page).get_by_role("button", name="Go").click()
    headed(tool(page), "A small course")
    tool(page).get_by_role("button", name="New window").click()
    headed(tool(page), "Lotse in a new window")
    with context.expect_page() as window:
        tool(page).get_by_role("button", name="Open in a new window").click()
    headed(window.value, "A small course")
    tool(page).get_by_role("link", name="Go on here").click()
    headed(tool(page), "A small course")
    context.close()


# --- Several launches in one browser -----------------------------------------------------------------------------------------

def test_two_courses_in_two_tabs_stay_apart(context: BrowserContext, site: Site) -> None:
    tabs = []
    for link in ("a", "b"):
        tabs.append(visited(context, site.course(**{"as": "21", "link": link})))
        headed(tool(tabs[-1]), "A small course")
    launches = [who(tool(tab)) for tab in tabs]
    runs = [tool(tab).get_by_role("link", name="One").first.get_attribute("href") for tab in tabs]
    assert launches[0] != launches[1]
    assert str(runs[0]).split("/courses/")[1] != str(runs[1]).split("/courses/")[1]
    for tab in tabs:
        tool(tab).get_by_role("link", name="One").first.click()
        headed(tool(tab), "One")
    assert [who(tool(tab)) for tab in tabs] == launches


def test_a_teachers_preview_as_a_student_leaves_the_teachers_tab_alone(context: BrowserContext, site: Site) -> None:
    teaching = visited(context, site.course(**{"as": "22", "role": "Instructor"}))
    headed(tool(teaching), "A small course")
    before = who(tool(teaching))
    trying = visited(context, site.course(**{"as": "23", "role": "Learner"}))
    headed(tool(trying), "A small course")
    for tab, name in ((teaching, "Person 22"), (trying, "Person 23"), (teaching, "Person 22")):
        tool(tab).get_by_role("link", name="My courses").click()
        expect(heading(tool(tab))).to_contain_text("courses")
        assert person_of(site, who(tool(tab))) == name
    assert who(tool(teaching)) == before


def test_of_two_people_at_a_shared_computer_neither_goes_on_as_the_other(context: BrowserContext, site: Site) -> None:
    first = visited(context, site.course(**{"as": "24"}))
    headed(tool(first), "A small course")
    with context.expect_page() as window:
        tool(first).get_by_role("button", name="New window").click()
    headed(window.value, "A small course")
    second = visited(context, site.course(**{"as": "25"}))
    headed(tool(second), "A small course")
    window.value.reload()
    assert [person_of(site, place) for place in (window.value.url, who(tool(first)), who(tool(second)))] == ["Person 24", "Person 24", "Person 25"]


def test_who_leaves_in_the_frame_leaves_nothing_open(context: BrowserContext, site: Site) -> None:
    page = visited(context, site.course(**{"as": "26"}))
    headed(tool(page), "A small course")
    address = site.lotse + who(tool(page)).removesuffix("/lti/window") + "/courses"
    tool(page).get_by_role("button", name="Leave Lotse").click()
    headed(tool(page), "You have left Lotse")
    expect(tool(page).get_by_role("link", name="Back to the learning platform")).to_be_visible()
    page.evaluate("address => { document.querySelector('iframe').src = address; }", address)
    headed(tool(page), "This page was open for too long")


# --- Platforms that keep values for tools ------------------------------------------------------------------------------------

STORAGES = {"the page itself": {"storage": "_parent"}, "a frame of its own": {"storage": "lti_storage", "keeper": "lti_storage"}}


@pytest.mark.parametrize("how", STORAGES.values(), ids=STORAGES.keys())
def test_a_platform_that_keeps_values_proves_the_launch_in_place_of_the_cookie(cookieless: BrowserContext, site: Site, how: dict[str, str]) -> None:
    before = getattr(site.lms, "signed", 0)
    page = visited(cookieless, site.course(**{"as": "31", **how}))
    headed(tool(page), "Lotse in a new window")
    assert getattr(site.lms, "signed", 0) == before + 1
    assert heard(page, how) == ["lti.put_data", "lti.get_data"]
    with cookieless.expect_page() as window:
        tool(page).get_by_role("button", name="Open in a new window").click()
    headed(window.value, "A small course")
    assert person_of(site, window.value.url) == "Person 31"


def heard(page: Page, how: dict[str, str]) -> Any:
    frame = page.frame(name=how["keeper"]) if how.get("keeper") else page.main_frame
    assert frame is not None
    return frame.evaluate("heard")


SILENT = {
    "says nothing": ({"storage": "_parent", "manner": "silent"}, 0), "refuses": ({"storage": "_parent", "manner": "refuses"}, 0),
    "has no such frame": ({"storage": "nowhere"}, 0), "names something that is no frame": ({"storage": "location"}, 0),
    "forgets": ({"storage": "_parent", "manner": "forgets"}, 1),
}


@pytest.mark.parametrize(("how", "signed"), SILENT.values(), ids=SILENT.keys())
def test_where_the_platform_keeps_nothing_a_new_window_is_offered(cookieless: BrowserContext, site: Site, how: dict[str, str], signed: int) -> None:
    before = getattr(site.lms, "signed", 0)
    page = visited(cookieless, site.course(**{"as": "32", **how}))
    headed(tool(page), NO_COOKIE)
    assert getattr(site.lms, "signed", 0) == before + signed  # Moodle's hint works once: it must not be spent.


def test_a_page_that_is_not_the_platforms_hears_nothing(cookieless: BrowserContext, site: Site) -> None:
    page = visited(cookieless, f"{site.stranger}/course?storage=_parent")
    place = tool(page)
    expect(place.locator("body")).to_be_attached()
    page.wait_for_timeout(3500)  # Longer than Lotse waits for an answer.
    assert page.evaluate("heard") == []


def test_nothing_is_said_where_the_platform_has_not_offered_it(cookieless: BrowserContext, site: Site) -> None:
    page = visited(cookieless, site.course(**{"as": "33"}))
    headed(tool(page), NO_COOKIE)
    assert page.evaluate("heard") == []
    with cookieless.expect_page() as window:
        tool(page).get_by_role("link", name="Open in a new window").click()
    expect(window.value.get_by_role("heading", level=1)).to_be_visible()


def test_nothing_is_kept_where_cookies_work(context: BrowserContext, site: Site) -> None:
    page = visited(context, site.course(**{"as": "34", "storage": "_parent"}))
    headed(tool(page), "A small course")
    assert page.evaluate("heard") == []


# --- Does it work here? --------------------------------------------------------------------------------------------------------

def test_the_check_says_in_a_frame_what_works_there(context: BrowserContext, site: Site) -> None:
    page = visited(context, site.course(**{"as": "41"}))
    tool(page).get_by_role("link", name="Check this browser").click()
    headed(tool(page), "Does Lotse work here?")
    expect(tool(page).locator("[data-check=script]")).to_have_class("finding finding--success")
    expect(tool(page).locator("[data-check=frame]")).to_contain_text(site.platform)
    expect(tool(page).locator(".findings")).to_contain_text("The browser keeps Lotse's cookies here.")
    expect(tool(page).get_by_label("You may pass this text on")).to_have_value(re.compile("Mozilla"))


def test_the_check_can_be_framed_where_nothing_else_can(blocking: BrowserContext, site: Site) -> None:
    page = visited(blocking, f"{site.stranger}/embed?{urlencode({'address': site.lotse + '/lti/diagnose'})}")
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_have_text("Does Lotse work here?")


@pytest.mark.parametrize(("language", "scheme"), [("de", "light"), ("en", "dark")])
def test_the_pages_are_accessible_and_fit(playwright: Playwright, tmp_path: Path, site: Site, language: str, scheme: str) -> None:
    for width in (320, 1280):
        context = opened(
            playwright, tmp_path / f"profile-{width}", blocked=False, color_scheme=scheme, viewport={"width": width, "height": 800},
            locale={"de": "de-DE", "en": "en-GB"}[language],
        )
        page = visited(context, f"{site.lotse}/lti/diagnose")
        expect(page.locator("[data-check=static]")).to_have_class("finding finding--success")
        assert_accessible(page, "diagnose")
        assert_no_sideways_scroll(page, width, "diagnose")
        page.goto(site.course(**{"as": "42", "target": "_self", "locale": language}))
        expect(page.get_by_role("button", name="Leave Lotse" if language == "en" else "Lotse verlassen")).to_be_visible()
        assert_accessible(page, "course in a launch")
        assert_no_sideways_scroll(page, width, "course in a launch")
        context.close()


def test_an_administrator_checks_the_connection(playwright: Playwright, tmp_path: Path, site: Site) -> None:
    context = opened(playwright, tmp_path / "profile", blocked=False, viewport={"width": 390, "height": 800})
    with db.unscoped():
        [organisation_id] = db.session.scalars(select(Organisation.id))
    with db.scoped(organisation_id):
        who = builders.person("Ada", roles=(Role.ADMINISTRATOR,))
    secret = DatabaseSessions(timedelta(hours=1)).create({"_user_id": str(who.id), "organisation_id": organisation_id})
    db.session.remove()
    # A `__Host-` cookie can be given for https addresses only; the browser sends it to localhost all the same.
    context.add_cookies([{"name": DIRECT_COOKIE, "value": secret, "url": site.lotse.replace("http:", "https:"), "secure": True}])
    page = visited(context, f"{site.lotse}/lti/diagnose")
    page.get_by_role("button", name="Check the connection").click()
    expect(page.get_by_role("status").filter(has_text="accepts Lotse's signature")).to_be_visible()
    assert_accessible(page, "diagnose, checked")
    assert_no_sideways_scroll(page, 390, "diagnose, checked")
    context.close()
