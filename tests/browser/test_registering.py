"""The whole way of a registration by link in a real browser: link, the stand-in's administrator, consent, approval, launch."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.config import settings
from demo.lms import create_lms
from demo.seed import seed
from tests.browser.look import assert_accessible, assert_no_sideways_scroll, headed, settled
from tests.demo.house import serving_lotse
from tests.demo.servers import serving
from tests.ports import free_port

pytestmark = pytest.mark.browser
# Keeps every message that reaches the platform's page, over the change of pages that follows the last one.
LISTEN = """
addEventListener("message", (event) => {
  const heard = JSON.parse(sessionStorage.heard || "[]");
  sessionStorage.heard = JSON.stringify([...heard, [event.origin, event.data]]);
  document.documentElement.dataset.heard = heard.length + 1;
});
"""


@dataclass
class Site:
    """The demonstration, served: the platform is another site than Lotse."""

    platform: str
    lotse: str
    password: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("registering")
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    port, lms_port = free_port(), free_port()
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port, demo_lms_url=f"http://127.0.0.1:{lms_port}") as lotse:
        with lotse.app_context():
            sign_ins = json.loads(seed(settings()).read_text())["sign_ins"]
            lms = create_lms(settings())
        password = next(entry["password"] for entry in sign_ins if entry["username"] == "admin")
        with serving(lms, lms_port):
            yield Site(f"http://127.0.0.1:{lms_port}", f"http://localhost:{port}", password)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


def administrator(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(f"{site.lotse}/sign-in?next=/admin/lti")
    page.get_by_label("Sign-in name").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Learning platforms")
    return page


def new_link(page: Page, site: Site) -> str:
    page.goto(f"{site.lotse}/admin/lti")
    page.get_by_label("Name of the learning platform").fill("Campus")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.get_by_role("textbox", name="Registration link").input_value()
    return copied


def there(context: BrowserContext, site: Site) -> Page:
    """The platform's administrator, who has never been to Lotse."""
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(site.platform)
    page.get_by_role("button", name="Continue as Tomasz").click()
    page.get_by_role("link", name="Tools").click()
    return page


def test_the_whole_way_from_the_link_to_a_launch(chromium: Browser, context: BrowserContext, site: Site) -> None:
    ours = administrator(context, site)
    link = new_link(ours, site)
    stranger = chromium.new_context(locale="en-GB")
    page = there(stranger, site)
    page.get_by_label("Address of the tool").fill(link)
    page.get_by_role("button", name="Add the tool").click()
    frame = settled(page).frame_locator("iframe")
    headed(frame, "Register Lotse in your learning platform?")
    frame.get_by_role("button", name="Register now").click()
    expect(page.get_by_role("button", name="Activate")).to_be_visible()  # The frame is gone.
    assert json.loads(page.evaluate("sessionStorage.heard")) == [[site.lotse, {"subject": "org.imsglobal.lti.close"}]]
    page.get_by_role("button", name="Activate").click()
    with stranger.expect_page() as window:
        page.get_by_role("link", name=re.compile("Open in a new window.*Module M2")).click()
    expect(window.value.locator("main")).to_contain_text("still has to approve")
    ours.goto(f"{site.lotse}/admin/lti")
    ours.get_by_role("link", name="Look and approve").click()
    expect(ours.get_by_role("main")).to_contain_text("nobody has approved it yet")
    ours.get_by_role("button", name="Approve", exact=True).click()
    expect(ours.get_by_role("status").first).to_contain_text("is approved")
    with stranger.expect_page() as window:
        page.get_by_role("link", name=re.compile("Open in a new window.*Module M2")).click()
    expect(window.value.get_by_role("heading", level=1)).to_contain_text("language models")
    stranger.close()


def test_a_page_that_is_loaded_anew_does_not_close_twice(chromium: Browser, context: BrowserContext, site: Site) -> None:
    """In a page of the platform that stays, with the frame's address opened by hand."""
    link = new_link(administrator(context, site), site)
    stranger = chromium.new_context(locale="en-GB")
    page = there(stranger, site)
    page.route("**/static/campus.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.get_by_label("Address of the tool").fill(link)
    page.get_by_role("button", name="Add the tool").click()
    settled(page).frame_locator("iframe").get_by_role("button", name="Register now").click()
    headed(settled(page).frame_locator("iframe"), "Lotse is registered")
    expect(page.locator("html")).to_have_attribute("data-heard", "1")
    tool = next(frame for frame in page.frames if frame.url.startswith(site.lotse))
    tool.evaluate("location.reload()")
    again = settled(page).frame_locator("iframe").get_by_role("button", name="Close this page")
    expect(again).to_be_visible()
    assert len(json.loads(page.evaluate("sessionStorage.heard"))) == 1
    again.click()
    expect(page.locator("html")).to_have_attribute("data-heard", "2")
    stranger.close()


def test_it_works_without_scripts(chromium: Browser, context: BrowserContext, site: Site) -> None:
    link = new_link(administrator(context, site), site)
    stranger = chromium.new_context(locale="de-DE", java_script_enabled=False)
    page = stranger.new_page()
    page.goto(site.platform)
    page.get_by_role("button", name="als Tomasz").click()
    page.get_by_role("link", name="Tools").click()
    page.get_by_label("Adresse des Tools").fill(link)
    page.get_by_role("button", name="Tool hinzufügen").click()
    settled(page).frame_locator("iframe").get_by_role("button", name="Jetzt registrieren").click()
    expect(settled(page).frame_locator("iframe").get_by_role("main")).to_contain_text("gehen Sie zurück zur Liste der Tools")
    stranger.close()


@pytest.mark.parametrize(("language", "scheme"), [("de-DE", "dark"), ("en-GB", "light")])
def test_the_pages_are_accessible_and_fit(chromium: Browser, context: BrowserContext, site: Site, language: str, scheme: str) -> None:
    ours = administrator(context, site)
    link = new_link(ours, site)
    looking = chromium.new_context(
        locale=language, color_scheme=scheme, reduced_motion="reduce", storage_state=context.storage_state(), viewport={"width": 1280, "height": 800},  # type: ignore[arg-type]
    )
    looking.add_cookies([{**cookie, "secure": True, "url": site.lotse.replace("http:", "https:")} for cookie in _bare(context)])  # type: ignore[typeddict-item]
    page = looking.new_page()
    asked = f"&openid_configuration={site.platform}/.well-known/openid-configuration&registration_token=abc"
    paths = [
        "/admin/lti", "/admin/lti/platforms/new", "/admin/lti/platforms/1", "/admin/lti/platforms/1/switch", "/admin/lti/keys", "/admin/lti/launches",
        "/lti/guide/moodle", "/lti/guide/ilias", "/lti/guide/other", link.removeprefix(site.lotse) + asked, link.removeprefix(site.lotse), "/lti/register?t=nothing",
    ]
    for path in paths:
        answer = page.goto(site.lotse + path)
        assert answer is not None
        assert answer.status in (200, 400, 404), path
        for width in (1280, 390, 320):
            assert_no_sideways_scroll(page, width, path)
        assert_accessible(page, f"{path}, {language}, {scheme}")
    looking.close()


def _bare(context: BrowserContext) -> list[dict[str, str]]:
    return [{"name": str(cookie["name"]), "value": str(cookie["value"])} for cookie in context.cookies() if str(cookie["name"]).startswith("__Host-")]
