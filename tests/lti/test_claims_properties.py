"""Whatever a platform says: it is admitted or refused with a reason, what is stored is storable, and nothing falls over."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx2
import jwt
import pytest
from flask import Flask, g
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from accounts.models import Identity, Role
from core import db
from core.config import replace_settings
from core.http import Answer
from lti import claims, connection, dynamic, form, grades, groups, legacy, platform_keys, roster, score_policy
from lti.claims import LTI
from lti.connection import LaterError, NeverError
from lti.models import Participant, ResourceLink
from lti.platforms import PROFILES
from lti.refusals import REASONS, Refused
from lti.registration_faults import RegistrationFault
from lti.roles import role_in_context
from lti.service import legacy as consumers
from tests.lti.conftest import reasons
from tests.lti.consumer import FIELDS, Consumer
from tests.lti.lms import Browser, Lms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# The house stands through all examples; each makes a launch of its own in it.
in_house = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
pure = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
OUTCOMES = {"admitted", "anonymous", *REASONS}

texts = st.text(max_size=40) | st.sampled_from([
    "", " ", "\0", "a\0b", "\ud800", "\U0001f469\u200d\U0001f4bb", "\u202eevil", "x" * 255, "x" * 256, "x" * 5000, "-", "null", "1e999", "../..", "<script>", "'; drop table person; --",
    "http://", "http://[", "https://lms.example:99999/", "javascript:alert(1)", "https://lms.example/\n", "kurs", "eins", "ilias", "moodle", "canvas", "@x.ilias",
])
numbers = st.integers() | st.floats() | st.sampled_from([0, -1, 2**63, 2**64, 10**400, 1e308, float("inf"), float("nan")])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | st.sampled_from(["id", "title", "user_id", "lineitem", "scope", "course", "module"]), inner, max_size=4),
    max_leaves=8,
)

PLACES: list[tuple[str, ...]] = [
    (LTI + "message_type",), (LTI + "version",), (LTI + "deployment_id",), (LTI + "target_link_uri",), (LTI + "resource_link",), (LTI + "roles",),
    (LTI + "resource_link", "id"), (LTI + "resource_link", "title"), (LTI + "context",), (LTI + "context", "id"), (LTI + "context", "title"),
    (LTI + "custom",), (LTI + "custom", "course"), (LTI + "custom", "module"), (LTI + "custom", "quiz"), (LTI + "custom", "draw"), (LTI + "custom", "due"),
    (LTI + "launch_presentation",), (LTI + "launch_presentation", "locale"), (LTI + "launch_presentation", "return_url"),
    (LTI + "tool_platform",), (LTI + "tool_platform", "product_family_code"), (LTI + "tool_platform", "version"), (LTI + "for_user",), (LTI + "lti1p1",),
    (claims.AGS,), (claims.AGS, "lineitem"), (claims.AGS, "lineitems"), (claims.AGS, "scope"), (claims.NRPS,), (claims.NRPS, "context_memberships_url"),
    (claims.GROUPS,), (claims.DEEP_LINKING,), ("sub",), ("name",), ("given_name",), ("family_name",), ("email",), ("iss",), ("aud",), ("azp",), ("nonce",), ("exp",), ("iat",),
]


def put(document: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    """Set a value in a document, whatever stands on the way."""
    for name in place[:-1]:
        if not isinstance(document.get(name), dict):
            document[name] = {}
        document = document[name]
    document[place[-1]] = value


def signed(lms: Lms, payload: bytes) -> str:
    """A token with exactly these bytes inside."""
    return jwt.PyJWS().encode(payload, lms.key, algorithm="RS256", headers={"kid": lms.kid})


def is_answer(browser: Browser, state: str, token: str) -> int:
    """Post a launch: it is admitted or refused, and the record says which."""
    before = len(reasons())
    response = browser.post(state, token)
    assert response.status_code == 303 or 400 <= response.status_code < 500, response.text
    told = reasons()[before:]
    assert len(told) == 1
    assert told[0] in OUTCOMES
    assert (response.status_code == 303) == (told[0] in ("admitted", "anonymous"))
    if response.status_code == 303:
        g.pop("_login_user", None)  # The test's app context outlives its requests, and what they have kept in it.
        assert browser.client.get(response.location).status_code in (200, 302)
        g.pop("_login_user", None)
    return response.status_code


@in_house
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=4))
@example([(("sub",), "\0")])
@example([(("sub",), "a\u200db")])
@example([((LTI + "resource_link", "id"), "\ud800")])
@example([((LTI + "roles",), [None, {}, [], 7, "\0", LTI * 1000])])
@example([(("exp",), float("inf"))])
@example([(("iat",), 10**400)])
@example([((LTI + "tool_platform",), {"product_family_code": "ilias"}), (("email",), "@x.ilias")])
@example([((claims.AGS, "lineitem"), "https://lms.example:port/")])
@example([((LTI + "message_type",), ["LtiResourceLinkRequest"])])
def test_any_value_in_any_claim_is_admitted_or_refused(browser: Browser, lms: Lms, changes: list[tuple[tuple[str, ...], object]]) -> None:
    begun = browser.begin()
    said = copy.deepcopy(lms.claims(begun["nonce"]))
    for place, value in changes:
        put(said, place, value)
    is_answer(browser, begun["state"], signed(lms, json.dumps(said).encode()))


@in_house
@given(values)
def test_a_token_that_is_no_set_of_claims_is_refused(browser: Browser, lms: Lms, document: object) -> None:
    assert is_answer(browser, browser.begin()["state"], signed(lms, json.dumps(document).encode())) != 303


@pytest.mark.parametrize("payload", [
    b"", b"{", b"\xff\xfe{}", b"[" * 60_000, b'{"a":' * 12_000, b'{"iss": 1e999}', b'{"iss": NaN}', b'{"iss": ' + b"9" * 5000 + b"}", b'"text"', b"7", b"null",
    b'{"iss":"a","iss":"b"}',
])
def test_json_that_breaks_readers_is_refused(browser: Browser, lms: Lms, payload: bytes) -> None:
    assert is_answer(browser, browser.begin()["state"], signed(lms, payload)) != 303


def test_of_a_claim_that_is_there_twice_the_last_one_counts_as_in_the_signature_check(browser: Browser, lms: Lms) -> None:
    begun = browser.begin()
    said = lms.claims(begun["nonce"])
    doubled = json.dumps({**said, "sub": "first"})[:-1] + ', "sub": "last"}'
    assert is_answer(browser, begun["state"], signed(lms, doubled.encode())) == 303
    assert db.session.scalars(select(Participant.user_id)).one() == "last"


def test_megabytes_are_refused_before_they_are_read(browser: Browser, lms: Lms) -> None:
    for size in (200_000, 10_000_000):
        begun = browser.begin()
        response = browser.post(begun["state"], signed(lms, json.dumps({**lms.claims(begun["nonce"]), "name": "x" * size}).encode()))
        assert response.status_code in (400, 413)


@in_house
@given(st.text(max_size=300) | st.text("abc.=-_", max_size=300), st.none() | st.text(max_size=100))
def test_any_text_as_token_or_state_is_refused(browser: Browser, lms: Lms, token: str, state: str | None) -> None:
    assume(token.isprintable() and (state is None or state.isprintable()))
    assert 400 <= browser.post(state, token).status_code < 500
    assert is_answer(browser, browser.begin()["state"], token) != 303


# --- Ids --------------------------------------------------------------------------------------------------------------

ids = st.text(min_size=1, max_size=255)


@in_house
@given(ids, ids, ids)
@example("4", "4 ", "４")
@example("ﬁ", "fi", "İ")
def test_ids_are_kept_to_the_letter_or_refused(browser: Browser, lms: Lms, subject: str, link_id: str, context_id: str) -> None:
    begun = browser.begin()
    said = lms.claims(begun["nonce"], sub=subject, **{LTI + "resource_link": {"id": link_id}, LTI + "context": {"id": context_id}})
    if is_answer(browser, begun["state"], signed(lms, json.dumps(said).encode())) != 303:
        assert not all(text.isprintable() for text in (subject, link_id, context_id))
        return
    assert subject in db.session.scalars(select(Identity.subject)).all()
    assert (link_id, context_id) in [tuple(row) for row in db.session.execute(select(ResourceLink.resource_link_id, ResourceLink.context_id))]


@pure
@given(st.text() | st.lists(st.text(), max_size=3).map(",".join) | st.sampled_from([form._ROLE, form._ROLE + "/", "http://purl.imsglobal.org/vocab/lis/v2/membership/#"]))
def test_roles_never_raise(house: Flask, text: str) -> None:
    assert role_in_context([text]) in (Role.LEARNER, Role.LECTURER)
    assert role_in_context(form.roles_of(text)) in (Role.LEARNER, Role.LECTURER)


@pure
@given(st.dictionaries(st.sampled_from([LTI + "resource_link", LTI + "context", "name", "email", "sub", claims.AGS, LTI + "custom", LTI + "tool_platform"]), values))
def test_what_a_profile_makes_of_a_message_is_a_message_still(house: Flask, said: dict[str, Any]) -> None:
    needed = {LTI + "message_type": "LtiResourceLinkRequest", LTI + "deployment_id": "1", LTI + "roles": []}
    try:
        message = claims.read({**said, **needed})
    except Refused:
        return
    for profile in PROFILES:
        person, services = profile.person(message), profile.services(message)
        assert (person is None) == (message.person is None)
        assert all(isinstance(url, str | None) for url in (services.lineitem, services.lineitems, profile.other_user_id(message)))
        assert all(text.isprintable() for text in (message.link_title.replace("\u200d", ""), message.family.replace("\u200d", ""), *profile.frames(message)))


# --- Logins and old forms ---------------------------------------------------------------------------------------------

fields = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | texts.filter(lambda text: "\ud800" not in text)


@in_house
@given(st.dictionaries(st.sampled_from(["iss", "login_hint", "target_link_uri", "lti_message_hint", "client_id", "lti_deployment_id", "cookie_asked", "lti_storage_target", "x"]), fields), st.booleans())
@example({"target_link_uri": "http://localhost:8000\0/"}, True)
@example({"target_link_uri": "http://[/"}, True)
@example({"login_hint": "x" * 9000}, False)
def test_any_login_initiation_is_answered(browser: Browser, lms: Lms, changes: dict[str, str], by_get: bool) -> None:
    said = {**lms.initiation(), **changes}
    response = browser.client.get("/lti/login", query_string=said) if by_get else browser.client.post("/lti/login", data=said)
    assert response.status_code in (302, 303) or 400 <= response.status_code < 500


@pytest.fixture
def consumer(house: Flask) -> Consumer:
    """A consumer of the university, with LTI 1.1 switched on."""
    house.extensions["settings"] = replace_settings(house.extensions["settings"], lti11="on")
    made, secret = consumers.add_consumer(db.acting_for() or 0, "Alt", "https://old.example")
    return Consumer(house, made.client_id, secret)


@in_house
@given(st.dictionaries(st.sampled_from([*FIELDS, "custom_course", "custom_module", "tool_consumer_info_product_family_code", "oauth_token", "ext_x"]) | fields, fields, max_size=4))
@example({"resource_link_id": "\0"})
@example({"tool_consumer_info_product_family_code": "ilias", "course": "\n"})
@example({"lis_outcome_service_url": "http://["})
@example({"oauth_token": "x"})
@example({"realm": "x"})
def test_any_signed_form_is_admitted_or_refused(consumer: Consumer, changes: dict[str, str]) -> None:
    before = len(reasons())
    signed_now = {name: value for name, value in consumer.fields(**changes).items() if not name.startswith("oauth_") or name == "oauth_token"}
    response = consumer.post(consumer.sign(signed_now))
    assert response.status_code == 303 or 400 <= response.status_code < 500, response.text
    assert set(reasons()[before:]) <= OUTCOMES


@in_house
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))
def test_any_body_is_answered(consumer: Consumer, body: bytes) -> None:
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"):
        assert 400 <= consumer.client.post("/lti/1p1/launch", data=body, content_type=content_type).status_code < 500


@pure
@given(st.dictionaries(st.sampled_from(["oauth_consumer_key", "oauth_consumer_key_sign", "user_id", "resource_link_id"]), values), values)
def test_any_migration_claim_is_read(house: Flask, claim: dict[str, Any], expiry: object) -> None:
    found = legacy.earlier({legacy.LTI1P1: claim})
    if found is not None:
        assert not legacy.signed_by("secret", found, {"exp": expiry, "aud": claim, "iss": expiry, "nonce": claim})


# --- What services answer -----------------------------------------------------------------------------------------------

bodies = st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode())


def tolerant(read: Callable[[Answer], object], answer: Answer) -> None:
    with suppress(LaterError, NeverError):
        read(answer)


@pure
@given(bodies)
@example(b'{"access_token": "t", "expires_in": 1' + b"0" * 400 + b"}")
@example(b'{"access_token": "t", "expires_in": 1e999}')
@example(b'{"access_token": "t", "expires_in": NaN}')
@example(b'{"id": ["x"]}')
@example(b"[" * 100_000)
def test_any_answer_of_a_service_is_read(house: Flask, body: bytes) -> None:
    for read in (connection._token_in, grades._list_in, grades._line_item_in):
        tolerant(read, Answer(200, httpx2.Headers(), body))


@pure
@given(st.integers(100, 599), st.text(max_size=60))
@example(429, "²")
@example(429, "9" * 400)
@example(503, "Fri, 31 Dec 99999 23:59:59 GMT")
@example(503, "Fri, 31 Feb 2026 23:59:59 +9999")
def test_any_status_and_retry_after_is_judged(house: Flask, status: int, header: str) -> None:
    assume(header.isprintable())
    tolerant(lambda answer: connection.judge(answer, "score"), Answer(status, httpx2.Headers([(b"Retry-After", header.encode("utf-8", "replace"))]), b""))


key_parts = values | st.sampled_from(["AQAB", "AQ", "", "=", "!!", "A" * 400, "A" * 100_000])


@pure
@given(st.lists(st.fixed_dictionaries({}, optional={
    "kid": st.just("k") | values, "kty": st.just("RSA") | values, "n": key_parts, "e": key_parts, "alg": st.just("RS256") | values, "use": st.just("sig") | values,
}), max_size=3) | values)
@example([{"kid": "k", "kty": "RSA", "n": [], "e": {}}])
@example([{"kid": "k", "kty": "RSA", "n": "_" * 100_000, "e": "AQAB"}])
def test_any_key_set_gives_a_key_none_or_a_refusal(house: Flask, keys: object) -> None:
    document = {"keys": keys}
    if not platform_keys.acceptable(document):
        return
    with suppress(Refused):
        found = platform_keys.find(document, "k")
        assert found is None or found.key_size >= platform_keys.SMALLEST_BITS


# --- Rosters, dates and registrations -----------------------------------------------------------------------------------

entries = st.fixed_dictionaries({}, optional=dict.fromkeys(("user_id", "name", "given_name", "family_name", "email", "roles", "status", "group_enrollments", "message", "id", "set_id", "hidden"), values))


@pure
@given(st.lists(entries | values, max_size=5) | values, st.text(max_size=80))
@example([{"user_id": "4", "roles": [None, {}, 7], "group_enrollments": [{"group_id": []}, 5]}], "<https://lms.example/next>; rel=next")
@example([], '<http://[>; rel="next"')
@example([], "<//lms.example:x/>; rel=next")
def test_any_roster_is_read(house: Flask, found: object, link: str) -> None:
    assume(link.isprintable())
    answers = [Answer(200, httpx2.Headers([(b"Link", link.encode("utf-8", "replace"))]), json.dumps({"members": found, "groups": found, "sets": found}).encode())]

    def ask(_url: str) -> Answer:
        return answers[0]

    with suppress(roster.RosterError):
        for member in roster.members(ask, "https://lms.example/members").members:
            assert member.user_id
            assert member.name is None or member.name.replace("\u200d", "").isprintable()
    with suppress(roster.RosterError):
        groups.groups(ask, "https://lms.example/groups", ask, "https://lms.example/sets")


@pure
@given(texts)
@example("9999-12-31T23:59:59-23:59")
@example("0001-01-01T00:00:00+23:59")
@example("2026-02-30")
@example("20261125T10")
def test_any_due_date_is_a_moment_or_none(house: Flask, text: str) -> None:
    found = score_policy.due_in(text)
    assert found is None or found.tzinfo is not None


@pure
@given(st.dictionaries(st.sampled_from([
    "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint", "scopes_supported", "client_id", "scope", dynamic.PLATFORM, dynamic.TOOL,
]), values | st.just("https://lms.example/x")) | values)
@example({"issuer": "https://lms.example", "registration_endpoint": "https://lms.example/r", "authorization_endpoint": "https://lms.example/a",
          "token_endpoint": "https://lms.example/t", "jwks_uri": "https://lms.example/j", dynamic.PLATFORM: {"messages_supported": [{"type": []}, None], "variables": {}}})
@example({"client_id": "c", dynamic.TOOL: {"deployment_id": 10**400}})
@example({"client_id": "c", dynamic.TOOL: {"deployment_id": float("nan"), "oauth_consumer": {"key": [], "nonce": 1}}})
def test_any_document_of_a_registration_is_read(house: Flask, document: object) -> None:
    said = json.loads(json.dumps(document))
    for read in (lambda: dynamic.read_configuration(said, "https://lms.example/.well-known"), lambda: dynamic.read_answer(said), lambda: dynamic.read_present(said)):
        with suppress(RegistrationFault):
            read()


@pure
@given(texts | st.text("abc.{}=-_", max_size=60))
@example("a.bnVsbA.c")
@example("a.eyJleHAiOjFlOTk5fQ.c")
def test_any_registration_token_is_looked_at(house: Flask, token: str) -> None:
    with suppress(RegistrationFault):
        dynamic.check_token(token, 1e9)
    assert dynamic.is_update(token) in (True, False)
