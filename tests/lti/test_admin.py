"""The administrators' pages: platforms, links, keys, and why a launch was refused."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from accounts.models import Role
from core import db
from lti import advice
from lti.models import Deployment, KeyState, LaunchRecord, Platform, RegistrationLink, ToolKey
from lti.refusals import REASONS
from tests import builders
from tests.lti.lms import LTI, Browser, Lms

PAGES = ("", "/platforms/new", "/keys", "/launches")


class Fresh(FlaskClient):
    """Several browsers in one test: whatever was known during the last request is forgotten."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(autouse=True)
def _fresh(house: Flask) -> None:
    house.test_client_class = Fresh


@pytest.fixture
def admin(house: Flask) -> FlaskClient:
    """An administrator's browser."""
    client = builders.browser(house, builders.person("Jonas", roles=(Role.ADMINISTRATOR,)))
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def platform() -> Platform:
    return db.session.scalars(select(Platform).execution_options(populate_existing=True)).one()


def reference_in(page: TestResponse) -> str:
    found = re.search(r"<code>([0-9a-f]{8})</code>", page.text)
    assert found is not None
    return found[1]


# --- Who may ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("page", PAGES)
def test_the_pages_are_for_administrators(house: Flask, page: str) -> None:
    assert house.test_client().get(f"/admin/lti{page}").status_code == 302
    for role in (Role.LEARNER, Role.LECTURER, Role.TRAINER):
        assert builders.browser(house, builders.person(role.value, roles=(role,))).get(f"/admin/lti{page}").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_open(admin: FlaskClient, page: str) -> None:
    assert admin.get(f"/admin/lti{page}").status_code == 200


def test_administrators_of_another_organisation_find_nothing(house: Flask, admin: FlaskClient, lms: Lms) -> None:
    number = platform().id
    admin.post("/admin/lti/links", data={"name": "Unsers", "hours": "24"})
    link = db.session.scalars(select(RegistrationLink)).one()
    builders.organisation("anderswo")
    other = builders.browser(house, builders.person("Eva", roles=(Role.ADMINISTRATOR,)))
    for path in (f"/platforms/{number}", f"/platforms/{number}/switch"):
        assert other.get(f"/admin/lti{path}").status_code == 404
    for path in (f"/platforms/{number}/approve", f"/platforms/{number}/switch", f"/platforms/{number}/deployments/1/withdraw", f"/links/{link.id}/cancel"):
        assert other.post(f"/admin/lti{path}").status_code == 404
    assert "LMS" not in other.get("/admin/lti").text.replace("LMS-", "")
    assert "Unsers" not in other.get("/admin/lti").text


def test_forms_need_their_token(house: Flask, admin: FlaskClient, lms: Lms) -> None:
    house.config["WTF_CSRF_ENABLED"] = True
    for path in ("/links", f"/platforms/{platform().id}/approve", f"/platforms/{platform().id}/switch", "/keys/rotate", "/platforms/new"):
        assert admin.post(f"/admin/lti{path}", data={"to": "off"}).status_code in (400, 422), path
    assert platform().active


# --- Registration links -------------------------------------------------------------------------------------------------

def test_a_link_is_shown_once_and_listed_without_its_secret(admin: FlaskClient) -> None:
    page = admin.post("/admin/lti/links", data={"name": "Moodle", "hours": "2"})
    found = re.search(r"http://localhost:8000/lti/register\?t=([\w-]{32})", page.text)
    assert page.status_code == 201
    assert found is not None
    overview = admin.get("/admin/lti").text
    assert "Moodle" in overview
    assert found[1] not in overview
    link = db.session.scalars(select(RegistrationLink)).one()
    assert timedelta(hours=1) < link.expires_at - db.now() <= timedelta(hours=2)
    assert link.created_by is not None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("hours", ["0", "337", "x", ""])
