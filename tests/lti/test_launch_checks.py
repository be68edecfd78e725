"""Which launches are let in, and which are refused for which reason."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core import db
from lti.models import Deployment, LoginState, Platform
from tests.lti.conftest import reasons
from tests.lti.lms import BASE, LTI, Answer, Browser, Lms, jwk, key_pair

# These checks are made before anything is written; one database is enough.
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def refused(response: TestResponse, status: int, reason: str) -> None:
    assert (response.status_code, reasons()[-1]) == (status, reason), response.text
    assert "Location" not in response.headers
    assert '<p class="reference">' in response.text


def admitted(response: TestResponse) -> None:
    assert response.status_code == 303, (response.text, reasons())
    assert response.location.startswith("/l/")


# --- Let in -----------------------------------------------------------------------------------------------------------

def now() -> int:
    return int(db.now().timestamp())


GOOD: dict[str, Callable[[Lms], dict[str, Any]]] = {
    "a valid launch": lambda lms: {},
    "an audience that is a list of one": lambda lms: {"aud": [lms.client_id]},
    "several audiences with this client as the authorized party": lambda lms: {"aud": ["other", lms.client_id], "azp": lms.client_id},
    "issued by a clock that is 50 s ahead": lambda lms: {"iat": now() + 50, "exp": now() + 110},
    "expired 50 s ago": lambda lms: {"iat": now() - 110, "exp": now() - 50},
    "no roles in the list": lambda lms: {LTI + "roles": []},
}


@ON_ONE_DATABASE
@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD.keys())
def test_a_proper_launch_is_let_in(browser: Browser, lms: Lms, changes: Callable[[Lms], dict[str, Any]]) -> None:
    admitted(browser.launch(**changes(lms)))
    assert reasons() == ["admitted"]


def test_a_key_set_without_alg_is_enough(browser: Browser, lms: Lms) -> None:
    lms.published = [jwk(lms.key, lms.kid)]
    admitted(browser.launch())


def test_a_new_key_of_the_platform_is_fetched_once(browser: Browser, lms: Lms) -> None:
    admitted(browser.launch())
    lms.rotate()
    db.session.execute(update(Platform).values(jwks_tried_at=db.now() - timedelta(minutes=1)))
    db.session.commit()
    admitted(browser.launch())
    admitted(browser.launch())
    assert lms.count("/jwks") == 2


def test_unknown_keys_make_no_more_than_one_fetch_in_half_a_minute(browser: Browser, lms: Lms) -> None:
    admitted(browser.launch())
    for _ in range(3):
        begun = browser.begin()
        refused(browser.post(begun["state"], lms.sign(lms.claims(begun["nonce"]), kid="made-up")), 401, "kid_unknown")
    assert lms.count("/jwks") == 1


def test_the_known_keys_serve_while_the_platform_gives_none(browser: Browser, lms: Lms) -> None:
    admitted(browser.launch())
    long_ago = db.now() - timedelta(days=3)
    db.session.execute(update(Platform).values(jwks_tried_at=long_ago, jwks_fetched_at=long_ago))
    db.session.commit()
    lms.answers["jwks"].extend([Answer(500), Answer(200, b"<html>")])
    admitted(browser.launch())
    assert lms.count("/jwks") == 2


def test_keys_that_were_never_reachable_are_told_as_such(browser: Browser, lms: Lms) -> None:
    lms.answers["jwks"].append(Answer(0))
    refused(browser.launch(), 503, "keys_unreachable")


# --- Refused: the claims ----------------------------------------------------------------------------------------------

BAD: dict[str, tuple[Callable[[Lms], dict[str, Any]], int, str]] = {
    "wrong audience": (lambda lms: {"aud": "somebody else"}, 401, "audience"),
    "several audiences without an authorized party": (lambda lms: {"aud": [lms.client_id, "other"]}, 401, "authorized_party"),
    "another authorized party": (lambda lms: {"azp": "other"}, 401, "authorized_party"),
    "wrong issuer": (lambda lms: {"iss": "https://evil.example"}, 401, "issuer"),
    "an unknown deployment": (lambda lms: {LTI + "deployment_id": "99"}, 403, "deployment_unknown"),
    "no deployment": (lambda lms: {LTI + "deployment_id": ...}, 400, "deployment_missing"),
    "expired": (lambda lms: {"exp": now() - 61}, 401, "expired"),
    "no expiry": (lambda lms: {"exp": ...}, 400, "expiry_missing"),
    "an expiry that is no time": (lambda lms: {"exp": "tomorrow"}, 400, "expiry_missing"),
    "no time of issue": (lambda lms: {"iat": ...}, 400, "issue_time_missing"),
    "issued more than ten minutes ago": (lambda lms: {"iat": now() - 601}, 401, "issued_long_ago"),
    "issued far ahead": (lambda lms: {"iat": now() + 70, "exp": now() + 130}, 401, "issued_ahead"),
    "no nonce": (lambda lms: {"nonce": ...}, 400, "nonce_missing"),
    "an unknown nonce": (lambda lms: {"nonce": "made up"}, 401, "nonce_wrong"),
    "wrong version": (lambda lms: {LTI + "version": "1.1"}, 400, "version"),
    "no resource link": (lambda lms: {LTI + "resource_link": ...}, 400, "resource_link_missing"),
    "a resource link without id": (lambda lms: {LTI + "resource_link": {"title": "x"}}, 400, "resource_link_missing"),
    "no roles": (lambda lms: {LTI + "roles": ...}, 400, "roles_missing"),
    "a target of a foreign origin": (lambda lms: {LTI + "target_link_uri": "https://evil.example/lti/launch"}, 400, "target_foreign"),
    "a target that only begins like ours": (lambda lms: {LTI + "target_link_uri": f"{BASE}.evil.example/"}, 400, "target_foreign"),
    "a target that is no address": (lambda lms: {LTI + "target_link_uri": "http://[::1"}, 400, "target_foreign"),
    "no target": (lambda lms: {LTI + "target_link_uri": ...}, 400, "target_missing"),
    "an unknown message type": (lambda lms: {LTI + "message_type": "LtiStartProctoring"}, 400, "message_type"),
    "a person id that is no text": (lambda lms: {"sub": 4}, 400, "claim_malformed"),
    "a person id with a control character": (lambda lms: {"sub": "4\x00"}, 400, "claim_malformed"),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize(("changes", "status", "reason"), BAD.values(), ids=BAD.keys())
def test_a_launch_with_wrong_claims_is_refused(
    browser: Browser, lms: Lms, changes: Callable[[Lms], dict[str, Any]], status: int, reason: str,
) -> None:
    refused(browser.launch(**changes(lms)), status, reason)


def test_an_unknown_deployment_waits_for_approval_and_is_never_let_in_by_itself(browser: Browser, lms: Lms) -> None:
    browser.launch(**{LTI + "deployment_id": "99"})
    refused(browser.launch(**{LTI + "deployment_id": "99"}), 403, "deployment_unknown")
    waiting = db.session.scalars(select(Deployment).where(Deployment.approved.is_(False))).one()
    assert waiting.deployment_id == "99"


def test_a_deployment_of_another_client_is_unknown(browser: Browser, lms: Lms) -> None:
    other = Lms(client_id="another")
    other.deployment_id = "of-the-other"
    other.register(db.acting_for() or 0)
    other.close()
    refused(browser.launch(**{LTI + "deployment_id": "of-the-other"}), 403, "deployment_unknown")


# --- Refused: the token -----------------------------------------------------------------------------------------------

def _public_pem(lms: Lms) -> bytes:
    return lms.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _hs256(lms: Lms, claims: dict[str, Any]) -> str:
    """Signed with the public key as if it were a shared secret: the old trick against libraries that trust `alg`."""
    def encoded(part: bytes) -> bytes:
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    whole = encoded(json.dumps({"alg": "HS256", "kid": lms.kid}).encode()) + b"." + encoded(json.dumps(claims).encode())
    return (whole + b"." + encoded(hmac.new(_public_pem(lms), whole, hashlib.sha256).digest())).decode()


def _tampered(lms: Lms, claims: dict[str, Any]) -> str:
    head, _, signature = lms.sign(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "1"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


TOKENS: dict[str, tuple[Callable[[Lms, dict[str, Any]], str], int, str]] = {
    "without a signature": (lambda lms, claims: jwt.encode(claims, "", algorithm="none", headers={"kid": lms.kid}), 401, "algorithm"),
    "HS256 with the public key": (_hs256, 401, "algorithm"),
    "RS512": (lambda lms, claims: lms.sign(claims, algorithm="RS512"), 401, "algorithm"),
    "another key under the same name": (lambda lms, claims: lms.sign(claims, key=key_pair(2048, 5)), 401, "signature"),
    "changed after it was signed": (_tampered, 401, "signature"),
    "an unknown key": (lambda lms, claims: lms.sign(claims, kid="made-up"), 401, "kid_unknown"),
    "no key id": (lambda lms, claims: lms.sign(claims, kid=None), 401, "kid_missing"),
    "its own key in the header": (lambda lms, claims: lms.sign(claims, jwk=jwk(lms.key, "x")), 400, "header_refused"),
    "an address of its own keys": (lambda lms, claims: lms.sign(claims, jku="https://evil.example/jwks"), 400, "header_refused"),
    "an address of its certificate": (lambda lms, claims: lms.sign(claims, x5u="https://evil.example/x"), 400, "header_refused"),
    "critical extensions": (lambda lms, claims: lms.sign(claims, crit=["b64"]), 400, "header_refused"),
    "no token at all": (lambda lms, claims: "no.token", 400, "token_malformed"),
    "garbage in three parts": (lambda lms, claims: f"{lms.sign(claims).split('.')[0]}.!!!.x", 400, "token_malformed"),
    "a list in place of claims": (lambda lms, claims: f"{lms.sign(claims).split('.')[0]}.W10.x", 400, "token_malformed"),
    "far too long": (lambda lms, claims: "a" * 200_000, 400, "token_malformed"),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize(("make", "status", "reason"), TOKENS.values(), ids=TOKENS.keys())
def test_a_token_that_is_not_genuine_is_refused(
    browser: Browser, lms: Lms, make: Callable[[Lms, dict[str, Any]], str], status: int, reason: str,
) -> None:
    begun = browser.begin()
    refused(browser.post(begun["state"], make(lms, lms.claims(begun["nonce"]))), status, reason)


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
def test_a_weak_key_is_refused(browser: Browser, lms: Lms) -> None:
    lms.key = key_pair(1024)
    lms.published = [jwk(lms.key, lms.kid)]
    refused(browser.launch(), 401, "key_weak")


# --- Refused: state, nonce, browser -----------------------------------------------------------------------------------

def test_the_same_launch_a_second_time_is_refused(browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    token = lms.sign(lms.claims(begun["nonce"]))
    admitted(browser.post(begun["state"], token))
    refused(browser.post(begun["state"], token), 401, "state_used")


def test_a_launch_in_another_browser_is_refused(house: Flask, browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    other = Browser(house, lms)
    other.begin()
    refused(other.post(begun["state"], lms.sign(lms.claims(begun["nonce"]))), 401, "other_browser")


def test_a_used_nonce_with_a_new_state_is_refused(browser: Browser, lms: Lms) -> None:
    first = browser.begin()
    token = lms.sign(lms.claims(first["nonce"]))
    admitted(browser.post(first["state"], token))
    refused(browser.post(browser.begin()["state"], token), 401, "nonce_wrong")


def test_the_nonce_of_another_login_is_refused(browser: Browser, lms: Lms) -> None:
    first, second = browser.begin(), browser.begin()
    refused(browser.post(first["state"], lms.sign(lms.claims(second["nonce"]))), 401, "nonce_wrong")


def test_the_state_of_one_platform_with_a_token_of_another_is_refused(house: Flask, browser: Browser, lms: Lms) -> None:
    other = Lms(issuer="https://other.example")
    other.register(db.acting_for() or 0)
    begun = browser.begin()
    refused(browser.post(begun["state"], other.sign(other.claims(begun["nonce"]))), 401, "issuer")
    other.close()
    assert lms.count("/jwks") == other.count("/jwks") == 0


@ON_ONE_DATABASE
@pytest.mark.parametrize("state", [None, "", "unknown", "\x00"])
def test_a_missing_or_unknown_state_is_refused(browser: Browser, lms: Lms, state: str | None) -> None:
    begun = browser.begin()
    response = browser.post(state, lms.sign(lms.claims(begun["nonce"])))
    assert response.status_code == (401 if state else 400)
    assert "frame-ancestors *" in response.headers["Content-Security-Policy"]


def test_an_expired_state_is_refused(browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    db.session.execute(update(LoginState).values(expires_at=db.now() - timedelta(seconds=1)))
    db.session.commit()
    refused(browser.post(begun["state"], lms.sign(lms.claims(begun["nonce"]))), 401, "state_expired")


def test_without_the_cookie_nobody_is_let_in_but_a_new_window_is_offered(house: Flask, browser: Browser, lms: Lms) -> None:
    begun = browser.begin(lti_message_hint="a hint & more")
    token = lms.sign(lms.claims(begun["nonce"]))
    response = house.test_client().post("/lti/launch", data={"state": begun["state"], "id_token": token})
    assert response.status_code == 401
    assert 'target="_blank"' in response.text
    assert "/lti/login?" in response.text
    assert "lti_message_hint=a+hint+%26+more" in response.text
    assert "frame-ancestors https://lms.example" in response.headers["Content-Security-Policy"]
    assert reasons() == ["cookie_missing"]


def test_the_page_about_the_cookie_speaks_german(house: Flask, browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    response = house.test_client().post("/lti/launch", data={"state": begun["state"], "id_token": "x"}, headers={"Accept-Language": "de"})
    assert "neuen Fenster" in response.text


def test_a_platform_that_was_switched_off_is_refused(browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    db.session.execute(update(Platform).values(active=False))
    db.session.commit()
    refused(browser.post(begun["state"], lms.sign(lms.claims(begun["nonce"]))), 403, "platform_unknown")


def test_an_error_of_the_platform_is_passed_on_in_words(browser: Browser) -> None:
    response = browser.client.post("/lti/launch", data={"state": browser.begin()["state"], "error": "login_required"})
    refused(response, 400, "platform_error")


def test_a_launch_without_a_token_is_refused(browser: Browser) -> None:
    refused(browser.post(browser.begin()["state"], None), 400, "token_missing")


def test_the_launch_address_alone_says_where_to_begin(house: Flask) -> None:
    response = house.test_client().get("/lti/launch", headers={"Accept-Language": "de"})
    assert response.status_code == 400
    assert "öffnen Sie den Link erneut" in response.text
