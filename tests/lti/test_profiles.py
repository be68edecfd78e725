"""Platform profiles: each LMS's quirks in one place, and platforms told apart."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import db
from lti.claims import LTI
from lti.models import Platform
from lti.platforms import PROFILES, family_at, family_of, profile_of
from lti.refusals import Refused
from lti.registration import PlatformData
from lti.service import login, platforms
from tests import builders
from tests.lti.conftest import reasons
from tests.lti.lms import Browser, Lms

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).parent / "recorded"
ROOMS = ("core", "accounts", "courses", "modules", "exercises", "gateway", "assessments", "certificates", "lti")
CANVAS = "https://canvas.instructure.com"
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# --- Which profile ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("code", "family"), [
    ("moodle", "moodle"), ("Moodle", "moodle"), ("ilias", "ilias"), ("ilias.de", "ilias"), ("ILIAS.de ", "ilias"), ("canvas", "canvas"),
    ("Open edX", "openedx"), ("openedx", "openedx"), ("", ""), ("brand new", ""), ("\0", ""),
])
def test_a_family_has_one_profile_whatever_it_calls_itself(code: str, family: str) -> None:
    assert profile_of(code).family == family


def test_iliass_own_documents_and_launches_lead_to_one_profile() -> None:
    document = json.loads((RECORDED / "ilias/openid-configuration.json").read_text())
    configured = document["https://purl.imsglobal.org/spec/lti-platform-configuration"]["product_family_code"]
    launch = json.loads((RECORDED / "ilias/idtoken-resource-link.json").read_text())
    launched = launch.get("claims", launch)[LTI + "tool_platform"]["product_family_code"]
    assert configured != launched
    assert family_of(configured) == family_of(launched) == "ilias"


def test_profiles_have_names_of_their_own() -> None:
    names = [name for profile in PROFILES for name in (profile.family, *profile.names)]
    assert len(names) == len(set(names))
    assert all(profile.product for profile in PROFILES if profile.family)
    assert all(profile.__class__.__doc__ for profile in PROFILES)


def test_open_edx_which_names_no_product_is_known_by_its_address() -> None:
    assert family_at("https://edx.example/api/lti_consumer/v1/launch/") == "openedx"
    assert family_at("https://moodle.example/mod/lti/auth.php") == ""
    assert family_at("not an address") == ""


@once
def test_a_platform_that_is_entered_by_hand_is_recognised_where_its_address_tells(house: Flask) -> None:
    platform = platforms.add_platform(db.acting_for() or 0, PlatformData(
        issuer="https://edx.example", client_id="c", auth_url="https://edx.example/api/lti_consumer/v1/launch/",
        token_url="https://edx.example/token", jwks_url="https://edx.example/jwks",
    ))
    assert platform.family == "openedx"


@once
def test_what_a_launch_says_about_its_platform_is_kept(browser: Browser) -> None:
    browser.launch(**{LTI + "tool_platform": {"product_family_code": "ilias.de", "version": "11.4 2026-09-15"}})
    platform = db.session.scalars(select(Platform)).one()
    assert (platform.family, platform.version) == ("ilias", "11.4 2026-09-15")


# --- One place --------------------------------------------------------------------------------------------------------

def test_no_code_outside_the_profiles_asks_which_lms_it_is() -> None:
    """Names of families are compared, looked up or chosen by nowhere else; comments and texts for people may name them."""
    families = {name for profile in PROFILES for name in (profile.family, *profile.names) if name}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "platforms" not in path.relative_to(ROOT / room).parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.casefold() in families
    ]
    assert found == []


# --- Canvas: one issuer, many tenants ---------------------------------------------------------------------------------

@pytest.fixture
def tenants(house: Flask) -> Iterator[list[Lms]]:
    """Two universities with a hosted Canvas each, and one of them with two registrations."""
    found = []
    for slug, client, deployment in (("musterstadt", "10001", "1:a"), ("anderswo", "10002", "2:b"), ("anderswo", "10003", "3:c")):
        organisation = builders.organisation(slug)
        builders.edition()
        lms = Lms(CANVAS, client, "canvas")
        lms.deployment_id = deployment
        lms.register(organisation.id)
        found.append(lms)
    yield found
    for lms in found:
        lms.close()


@once
def test_the_client_tells_which_tenant_of_an_issuer_comes(house: Flask, tenants: list[Lms]) -> None:
    for lms in tenants:
        assert Browser(house, lms).launch().status_code == 303
    with db.unscoped():
        assert [platform.family for platform in db.session.scalars(select(Platform))] == ["canvas"] * 3
    for slug, launches in (("musterstadt", 1), ("anderswo", 2)):
        builders.organisation(slug)
        assert reasons() == ["admitted"] * launches


@once
def test_without_a_client_the_deployment_tells_it(house: Flask, tenants: list[Lms]) -> None:
    for lms in tenants:
        initiation = {name: value for name, value in lms.initiation().items() if name != "client_id"}
        begun = house.test_client().post("/lti/login", data=initiation)
        assert begun.status_code == 302
        assert f"client_id={lms.client_id}" in begun.location


@once
@pytest.mark.parametrize("deployment", [None, "unknown"])
def test_where_nothing_tells_it_the_login_is_refused_and_says_so(house: Flask, tenants: list[Lms], deployment: str | None) -> None:
    initiation = {name: value for name, value in tenants[0].initiation().items() if name not in ("client_id", "lti_deployment_id")}
    initiation |= {"lti_deployment_id": deployment} if deployment else {}
    assert house.test_client().post("/lti/login", data=initiation).status_code == 403
    with pytest.raises(Refused) as refused:
        login.platform_of(initiation)
    assert refused.value.code == "platform_ambiguous"


@once
def test_an_unapproved_deployment_decides_nothing(house: Flask, tenants: list[Lms]) -> None:
    Browser(house, tenants[0]).launch(**{LTI + "deployment_id": "9:z"})
    initiation = {name: value for name, value in tenants[0].initiation(lti_deployment_id="9:z").items() if name != "client_id"}
    assert house.test_client().post("/lti/login", data=initiation).status_code == 403


@once
def test_another_tenant_of_the_issuer_cannot_answer_a_login(house: Flask, tenants: list[Lms]) -> None:
    browser = Browser(house, tenants[0])
    begun = browser.begin()
    assert browser.post(begun["state"], tenants[1].sign(tenants[1].claims(begun["nonce"]))).status_code == 401


PRESENTATION = LTI + "launch_presentation"


@once
@pytest.mark.parametrize(("return_url", "framed"), [
    ("https://uni.instructure.com/courses/1/external_content/success/external_tool_redirect", True),
    ("https://a;script-src *.example/", False), ("https://a b/", False), ("javascript:alert(1)", False), ("http://uni.instructure.com/", False),
    ("https://uni.instructure.com'/", False),
])
def test_the_accounts_own_address_may_show_the_launch_in_a_frame(house: Flask, tenants: list[Lms], return_url: str, framed: bool) -> None:
    browser = Browser(house, tenants[0])
    opened = browser.launch(**{PRESENTATION: {"return_url": return_url}})
    policy = browser.client.get(opened.location).headers["Content-Security-Policy"]
    ancestors = policy.split("frame-ancestors ")[1].split(";")[0].split()
    assert ("https://uni.instructure.com" in ancestors) == framed
    assert all(origin in ("'self'", CANVAS, "https://lms.example", "https://uni.instructure.com") for origin in ancestors)


@once
def test_other_platforms_are_framed_by_those_who_are_registered_only(browser: Browser) -> None:
    opened = browser.launch(**{PRESENTATION: {"return_url": "https://elsewhere.example/"}})
    assert "elsewhere" not in browser.client.get(opened.location).headers["Content-Security-Policy"]


# --- Quirks -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("family", "makes"), [("moodle", False), ("ilias", False), ("canvas", False), ("openedx", True), ("", True)])
def test_who_gets_a_line_item_of_ours(family: str, makes: bool) -> None:
    assert profile_of(family).makes_line_items == makes


def test_custom_fields_of_old_forms() -> None:
    fields: dict[str, Any] = {"custom_course": "a", "course": "b", "roles": "Learner", "custom_": "x"}
    assert profile_of("moodle").custom_fields(fields) == {"course": "a", "": "x"}
    assert profile_of("ilias").custom_fields(fields)["course"] == "a"
    assert profile_of("ilias").custom_fields({"course": "b"})["course"] == "b"


