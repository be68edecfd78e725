"""The recorded ways of a Moodle launch, step by step: what its pages answered, and how a browser walked (tests/lti/recorded/moodle)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from core.sessions import BROWSER_COOKIE
from tests.lti.conftest import reasons
from tests.lti.lms import Browser, Lms

RECORDED = Path(__file__).parent / "recorded/moodle"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENGLISH = {"Accept-Language": "en"}


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text())


# --- auth-variants.json ---------------------------------------------------------------------------------------------------

# How Lotse's request stands to each variant: "as it is" is what Lotse sends, the others must never be sent.
SENT: dict[str, dict[str, Callable[[str], bool]]] = {
    "normal, GET": {},
    "unregistered redirect_uri": {"redirect_uri": lambda value: value.endswith("/lti/launch")},
    "redirect_uri with extra query": {"redirect_uri": lambda value: "?" not in value},
    "no nonce": {"nonce": bool}, "no state": {"state": bool}, "no lti_message_hint": {"lti_message_hint": lambda value: value == "hint"},
    "other login_hint": {"login_hint": lambda value: value == "4"}, "wrong client_id": {"client_id": lambda value: value == "lotse-at-lms"},
    "response_mode query": {"response_mode": lambda value: value == "form_post"}, "no response_mode": {"response_mode": lambda value: value == "form_post"},
    "prompt=login": {"prompt": lambda value: value == "none"}, "scope openid profile": {"scope": lambda value: value == "openid"},
    "response_type code": {"response_type": lambda value: value == "id_token"},
}
# What Moodle posts to the launch address in these variants.
ANSWERED = {
    "other login_hint": ({"error": "access_denied"}, 400, "platform_error"),
    "wrong client_id": ({"error": "unauthorized_client"}, 400, "platform_error"),
    "response_mode query": ({"error": "invalid_request", "error_description": "Invalid response_mode"}, 400, "platform_error"),
    "no response_mode": ({"error": "invalid_request", "error_description": "Invalid response_mode"}, 400, "platform_error"),
    "prompt=login": ({"error": "invalid_request", "error_description": "Invalid prompt"}, 400, "platform_error"),
}
ELSEWHERE = {
    "normal, POST": "Lotse sends a GET always (tests/lti/test_login.py)",
    "no state": "below: an empty state opens nothing",
    "same lti_message_hint used twice": "below: the hint is not spent before the cookie is there",
    "two launches begun in parallel, first one finished last: 2nd": "below: two at the same time",
    "… 1st": "below: two at the same time",
    "auth request without a Moodle session cookie": "Moodle's own page posts to itself; nothing reaches Lotse",
    "… repost, still no session": "an error page of Moodle; nothing reaches Lotse",
    "launch of an activity while the tool is pending": "the launch of a pending tool is like any other",
}


def test_every_recorded_variant_has_its_test_or_its_reason(house: Flask) -> None:
    assert {entry["case"] for entry in recorded("auth-variants.json")} == {*SENT, *ANSWERED, *ELSEWHERE}


@pytest.mark.parametrize("case", SENT)
def test_what_moodle_refuses_is_never_sent(browser: Browser, case: str) -> None:
    sent = browser.begin()
    assert all(fits(sent[name]) for name, fits in SENT[case].items())


@pytest.mark.parametrize(("fields", "status", "reason"), ANSWERED.values(), ids=ANSWERED.keys())
def test_an_error_that_moodle_posts_is_told_in_the_frame(browser: Browser, fields: dict[str, str], status: int, reason: str) -> None:
    begun = browser.begin()
    answer = browser.client.post("/lti/launch", data={**fields, "state": begun["state"]}, headers=ENGLISH)
    assert (answer.status_code, reasons()) == (status, [reason])
    assert "open the link again" in answer.text
    assert "frame-ancestors https://lms.example" in answer.headers["Content-Security-Policy"]


def test_an_empty_state_opens_nothing(browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    assert browser.post("", lms.sign(lms.claims(begun["nonce"]))).status_code == 400


def test_two_launches_at_the_same_time_are_both_let_in_whichever_is_first(browser: Browser, lms: Lms) -> None:
    first, second = browser.begin(), browser.begin()
    for begun in (second, first):
        assert browser.post(begun["state"], lms.sign(lms.claims(begun["nonce"]))).status_code == 303


# --- browser-launch.json --------------------------------------------------------------------------------------------------

RUNS = {run["label"]: run for run in recorded("browser-launch.json")["runs"]}
# Which of the recorded tool's cookies stands for Lotse's: it is `SameSite=None; Secure; Partitioned`.
OURS = "c_part"


@pytest.mark.parametrize("label", RUNS)
def test_a_recorded_walk_leads_into_the_course(house: Flask, lms: Lms, label: str) -> None:
    """With the recorded headers, and with Lotse's cookie where the recorded browser gave back the one of its kind."""
    login, launch = (request for request in RUNS[label]["requests"] if request["url"].startswith("https://tool.example"))
    browser = house.test_client()
    onward = browser.post("/lti/login", data=lms.initiation(), headers=_headers(login))
    framed = login["sec_fetch"]["sec-fetch-dest"] == "iframe"
    if framed:  # The cookie is asked for before Moodle is, whose hint works once.
        assert onward.status_code == 303
        onward = browser.get(onward.location, headers={**_headers(login), "Sec-Fetch-Site": "same-origin"})
    assert onward.status_code == 302
    assert OURS in launch["cookie_names"]
    begun = {name: values[0] for name, values in parse_qs(urlsplit(onward.location).query).items()}
    answer = _post(browser, lms, begun, launch)
    assert answer.status_code == 303
    page = browser.get(answer.location, headers={"Sec-Fetch-Dest": launch["sec_fetch"]["sec-fetch-dest"]})
    assert page.status_code == 200
    assert "X-Frame-Options" not in page.headers


