"""The first step: a platform begins a login, and the browser goes on to the platform."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import db, jobs
from core.sessions import BROWSER_COOKIE
from lti.models import LoginState
from lti.service import login
from tests.lti.lms import BASE, Browser, Lms


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_login_goes_on_to_the_platform_by_get_with_all_it_needs(browser: Browser, lms: Lms, method: str) -> None:
    given = {"query_string" if method == "get" else "data": lms.initiation(login_hint="a & b", lti_message_hint='{"cmid":2}')}
    response = getattr(browser.client, method)("/lti/login", **given)
    assert response.status_code == 302
    address = urlsplit(response.location)
    values = {name: value[0] for name, value in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://lms.example/auth"
    assert values.pop("state") != values.pop("nonce")
    assert values == {
        "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none", "client_id": lms.client_id,
        "redirect_uri": f"{BASE}/lti/launch", "login_hint": "a & b", "lti_message_hint": '{"cmid":2}',
    }


def test_the_cookie_comes_back_in_frames_and_in_partitions(browser: Browser, lms: Lms) -> None:
    cookie = browser.client.post("/lti/login", data=lms.initiation()).headers["Set-Cookie"]
    assert cookie.startswith(f"{BROWSER_COOKIE}=")
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert f"; {attribute}" in cookie
    assert "Domain" not in cookie


def test_a_second_login_keeps_the_cookie_of_the_first(browser: Browser, lms: Lms) -> None:
    browser.begin()
    assert "Set-Cookie" not in browser.client.post("/lti/login", data=lms.initiation()).headers


def test_a_login_without_client_id_finds_the_only_platform_of_the_issuer(browser: Browser, lms: Lms) -> None:
    initiation = lms.initiation()
    del initiation["client_id"]
    assert browser.client.post("/lti/login", data=initiation).status_code == 302
    other = Lms(client_id="a second one")
    other.register(db.acting_for() or 0)
    other.close()
    assert browser.client.post("/lti/login", data=initiation).status_code == 403


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("changes", "status"), [
    ({"iss": ""}, 400), ({"login_hint": ""}, 400), ({"target_link_uri": ""}, 400), ({"iss": "https://unknown.example"}, 403),
    ({"client_id": "unknown"}, 403), ({"target_link_uri": "https://evil.example/"}, 400), ({"lti_message_hint": "x" * 9000}, 400),
    ({"iss": "\x00"}, 400),
])
def test_a_login_that_cannot_lead_anywhere_is_refused(browser: Browser, lms: Lms, changes: dict[str, str], status: int) -> None:
    response = browser.client.post("/lti/login", data=lms.initiation(**changes))
    assert response.status_code == status
    assert "Location" not in response.headers
    assert db.session.scalar(select(func.count()).select_from(LoginState)) == 0


def test_in_a_frame_the_cookie_is_asked_for_before_the_platform_is(house: Flask, lms: Lms) -> None:
    framed = {"Sec-Fetch-Dest": "iframe"}
    keeps, loses = house.test_client(), house.test_client(use_cookies=False)
    first = keeps.post("/lti/login", data=lms.initiation(), headers=framed)
    assert first.status_code == 303
    assert keeps.get(first.location, headers=framed).location.startswith("https://lms.example/auth?")
    refused = loses.get(loses.post("/lti/login", data=lms.initiation(), headers=framed).location, headers=framed)
    assert refused.status_code == 401
    assert 'target="_blank"' in refused.text
    again = refused.text.split('href="/lti/login?')[1].split('"')[0].replace("&amp;", "&")
    assert house.test_client().get(f"/lti/login?{again}").location.startswith("https://lms.example/auth?")


def test_secrets_are_kept_as_hashes(browser: Browser) -> None:
    begun = browser.begin()
    row = db.session.scalars(select(LoginState)).one()
    cookie = browser.client.get_cookie(BROWSER_COOKIE)
    assert cookie is not None
    assert not {begun["state"], begun["nonce"], cookie.value} & {row.state, row.nonce, row.browser}


def test_the_sweep_forgets_logins_that_nobody_can_finish_any_more(browser: Browser) -> None:
    browser.begin()
    browser.begin()
    with db.transaction() as tx:
        old = tx.scalars(select(LoginState).limit(1)).one()
        old.expires_at = db.now() - login.LOGINS_KEPT - timedelta(minutes=1)
    jobs._sweep.run()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(LoginState)) == 1
