"""The page that says what works: for anybody in this browser, for administrators between the two servers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select, update

from accounts.models import Grant, Person, Role
from core import db
from lti.models import Platform, ToolKey
from lti.registration import PlatformData
from lti.service import add_platform
from tests import builders
from tests.lti.lms import Answer, Browser, Lms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def administrator(house: Flask, lms: Lms) -> FlaskClient:
    """The browser of an administrator who is signed in at Lotse."""
    return builders.browser(house, builders.person("Ada", roles=(Role.ADMINISTRATOR,)))


def page(client: FlaskClient, root: str = "", **headers: str) -> str:
    answer = client.get(f"{root}/lti/diagnose", headers={**ENGLISH, **headers}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def checked(administrator: FlaskClient) -> str:
    platform = db.session.scalars(select(Platform)).one()
    answer = administrator.post(f"/lti/diagnose/{platform.id}", headers=ENGLISH)
    assert answer.status_code == 200
    return answer.text


# --- The browser --------------------------------------------------------------------------------------------------------

def test_whether_cookies_are_kept_shows_on_the_second_request(house: Flask) -> None:
    asking = house.test_client().get("/lti/diagnose")
    assert asking.status_code == 303
    assert [("Partitioned" in cookie, "SameSite=None" in cookie) for cookie in asking.headers.getlist("Set-Cookie")] == [(False, True), (True, True)]
    assert "keeps Lotse's cookies here" in page(house.test_client())
    assert "keeps no cookie of Lotse here" in page(house.test_client(use_cookies=False))
    old = house.test_client()
    old.set_cookie("__Host-lotse-check", "1", secure=True)
    assert "not in a partition" in old.get("/lti/diagnose?asked=1", headers=ENGLISH).text


@pytest.mark.parametrize(("headers", "words"), [
    ({"Host": "lotse.other.example"}, "You came by http://lotse.other.example, but Lotse calls itself http://localhost:8000."),
    ({"Host": "localhost:8000"}, "without https"), ({"Host": "localhost:8000", "Sec-Fetch-Dest": "iframe"}, "in a frame of another page"),
    ({"Host": "localhost:8000", "Sec-Fetch-Dest": "document"}, "in a window of its own"), ({"Host": "localhost:8000"}, "rather old"),
])
def test_what_the_server_sees_of_the_way_is_told(house: Flask, headers: dict[str, str], words: str) -> None:
    assert words in page(house.test_client(), **headers)


def test_without_a_sign_in_it_can_be_framed_and_tells_nothing_of_the_servers(house: Flask, lms: Lms) -> None:
    answer = house.test_client().get("/lti/diagnose?asked=1", headers=ENGLISH)
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert "lms.example" not in answer.text
    assert "learning platforms" not in answer.text


def test_with_a_sign_in_it_cannot_be_framed(administrator: FlaskClient) -> None:
    answer = administrator.get("/lti/diagnose?asked=1")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_in_a_launch_it_is_framed_by_that_platform_only(browser: Browser) -> None:
    root = "/".join(browser.launch().location.split("/")[:3])
    answer = browser.client.get(f"{root}/lti/diagnose?asked=1", headers=ENGLISH)
    assert "frame-ancestors https://lms.example" in answer.headers["Content-Security-Policy"]
    assert "Your learning platforms" not in answer.text


# --- The servers --------------------------------------------------------------------------------------------------------

def test_an_administrator_sees_the_last_login_and_what_it_lacked(administrator: FlaskClient, browser: Browser) -> None:
    assert "Nobody has come from there for a day" in page(administrator)
    browser.begin(lti_message_hint="")
    text = page(administrator)
    assert "It was not finished" in text
    assert "Not sent: lti_message_hint, lti_storage_target." in text
    browser.launch()
    assert "It led into Lotse." in page(administrator)
    browser.launch(**{"aud": "another"})
    assert "It was not finished" in page(administrator)


def test_an_administrator_inside_a_launch_sees_it_too(house: Flask, browser: Browser) -> None:
    root = "/".join(browser.launch().location.split("/")[:3])
    person = db.session.scalars(select(Person.id)).one()
    with db.transaction() as tx:
        tx.add(Grant(person_id=person, role=Role.ADMINISTRATOR))
    assert "Your learning platforms" in page(browser.client, root)


def test_a_connection_that_works_is_called_so(administrator: FlaskClient, lms: Lms) -> None:
    text = checked(administrator)
    for words in ("Lotse can fetch them, and they can be used (1).", "the same time as Lotse", "accepts Lotse's signature", "0 days old"):
        assert words in text
    assert lms.count("token") == 1


FAULTS = {
    "no key set": ("jwks", Answer(200, b"<html>"), "there is no key set (answer 200)"),
    "keys away": ("jwks", Answer(404, b""), "there is no key set (answer 404)"),
    "no usable key": ("jwks", Answer(200, b'{"keys": [{"kty": "EC", "kid": "1"}]}'), "holds no RSA key"),
    "keys cut": ("jwks", Answer(0), "Lotse cannot fetch them from"),
    "token cut": ("token", Answer(0), "Launches work all the same, but no scores arrive"),
    "scope": ("token", Answer(400, b'{"error": "invalid_scope"}'), "does not let it send scores"),
    "client": ("token", Answer(400, b'{"error": "invalid_client"}'), "gives no access (400, invalid_client)"),
    "odd words": ("token", Answer(401, b'{"error": "<b>token-of-somebody"}'), "gives no access (401)"),
    "no json": ("token", Answer(200, b"ok"), "gives no access (200)"),
    "a list": ("token", Answer(500, b"[]"), "gives no access (500)"),
}


@pytest.mark.parametrize(("place", "answer", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named_with_what_to_do(administrator: FlaskClient, lms: Lms, place: str, answer: Answer, words: str) -> None:
    lms.answers[place].append(answer)
    text = checked(administrator)
    assert words in text
    assert "token-of-somebody" not in text


@pytest.mark.parametrize(("apart", "words"), [(0, "the same time"), (40, "seconds away"), (-4000, "seconds away")])
def test_a_clock_that_is_wrong_is_told(administrator: FlaskClient, lms: Lms, apart: int, words: str) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=apart), usegmt=True)
    platform = _Dated(moment)
    add_platform(db.acting_for() or 0, PlatformData("https://dated.example", "c", "https://dated.example/a", f"{platform.url}/token", f"{platform.url}/jwks"))
    dated = db.session.scalars(select(Platform).where(Platform.issuer == "https://dated.example")).one()
    text = administrator.post(f"/lti/diagnose/{dated.id}", headers=ENGLISH).text
    platform.close()
    assert words in text


class _Dated(Lms):
    """A platform whose clock is as told."""

    def __init__(self, moment: str) -> None:
        self.moment = moment
        super().__init__()
        handler = self._server.RequestHandlerClass
        handler.date_time_string = lambda *_: moment  # type: ignore[attr-defined]


def test_an_old_key_is_told(administrator: FlaskClient) -> None:
    checked(administrator)
    with db.transaction() as tx:
        tx.execute(update(ToolKey).values(created_at=db.now() - timedelta(days=500)))
    assert "500 days old. Exchange it" in checked(administrator)


def test_only_administrators_of_the_organisation_can_ask(house: Flask, administrator: FlaskClient, browser: Browser) -> None:
    platform = db.session.scalars(select(Platform)).one().id
    assert house.test_client().post(f"/lti/diagnose/{platform}").status_code == 302
    g.pop("_login_user", None)  # The test acts in one application context, and it would outlive the request.
    assert builders.browser(house, builders.person("Bo")).post(f"/lti/diagnose/{platform}").status_code == 403
    assert browser.lms.count("token") == 0


def test_platforms_of_another_organisation_are_not_there(house: Flask, administrator: FlaskClient, lms: Lms) -> None:
    platform = db.session.scalars(select(Platform)).one().id
    builders.organisation("anderswo")
    foreign = builders.browser(house, builders.person("Cy", roles=(Role.ADMINISTRATOR,)))
    assert foreign.post(f"/lti/diagnose/{platform}", headers=ENGLISH).status_code == 404
    assert "No learning platform is registered yet" in page(foreign)


def test_the_text_for_support_names_nobody_and_holds_no_secret(administrator: FlaskClient, browser: Browser, lms: Lms) -> None:
    browser.launch()
    text = checked(administrator)
    report = text.split("data-report>")[1].split("</textarea>")[0]
    assert "Access to the services of the platform: success" in report
    for secret in ("Änne", "Ada", *lms.tokens, "eyJ"):
        assert secret not in report
