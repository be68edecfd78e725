"""The operator's side: registration, approval, keys."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from flask import Flask
from sqlalchemy import select, update

from core import db
from lti import keys
from lti.models import KeyState, Platform, ToolKey
from lti.service import tool_keys
from tests.conftest import SECRET
from tests.lti.lms import LTI, Browser, Lms

GIVEN = {
    "organisation": "musterstadt", "issuer": "https://moodle.example", "client-id": "abc", "deployment": "1", "name": "Moodle",
    "auth-url": "https://moodle.example/mod/lti/auth.php", "token-url": "https://moodle.example/mod/lti/token.php",
    "jwks-url": "https://moodle.example/mod/lti/certs.php",
}


def run(house: Flask, *args: str) -> tuple[int, str]:
    result = house.test_cli_runner().invoke(args=["lti", *args])
    return result.exit_code, result.output


def add(house: Flask, **changes: str) -> tuple[int, str]:
    values = {**GIVEN, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return run(house, "add-platform", *(part for name, value in values.items() for part in (f"--{name}", value)))


# --- Platforms --------------------------------------------------------------------------------------------------------

def test_saying_the_same_twice_registers_one_platform(house: Flask) -> None:
    assert add(house) == add(house) == (0, "Moodle: ok (number 1)\n")
    assert len(db.session.scalars(select(Platform)).all()) == 1
    assert "deployment 1  approved" in run(house, "list")[1]


def test_a_changed_address_is_taken_over(house: Flask) -> None:
    add(house)
    add(house, jwks_url="https://moodle.example/new")
    assert db.session.scalars(select(Platform.jwks_url)).one() == "https://moodle.example/new"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("changes", "words"), [
    ({"auth_url": "moodle.example"}, "--auth-url 'moodle.example': this is no address"),
    ({"token_url": "http://moodle.example/token"}, "only https is allowed, or list the host in LOTSE_OUTGOING_HOSTS"),
    ({"jwks_url": "ftp://moodle.example/"}, "--jwks-url"),
    ({"jwks_url": "https://user:word@moodle.example/"}, "user name"),
    ({"client_id": " "}, "--client-id ' ': this is empty"),
    ({"organisation": "gibtsnicht"}, "no organisation 'gibtsnicht'"),
])
def test_a_registration_that_cannot_work_is_refused_with_words(house: Flask, changes: dict[str, str], words: str) -> None:
    status, output = add(house, **changes)
    assert (status, words in output) == (1, True), output
    assert db.session.scalars(select(Platform)).all() == []


def test_another_organisation_cannot_take_over_a_platform(house: Flask) -> None:
    add(house)
    house.test_cli_runner().invoke(args=["people", "add-organisation", "anderswo", "Anderswo"])
    status, output = add(house, organisation="anderswo")
    assert (status, "another organisation" in output) == (1, True)


def test_a_deployment_that_waits_is_listed_with_the_command_that_lets_it_in(house: Flask, browser: Browser, lms: Lms) -> None:
    elsewhere = {LTI + "deployment_id": "99"}
    assert browser.launch(**elsewhere).status_code == 403
    assert "WAITS: ./lotse lti approve 1 99" in run(house, "list")[1]
    assert run(house, "approve", "1", "99")[0] == 0
    assert browser.launch(**elsewhere).status_code == 303


def test_a_platform_that_is_switched_off_launches_nothing_until_it_is_on_again(house: Flask, browser: Browser, lms: Lms) -> None:
    assert run(house, "switch", "1", "off")[0] == 0
    assert browser.client.post("/lti/login", data=lms.initiation()).status_code == 403
    assert run(house, "switch", "1", "on")[0] == 0
    assert browser.launch().status_code == 303
    assert run(house, "switch", "5", "on")[0] == 1


def test_the_operator_learns_what_the_platform_must_be_told(house: Flask) -> None:
    output = run(house, "info")[1]
    for address in ("/lti/launch", "/lti/login", "/lti/jwks"):
        assert f"http://localhost:8000{address}" in output


# --- Keys -------------------------------------------------------------------------------------------------------------

def kids(house: Flask) -> list[str]:
    return [key["kid"] for key in house.test_client().get("/lti/jwks").get_json()["keys"]]


def test_the_key_set_is_public_and_says_its_algorithm(house: Flask) -> None:
    response = house.test_client().get("/lti/jwks")
    assert response.headers["Cache-Control"] == "public, max-age=600"
    found = response.get_json()["keys"]
    assert len(found) == 2
    for key in found:
        assert (key["alg"], key["use"], key["kty"]) == ("RS256", "sig", "RSA")
        assert set(key) == {"alg", "use", "kty", "kid", "n", "e"}
        assert RSAPublicNumbers(65537, int.from_bytes(urlsafe_b64decode(key["n"] + "=="), "big")).public_key().key_size == 2048


def test_a_key_is_public_before_it_signs_and_for_a_week_after(house: Flask) -> None:
    active, coming = kids(house)
    status, output = run(house, "rotate-key")
    assert (status, "less than a day" in output) == (1, True)
    long_public()
    assert run(house, "rotate-key") == (0, f"{coming}: signs from now on\n")
    assert len(kids(house)) == 3
    assert {active, coming} < set(kids(house))
    db.session.execute(update(ToolKey).where(ToolKey.state == KeyState.RETIRED).values(retired_at=db.now() - timedelta(days=8)))
    db.session.commit()
    assert active not in kids(house)


def test_in_an_emergency_the_key_is_exchanged_at_once(house: Flask) -> None:
    kids(house)
    assert run(house, "rotate-key", "--at-once")[0] == 0


def long_public() -> None:
    db.session.execute(update(ToolKey).values(created_at=db.now() - timedelta(days=2)))
    db.session.commit()


def test_private_keys_are_kept_encrypted(house: Flask) -> None:
    tool_keys.make_missing()
    stored = json.dumps([row.private_pem for row in db.session.scalars(select(ToolKey))])
    assert "PRIVATE" not in stored
    assert keys.sign({"a": 1}, SECRET).count(".") == 2
    with pytest.raises(keys.KeyTroubleError, match="LOTSE_SECRET_KEY"):
        keys.sign({"a": 1}, "another secret that is long enough too")


# --- Registration links -------------------------------------------------------------------------------------------------

def test_a_registration_link_is_made_listed_and_canceled(house: Flask) -> None:
    status, output = run(house, "invite", "--organisation", "musterstadt", "--name", "Moodle", "--hours", "3")
    secret = output.split("t=")[1].split()[0]
    assert (status, output.startswith("http://localhost:8000/lti/register?t=")) == (0, True)
    listed = run(house, "invites")[1]
    assert ("Moodle  open" in listed, secret in listed) == (True, False)
    assert run(house, "cancel-invite", "1")[0] == 0
    assert "canceled" in run(house, "invites")[1]
    assert run(house, "cancel-invite", "7")[0] == 1
    assert run(house, "invite", "--organisation", "gibtsnicht")[0] == 1
    assert run(house, "invite", "--organisation", "musterstadt", "--hours", "0")[0] == 2


def test_a_platform_that_registered_itself_is_approved_by_its_number(house: Flask, browser: Browser, lms: Lms) -> None:
    db.session.execute(update(Platform).values(waiting=True, registered={"deployment_id": "1", "scopes": []}))
    db.session.commit()
    assert "WAITS: ./lotse lti approve 1" in run(house, "list")[1]
    assert browser.client.post("/lti/login", data=lms.initiation()).status_code == 403
    assert run(house, "approve", "1") == (0, "1: approved\n")
    assert browser.launch().status_code == 303
