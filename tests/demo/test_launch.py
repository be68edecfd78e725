import json
from urllib.parse import urlencode

import httpx2
import pytest

from core.config import Settings, SettingsError
from demo import campus
from demo.lms import create_lms
from tests.demo.conftest import World, lms_settings
from tests.demo.servers import forms

LTI = "https://purl.imsglobal.org/spec/lti/claim/"


def test_a_launch_carries_person_role_course_and_activity_to_the_tool(world: World) -> None:
    world.be("5")
    assert world.launch("2", "window").text == "Hello Yunus 🦊 Çelik"
    claims = world.tool.launches[0]
    assert claims["sub"] == "5"
    assert claims[f"{LTI}roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]
    assert claims[f"{LTI}context"]["id"] == "2"
    assert claims[f"{LTI}resource_link"]["id"] == "2"
    # No copy, as Moodle says it of a fresh course (custom-variables.json).
    history = {"context_history": "", "link_history": ""}
    assert claims[f"{LTI}custom"] == {"course": "ki-kompetenz", "module": "wie-sprachmodelle-schreiben", **history}
    assert claims[f"{LTI}launch_presentation"]["document_target"] == "window"
    assert claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitem"].endswith("/lineitems/2/lineitem?type_id=1")


def test_the_claims_have_the_members_that_a_real_moodle_sends(world: World) -> None:
    world.be("4")
    world.launch()
    ours = world.tool.launches[0]
    assert isinstance(ours["aud"], str)
    assert "azp" not in ours
    assert ours["exp"] - ours["iat"] == 60


def test_nobody_launches_before_choosing_who_they_are(world: World) -> None:
    page = world.browser.get(f"{world.platform}/launch/1/iframe")
    assert page.status_code == 401
    assert len([form for form in forms(page) if "/be/" in form.action]) == len(campus.MEMBERS)


def test_the_administrator_has_the_roles_that_moodle_sends(world: World) -> None:
    world.be("2")
    world.launch()
    roles = [role.rsplit("#")[-1] for role in world.tool.launches[0][f"{LTI}roles"]]
    assert roles == ["Instructor", "Administrator", "Administrator"]


def _question(world: World, **changes: str) -> dict[str, str]:
    """A proper authentication request after a fresh initiation, with some parameters changed."""
    page = world.browser.get(f"{world.platform}/launch/1/iframe")
    begun = forms(page)[0].fields
    asked = {
        "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none", "client_id": begun["client_id"],
        "redirect_uri": f"{world.tool.base}/lti/launch", "state": "s", "nonce": "n", "login_hint": begun["login_hint"],
        "lti_message_hint": begun["lti_message_hint"],
    }
    return {name: value for name, value in (asked | changes).items() if value}


@pytest.mark.parametrize("changes", [
    {"redirect_uri": "http://localhost/evil"}, {"redirect_uri": ""}, {"nonce": ""}, {"lti_message_hint": ""}, {"lti_message_hint": "guessed"},
    {"scope": "openid profile"}, {"response_type": "code"}, {"login_hint": ""},
])
def test_a_doubtful_authentication_request_ends_at_the_platform(world: World, changes: dict[str, str]) -> None:
    world.be("4")
    answer = world.browser.get(f"{world.platform}/lti/auth?{urlencode(_question(world, **changes))}")
    assert answer.status_code == 404
    assert "id_token" not in answer.text


@pytest.mark.parametrize(("changes", "error"), [
    ({"client_id": "somebody"}, "unauthorized_client"), ({"response_mode": "query"}, "invalid_request"),
    ({"prompt": "login"}, "invalid_request"), ({"login_hint": "5"}, "access_denied"),
])
def test_other_errors_are_posted_back_to_the_tool(world: World, changes: dict[str, str], error: str) -> None:
    world.be("4")
    answer = world.browser.get(f"{world.platform}/lti/auth?{urlencode(_question(world, **changes))}")
    assert forms(answer)[0].action == f"{world.tool.base}/lti/launch"
    assert forms(answer)[0].fields["error"] == error
    assert forms(answer)[0].fields["state"] == "s"


def test_a_message_hint_works_once(world: World) -> None:
    world.be("4")
    address = f"{world.platform}/lti/auth?{urlencode(_question(world))}"
    assert world.browser.get(address).status_code == 200
    assert world.browser.get(address).status_code == 404


def test_a_hint_is_of_no_use_to_somebody_else(world: World) -> None:
    world.be("4")
    asked = _question(world)
    world.be("5")
    answer = world.browser.get(f"{world.platform}/lti/auth?{urlencode(asked | {'login_hint': '5'})}")
    assert forms(answer)[0].fields["error"] == "access_denied"


def test_the_stand_in_refuses_to_exist_in_production(tmp_path: object) -> None:
    settings = Settings.from_env({}, mode="production", data_dir=str(tmp_path), secret_key="x" * 40, base_url="https://lotse.example")
    with pytest.raises(SettingsError, match="demonstrations"):
        create_lms(settings)


def test_people_who_come_by_another_name_are_sent_to_the_issuer(world: World) -> None:
    port = world.platform.rsplit(":")[-1]
    answer = httpx2.get(f"http://localhost:{port}/course?x=1", trust_env=False)
    assert answer.headers["location"] == f"{world.platform}/course?x=1"


def test_two_processes_on_one_folder_have_one_key(world: World, tmp_path: object) -> None:
    other = create_lms(lms_settings(world.lms.extensions["campus"].store._path.parent.parent, world.tool.base, world.platform))
    ours = httpx2.get(f"{world.platform}/lti/certs", trust_env=False).json()
    assert other.test_client().get("/lti/certs", base_url=world.platform).json["keys"][0] in ours["keys"]  # type: ignore[index]


def test_the_published_configuration_names_the_addresses(world: World) -> None:
    found = httpx2.get(f"{world.platform}/.well-known/openid-configuration", trust_env=False).json()
    assert found["issuer"] == world.platform
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert found[name].startswith(f"{world.platform}/lti/")


def test_what_flew_is_shown_readable(world: World) -> None:
    world.be("5")
    world.launch()
    page = world.browser.get(f"{world.platform}/messages").text
    for word in ("lti_message_hint", "form_post", "LtiResourceLinkRequest", "Yunus 🦊 Çelik"):
        assert word in page
    assert "eyJ" not in page, "tokens are shown decoded only"


def test_strict_policies_hold_on_every_page(world: World) -> None:
    world.be("4")
    for path in ("/", "/course", "/course/1", "/gradebook", "/messages", "/launch/1/iframe", "/return?lti_msg=x"):
        page = world.browser.get(world.platform + path)
        assert page.status_code == 200
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert "<script>" not in page.text
        assert "style=" not in page.text


def test_words_of_the_tool_are_shown_as_text(world: World) -> None:
    world.be("4")
    page = world.browser.get(f"{world.platform}/return?{urlencode({'lti_errormsg': '<b>x</b>'})}").text
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_rotated_key_is_published(world: World) -> None:
    world.be("4")
    world.attacks.rotate()
    assert world.launch().status_code == 200
    assert json.dumps(world.tool.launches[0])