@pytest.mark.parametrize("label", RUNS)
def test_without_a_partitioned_cookie_nobody_is_let_in_and_the_hint_is_kept(house: Flask, lms: Lms, label: str) -> None:
    """As in a browser that gave back none of the cookies: with a frame before the platform is asked, else at the launch."""
    login, launch = (request for request in RUNS[label]["requests"] if request["url"].startswith("https://tool.example"))
    browser = house.test_client(use_cookies=False)
    onward = browser.post("/lti/login", data=lms.initiation(), headers=_headers(login))
    if login["sec_fetch"]["sec-fetch-dest"] == "iframe":
        refused = browser.get(onward.location, headers=_headers(login))
    else:
        begun = {name: values[0] for name, values in parse_qs(urlsplit(onward.location).query).items()}
        refused = _post(browser, lms, begun, launch)
    assert (refused.status_code, reasons()) == (401, ["cookie_missing"])
    assert 'target="_blank"' in refused.text


def _headers(request: dict[str, Any]) -> dict[str, str]:
    given = {**request["sec_fetch"], "referer": request["referer"], "origin": request["origin"]}
    return {name: value for name, value in given.items() if value is not None}


def _post(browser: FlaskClient, lms: Lms, begun: dict[str, str], launch: dict[str, Any]) -> Any:
    token = lms.sign(lms.claims(begun["nonce"]))
    return browser.post("/lti/launch", data={"state": begun["state"], "id_token": token}, headers={**_headers(launch), **ENGLISH})


# --- Platforms that keep values for tools, as far as the server decides ------------------------------------------------------

FRAMED = {"Sec-Fetch-Dest": "iframe"}


def keeping(house: Flask, lms: Lms) -> tuple[FlaskClient, dict[str, str], str]:
    """A browser without cookies in a frame of a platform that keeps values: the login, and the secret that is kept."""
    browser = house.test_client(use_cookies=False)
    asking = browser.post("/lti/login", data=lms.initiation(lti_storage_target="_parent"), headers=FRAMED)
    page = browser.get(asking.location, headers=FRAMED)
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    kept = dict(part.split('="') for part in page.text.split("<div data-storage ")[1].split('">')[0].split('" '))
    assert (kept["data-target"], kept["data-origin"]) == ("_parent", "https://lms.example")
    begun = {name: values[0] for name, values in parse_qs(urlsplit(kept["data-onward"].replace("&amp;", "&")).query).items()}
    assert kept["data-key"] == f"lotse_{begun['state']}"
    return browser, begun, kept["data-value"]


def sent(browser: FlaskClient, lms: Lms, begun: dict[str, str], **more: str) -> Any:
    site = more.pop("site", "same-origin")
    data = {"state": begun["state"], "id_token": lms.sign(lms.claims(begun["nonce"])), **more}
    return browser.post("/lti/launch", data=data, headers={**FRAMED, **ENGLISH, "Sec-Fetch-Site": site})


def test_the_secret_is_asked_back_and_proves_the_launch(house: Flask, lms: Lms) -> None:
    browser, begun, secret = keeping(house, lms)
    asking = sent(browser, lms, begun, site="cross-site")
    assert asking.status_code == 200
    assert secret not in asking.text
    assert "data-value" not in asking.text
    assert reasons() == []
    proved = sent(browser, lms, begun, kept=secret)
    assert proved.status_code == 200
    assert reasons() == ["admitted"]
    assert "Set-Cookie" not in proved.headers
    ticket = proved.text.split('name="ticket" value="')[1].split('"')[0]
    window = house.test_client()
    g.pop("_login_user", None)  # The test acts in one application context, and it would outlive the request.
    assert window.get(window.post("/lti/ticket", data={"ticket": ticket}).location).status_code == 200


@pytest.mark.parametrize(("kept", "site"), [("another-secret-that-is-long-enough", "same-origin"), ("", "same-origin"), ("right", "cross-site"), ("right", "same-site")])
def test_a_wrong_secret_or_one_from_another_site_proves_nothing(house: Flask, lms: Lms, kept: str, site: str) -> None:
    browser, begun, secret = keeping(house, lms)
    answer = sent(browser, lms, begun, kept=secret if kept == "right" else kept, site=site)
    assert answer.status_code == 401
    assert reasons()[-1] in ("cookie_missing", "other_browser")


def test_the_secret_counts_only_where_the_platform_has_offered_to_keep_it(house: Flask, lms: Lms) -> None:
    browser = house.test_client()
    onward = browser.post("/lti/login", data=lms.initiation())
    begun = {name: values[0] for name, values in parse_qs(urlsplit(onward.location).query).items()}
    cookie = browser.get_cookie(BROWSER_COOKIE)
    assert cookie is not None
    assert sent(house.test_client(use_cookies=False), lms, begun, kept=cookie.value).status_code == 401
    assert reasons() == ["cookie_missing"]


def test_a_secret_is_of_one_login(house: Flask, lms: Lms) -> None:
    _, _, secret = keeping(house, lms)
    browser, begun, _ = keeping(house, lms)
    assert sent(browser, lms, begun, kept=secret).status_code == 401
