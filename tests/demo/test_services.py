import threading
from typing import Any

import httpx2
import pytest

from demo.attacks import Trouble
from tests.demo.conftest import World

ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"


def bearer(world: World, *scopes: str) -> dict[str, str]:
    answer = world.tool.token(*scopes)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def score(world: World, headers: dict[str, str] | None = None, **changes: Any) -> httpx2.Response:
    body = {
        "userId": "4", "scoreGiven": 3, "scoreMaximum": 4, "activityProgress": "Completed", "gradingProgress": "FullyGraded",
        "timestamp": "2026-11-22T02:31:26.885Z", "comment": "Gut", **changes,
    }
    return httpx2.post(
        f"{world.platform}/api/2/lineitems/1/lineitem/scores?type_id=1", headers={**bearer(world, "score"), "Content-Type": SCORE, **(headers or {})},
        json={name: value for name, value in body.items() if value is not None}, trust_env=False,
    )


def results(world: World, query: str = "") -> Any:
    address = f"{world.platform}/api/2/lineitems/1/lineitem/results?type_id=1{query}"
    return httpx2.get(address, headers={**bearer(world, "result.readonly"), "Accept": RESULTS}, trust_env=False).json()


def test_a_score_arrives_in_the_gradebook_scaled_to_its_column(world: World) -> None:
    answer = score(world)
    assert (answer.status_code, answer.content) == (200, b"")
    assert results(world)[0] | {"id": 0, "scoreOf": 0} == {
        "id": 0, "scoreOf": 0, "userId": "4", "resultScore": 75.0, "resultMaximum": 100.0, "comment": "Gut",
    }
    world.be("3")
    page = world.browser.get(f"{world.platform}/gradebook").text
    assert "75 / 100" in page
    assert "Yunus" in page


def test_learners_see_only_their_own_row(world: World) -> None:
    score(world)
    world.be("5")
    page = world.browser.get(f"{world.platform}/gradebook/table").text
    assert "75 / 100" not in page
    assert "Mira" not in page


def test_results_can_be_asked_for_one_person(world: World) -> None:
    score(world)
    assert len(results(world, "&user_id=4")) == 1
    assert results(world, "&user_id=5") == []


@pytest.mark.parametrize("timestamp", ["2026-11-22T02:31:26.885Z", "2026-11-22T02:31:26.999Z", "2026-11-22T02:31:25Z", "2026-11-22T03:31:26+01:00"])
def test_a_score_of_the_same_second_or_earlier_is_refused(world: World, timestamp: str) -> None:
    score(world)
    assert score(world, scoreGiven=1, timestamp=timestamp).status_code == 409
    assert results(world)[0]["resultScore"] == 75


def test_a_later_score_replaces_the_earlier_one(world: World) -> None:
    score(world)
    assert score(world, scoreGiven=5, comment=None, timestamp="2026-11-22T02:31:27Z").status_code == 200
    assert (results(world)[0]["resultScore"], results(world)[0]["comment"]) == (100, "")


@pytest.mark.parametrize("changes", [{"gradingProgress": "Pending"}, {"scoreGiven": None}])
def test_anything_but_a_full_grade_takes_the_grade_away(world: World, changes: dict[str, Any]) -> None:
    score(world)
    assert score(world, **changes, timestamp="2026-11-22T02:31:28Z").status_code == 200
    assert results(world) == []


@pytest.mark.parametrize("changes", [
    {"timestamp": None}, {"timestamp": 1795314699}, {"timestamp": "gestern"}, {"scoreMaximum": None}, {"scoreMaximum": 0}, {"scoreGiven": -1},
    {"scoreGiven": "3"}, {"userId": None}, {"userId": 4}, {"userId": "3"}, {"userId": "99"}, {"activityProgress": None}, {"gradingProgress": None},
])
def test_a_score_that_is_not_as_it_should_be_is_refused(world: World, changes: dict[str, Any]) -> None:
    assert score(world, **changes).status_code == 400
    assert results(world) == []


def test_a_score_needs_exactly_its_media_type(world: World) -> None:
    assert score(world, {"Content-Type": "application/json"}).status_code == 400
    assert score(world, {"Content-Type": f"{SCORE}; charset=utf-8"}).status_code == 200