def test_a_link_of_impossible_length_is_not_made(admin: FlaskClient, hours: str) -> None:
    page = admin.post("/admin/lti/links", data={"name": "Moodle", "hours": hours})
    assert (page.status_code, "1 to 336" in page.text or "whole number" in page.text or "valid integer" in page.text) == (422, True)
    assert 'value="Moodle"' in page.text
    assert db.session.scalars(select(RegistrationLink)).all() == []


def test_a_link_is_canceled(admin: FlaskClient) -> None:
    admin.post("/admin/lti/links", data={"hours": "2"})
    link = db.session.scalars(select(RegistrationLink)).one()
    assert admin.post(f"/admin/lti/links/{link.id}/cancel").status_code == 303
    assert "cancelled" in admin.get("/admin/lti").text
    assert admin.post("/admin/lti/links/4711/cancel").status_code == 404


def test_why_a_link_did_not_succeed_is_told_in_words(admin: FlaskClient) -> None:
    admin.post("/admin/lti/links", data={"hours": "2"})
    with db.transaction() as tx:
        tx.execute(update(RegistrationLink).values(error="issuer_foreign"))
    assert "is not the site that it came from" in admin.get("/admin/lti").text


# --- Platforms ----------------------------------------------------------------------------------------------------------

def test_a_platform_that_waits_is_named_first_and_approved_with_one_click(admin: FlaskClient, lms: Lms) -> None:
    with db.transaction() as tx:
        tx.execute(update(Platform).values(waiting=True, registered={"deployment_id": "7", "scopes": []}))
    assert "LMS waits for your approval" in admin.get("/admin/lti").text
    assert admin.post(f"/admin/lti/platforms/{platform().id}/approve").status_code == 303
    assert admin.post(f"/admin/lti/platforms/{platform().id}/approve").status_code == 303
    assert not platform().waiting
    assert db.session.scalars(select(Deployment.approved).where(Deployment.deployment_id == "7")).one()


def test_what_was_not_granted_is_told_with_what_it_means(admin: FlaskClient, lms: Lms) -> None:
    score = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    with db.transaction() as tx:
        tx.execute(update(Platform).values(registered={"deployment_id": "1", "scopes": [score]}))
    text = admin.get(f"/admin/lti/platforms/{platform().id}").text
    assert "Send scores" in text
    assert "Lecturers see only those who have opened Lotse" in text
    assert "No score arrives" not in text


def test_a_deployment_is_approved_and_withdrawn(admin: FlaskClient, browser: Browser, lms: Lms) -> None:
    elsewhere = {LTI + "deployment_id": "99/x"}
    assert browser.launch(**elsewhere).status_code == 403
    address = f"/admin/lti/platforms/{platform().id}"
    assert "99/x" in admin.get(address).text
    assert admin.post(f"{address}/deployments/99/x/approve").status_code == 303
    assert browser.launch(**elsewhere).status_code == 303
    admin.post(f"{address}/deployments/99/x/withdraw")
    assert browser.launch(**elsewhere).status_code == 403
    assert admin.post(f"{address}/deployments/4711/approve").status_code == 404


def test_a_platform_is_switched_off_after_a_question(admin: FlaskClient, browser: Browser, lms: Lms) -> None:
    address = f"/admin/lti/platforms/{platform().id}/switch"
    assert "Switch off LMS?" in admin.get(address).text
    assert platform().active
    for _ in range(2):  # A second click does not switch it on again.
        admin.post(address, data={"to": "off"})
        assert not platform().active
    assert browser.client.post("/lti/login", data=lms.initiation()).status_code == 403
    admin.post(address, data={"to": "on"})
    assert browser.launch().status_code == 303


GIVEN = {
    "name": "Moodle", "issuer": "https://moodle.example", "client_id": "abc", "auth_url": "https://moodle.example/auth",
    "token_url": "https://moodle.example/token", "jwks_url": "https://moodle.example/certs", "deployments": "1 2",
}


