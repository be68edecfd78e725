"""LTI 1.1: launches of old platforms, and everything that is no launch."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Identity, Person, Role
from core import db
from core.config import replace_settings
from core.sessions import BROWSER_COOKIE
from courses.models import Enrolment, Run
from lti import legacy as rules
from lti.form import roles_of
from lti.models import LaunchRecord, Participant, Platform, ResourceLink, SpentNonce
from lti.roles import role_in_context
from lti.service import legacy, platforms
from tests import builders
from tests.lti.conftest import reasons
from tests.lti.consumer import BASE, LAUNCH, RECORDED, Consumer, recorded, tampered

FORM = "application/x-www-form-urlencoded"
PSEUDONYM = "c0ffee52d9e84b37ab10cd92e4f7a635@0f3b1c9a7d2e4f60a1b2c3d4e5f60718.ilias"
HASHED = "9f2c4e7a1b3d5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def old(house: Flask) -> Flask:
    """The house with LTI 1.1 switched on."""
    house.extensions["settings"] = replace_settings(house.extensions["settings"], lti11="on")
    return house


@pytest.fixture
def consumer(old: Flask) -> Consumer:
    """A consumer of the university."""
    made, secret = legacy.add_consumer(db.acting_for() or 0, "Altes ILIAS", "https://ilias.example")
    return Consumer(old, made.client_id, secret)


def platform() -> Platform:
    return db.session.scalars(select(Platform).execution_options(populate_existing=True)).one()


# --- Launches ---------------------------------------------------------------------------------------------------------

def test_a_signed_form_lets_a_learner_in(consumer: Consumer) -> None:
    response = consumer.launch()
    assert response.status_code == 303, reasons()
    page = consumer.client.get(response.location)
    assert page.status_code == 200
    assert db.session.scalars(select(Person.name)).one() == "Änne Müller 🦊"
    assert "https://ilias.example" in page.headers["Content-Security-Policy"]
    enrolment = db.session.scalars(select(Enrolment)).one()
    link, participant = db.session.scalars(select(ResourceLink)).one(), db.session.scalars(select(Participant)).one()
    assert (enrolment.role, db.session.scalars(select(Run.title)).one()) == (Role.LEARNER, "KI für alle")
    assert (link.resource_link_id, link.lineitem, participant.user_id, participant.sourcedid) == ("7", "https://old.example/outcomes", "4", "sourced-4")
    assert db.session.scalars(select(Identity.issuer)).one() == f"lti1p1:{consumer.key}"
    assert reasons() == ["admitted"]


@once
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_both_signature_methods_are_taken(consumer: Consumer, method: str) -> None:
    assert consumer.post(consumer.sign(consumer.fields(), method=method)).status_code == 303


@once
def test_moodles_recorded_launch(consumer: Consumer) -> None:
    fields = recorded("moodle/lti1p1-launch.json")
    assert consumer.post(consumer.sign(fields)).status_code == 303, reasons()
    person, participant = db.session.scalars(select(Person)).one(), db.session.scalars(select(Participant)).one()
    assert (person.name, person.email) == ("Änne Müller-Lüdenscheidt", "schueler1@moodle.example")
    assert participant.sourcedid == fields["lis_result_sourcedid"]
    assert db.session.scalars(select(ResourceLink.lineitem)).one() == "https://moodle.example/mod/lti/service.php"
    assert platform().family == "moodle"


@once
def test_iliass_recorded_launch_names_its_course_without_a_prefix(consumer: Consumer) -> None:
    fields = {**recorded("ilias/lti11-launch.json"), "course": "kurs", "module": "eins"}
    response = consumer.post(consumer.sign(fields))
    assert response.status_code == 303, reasons()
    assert response.location.endswith("/eins")
    person = db.session.scalars(select(Person)).one()
    assert (person.name, person.email, db.session.scalars(select(Identity.subject)).one()) == (None, None, HASHED)
    assert platform().family == "ilias"


def test_every_recorded_form_is_tested() -> None:
    assert {path.name for path in RECORDED.glob("*/lti1*launch.json")} == {"lti1p1-launch.json", "lti11-launch.json"}


@once
def test_a_random_user_id_of_ilias_is_still_the_same_person(consumer: Consumer) -> None:
    for user in ("random one", "random two"):
        fields = {**recorded("ilias/lti11-launch.json"), "user_id": user, "lis_person_contact_email_primary": PSEUDONYM}
        assert consumer.post(consumer.sign(fields)).status_code == 303
    assert db.session.scalars(select(Identity.subject)).one() == PSEUDONYM


@once
def test_a_new_sourcedid_is_kept_and_a_missing_one_does_not_forget_the_last(consumer: Consumer) -> None:
    for sourcedid in ("<one> &amp; \"ü\"", "two  with  blanks ", ...):
        consumer.launch(lis_result_sourcedid=sourcedid)
    assert db.session.scalars(select(Participant.sourcedid)).one() == "two  with  blanks "


@once
def test_the_address_may_name_the_course_and_consumers_may_repeat_it_in_the_form(consumer: Consumer) -> None:
    url = f"{LAUNCH}?course=kurs&module=eins"
    signed = consumer.sign(consumer.fields(), url=url)
    assert consumer.post(signed, "/lti/1p1/launch?course=kurs&module=eins").location.endswith("/eins")
    repeated = consumer.sign({**consumer.fields(), "course": "kurs", "module": "eins"})
    assert consumer.post(repeated, "/lti/1p1/launch?course=kurs&module=eins").location.endswith("/eins")
    assert consumer.post(consumer.sign(consumer.fields()), "/lti/1p1/launch?course=kurs").status_code == 401


@once
def test_a_description_of_several_lines_may_have_been_signed_with_other_line_ends(consumer: Consumer) -> None:
    signed = consumer.sign(consumer.fields(resource_link_description="one\ntwo"))
    posted_by_browsers = signed.replace("%0A", "%0D%0A")
    assert posted_by_browsers != signed
    assert consumer.post(posted_by_browsers).status_code == 303
    assert consumer.post(consumer.sign(consumer.fields(resource_link_description="one\r\ntwo"))).status_code == 303


@once
def test_custom_parameters_name_the_module(consumer: Consumer) -> None:
    assert consumer.launch(custom_course="kurs", custom_module="eins").location.endswith("/eins")


@once
def test_without_a_user_one_may_only_look(consumer: Consumer) -> None:
    response = consumer.launch(user_id=...)
    assert response.location.endswith("/preview")
    assert reasons() == ["anonymous"]
    assert len(db.session.scalars(select(Person)).all()) == 0


@once
def test_behind_a_proxy_the_signed_address_is_the_public_one(consumer: Consumer) -> None:
    body = consumer.sign(consumer.fields())
    first = consumer.client.post("http://inside:5000/lti/1p1/launch", data=body, content_type=FORM)
    assert first.status_code == 307


@pytest.mark.parametrize(("text", "role"), [
    ("Learner", Role.LEARNER), ("Instructor", Role.LECTURER), ("urn:lti:role:ims/lis/Instructor", Role.LECTURER),
    ("urn:lti:role:ims/lis/Instructor/PrimaryInstructor", Role.LECTURER), ("urn:lti:role:ims/lis/TeachingAssistant", Role.LECTURER),
    ("TeachingAssistant", Role.LECTURER), ("Learner, Instructor", Role.LECTURER), ("urn:lti:role:ims/lis/Administrator", Role.LECTURER),
    ("urn:lti:instrole:ims/lis/Administrator", Role.LEARNER), ("urn:lti:sysrole:ims/lis/SysAdmin", Role.LEARNER),
    ("urn:lti:instrole:ims/lis/Instructor", Role.LEARNER), ("urn:lti:role:ims/lis/Learner/Instructor", Role.LEARNER),
    ("", Role.LEARNER), (",,", Role.LEARNER), ("urn:lti:role:ims/lis/", Role.LEARNER), ("ContentDeveloper", Role.LEARNER),
])
def test_only_roles_in_the_course_count(text: str, role: Role) -> None:
    assert role_in_context(roles_of(text)) == role


# --- The browser ------------------------------------------------------------------------------------------------------

@once
def test_nothing_is_opened_before_the_browser_has_brought_its_cookie(consumer: Consumer) -> None:
    body = consumer.sign(consumer.fields())
    first = consumer.client.post("/lti/1p1/launch", data=body, content_type=FORM)
    assert (first.status_code, first.location) == (307, "/lti/1p1/launch?lotse_cookie=asked")
    cookie = first.headers["Set-Cookie"]
    assert cookie.startswith(BROWSER_COOKIE)
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=None", "Partitioned"))
    assert reasons() == []
    assert len(db.session.scalars(select(SpentNonce)).all()) == 0


@once
def test_a_frame_without_cookies_offers_a_new_window_in_which_the_same_form_works(old: Flask, consumer: Consumer) -> None:
    body = consumer.sign(consumer.fields(lis_person_name_full='<b>"&'))
    framed = old.test_client(use_cookies=False).post("/lti/1p1/launch?lotse_cookie=asked", data=body, content_type=FORM)
    assert framed.status_code == 401
    assert "https://ilias.example" in framed.headers["Content-Security-Policy"]
    assert '<b>"' not in framed.text
    shown = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', framed.text)
    again = urlencode([(unescape(name), unescape(value)) for name, value in shown])
    assert dict(parse_qsl(again, keep_blank_values=True)) == dict(parse_qsl(body, keep_blank_values=True))
    assert f'action="{LAUNCH}"' in framed.text
    assert 'target="_blank"' in framed.text
    assert consumer.post(again).status_code == 303
    assert reasons() == ["cookie_missing", "admitted"]


@once
def test_the_window_page_is_shown_to_nobody_who_has_not_signed(old: Flask, consumer: Consumer) -> None:
    body = tampered(consumer.sign(consumer.fields()), user_id="5")
    answer = old.test_client(use_cookies=False).post("/lti/1p1/launch?lotse_cookie=asked", data=body, content_type=FORM)
    assert (answer.status_code, reasons()) == (401, ["signature"])
    assert 'type="hidden"' not in answer.text


@once
def test_the_launch_opens_in_no_other_browser(old: Flask, consumer: Consumer) -> None:
    opened = consumer.launch().location
    assert "Änne" not in old.test_client().get(opened).text


# --- Attacks and accidents --------------------------------------------------------------------------------------------

def test_a_form_opens_one_launch_only(consumer: Consumer) -> None:
    body = consumer.sign(consumer.fields())
    assert consumer.post(body).status_code == 303
    assert consumer.post(body).status_code == 401
    assert reasons() == ["admitted", "nonce_used"]


def test_of_parallel_posts_of_one_form_exactly_one_wins(old: Flask, consumer: Consumer) -> None:
    body = consumer.sign(consumer.fields())
    consumer.launch()  # The cookie is there.
    cookie = consumer.client.get_cookie(BROWSER_COOKIE)
    assert cookie is not None

    def post(_: int) -> int:
        client = old.test_client()
        client.set_cookie(BROWSER_COOKIE, cookie.value, secure=True)
        return client.post("/lti/1p1/launch", data=body, content_type=FORM).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(post, range(4)))
    assert sorted(statuses) == [303, 401, 401, 401], reasons()


ATTACKS: dict[str, tuple[dict[str, Any], int, str]] = {
    "changed": ({"user_id": "5"}, 401, "signature"),
    "role added": ({"roles": "Instructor"}, 401, "signature"),
    "extra parameter": ({"custom_course": "other"}, 401, "signature"),
    "signature gone": ({"oauth_signature": ""}, 400, "oauth_missing"),
    "key gone": ({"oauth_consumer_key": ""}, 400, "oauth_missing"),
    "nonce gone": ({"oauth_nonce": ""}, 400, "oauth_missing"),
    "another nonce": ({"oauth_nonce": "n" * 30}, 401, "signature"),
    "long nonce": ({"oauth_nonce": "n" * 3000}, 401, "signature"),
    "garbage signature": ({"oauth_signature": "ü🦊"}, 401, "signature"),
    "with a token": ({"oauth_token": "t"}, 401, "signature"),
    "other version": ({"oauth_version": "2.0"}, 401, "signature"),
    "unknown key": ({"oauth_consumer_key": "nobody"}, 403, "platform_unknown"),
    "plain": ({"oauth_signature_method": "PLAINTEXT"}, 401, "signature_method"),
    "rsa": ({"oauth_signature_method": "RSA-SHA1"}, 401, "signature_method"),
    "no time": ({"oauth_timestamp": "soon"}, 400, "form_malformed"),
    "exotic time": ({"oauth_timestamp": "١٧٩٥٣١٥٠٥٣"}, 400, "form_malformed"),
    "long time": ({"oauth_timestamp": "9" * 40}, 400, "form_malformed"),
}


@once
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_not_signed_like_this_is_refused(consumer: Consumer, attack: str) -> None:
    changes, status, reason = ATTACKS[attack]
    response = consumer.post(tampered(consumer.sign(consumer.fields()), **changes))
    assert (response.status_code, reasons()) == (status, [reason])
    whose = "*" if changes.keys() & {"oauth_consumer_key"} or reason == "oauth_missing" else "https://ilias.example"
    assert f"frame-ancestors {whose}" in response.headers["Content-Security-Policy"]  # It is read in the platform's frame, with its reference.
    assert '<p class="reference">' in response.text
    assert len(db.session.scalars(select(Person)).all()) == 0


@once
def test_plaintext_with_the_right_secret_is_refused_too(consumer: Consumer) -> None:
    assert consumer.post(consumer.sign(consumer.fields(), method="PLAINTEXT")).status_code == 401
    assert reasons() == ["signature_method"]


@once
def test_a_wrong_secret_opens_nothing_and_a_new_one_ends_the_old(consumer: Consumer) -> None:
    assert consumer.post(consumer.sign(consumer.fields(), secret="wrong")).status_code == 401
    fresh = legacy.new_secret(platform())
    assert consumer.launch().status_code == 401
    assert consumer.post(consumer.sign(consumer.fields(), secret=fresh)).status_code == 303
    assert reasons() == ["signature", "signature", "admitted"]


@once
@pytest.mark.parametrize(("ago", "reason"), [(0, "admitted"), (590, "admitted"), (620, "issued_long_ago"), (-50, "admitted"), (-80, "issued_ahead")])
def test_a_form_is_as_old_as_a_nonce_is_remembered_at_most(consumer: Consumer, ago: int, reason: str) -> None:
    consumer.post(consumer.sign(consumer.fields(), ago=ago))
    assert reasons() == [reason]


@once
def test_another_tenants_key_signs_for_that_tenant_only(old: Flask, consumer: Consumer) -> None:
    here = db.acting_for() or 0
    there = builders.organisation("anderswo")
    builders.edition()
    made, secret = legacy.add_consumer(there.id, "Anderswo", "https://anderswo.example")
    stranger = Consumer(old, made.client_id, secret)
    assert stranger.launch().status_code == 303
    stranger.key = consumer.key  # Signs with its own secret in the other's name.
    assert stranger.launch().status_code == 401
    with db.scoped(here):
        assert reasons() == ["signature"]
        assert len(db.session.scalars(select(Person)).all()) == 0
    with db.scoped(there.id):
        assert reasons() == ["admitted"]


@once
@pytest.mark.parametrize(("changes", "status", "reason"), [
    ({"lti_message_type": "ContentItemSelectionRequest"}, 400, "message_type"), ({"lti_message_type": ...}, 400, "message_type"),
    ({"lti_version": "LTI-2p0"}, 400, "version"), ({"lti_version": ...}, 400, "version"),
    ({"resource_link_id": ...}, 400, "resource_link_missing"), ({"resource_link_id": ""}, 400, "resource_link_missing"),
    ({"resource_link_id": "x" * 256}, 400, "claim_malformed"), ({"user_id": "a\0b"}, 400, "claim_malformed"),
    ({"custom_course": "nirgends"}, 404, "course_unknown"),
])
def test_a_signed_form_that_says_too_little_is_refused(consumer: Consumer, changes: dict[str, Any], status: int, reason: str) -> None:
    assert consumer.launch(**changes).status_code == status
    assert reasons() == [reason]


@once
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a=b", b"oauth_consumer_key=%FF%FE&oauth_nonce=%00", b"&&&==%%%", b"<xml/>", b"x" * 200_000])
def test_what_is_no_form_is_refused(consumer: Consumer, body: bytes) -> None:
    assert consumer.client.post("/lti/1p1/launch", data=body, content_type=FORM).status_code == 400


@once
def test_other_content_types_doubled_fields_and_get_are_refused(consumer: Consumer) -> None:
    body = consumer.sign(consumer.fields())
    assert consumer.client.post("/lti/1p1/launch", data=body, content_type="text/plain").status_code == 400
    assert consumer.client.post("/lti/1p1/launch", data={"a": "b"}, content_type="multipart/form-data").status_code == 400
    assert consumer.client.get("/lti/1p1/launch").status_code == 400
    assert consumer.post(f"{body}&oauth_nonce=other").status_code == 400
    assert consumer.post(f"{body}&roles=Instructor").status_code == 401
    assert consumer.post(body, "/lti/1p1/launch?roles=Instructor").status_code == 401
    assert consumer.post(body, "/lti/1p1/launch?oauth_nonce=other").status_code == 401


@once
def test_a_consumer_that_is_switched_off_opens_nothing(consumer: Consumer) -> None:
    platforms.set_active(platform(), False)
    assert consumer.launch().status_code == 403


@once
def test_a_secret_that_cannot_be_read_is_no_crash(old: Flask, consumer: Consumer) -> None:
    old.extensions["settings"] = replace_settings(old.extensions["settings"], secret_key="another secret key that is long enough, too")
    assert consumer.launch().status_code == 503
    assert reasons() == ["secret_unreadable"]


@once
def test_no_login_of_13_begins_at_a_consumer(consumer: Consumer) -> None:
    answer = consumer.client.post("/lti/login", data={
        "iss": f"lti1p1:{consumer.key}", "client_id": consumer.key, "login_hint": "4", "target_link_uri": f"{BASE}/lti/launch",
    })
    assert answer.status_code == 403


@once
def test_nonces_are_forgotten_once_their_forms_are_too_old(consumer: Consumer) -> None:
    consumer.launch()
    legacy.forget_old()
    assert len(db.session.scalars(select(SpentNonce)).all()) == 1
    with db.transaction() as tx:
        spent = tx.scalars(select(SpentNonce)).one()
        spent.expires_at = db.now().replace(year=2020)
    legacy.forget_old()
    assert len(db.session.scalars(select(SpentNonce)).all()) == 0


# --- Off by default, and the operator's commands ----------------------------------------------------------------------

@once
def test_off_by_default_there_is_nothing_at_the_address(house: Flask) -> None:
    assert house.test_client().post("/lti/1p1/launch").status_code == 404
    assert house.test_client().get("/lti/1p1/launch").status_code == 404


@once
def test_a_consumer_is_made_listed_and_given_a_new_secret_by_commands(house: Flask) -> None:
    runner = house.test_cli_runner()
    made = runner.invoke(args=["lti", "add-consumer", "--organisation", "musterstadt", "--name", "Alt", "--url", "https://ilias.example"])
    assert made.exit_code == 0, made.output
    assert "LOTSE_LTI11" in made.output
    key, secret = re.search(r"key +(\S+)", made.output)[1], re.search(r"secret +(\S+)", made.output)[1]  # type: ignore[index]
    assert rules.secret_of(platform(), house.extensions["settings"].secret_key) == secret
    listed = runner.invoke(args=["lti", "list"]).output
    assert key in listed
    assert secret not in listed
    fresh = runner.invoke(args=["lti", "new-secret", "1"])
    assert fresh.exit_code == 0
    assert secret not in fresh.output
    assert runner.invoke(args=["lti", "new-secret", "99"]).exit_code == 1
    assert runner.invoke(args=["lti", "add-consumer", "--organisation", "nowhere", "--url", "https://x.example"]).exit_code == 1
    assert runner.invoke(args=["lti", "add-consumer", "--organisation", "musterstadt", "--url", "ilias"]).exit_code == 1


@once
def test_records_say_nothing_about_people(consumer: Consumer) -> None:
    consumer.launch()
    consumer.post(tampered(consumer.sign(consumer.fields()), user_id="5"))
    kept = json.dumps([(record.reason, record.details) for record in db.session.scalars(select(LaunchRecord))])
    assert "Änne" not in kept
    assert "sourced" not in kept
