"""Dynamic Registration with Moodle and ILIAS as they were recorded."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts import service as accounts
from core import db
from core.cipher import encrypt
from courses import service as courses
from lti import dynamic, legacy
from lti.dynamic import TOOL, Tool
from lti.models import Deployment, Platform, RegistrationLink, ResourceLink
from lti.platforms import family_of, profile_of
from lti.registration_faults import RegistrationFault
from lti.service import platforms, registrations
from tests.conftest import SECRET
from tests.lti.lms import Answer, Browser
from tests.lti.registering import Administrator, Registering, recorded, recorded_answers, refusal

MOODLE_REGISTRATION = "moodle/registration-errors.http"
UPGRADE = "moodle/registration-upgrade-from-lti1p1.http"


@pytest.fixture(params=["moodle", "ilias"])
def registering(house: Flask, request: pytest.FixtureRequest) -> Iterator[Registering]:
    platform = Registering(request.param)
    yield platform
    platform.close()


@pytest.fixture
def moodle(house: Flask) -> Iterator[Registering]:
    platform = Registering()
    yield platform
    platform.close()


@pytest.fixture
def administrator(house: Flask, registering: Registering) -> Administrator:
    return Administrator(house, registering)


def the_link() -> RegistrationLink:
    return db.session.scalars(select(RegistrationLink).order_by(RegistrationLink.id.desc()).execution_options(populate_existing=True)).first()  # type: ignore[return-value]


def the_platforms() -> list[Platform]:
    return list(db.session.scalars(select(Platform).order_by(Platform.id).execution_options(populate_existing=True)))


# --- The way through ----------------------------------------------------------------------------------------------------

def test_the_page_says_who_asks_and_what_for_and_changes_nothing(administrator: Administrator, registering: Registering) -> None:
    page = administrator.open(administrator.link())
    assert page.status_code == 200
    product = {"moodle": "Moodle 4.5.6", "ilias": "ILIAS 11.4"}[registering.product]
    for words in (registering.url, product, "Universität Musterstadt", "Send scores", "Register now"):
        assert words in page.text
    assert ("People of a course" in page.text) == (registering.product == "moodle")
    assert registering.registrations == []
    assert the_platforms() == []


def test_the_page_needs_no_cookie_and_may_stand_in_the_platforms_frame(administrator: Administrator, registering: Registering) -> None:
    page = administrator.open(administrator.link())
    assert f"frame-ancestors {registering.url}" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"  # Else an LMS that opens a window would not hear the end.


@pytest.mark.parametrize(("language", "words"), [("de", "Jetzt registrieren"), ("en", "Register now")])
def test_the_page_speaks_german_and_english_without_a_cookie(administrator: Administrator, language: str, words: str) -> None:
    page = administrator.open(administrator.link(), lang=language)
    assert words in page.text
    assert f'name="lang" value="{language}"' in page.text


def test_a_registration_makes_a_platform_that_waits(administrator: Administrator, registering: Registering) -> None:
    end = administrator.register(administrator.link(name="Unser LMS"))
    assert end.status_code == 200
    [platform] = the_platforms()
    expected = recorded(f"{registering.product}/openid-configuration.json")
    assert (platform.issuer, platform.client_id, platform.name) == (registering.url, registering.client_id, "Unser LMS")
    assert platform.auth_url == expected["authorization_endpoint"].replace(registering.origin, registering.url)
    assert platform.token_url == expected["token_endpoint"].replace(registering.origin, registering.url)
    assert platform.jwks_url == expected["jwks_uri"].replace(registering.origin, registering.url)
    assert (platform.family, platform.active, platform.waiting) == (registering.product, True, True)
    deployment = db.session.scalars(select(Deployment)).one()
    assert (deployment.deployment_id, deployment.approved) == ({"moodle": "1", "ilias": "42"}[registering.product], False)
    link = the_link()
    assert link.platform_id == platform.id
    assert link.error is None
    assert "registration_token" not in json.dumps(platform.registered)


def test_the_end_page_closes_the_frame_once_and_names_what_is_left(administrator: Administrator, registering: Registering) -> None:
    end = administrator.register()
    assert f'data-close-origin="{registering.url}"' in end.text
    assert f"/lti/guide/{registering.product}" in end.text
    assert registering.client_id in end.text


def test_a_double_click_registers_once_and_shows_the_same_end(administrator: Administrator, registering: Registering) -> None:
    page = administrator.open(administrator.link())
    assert [administrator.confirm(page).status_code for _ in range(2)] == [200, 200]
    assert len(registering.registrations) == 1
    assert len(the_platforms()) == 1


def test_the_same_platform_may_register_again_with_a_new_link(administrator: Administrator) -> None:
    administrator.register()
    administrator.register()
    assert len({platform.client_id for platform in the_platforms()}) == 2


def test_nobody_comes_in_until_somebody_approves(house: Flask, administrator: Administrator, registering: Registering) -> None:
    administrator.register()
    browser = Browser(house, registering)
    refused = browser.client.post("/lti/login", data=registering.initiation())
    assert refused.status_code == 403
    assert "still has to approve" in refused.text
    assert registering.url in refused.headers["Content-Security-Policy"]  # It is read in the platform's frame.
    platforms.approve(the_platforms()[0])
    with db.transaction() as tx:
        tx.execute(update(Platform).values(jwks_url=f"{registering.url}/jwks"))
    assert browser.launch().status_code == 303


def test_a_launch_that_was_begun_before_is_refused_while_the_platform_waits(house: Flask, browser: Browser) -> None:
    begun = browser.begin()
    with db.transaction() as tx:
        tx.execute(update(Platform).values(waiting=True))
    assert browser.post(begun["state"], browser.lms.sign(browser.lms.claims(begun["nonce"]))).status_code == 403


# --- What is sent -----------------------------------------------------------------------------------------------------------

def test_what_is_sent_has_the_shape_that_the_platform_took_when_it_was_recorded(administrator: Administrator, registering: Registering) -> None:
    administrator.register()
    sent, taken = registering.registrations[0], recorded(f"{registering.product}/registration-request.json")
    for name in ("application_type", "response_types", "grant_types", "token_endpoint_auth_method"):
        assert sent[name] == taken[name]
    assert set(taken) <= {*sent, "client_name#de", "policy_uri", "tos_uri", "contacts"}
    assert set(taken[TOOL]) <= set(sent[TOOL])
    assert sorted(sent[TOOL]["claims"]) == sorted(["iss", "sub", "name", "given_name", "family_name", "email"])
    base = "http://localhost:8000"
    assert sent["redirect_uris"] == [f"{base}/lti/launch", f"{base}/lti/deep-link"]
    assert (sent["initiate_login_uri"], sent["jwks_uri"], sent["logo_uri"]) == (f"{base}/lti/login", f"{base}/lti/jwks", f"{base}/lti/logo.svg")
    assert sent["client_name"] == sent["client_name#de"] == "Lotse – Universität Musterstadt"
    assert sent[TOOL]["domain"] == "localhost:8000"
    assert sent[TOOL]["description#de"].startswith("Kurse")
    asked = next(asked for asked in registering.asked if asked.method == "POST")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["authorization"].startswith("Bearer ey")


def test_only_what_the_platform_offers_is_asked_for(administrator: Administrator, registering: Registering) -> None:
    administrator.register()
    sent = registering.registrations[0]
    assert set(sent["scope"].split()) <= set(registering.configuration["scopes_supported"])
    assert "lti-ags/scope/score" in sent["scope"]
    assert "result" not in sent["scope"]  # Lotse does not read results, so it does not ask for that.
    assert ("nrps" in sent["scope"]) == (registering.product == "moodle")
    assert sent[TOOL]["custom_parameters"] == {"moodle": {"context_history": "$Context.id.history"}, "ilias": {}}[registering.product]
    kinds = {message["type"]: message for message in sent[TOOL]["messages"]}
    assert set(kinds) == {"LtiResourceLinkRequest", "LtiDeepLinkingRequest"}
    assert kinds["LtiDeepLinkingRequest"]["target_link_uri"] == "http://localhost:8000/lti/deep-link"
    assert kinds["LtiDeepLinkingRequest"].get("placements") == {"moodle": ["ContentArea"], "ilias": None}[registering.product]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_platform_that_says_nothing_is_asked_for_everything(house: Flask, moodle: Registering) -> None:
    product = moodle.configuration[dynamic.PLATFORM]
    product["messages_supported"], product["variables"] = [{"type": "LtiSubmissionReviewRequest"}, {"type": "LtiResourceLinkRequest"}], []
    del moodle.configuration["scopes_supported"]
    Administrator(house, moodle).register()
    sent = moodle.registrations[0]
    assert sent["scope"].split() == list(dynamic.SCOPES)
    assert set(sent[TOOL]["custom_parameters"]) == {"context_history", "link_history", "due"}
    assert [message["type"] for message in sent[TOOL]["messages"]] == ["LtiResourceLinkRequest", "LtiSubmissionReviewRequest"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_change_that_moodle_refused_is_one_that_we_do_not_make(house: Flask, moodle: Registering) -> None:
    Administrator(house, moodle).register()
    sent = moodle.registrations[0]
    assert refusal(sent) == ""
    said = {body for _, status, _, body in recorded_answers(MOODLE_REGISTRATION).values() if status == 400}
    broken: list[dict[str, Any]] = [
        {"jwks_uri": ""}, {TOOL: {**sent[TOOL], "domain": ""}}, {TOOL: {**sent[TOOL], "target_link_uri": "https://elsewhere.example/x"}},
        {"response_types": ["code"]}, {"token_endpoint_auth_method": "client_secret_post"}, {"application_type": "native"},
        {"redirect_uris": "https://tool.example"}, {"client_name": ""},
    ]
    assert {refusal({**sent, **change}) for change in broken} == said


def test_the_logo_is_a_public_picture_that_keeps_its_address(house: Flask) -> None:
    with house.test_client().get("/lti/logo.svg") as logo:
        assert (logo.status_code, logo.mimetype) == (200, "image/svg+xml")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_privacy_notice_is_named_where_there_is_one(house: Flask) -> None:
    platform = dynamic.read_configuration(recorded("moodle/openid-configuration.json"), "https://moodle.example/mod/lti/openid-configuration.php")
    words = {"de": "x", "en": "y"}
    assert "policy_uri" not in dynamic.request_document(platform, Tool("https://lotse.example", "U", words, words))
    assert dynamic.request_document(platform, Tool("https://lotse.example", "U", words, words, "https://p.example"))["policy_uri"] == "https://p.example"


def test_the_version_of_moodle_is_shown_as_people_know_it() -> None:
    moodle = profile_of("moodle")
    assert [moodle.release(version) for version in ("2024100706", "2026050100", "4.5.6 (Build: 20250811)", "2019")] == [
        "4.5 (2024100706)", "5.1 (2026050100)", "4.5.6 (Build: 20250811)", "2019",
    ]


def test_ilias_is_known_under_both_of_its_names() -> None:
    assert profile_of("ilias.de") is profile_of("ilias")
    assert (family_of("ilias.de"), family_of(" Moodle ")) == ("ilias", "moodle")


# --- What goes wrong ----------------------------------------------------------------------------------------------------------

REFUSALS = {heading: answer for heading, answer in recorded_answers(MOODLE_REGISTRATION).items() if answer[1] >= 400 and answer[0] == "POST"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("heading", REFUSALS)
def test_every_recorded_refusal_is_told_and_the_link_still_works(house: Flask, moodle: Registering, heading: str) -> None:
    _, status, kind, body = REFUSALS[heading]
    content = "<html><title>Error | moodletest</title></html>" if body.startswith("[HTML") else body
    moodle.prepared.append(Answer(status, content.encode(), {"Content-Type": kind}))
    administrator = Administrator(house, moodle)
    secret = administrator.link()
    page = administrator.register(secret)
    assert page.status_code == 502
    assert ("does not accept its own registration token" if status == 401 else "refused the registration") in page.text
    if status == 400:
        assert body in page.text
    assert "moodletest" not in page.text
    assert (the_link().error, the_platforms()) == ("token_refused" if status == 401 else "refused", [])
    assert administrator.register(secret).status_code == 200


CONFIGURATIONS: dict[str, tuple[dict[str, Any], int, str]] = {
    "issuer of another site": ({"issuer": "https://evil.example"}, 400, "issuer_foreign"),
    "no issuer": ({"issuer": None}, 502, "configuration_incomplete"),
    "issuer no address": ({"issuer": ["x"]}, 502, "configuration_incomplete"),
    "registration elsewhere": ({"registration_endpoint": "https://evil.example/register"}, 400, "endpoint_foreign"),
    "no registration": ({"registration_endpoint": None}, 502, "configuration_incomplete"),
    "keys by ftp": ({"jwks_uri": "ftp://keys.example/"}, 502, "configuration_incomplete"),
    "plain http elsewhere": ({"authorization_endpoint": "http://moodle.example/auth"}, 502, "configuration_incomplete"),
    "a header in the address": ({"token_endpoint": "https://a;script-src *"}, 502, "configuration_incomplete"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_a_configuration_that_cannot_be_right_is_refused(house: Flask, moodle: Registering, case: str) -> None:
    changes, status, code = CONFIGURATIONS[case]
    moodle.configuration.update(changes)
    administrator = Administrator(house, moodle)
    page = administrator.open(administrator.link())
    assert (page.status_code, the_link().error) == (status, code)
    assert moodle.registrations == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_issuer_in_a_folder_of_the_configurations_host_is_taken(house: Flask, moodle: Registering) -> None:
    moodle.configuration["issuer"] = f"{moodle.url}/lernen"
    assert Administrator(house, moodle).register().status_code == 200
    assert [platform.issuer for platform in the_platforms()] == [f"{moodle.url}/lernen"]


ANSWERS: dict[str, tuple[Answer, str]] = {
    "no JSON": (Answer(200, b"<h1>Welcome</h1>"), "malformed"),
    "a list": (Answer(200, b"[]"), "malformed"),
    "deep": (Answer(200, b"[" * 200_000), "malformed"),
    "huge": (Answer(200, b"x" * (2 << 20)), "unreachable"),
    "cut": (Answer(0), "unreachable"),
    "error": (Answer(500, b"Fatal"), "status"),
    "redirect": (Answer(302, b"", {"Location": "https://evil.example/"}), "status"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", ANSWERS)
def test_a_platform_that_answers_badly_is_told_from_one_that_is_not_there(house: Flask, moodle: Registering, case: str) -> None:
    answer, kind = ANSWERS[case]
    administrator = Administrator(house, moodle)
    secret = administrator.link()
    moodle.configured.append(answer)
    assert administrator.open(secret).status_code == 502
    assert the_link().error == f"configuration_{kind}"
    page = administrator.open(secret)
    moodle.prepared.append(answer)
    assert administrator.confirm(page).status_code == 502
    assert the_link().error == {"malformed": "answer_malformed", "unreachable": "registration_unreachable", "status": "refused"}[kind]
    assert administrator.register(secret).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("answer", [{}, {"client_id": ""}, {"client_id": 7}, {"client_id": "x" * 300}, {"client_id": "a\u0000b"}, {"client_id": "a", TOOL: {"deployment_id": ["1"]}}])
def test_an_answer_without_usable_ids_registers_nothing(house: Flask, moodle: Registering, answer: dict[str, Any]) -> None:
    moodle.prepared.append(Answer(200, json.dumps(answer).encode()))
    assert Administrator(house, moodle).register().status_code == 502
    assert (the_link().error, the_platforms()) == ("answer_malformed", [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_platform_that_names_no_deployment_shows_it_with_its_first_launch(house: Flask, moodle: Registering) -> None:
    moodle.prepared.append(Answer(201, json.dumps({"client_id": "abc"}).encode()))
    assert Administrator(house, moodle).register().status_code == 200
    assert db.session.scalars(select(Deployment)).all() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("changes", "status", "code"), [
    ({"openid_configuration": ...}, 400, "configuration_missing"),
    ({"openid_configuration": "file:///etc/passwd"}, 400, "configuration_address"),
    ({"openid_configuration": "https://user:word@moodle.example/"}, 400, "configuration_address"),
    ({"openid_configuration": "https://moodle.example;script-src%20*/"}, 400, "configuration_address"),
    ({"openid_configuration": "https://10.0.0.1/config"}, 502, "configuration_unreachable"),
    ({"openid_configuration": "https://169.254.169.254/latest/meta-data"}, 502, "configuration_unreachable"),
    ({"openid_configuration": "http://moodle.example/config"}, 502, "configuration_unreachable"),
    ({"registration_token": ...}, 400, "token_missing"),
    ({"registration_token": "not\nprintable"}, 400, "token_missing"),
])
def test_an_opening_that_cannot_lead_anywhere_is_told_and_kept(house: Flask, moodle: Registering, changes: dict[str, Any], status: int, code: str) -> None:
    administrator = Administrator(house, moodle)
    page = administrator.open(administrator.link(), **changes)
    assert (page.status_code, the_link().error) == (status, code)
    assert "script-src *" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_old_token_of_the_platform_is_not_even_sent(house: Flask, moodle: Registering) -> None:
    administrator = Administrator(house, moodle)
    assert administrator.open(administrator.link(), registration_token=moodle.token(exp=1795317795 - 10**9)).status_code == 400
    assert (the_link().error, moodle.asked) == ("token_expired", [])


# --- Links ------------------------------------------------------------------------------------------------------------------

def test_a_link_works_once_and_says_so(administrator: Administrator) -> None:
    secret = administrator.link()
    administrator.register(secret)
    again = administrator.open(secret)
    assert (again.status_code, "used already" in again.text) == (410, True)


def test_a_link_is_kept_as_a_hash_and_ends(administrator: Administrator) -> None:
    secret = administrator.link(hours=1)
    assert secret not in {the_link().secret, the_link().name}
    assert administrator.open("somebodysguess").status_code == 404
    with db.transaction() as tx:
        tx.execute(update(RegistrationLink).values(expires_at=db.now() - timedelta(seconds=1)))
    assert administrator.open(secret).status_code == 410


def test_a_canceled_link_registers_nothing_even_from_an_open_page(administrator: Administrator, registering: Registering) -> None:
    secret = administrator.link()
    page = administrator.open(secret)
    assert registrations.cancel(the_link().id)
    assert administrator.confirm(page).status_code == 410
    assert (registering.registrations, the_platforms()) == ([], [])
    assert not registrations.cancel(4711)


def test_a_link_already_has_a_query_because_older_ilias_goes_on_with_an_ampersand(house: Flask) -> None:
    assert "?t=" in registrations.invite(db.acting_for() or 0)[1]


# --- Updates ------------------------------------------------------------------------------------------------------------------

def test_an_update_keeps_the_platform_and_what_it_was_approved_for(house: Flask, moodle: Registering) -> None:
    administrator = Administrator(house, moodle)
    administrator.register()
    platforms.approve(the_platforms()[0])
    before = the_platforms()[0].client_id
    current = recorded_answers(MOODLE_REGISTRATION)["read the present registration with an update token (reg-update)"][3]
    answer = json.dumps({**json.loads(current), "client_id": before, "scope": "one"}).encode()
    moodle.prepared += [Answer(200, answer), Answer(200, answer)]
    page = administrator.open(administrator.link(), registration_token=moodle.token(scope="reg-update"))
    assert "Update the registration" in page.text
    assert administrator.confirm(page).status_code == 200
    [platform] = the_platforms()
    assert (platform.client_id, platform.waiting, (platform.registered or {})["scopes"]) == (before, False, ["one"])
    assert [asked.method for asked in moodle.asked if "registration" in asked.path] == ["POST", "GET", "POST"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_update_is_put_where_post_is_not_known(house: Flask, moodle: Registering) -> None:
    answer = json.dumps({"client_id": "kept"}).encode()
    moodle.prepared += [Answer(200, answer), Answer(405), Answer(200, answer)]
    assert Administrator(house, moodle).register(registration_token=moodle.token(scope="reg-update")).status_code == 200
    assert [asked.method for asked in moodle.asked if "registration" in asked.path] == ["GET", "POST", "PUT"]


def test_an_update_that_moves_the_platform_waits_again(house: Flask, moodle: Registering) -> None:
    administrator = Administrator(house, moodle)
    administrator.register()
    platforms.approve(the_platforms()[0])
    answer = json.dumps({"client_id": the_platforms()[0].client_id}).encode()
    moodle.configuration["jwks_uri"] = f"{moodle.url}/other-keys"
    moodle.prepared += [Answer(200, answer), Answer(200, answer)]
    administrator.register(registration_token=moodle.token(scope="reg-update"))
    assert [(platform.waiting, platform.jwks_url) for platform in the_platforms()] == [(True, f"{moodle.url}/other-keys")]


# --- From LTI 1.1 to 1.3 --------------------------------------------------------------------------------------------------------

def consumer(secret: str) -> Platform:
    """The LTI 1.1 consumer of the recording, with one link."""
    with db.transaction() as tx:
        found, _ = legacy.add_consumer("Altes Moodle", "https://moodle.example", SECRET)
        found.client_id, found.issuer = "legacy-key", "lti1p1:legacy-key"
        found.secret = encrypt(secret.encode(), SECRET, legacy._PURPOSE)
        tx.flush()
    return found


def upgrade_answers(secret: str) -> list[Answer]:
    """What Moodle answered, with a proof that fits this secret."""
    answers = recorded_answers(UPGRADE)
    present = json.loads(answers["read the registration of an LTI 1.1 tool with an update token"][3])
    proof = present[TOOL]["oauth_consumer"]
    proof["sign"] = dynamic_sign(proof["key"], secret, proof["nonce"])
    return [Answer(200, json.dumps(present).encode()), Answer(200, answers["upgrade it to LTI 1.3"][3].encode())]


def dynamic_sign(key: str, secret: str, nonce: str) -> str:
    return hashlib.sha256(f"{key}{secret}{nonce}".encode()).hexdigest()


def test_a_tool_of_lti_1_1_goes_on_as_1_3_with_its_links(house: Flask, moodle: Registering) -> None:
    old = consumer("geheim")
    with db.transaction() as tx:
        deployment = tx.scalars(select(Deployment)).one()
        run_id = house_run()
        person = accounts.find_or_add("lti1p1:legacy-key", "4", name="Änne")
        tx.add(ResourceLink(platform_id=old.id, deployment_id=deployment.id, resource_link_id="7", title="Alt", run_id=run_id, scopes=[]))
    moodle.prepared += upgrade_answers("geheim")
    assert Administrator(house, moodle).register(registration_token=moodle.token(scope="reg-update")).status_code == 200
    new = next(platform for platform in the_platforms() if platform.protocol == "1.3")
    assert (new.client_id, new.waiting) == ("j9xY1ojr9y4GuLH", True)
    link = db.session.scalars(select(ResourceLink)).one()
    assert link.platform_id == old.id  # Until somebody approves.
    platforms.approve(new)
    db.session.refresh(link)
    assert link.platform_id == new.id
    assert db.session.scalars(select(Deployment.deployment_id).where(Deployment.id == link.deployment_id)).one() == "2"
    assert "consumer" not in (new.registered or {})
    with db.transaction():  # Whoever comes by 1.3 now is the person of before.
        assert accounts.find_or_add(new.issuer, "4").id == person.id


def test_what_was_1_1_waits_for_its_own_deployment_whichever_is_approved_first(house: Flask, moodle: Registering) -> None:
    old = consumer("geheim")
    with db.transaction() as tx:
        deployment = tx.scalars(select(Deployment)).one()
        tx.add(ResourceLink(platform_id=old.id, deployment_id=deployment.id, resource_link_id="7", title="Alt", run_id=house_run(), scopes=[]))
    moodle.prepared += upgrade_answers("geheim")
    Administrator(house, moodle).register(registration_token=moodle.token(scope="reg-update"))
    new = next(platform for platform in the_platforms() if platform.protocol == "1.3")
    platforms.approve(new, "99")
    link = db.session.scalars(select(ResourceLink)).one()
    assert link.platform_id == old.id
    platforms.approve(new, "2")
    db.session.refresh(link)
    assert link.platform_id == new.id


def house_run() -> int:
    course_id = next(iter(courses.course_ids().values()))
    return courses.run_id(course_id, "lti:1:2:kurs", "Kurs")


def test_a_proof_that_does_not_fit_the_secret_upgrades_nothing(house: Flask, moodle: Registering) -> None:
    consumer("geheim")
    moodle.prepared += upgrade_answers("erraten")
    page = Administrator(house, moodle).register(registration_token=moodle.token(scope="reg-update"))
    assert (page.status_code, the_link().error) == (403, "consumer_proof")
    assert [asked.method for asked in moodle.asked if "registration" in asked.path] == ["GET"]


def test_a_tool_of_lti_1_1_that_is_not_known_here_becomes_a_new_platform(house: Flask, moodle: Registering) -> None:
    moodle.prepared += upgrade_answers("geheim")
    assert Administrator(house, moodle).register(registration_token=moodle.token(scope="reg-update")).status_code == 200
    assert [platform.protocol for platform in the_platforms()] == ["1.3"]


def test_an_odd_present_registration_is_no_proof() -> None:
    assert dynamic.read_present({TOOL: {"oauth_consumer": {"key": "a"}}}).consumer is None
    assert dynamic.read_present({TOOL: "x", "client_id": 5}).client_id is None
    with pytest.raises(RegistrationFault):
        dynamic.read_present([])