def test_a_platform_is_registered_by_hand(admin: FlaskClient) -> None:
    page = admin.get("/admin/lti/platforms/new").text
    for own in ("/lti/launch", "/lti/login", "/lti/jwks", "/lti/deep-link", "/lti/logo.svg", "BEGIN PUBLIC KEY", "context_history=$Context.id.history"):
        assert own in page
    for _ in range(2):
        assert admin.post("/admin/lti/platforms/new", data=GIVEN).status_code == 303
    assert (platform().name, platform().waiting) == ("Moodle", False)
    assert db.session.scalars(select(Deployment.deployment_id).where(Deployment.approved.is_(True)).order_by(Deployment.id)).all() == ["1", "2"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("changes", "field", "words"), [
    ({"issuer": " "}, "issuer", "this is empty"), ({"client_id": ""}, "client_id", "fill this in"),
    ({"auth_url": "moodle.example"}, "auth_url", "this is no address"), ({"token_url": "http://moodle.example/"}, "token_url", "only https"),
    ({"jwks_url": "https://a;script-src *"}, "jwks_url", "this is no address"),
])
def test_wrong_values_are_told_at_their_fields_and_nothing_is_lost(admin: FlaskClient, changes: dict[str, str], field: str, words: str) -> None:
    page = admin.post("/admin/lti/platforms/new", data={**GIVEN, **changes})
    assert page.status_code == 422
    error = re.search(rf'id="{field}-error">(.*?)</div>', page.text, re.DOTALL)
    assert error is not None
    assert words in error[1]
    assert 'value="Moodle"' in page.text
    assert db.session.scalars(select(Platform)).all() == []


def test_a_platform_of_another_organisation_is_told_at_the_field(house: Flask, admin: FlaskClient) -> None:
    builders.organisation("anderswo")
    other = builders.browser(house, builders.person("Eva", roles=(Role.ADMINISTRATOR,)))
    assert other.post("/admin/lti/platforms/new", data=GIVEN).status_code == 303
    page = admin.post("/admin/lti/platforms/new", data=GIVEN)
    assert (page.status_code, "another organisation has registered" in page.text) == (422, True)


# --- Keys -----------------------------------------------------------------------------------------------------------------

def test_the_key_is_changed_when_platforms_know_the_next_one(admin: FlaskClient) -> None:
    assert admin.get("/admin/lti/keys").text.count("<tr>") == 3
    admin.post("/admin/lti/keys/rotate")
    assert "less than a day" in admin.get("/admin/lti/keys").text
    with db.transaction() as tx:
        coming = tx.scalars(select(ToolKey.kid).where(ToolKey.state == KeyState.NEXT)).one()
        tx.execute(update(ToolKey).values(created_at=db.now() - timedelta(days=2)))
    admin.post("/admin/lti/keys/rotate")
    assert db.session.scalars(select(ToolKey.kid).where(ToolKey.state == KeyState.ACTIVE)).one() == coming


def test_with_several_organisations_only_the_operator_changes_the_key(admin: FlaskClient) -> None:
    builders.organisation("anderswo")
    assert admin.post("/admin/lti/keys/rotate").status_code == 403
    assert "Here the operator changes the keys" in admin.get("/admin/lti/keys").text


# --- Launches -------------------------------------------------------------------------------------------------------------

def test_the_reference_that_a_person_saw_leads_to_the_reason_and_what_to_do(admin: FlaskClient, browser: Browser, lms: Lms) -> None:
    refused = browser.launch(**{"aud": "somebody-else"})
    found = admin.get(f"/admin/lti/launches?reference={reference_in(refused).upper()}").text
    assert "The message is meant for another client ID." in found
    assert "Compare issuer and client ID on both sides" in found
    assert "somebody-else" in found
    assert lms.client_id in found
    assert "No launch fits" in admin.get("/admin/lti/launches?reference=deadbeef").text


