"""Every address of the room and its neighbours with values that nobody should send: refused or taken, but never a fault, and never another tenant's rows.

Each role tries each route: with every row number there is (also those of another organisation), numbers that no row can have, and
texts that no database or page likes; and posts each of these texts in all fields at once.
"""

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import quote, urlencode

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from accounts.models import Role
from core import db
from lti.oauth import FORM
from lti.service import registrations
from tests import builders
from tests.lti.choosing import open_picker
from tests.lti.lms import LTI, Browser, Lms
from tests.lti.test_scores import TEACHER

ROOMS = ("lti", "excerpts", "accounts", "certificates", "courses")
ROWS = ("1", "2", "3", "4")
NUMBERS = (*ROWS, "0", "2147483648", "9" * 30)
GOOD = {"course": "kurs", "slug": "kurs", "item": "farbe", "only": "farbe", "family": "moodle", "deployment_id": "1"}
WORDS = ("\0", "%00", "' or 1=1 --", "{{7*7}}", "../..", "ü\u202e\U0001f600", "x" * 3000, "-1", "1e999")
TYPED = ("", "\0", "a\0b", "9" * 30, "-1", "2147483648", "\ud800", "ü\u202e", "{{7*7}}", "x" * 20_000, "javascript:alert(1)", "[]", "{}", "true", "a.b.c.d", "remove:\0")
FIELDS = (
    "name", "hours", "issuer", "client_id", "auth_url", "token_url", "jwks_url", "deployments", "to", "reference", "platform", "outcome", "page", "do",
    "q", "audience", "language", "shown", "pick", "entry", "entry0-title", "entry0-points", "keep", "send", "due_at", "participant", "everything",
    "path", "ticket", "code", "t", "openid_configuration", "registration_token", "proof", "lang", "iss", "login_hint", "target_link_uri",
    "lti_message_hint", "lti_deployment_id", "lti_storage_target", "state", "id_token", "kept", "show", "group", "sort", "attempt", "answer",
    "oauth_consumer_key", "oauth_signature", "oauth_signature_method", "oauth_timestamp", "oauth_nonce", "username", "password", "organisation",
    "next", "draw", "only", "public", "model", "temperature", "prompt",
)
SECRETS = ("Zacharias", "Fremdes LMS", "Fremder Link", "Fremder Kurs")


@pytest.fixture(autouse=True)
def _each_request_alone(house: Flask) -> None:
    """In a test all requests share what is remembered during one, and the tenant."""
    def forget(*_: object) -> None:
        for name in [name for name in g if name != "reference"]:
            g.pop(name)
        db.session().info["organisation_id"] = None

    house.url_value_preprocessor(forget)


@pytest.fixture
def lms(house: Flask) -> Iterator[Lms]:
    """Two universities with a platform each; everything of the second is a secret to the first."""
    here = db.acting_for() or 0
    platform, foreign = Lms(), Lms(issuer="https://fremd.example", client_id="fremd")
    platform.register(here)
    for claims in (TEACHER, {"sub": "4"}):  # So the first rows are ours, and a good number leads somewhere.
        assert Browser(house, platform).launch(**claims).status_code == 303
    there = builders.organisation("anderswo").id
    builders.edition()
    foreign.register(there)
    link = {LTI + "resource_link": {"id": "8", "title": "Fremder Link"}, LTI + "context": {"id": "3", "title": "Fremder Kurs"}}
    for claims in ({"sub": "41", "name": "Zacharias Lernend"}, {**TEACHER, "name": "Zacharias Lehrend", "sub": "42"}):
        assert Browser(house, foreign).launch(**claims, **link).status_code == 303
    registrations.invite(there, "Fremdes LMS")
    db.act_for(here)
    registrations.invite(here, "Unser LMS")
    yield platform
    platform.close()
    foreign.close()


def base_of(launched: TestResponse) -> str:
    return launched.location[:len("/l/") + 22]


def visitors(house: Flask, lms: Lms) -> dict[str, tuple[FlaskClient, str]]:
    """Everybody who may come, with the beginning of their addresses."""
    administrator = builders.browser(house, builders.person("Jonas", roles=(Role.ADMINISTRATOR,)))
    teacher, learner = Browser(house, lms), Browser(house, lms)
    bases = base_of(teacher.launch(**TEACHER)), base_of(learner.launch(sub="4"))
    picker = open_picker(house, lms)
    return {
        "nobody": (house.test_client(), ""), "administrator": (administrator, ""), "lecturer": (teacher.client, bases[0]),
        "learner": (learner.client, bases[1]), "chooser": (picker.browser.client, picker.base.removesuffix("/lti/choose")),
    }


PLACE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<choice>[^)]*)\))?:)?(?P<name>\w+)>")


