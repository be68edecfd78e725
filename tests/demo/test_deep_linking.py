"""The stand-in takes a choice as Moodle does: strict about points, forgetful about the rest, once."""

import time
from typing import Any

import httpx2
import pytest

from demo.campus import CHOICE_DATA
from demo.claims import DL, LTI
from tests.demo.conftest import World


def choice(world: World) -> str:
    """The address of a fresh choice, as a deep linking request names it."""
    with world.lms.app_context():
        parts = world.lms.extensions["campus"]
        address: str = parts.addresses.deep_linking_return(parts.store.begin_choice())
    return address


def answer(world: World, address: str, *items: Any, **changes: Any) -> httpx2.Response:
    moment = int(time.time())
    claims = {
        "iss": "lotse-demo", "aud": world.platform, "iat": moment - 5, "exp": moment + 300, "nonce": "n", LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0", LTI + "deployment_id": "1", DL + "data": CHOICE_DATA, DL + "content_items": list(items), **changes,
    }
    token = world.tool.key.sign({name: value for name, value in claims.items() if value is not None})
    return world.browser.request("POST", address, {"JWT": token})


def link(world: World, **changes: Any) -> dict[str, Any]:
    item = {"type": "ltiResourceLink", "title": "Neu 100 %", "text": "Text", "url": f"{world.tool.base}/lti/launch", "custom": {"course": "x"}, **changes}
    return {name: value for name, value in item.items() if value is not None}


def activities(world: World) -> list[Any]:
    with world.lms.app_context():
        found: list[Any] = world.lms.extensions["campus"].store.activities()
    return found


def test_a_chosen_activity_stands_in_the_course_with_its_column_and_can_be_launched(world: World) -> None:
    page = answer(world, choice(world), link(world, lineItem={"scoreMaximum": 25, "label": "Anders", "resourceId": "r", "tag": "t"}), link(world, title="Ohne Note"))
    assert page.status_code == 200
    graded, ungraded = activities(world)
    assert (graded.id, graded.title, graded.custom, graded.maximum, ungraded.column) == ("3", "Neu 100 %", {"course": "x"}, 25, None)
    world.be("3")
    assert "Neu 100 %" in world.browser.get(f"{world.platform}/course").text
    world.launch(graded.id)
    world.launch(ungraded.id)
    endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    assert world.tool.launches[0][endpoint]["lineitem"].endswith(f"/lineitems/{graded.column}/lineitem?type_id=1")
    assert "lineitem" not in world.tool.launches[1][endpoint]
    assert world.tool.launches[0][LTI + "custom"]["course"] == "x"


@pytest.mark.parametrize("maximum", [12.5, 0, 101, "10", None, True, -1])
def test_a_maximum_that_moodle_refuses_is_refused(world: World, maximum: Any) -> None:
    page = answer(world, choice(world), link(world, lineItem={"scoreMaximum": maximum, "label": "x"}))
    assert page.status_code == 400
    assert activities(world) == []


@pytest.mark.parametrize("changes", [
    {"type": "link"}, {"url": "https://other.example/launch"}, {"title": "x" * 256}, {"custom": {"n": 5}}, {"text": 5},
])
def test_an_item_that_is_not_a_link_to_the_tool_is_refused(world: World, changes: dict[str, Any]) -> None:
    assert answer(world, choice(world), link(world, **changes)).status_code == 400
    assert activities(world) == []


@pytest.mark.parametrize("changes", [
    {"iss": "other"}, {"aud": "other"}, {"iat": 2**33}, {"exp": 1}, {"nonce": None}, {LTI + "deployment_id": "2"},
    {LTI + "message_type": "x"}, {LTI + "version": "1.1"}, {DL + "data": "changed"}, {DL + "data": None}, {DL + "content_items": "x"},
])
def test_a_message_that_is_not_the_answer_is_refused(world: World, changes: dict[str, Any]) -> None:
    assert answer(world, choice(world), link(world), **changes).status_code == 400
    assert activities(world) == []


def test_a_choice_is_taken_over_once_and_only_if_it_was_asked_for(world: World) -> None:
    address = choice(world)
    assert answer(world, address, link(world)).status_code == 200
    assert answer(world, address, link(world)).status_code == 409
    assert answer(world, f"{world.platform}/deep-linking/return?choice=forged", link(world)).status_code == 409
    assert len(activities(world)) == 1


def test_only_who_teaches_adds_activities(world: World) -> None:
    world.be("4")
    assert "/course/add" not in world.browser.get(f"{world.platform}/course").text
    assert world.browser.get(f"{world.platform}/course/add").status_code == 403
    assert world.browser.get(f"{world.platform}/deep-linking/begin").status_code == 403
    world.be("3")
    assert world.browser.get(f"{world.platform}/course/add").status_code == 200
