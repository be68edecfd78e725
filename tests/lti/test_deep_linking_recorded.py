"""Deep linking with Moodle and ILIAS as they really are: their recorded requests, and what they make of an answer."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from core import db
from lti import deep_linking
from lti.claims import DEEP_LINKING
from lti.deep_linking import Chosen, content_item, one_line, preset_points, some_lines
from lti.platforms import profile_of
from lti.target import KINDS, Target, named
from modules.fields import SLUG
from tests.lti.choosing import DL, Picker, claims_of, fields_of
from tests.lti.lms import BASE, LTI, Browser, Lms

RECORDED = Path(__file__).parent / "recorded"
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LAUNCH = f"{BASE}/lti/launch"


# --- What they make of an answer, from the recorded facts -------------------------------------------------------------

@dataclass(frozen=True)
class Activity:
    """What stands in the LMS afterwards."""

    title: str
    text: str
    custom: dict[str, str]
    maximum: int | None
    review: str | None = None


def moodle(item: dict[str, Any]) -> Activity:
    """Moodle 4.5 (deep-linking-response.json, …-variants.json): the parameters become lines, the maximum must be whole, 1 to 100."""
    line_item = item.get("lineItem")
    maximum = line_item["scoreMaximum"] if line_item else None
    if maximum is not None and (type(maximum) is not int or not 1 <= maximum <= 100):
        raise ValueError("Invalid grade value. This must be an integer between 1 and 100")
    lines = "\n".join(f"{key}={value}" for key, value in item["custom"].items())
    written = dict(line.split("=", 1) for line in lines.split("\n"))
    # Each key arrives as written, and lower-cased with an underscore for everything else (custom-variables.json).
    arriving = {**{re.sub(r"[^a-z0-9]", "_", key.lower()): value for key, value in written.items()}, **written}
    if len(item["title"]) > 255:
        raise ValueError("stores at most 255 characters")
    assert urlsplit(item["url"]).hostname == "localhost"  # Another host would be another tool, or none.
    return Activity(item["title"], item["text"], arriving, maximum, line_item["submissionReview"]["url"] if line_item else None)


def ilias(item: dict[str, Any]) -> Activity:
    """ILIAS 8 to 11 (deep-linking-response-accepted.json): title, description and custom, as `key=value;key=value`, cut at the first `=`."""
    if not item["custom"]:
        raise ValueError("custom must be there")
    stored = ";".join(f"{key}={value}" for key, value in item["custom"].items())
    pairs = [pair.split("=") for pair in stored.split(";")]
    return Activity(item["title"], item["description"], {pair[0]: pair[1] for pair in pairs}, None)


slugs = st.from_regex(SLUG, fullmatch=True)
targets = st.builds(
    lambda kind, course, module, item, draw: Target(
        course, None if kind in ("course", "certificate") else module, None if kind in ("course", "module") else kind,
        item if kind == "exercise" else None, str(draw) if kind == "quiz" and draw else None,
    ),
    st.sampled_from(KINDS), slugs, slugs, slugs, st.integers(0, 999),
)
chosen = st.builds(
    Chosen, targets, st.text(max_size=400).map(one_line).filter(bool), st.text(max_size=1500).map(some_lines),
    st.one_of(st.none(), st.floats(0.01, 1e6).map(preset_points)),
)


@given(chosen)
def test_whatever_is_chosen_moodle_makes_the_very_same_of_it(it: Chosen) -> None:
    activity = moodle(json.loads(json.dumps(content_item(it, LAUNCH, profile_of("moodle")))))
    assert (activity.title, activity.text, activity.maximum) == (it.title, it.text, it.points)
    assert activity.review == (LAUNCH if it.points else None)
    assert same(named(activity.custom, LAUNCH), it.target)


@given(chosen)
def test_whatever_is_chosen_ilias_makes_the_very_same_of_it(it: Chosen) -> None:
    activity = ilias(json.loads(json.dumps(content_item(it, LAUNCH, profile_of("ilias")))))
    assert (activity.title, activity.text) == (it.title, it.text)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", text) for pair in activity.custom.items() for text in pair)
    assert same(named(activity.custom, LAUNCH), it.target)


@given(chosen)
def test_a_platform_that_loses_the_parameters_still_opens_the_right_thing(it: Chosen) -> None:
    item = content_item(it, LAUNCH, profile_of(""))
    assert same(named({}, item["url"]), it.target)
    assert same(named(item["custom"], item["url"]), it.target)


def same(found: Target, wanted: Target) -> bool:
    """Whether two targets open the same; the kind may be said or follow."""
    return found._replace(kind=None) == wanted._replace(kind=None) and found.opens == wanted.opens


@given(st.floats(allow_nan=False, min_value=0, max_value=1e9))
def test_preset_points_are_always_taken(points: float) -> None:
    preset = preset_points(points)
    assert (preset is None) == (points == 0)
    assert preset is None or (type(preset) is int and 1 <= preset <= 100)


@given(st.text())
def test_a_title_is_one_visible_line(text: str) -> None:
    title = one_line(text)
    assert len(title) <= 255
    assert one_line(title) == title
    assert "\n" not in title
    title.encode()
    lines = some_lines(text)
    assert len(lines) <= 1000
    assert some_lines(lines) == lines


# --- The recorded requests --------------------------------------------------------------------------------------------

@pytest.fixture
def recorded(house: Flask) -> Iterator[Lms]:
    platform = Lms()
    yield platform
    platform.close()


def replay(house: Flask, platform: Lms, path: str, address: str) -> Picker:
    """Launch with recorded claims, signed and dated anew, posted to this address of Lotse."""
    document = json.loads((RECORDED / path).read_text().replace("https://tool.example/dl", f"{BASE}/lti/deep-link").replace("<sesskey>", "5e55"))
    claims = document.get("claims", document)
    platform.issuer, platform.client_id, platform.deployment_id = claims["iss"], claims["aud"], claims[LTI + "deployment_id"]
    platform.register(db.acting_for() or 0)
    browser = Browser(house, platform)
    begun = browser.begin(target_link_uri=f"{BASE}/lti/deep-link")
    assert begun["redirect_uri"] == f"{BASE}/lti/deep-link"
    fresh = {name: value for name, value in platform.claims(begun["nonce"]).items() if name in ("iat", "exp", "nonce")}
    response = browser.client.post(address, data={"state": begun["state"], "id_token": platform.sign({**claims, **fresh})})
    assert response.status_code == 303, response.text
    return Picker(browser, response.location)


@ON_ONE_DATABASE
@pytest.mark.parametrize("address", ["/lti/deep-link", "/lti/launch"])
@pytest.mark.parametrize("path", ["moodle/idtoken-deep-linking.json", "ilias/idtoken-deep-linking.json"])
def test_a_recorded_request_opens_the_picker_at_either_address(house: Flask, recorded: Lms, path: str, address: str) -> None:
    page = replay(house, recorded, path, address).see()
    assert page.status_code == 200
    assert ("Inhalte für Ihren Kurs" in page.text) == path.startswith("ilias")


def answer(picker: Picker, *keys: str) -> tuple[str, dict[str, Any]]:
    """Where the choice goes, and its claims."""
    picker.choose(*keys)
    page = picker.send("send", "/details")
    action = re.search(r'<form class="narrow" method="post" action="([^"]*)"', page.text)
    assert action
    return action[1].replace("&amp;", "&"), claims_of(fields_of(page.text)["JWT"][0], picker.browser.lms.issuer)


@ON_ONE_DATABASE
def test_moodle_gets_what_it_takes(house: Flask, recorded: Lms) -> None:
    url, claims = answer(replay(house, recorded, "moodle/idtoken-deep-linking.json", "/lti/deep-link"), "course.kurs", "quiz.kurs.eins", "certificate.kurs")
    assert url == "https://moodle.example/mod/lti/contentitem_return.php?course=2&id=1&sesskey=5e55"
    good = json.loads((RECORDED / "moodle/deep-linking-response.json").read_text())["claims"]
    assert {name for name in good if name not in claims} == set()
    assert (claims["iss"], claims["aud"]) == ("ApRDinGSlUqJ9Cv", "https://moodle.example")
    assert DL + "data" not in claims  # Moodle sends none.
    made = [moodle(item) for item in claims[DL + "content_items"]]
    assert [(it.title, it.maximum) for it in made] == [("A small course", 4), ("Quiz: One", 4), ("Certificate: A small course", None)]
    assert {item["url"] for item in claims[DL + "content_items"]} == {LAUNCH}


@ON_ONE_DATABASE
def test_ilias_gets_the_answer_that_every_version_reads(house: Flask, recorded: Lms) -> None:
    url, claims = answer(replay(house, recorded, "ilias/idtoken-deep-linking.json", "/lti/deep-link"), "module.kurs.eins")
    good = {name: value for name, value in json.loads((RECORDED / "ilias/deep-linking-response-accepted.json").read_text()).items() if name[0] != "_"}
    assert url.startswith("https://ilias.example/ilias.php?baseClass=ilrepositorygui&cmdNode=xx:yy&cmdClass=ilObjLTIConsumerGUI")
    assert set(good) == set(claims)
    assert claims["exp"] - claims["iat"] == good["exp"] - good["iat"]
    for name in ("iss", "aud", LTI + "deployment_id", LTI + "message_type", LTI + "version"):
        assert claims[name] == good[name]
    [item], [accepted] = claims[DL + "content_items"], good[DL + "content_items"]
    assert set(accepted) <= set(item)
    assert ilias(item) == Activity("Eins", "Modul des Kurses „Ein kleiner Kurs“", {"course": "kurs", "module": "eins"}, None)


@ON_ONE_DATABASE
def test_a_choice_keeps_clear_of_everything_that_moodle_refused_or_changed(house: Flask, recorded: Lms) -> None:
    """One check for each recorded variant that went wrong, or that Moodle made something else of."""
    variants = {variant["case"]: variant for variant in json.loads((RECORDED / "moodle/deep-linking-response-variants.json").read_text())}
    refused = {case for case, variant in variants.items() if variant["status"] != 200}
    assert refused == {"bad kid", "iss = tool url", "expired", "iat 20 s ahead"}
    _, claims = answer(replay(house, recorded, "moodle/idtoken-deep-linking.json", "/lti/deep-link"), "course.kurs", "exercise.kurs.eins.farbe")
    assert claims["iss"] == recorded.client_id                                   # “iss = tool url”; the kid is checked by claims_of
    assert claims["iat"] < db.now().timestamp() - 5 < claims["exp"] - 300        # “expired”, “iat 20 s ahead”
    for item in claims[DL + "content_items"]:
        assert item["type"] == "ltiResourceLink"                                # “item of type link, html, file”
        assert 0 < len(item["title"]) <= 255                                    # “title missing”, “title 300 chars”
        assert urlsplit(item["url"]).netloc == urlsplit(BASE).netloc            # “one item with url on another domain”
        assert type(item["lineItem"]["scoreMaximum"]) is int                    # “one item, decimal scoreMaximum”


@ON_ONE_DATABASE
def test_a_recorded_request_of_a_learner_is_refused(house: Flask, recorded: Lms) -> None:
    platform = recorded
    claims = json.loads((RECORDED / "moodle/idtoken-deep-linking.json").read_text())["claims"]
    platform.issuer, platform.client_id, platform.deployment_id = claims["iss"], claims["aud"], claims[LTI + "deployment_id"]
    platform.register(db.acting_for() or 0)
    browser = Browser(house, platform)
    begun = browser.begin(target_link_uri=f"{BASE}/lti/deep-link")
    fresh = {name: value for name, value in platform.claims(begun["nonce"]).items() if name in ("iat", "exp", "nonce")}
    learner = {LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]}
    assert browser.post(begun["state"], platform.sign({**claims, **fresh, **learner})).status_code == 403


@ON_ONE_DATABASE
@pytest.mark.parametrize(("target", "redirect"), [
    (f"{BASE}/lti/launch", f"{BASE}/lti/launch"), (f"{BASE}/lti/launch?course=kurs", f"{BASE}/lti/launch"), (f"{BASE}/", f"{BASE}/lti/launch"),
    (f"{BASE}/lti/deep-link", f"{BASE}/lti/deep-link"), (f"{BASE}/lti/deep-link?a=b", f"{BASE}/lti/deep-link"),
    (f"{BASE}/lti/deep-link/x", f"{BASE}/lti/launch"),
])
def test_the_answer_is_asked_for_at_the_address_that_the_login_was_for(house: Flask, lms: Lms, target: str, redirect: str) -> None:
    assert Browser(house, lms).begin(target_link_uri=target)["redirect_uri"] == redirect


def test_both_recorded_requests_accept_links() -> None:
    for path in ("moodle/idtoken-deep-linking.json", "ilias/idtoken-deep-linking.json"):
        document = json.loads((RECORDED / path).read_text())
        assert deep_linking.LINK_TYPE in document.get("claims", document)[DEEP_LINKING]["accept_types"]
