"""How Moodle and ILIAS begin a login and answer it, replayed; and that no recorded file is left out."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from lti.platform_keys import acceptable, find
from tests.lti.conftest import reasons
from tests.lti.lms import BASE, Browser, Lms

TESTS = Path(__file__).parents[1]
RECORDED = Path(__file__).parent / "recorded"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def recorded(path: str) -> Any:
    """A recorded document, with Lotse in the place of the recorded tool."""
    text = (RECORDED / path).read_text()
    for there, here in {"/lti/login": "/lti/login", "/lti/launch": "/lti/launch", "/login": "/lti/login", "/launch": "/lti/launch", "/dl": "/lti/deep-link"}.items():
        text = text.replace(f'"https://tool.example{there}', f'"{BASE}{here}')
    return json.loads(text)


def initiations() -> dict[str, dict[str, str]]:
    """What the two platforms send to begin a login."""
    moodle, ilias = recorded("moodle/login-initiation.json"), recorded("ilias/login-initiation.json")
    return {
        **{f"moodle {name}": entry["parameters"] for name, entry in moodle.items()},
        "ilias": ilias["fields"],
        "ilias, newer, by button": {**ilias["fields"], **ilias["fields_only_in_newer_releases_when_started_by_button"]},
        "ilias deep linking": {**ilias["fields"], **ilias["deep_linking_variant"], "target_link_uri": f"{BASE}/lti/deep-link"},
    }


def asked(house: Flask, lms: Lms, initiation: dict[str, str]) -> dict[str, str]:
    """Lotse's authentication request as an answer to a recorded initiation."""
    lms.issuer, lms.client_id = initiation["iss"], initiation["client_id"]
    lms.register(1)
    response = house.test_client().post("/lti/login", data=initiation)
    assert response.status_code == 302, response.text
    assert response.location.startswith("https://lms.example/auth?")
    return dict(parse_qsl(urlsplit(response.location).query, strict_parsing=True))


@pytest.mark.parametrize("name", initiations())
def test_a_recorded_initiation_gets_its_hints_back_unchanged(house: Flask, lms: Lms, name: str) -> None:
    initiation = initiations()[name]
    request = asked(house, lms, initiation)
    assert {hint: request[hint] for hint in ("login_hint", "lti_message_hint")} == {hint: initiation[hint] for hint in ("login_hint", "lti_message_hint")}
    chosen = urlsplit(initiation["target_link_uri"]).path
    assert request["redirect_uri"] == f"{BASE}{chosen}"  # Exactly one of the two that are registered, without a query.


@pytest.mark.parametrize(("platform", "file", "parameters"), [
    ("moodle resource_link", "moodle/auth-request.json", "parameters"), ("ilias", "ilias/authentication-request-required.json", "params"),
])
def test_the_authentication_request_is_the_one_that_the_platform_took(house: Flask, lms: Lms, platform: str, file: str, parameters: str) -> None:
    sent, taken = asked(house, lms, initiations()[platform]), recorded(file)[parameters]
    assert set(sent) == set(taken)
    fixed = ("scope", "response_type", "response_mode", "prompt", "client_id", "redirect_uri")
    assert {name: sent[name] for name in fixed} == {name: taken[name] for name in fixed}


@pytest.mark.parametrize("error", recorded("moodle/auth-response.json")["fields_on_error"], ids=lambda error: " ".join(error.values()))
def test_each_recorded_error_of_an_authentication_leads_back_to_the_course(house: Flask, browser: Browser, error: dict[str, str]) -> None:
    begun = browser.begin()
    response = browser.client.post("/lti/launch", data={**error, "state": begun["state"]})
    assert (response.status_code, reasons()) == (400, ["platform_error"])


@pytest.mark.parametrize("platform", ["moodle", "ilias"])
def test_a_recorded_key_set_is_taken(house: Flask, platform: str) -> None:
    document = recorded(f"{platform}/jwks.json")
    if platform == "ilias":  # Only its shape was kept.
        document["keys"][0]["n"] = recorded("moodle/jwks.json")["keys"][0]["n"]
    assert acceptable(document)
    key = find(document, document["keys"][0]["kid"])
    assert key is not None
    assert key.key_size == 2048


def test_every_recorded_file_is_replayed(house: Flask) -> None:
    tests = "".join(path.read_text() for path in TESTS.rglob("*.py"))
    files = {f"{path.parent.name}/{path.name}" for path in RECORDED.glob("*/*") if path.suffix != ".md"}
    unnamed = {file for file in files if Path(file).name not in tests}
    assert unnamed == set()
