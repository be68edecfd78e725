"""Who may show which page in a frame: the headers of all kinds of pages."""

import pytest
from flask import Flask, g
from sqlalchemy import update
from werkzeug.test import TestResponse

from core import db
from lti.models import Platform
from lti.registration import PlatformData
from lti.service import add_platform
from tests import builders
from tests.lti.lms import LTI, Browser, Lms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


CANVAS = {LTI + "tool_platform": {"product_family_code": "canvas"}}


def ancestors(response: TestResponse) -> list[str]:
    """Who may frame a page. No page may carry the older header, which knows one origin at most and would forbid all others."""
    assert "X-Frame-Options" not in response.headers
    g.pop("frame_ancestors", None)  # The test acts in one application context, and it would outlive the request.
    [policy] = [part for part in response.headers["Content-Security-Policy"].split(";") if "frame-ancestors" in part]
    return policy.split()[1:]


def test_pages_of_a_launch_are_framed_by_the_organisations_platforms(house: Flask, browser: Browser) -> None:
    add_platform(db.acting_for() or 0, PlatformData("https://learn.example", "c", "https://sso.learn.example/auth", "https://learn.example/t", "https://learn.example/k"))
    launch = browser.launch()
    root = "/".join(launch.location.split("/")[:3])
    expected = ["https://learn.example", "https://lms.example", "https://sso.learn.example"]
    for path in (launch.location, f"{launch.location}/eins", f"{root}/courses", f"{root}/certificates", f"{root}/nothing-here", f"{root}/status"):
        assert ancestors(browser.client.get(path)) == expected
    assert ancestors(browser.client.post(f"{launch.location}/eins/farbe/answer", data={})) == expected


def test_a_platform_that_sends_people_back_to_another_host_may_frame_from_there(browser: Browser) -> None:
    """As hosted systems do: one issuer for all, and each university under a name of its own."""
    launch = browser.launch(**CANVAS, **{LTI + "launch_presentation": {"return_url": "https://uni.learn.example/courses/1"}})
    assert "https://uni.learn.example" in ancestors(browser.client.get(launch.location))


@pytest.mark.parametrize("address", ["https://evil.example;script-src *", "https://evil.example *", "https://*", "javascript:alert(1)", "https://'none'"])
def test_no_address_of_a_launch_can_change_the_policy(browser: Browser, address: str) -> None:
    launch = browser.launch(**CANVAS, **{LTI + "launch_presentation": {"return_url": address}})
    assert ancestors(browser.client.get(launch.location)) == ["https://lms.example"]


def test_a_platform_that_is_switched_off_frames_no_new_launch(house: Flask, browser: Browser) -> None:
    add_platform(db.acting_for() or 0, PlatformData("https://old.example", "c", "https://old.example/auth", "https://old.example/t", "https://old.example/k"))
    assert "https://old.example" in ancestors(browser.client.get(browser.launch().location))
    with db.transaction() as tx:
        tx.execute(update(Platform).where(Platform.issuer == "https://old.example").values(active=False))
    assert ancestors(browser.client.get(browser.launch().location)) == ["https://lms.example"]


def test_a_platform_of_another_organisation_frames_nothing(house: Flask, browser: Browser) -> None:
    builders.organisation("anderswo")
    add_platform(db.acting_for() or 0, PlatformData("https://other.example", "c", "https://other.example/auth", "https://other.example/t", "https://other.example/k"))
    assert ancestors(browser.client.get(browser.launch().location)) == ["https://lms.example"]


def test_a_refusal_is_shown_in_the_frame_that_it_happens_in(browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    assert ancestors(browser.post(begun["state"], "no token")) == ["https://lms.example"]
    unknown = browser.client.post("/lti/login", data=lms.initiation(iss="https://unknown.example"))
    assert ancestors(unknown) == ["*"]
    over = browser.client.get("/l/xxxxxxxxxxxxxxxxxxxxxx/courses")
    assert ancestors(over) == ["*"]
    for page in (unknown, over):
        assert "<form" not in page.text  # Whoever frames it can lead nobody to click on anything.


@pytest.mark.parametrize("path", ["/", "/sign-in", "/courses", "/admin/lti", "/status", "/z", "/health", "/lti/jwks", "/lti/ticket", "/nothing-here"])
def test_nothing_else_can_be_framed(house: Flask, lms: Lms, path: str) -> None:
    assert ancestors(house.test_client().get(path)) == ["'none'"]


def test_pages_of_a_person_who_signed_in_cannot_be_framed(house: Flask, lms: Lms) -> None:
    signed_in = builders.browser(house, builders.person())
    for path in ("/courses", "/certificates", "/lti/diagnose?asked=1"):
        assert ancestors(signed_in.get(path)) == ["'none'"]