def test_launches_are_found_by_platform_and_outcome(admin: FlaskClient, browser: Browser, lms: Lms) -> None:
    browser.launch()
    browser.launch(**{LTI + "version": "1.1"})
    number = platform().id
    assert admin.get("/admin/lti/launches").text.count("<tr>") == 3
    assert "came in" in admin.get(f"/admin/lti/launches?platform={number}&outcome=admitted").text
    refused = admin.get(f"/admin/lti/launches?platform={number}&outcome=refused").text
    assert refused.count("<tr>") == 2
    assert "not of LTI version" in refused
    for odd in ("platform=x", "platform=99999999999999999999", "page=-3", "page=x", "reference=%2500"):
        assert admin.get(f"/admin/lti/launches?{odd}").status_code == 200, odd


def test_long_lists_have_pages(admin: FlaskClient, browser: Browser, lms: Lms) -> None:
    with db.transaction() as tx:
        tx.add_all(LaunchRecord(platform_id=platform().id, reference=f"{number:08x}", reason="admitted") for number in range(60))
    first = admin.get("/admin/lti/launches?outcome=admitted").text
    assert first.count("<tr>") == 51
    assert "page=2" in first
    assert admin.get("/admin/lti/launches?outcome=admitted&page=2").text.count("<tr>") == 11


def test_a_refusal_keeps_what_to_compare_and_nothing_of_the_person(browser: Browser, lms: Lms) -> None:
    browser.launch(**{LTI + "deployment_id": "99"})
    record = db.session.scalars(select(LaunchRecord)).one()
    assert record.details["deployment_id"] == "99"
    assert record.details["client_id"] == lms.client_id
    kept = str(record.details)
    for personal in ("Änne", "hint", "'4'"):
        assert personal not in kept


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_clock_that_is_off_is_told_in_seconds(browser: Browser, lms: Lms) -> None:
    moment = int(db.now().timestamp())
    browser.launch(iat=moment + 500, exp=moment + 600)
    assert db.session.scalars(select(LaunchRecord)).one().details["came"].startswith("+")


def test_an_unknown_platform_is_kept_where_there_is_one_organisation_only(house: Flask, admin: FlaskClient) -> None:
    stranger = {"iss": "https://unknown.example", "login_hint": "4", "target_link_uri": "http://localhost:8000/lti/launch", "client_id": "who"}
    house.test_client().post("/lti/login", data=stranger)
    text = admin.get("/admin/lti/launches").text
    assert "https://unknown.example" in text
    assert "not recognised" in text
    builders.organisation("anderswo")
    house.test_client().post("/lti/login", data=stranger)
    with db.unscoped():
        assert len(db.session.scalars(select(LaunchRecord)).all()) == 1


def test_strangers_cannot_fill_the_database(house: Flask) -> None:
    for _ in range(25):
        house.test_client().get("/lti/login")
    assert len(db.session.scalars(select(LaunchRecord)).all()) == 20


def test_the_operator_asks_on_the_command_line(house: Flask, browser: Browser, lms: Lms) -> None:
    refused = browser.launch(**{"aud": "somebody-else"})
    result = house.test_cli_runner().invoke(args=["lti", "why", reference_in(refused)])
    assert "Compare issuer and client ID" in result.output
    assert house.test_cli_runner().invoke(args=["lti", "why", "nothing1"]).exit_code == 1


def test_every_reason_of_a_refusal_has_words_for_administrators() -> None:
    assert set(advice.ADVICE) == set(REASONS)
    assert advice.advice_on("something new").todo


# --- The guide ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("family", ["moodle", "ilias", "ilias.de", "other", "canvas", "<script>"])
def test_the_guide_is_public_and_has_pictures_with_words(house: Flask, family: str) -> None:
    page = house.test_client().get(f"/lti/guide/{family}", headers={"Accept-Language": "de"})
    assert page.status_code == 200
    assert page.text.count('role="img" aria-label="Zeichnung') >= 1
    assert "style=" not in page.text