def test_a_score_needs_a_token_with_its_scope(world: World) -> None:
    assert score(world, bearer(world, "lineitem")).status_code == 401
    assert score(world, {"Authorization": "Bearer guessed"}).status_code == 401


@pytest.mark.parametrize(("accept", "status"), [(ITEMS, 200), ("*/*", 400), ("application/json", 400), (f"{ITEMS}, application/json", 400)])
def test_line_items_want_exactly_one_media_type(world: World, accept: str, status: int) -> None:
    headers = {**bearer(world, "lineitem.readonly"), "Accept": accept}
    assert httpx2.get(f"{world.platform}/api/2/lineitems?type_id=1", headers=headers, trust_env=False).status_code == status


def test_line_items_are_found_by_resource_link_and_made_by_the_tool(world: World) -> None:
    address, headers = f"{world.platform}/api/2/lineitems?type_id=1", bearer(world, "lineitem")
    made = httpx2.post(address, headers={**headers, "Content-Type": ITEM}, json={"label": "Extra", "scoreMaximum": 12.5, "tag": "t"}, trust_env=False)
    assert made.status_code == 201
    assert httpx2.get(made.json()["id"], headers={**headers, "Accept": ITEM}, trust_env=False).json() == made.json()
    for query, label in (("&tag=t", "Extra"), ("&resource_link_id=1", "The whole course")):
        found = httpx2.get(address + query, headers={**headers, "Accept": ITEMS}, trust_env=False).json()
        assert [item["label"] for item in found] == [label]


@pytest.mark.parametrize("body", [{}, {"label": "x"}, {"label": "x", "scoreMaximum": 0}, {"label": "x", "scoreMaximum": 1, "resourceLinkId": "9"}, []])
def test_a_line_item_that_cannot_be_is_refused(world: World, body: Any) -> None:
    headers = {**bearer(world, "lineitem"), "Content-Type": ITEM}
    assert httpx2.post(f"{world.platform}/api/2/lineitems?type_id=1", headers=headers, json=body, trust_env=False).status_code == 400


@pytest.mark.parametrize("changes", [
    {"iss": "somebody"}, {"sub": "somebody"}, {"aud": "https://other.example"}, {"exp": 1_600_000_000}, {"iat": 4_000_000_000}, {"jti": None}, {"exp": None},
])
def test_an_assertion_with_a_wrong_claim_gets_no_token(world: World, changes: dict[str, Any]) -> None:
    assert world.tool.token("score", client_assertion=world.tool.assertion(**changes)).status_code == 400


@pytest.mark.parametrize("changes", [{"grant_type": "password"}, {"client_assertion_type": "x"}, {"client_assertion": "x"}, {"scope": "x"}, {"scope": ""}])
def test_a_wrong_token_request_is_refused(world: World, changes: dict[str, str]) -> None:
    assert world.tool.token("score", **changes).status_code == 400


def test_an_assertion_signed_with_another_key_gets_no_token(world: World) -> None:
    stolen = world.tool.assertion()
    world.tool.key = type(world.tool.key).new()
    assert world.tool.token("score", client_assertion=stolen).status_code == 400


def test_services_make_trouble_once_in_the_order_that_a_test_asks_for(world: World) -> None:
    world.attacks.trouble("/scores", Trouble(500), Trouble(429, headers={"Retry-After": "7"}), Trouble(200, "<garbage"))
    assert score(world).status_code == 500
    assert score(world).headers["Retry-After"] == "7"
    assert score(world).text == "<garbage"
    assert results(world) == []
    assert score(world).status_code == 200


def test_a_slow_service_can_be_woken(world: World) -> None:
    world.attacks.trouble("/scores", Trouble(200, seconds=30))
    asking = threading.Thread(target=score, args=(world,))
    asking.start()
    assert asking.is_alive()
    world.attacks.wake()
    asking.join(5)
    assert not asking.is_alive()


def test_forgotten_tokens_are_worth_nothing(world: World) -> None:
    token = bearer(world, "score")
    world.lms.extensions["campus"].store.forget_tokens()
    assert score(world, token).status_code == 401