def addresses(rule: Rule) -> set[str]:
    """Addresses of a route: nasty values all over, and the numbers of all rows in its first two places."""
    places = list(PLACE.finditer(rule.rule))
    chosen = {tuple(_values(place)[at % len(_values(place))] for place in places) for at in range(12)}
    numbers = [at for at, place in enumerate(places) if place["kind"] == "int"][:2]
    for row in product(ROWS, repeat=len(numbers)):
        usual = [_values(place)[0] for place in places]
        for at, number in zip(numbers, row, strict=True):
            usual[at] = number
        chosen.add(tuple(usual))
    return {_address(rule, values) for values in chosen}


def _values(place: re.Match[str]) -> tuple[str, ...]:
    if place["kind"] == "any":
        return tuple(place["choice"].replace(" ", "").split(","))
    return NUMBERS if place["kind"] == "int" else (GOOD.get(place["name"], "eins"), *WORDS)


def _address(rule: Rule, values: tuple[str, ...]) -> str:
    """Written without the checks of url_for."""
    left = iter(values)
    return PLACE.sub(lambda _: quote(next(left), safe=""), rule.rule)


def rules(house: Flask) -> list[Rule]:
    return [rule for rule in house.url_map.iter_rules() if rule.endpoint.partition(".")[0].partition("_")[0] in ROOMS and rule.endpoint != "accounts.sign_out"]


def wrong_with(response: TestResponse) -> str:
    """What must not be in an answer; nothing when all is well."""
    text = response.get_data().decode(errors="replace")
    response.close()
    if response.status_code >= 500:
        return str(response.status_code)
    return next((secret for secret in SECRETS if secret in text), "")


def found(what: str, response: TestResponse) -> list[str]:
    wrong = wrong_with(response)
    return [f"{what}: {wrong}"] if wrong else []


@pytest.mark.parametrize("who", ["nobody", "learner", "lecturer", "chooser", "administrator"])
def test_no_value_makes_a_fault_or_shows_another_tenants_rows(house: Flask, lms: Lms, who: str) -> None:
    client, base = visitors(house, lms)[who]
    wrong: list[str] = []
    for rule in rules(house):
        for address in addresses(rule):
            methods = rule.methods or set()
            if "GET" in methods:
                wrong += found(f"GET {address}", client.get(f"{base}{address}"))
            if "POST" in methods and not ("leave" in address or "cancel" in address):
                wrong += found(f"POST {address}", client.post(f"{base}{address}", data={"to": "on"}))
    assert wrong == []
    if who == "lecturer":  # They really are inside.
        assert {client.get(f"{base}{path}").status_code for path in ("/lti/class/1", "/lti/class/1/learners/2", "/lti/scores/1/1", "/lti/scores/1/1/2")} == {200}


@pytest.mark.parametrize("who", ["nobody", "learner", "lecturer", "chooser", "administrator"])
def test_no_text_in_a_form_or_query_makes_a_fault(house: Flask, lms: Lms, who: str) -> None:
    client, base = visitors(house, lms)[who]
    wrong: list[str] = []
    for rule, typed in product(rules(house), TYPED):
        values = tuple(_values(place)[0] for place in PLACE.finditer(rule.rule))
        address, fields = f"{base}{_address(rule, values)}", dict.fromkeys(FIELDS, typed)
        if "POST" in (rule.methods or set()) and not ("leave" in address or "cancel" in address):
            wrong += found(f"POST {address} {typed[:20]!r}", client.post(address, data=urlencode(fields, errors="surrogatepass"), content_type=FORM))
        if "GET" in (rule.methods or set()):
            wrong += found(f"GET {address} {typed[:20]!r}", client.get(f"{address}?{urlencode({name: text[:100] for name, text in fields.items()}, errors='surrogatepass')}"))
    assert wrong == []


LECTURERS_ONLY = (
    ("GET", "/lti/class/1"), ("POST", "/lti/class/1/refresh"), ("GET", "/lti/class/1/export"), ("POST", "/lti/class/1/people/2/learns"),
    ("GET", "/lti/class/1/learners/2"), ("GET", "/lti/class/1/learners/none"), ("GET", "/lti/scores/1"), ("GET", "/lti/scores/1/1"),
    ("POST", "/lti/scores/1/1"), ("GET", "/lti/scores/1/1/2"), ("POST", "/lti/scores/1/1/release"), ("POST", "/lti/scores/1/1/again"),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_lecturer_who_looks_as_a_student_may_in_that_launch_what_students_may(house: Flask, lms: Lms) -> None:
    teacher = Browser(house, lms)
    as_student, as_teacher = base_of(teacher.launch(sub="3")), base_of(teacher.launch(**TEACHER))
    for method, path in LECTURERS_ONLY:
        assert teacher.client.open(f"{as_student}{path}", method=method).status_code == 403, path
    assert {teacher.client.get(f"{as_teacher}{path}").status_code for method, path in LECTURERS_ONLY if method == "GET"} == {200, 302}


def test_a_sign_in_name_that_no_database_holds_is_a_wrong_one(house: Flask, lms: Lms) -> None:
    form = {"organisation": str(db.acting_for()), "username": "ada\0", "password": "not the right one"}
    assert house.test_client().post("/sign-in", data=form).status_code == 422
