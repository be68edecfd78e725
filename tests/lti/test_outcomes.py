"""Basic Outcomes: scores for LTI 1.1 platforms, and what is made of their answers."""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import SignatureOnlyEndpoint
from sqlalchemy import select

from accounts.models import Person
from core import db
from core.config import replace_settings, settings
from core.http import client
from core.jobs import WorkState
from lti import legacy as rules
from lti import outcomes
from lti.connection import LaterError, NeverError
from lti.grades import Address, Parcel
from lti.models import Deployment, Platform
from lti.oauth import _OneConsumer
from lti.service import legacy
from lti.troubles import TEXTS
from tests.lti.consumer import Consumer
from tests.lti.lms import Answer, Asked, Browser, Lms
from tests.lti.test_scores import let_due, pushes, right

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NAMESPACE = "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0"
MARKUP = '{"data":{"instanceid":"7"},"hash":"<hash>&amp;\'"} ]]> ü🦊'


def answered(code: str, description: str = "", *, namespace: str = f' xmlns="{NAMESPACE}"') -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<imsx_POXEnvelopeResponse{namespace}><imsx_POXHeader><imsx_POXResponseHeaderInfo>'
        f"<imsx_version>V1.0</imsx_version><imsx_messageIdentifier>1</imsx_messageIdentifier><imsx_statusInfo><imsx_codeMajor>{code}</imsx_codeMajor>"
        f"<imsx_severity>status</imsx_severity><imsx_description>{description}</imsx_description></imsx_statusInfo></imsx_POXResponseHeaderInfo>"
        "</imsx_POXHeader><imsx_POXBody><replaceResultResponse/></imsx_POXBody></imsx_POXEnvelopeResponse>"
    ).encode()


@pytest.fixture
def platform(house: Flask) -> Iterator[Lms]:
    """An old platform with an outcome service."""
    opened = Lms()
    opened.answers["outcomes"] = deque()
    yield opened
    opened.close()


def parcel(platform: Lms, *, points: float = 3.0, maximum: float = 4.0, sourcedid: str | None = MARKUP) -> Parcel:
    address = Address(1, "7", None, "T", f"{platform.url}/outcomes?client_id=myilias&a=%20b", None, ())
    return Parcel(address, "4", None, points, maximum, 1_795_314_686, "c", sourcedid)


def send(platform: Lms, *answers: Answer, **changes: object) -> str:
    """What becomes of a score."""
    platform.answers["outcomes"].extend(answers)
    with client(settings()) as http:
        try:
            outcomes.Outcomes(http, "key ü", "secret ü").send(parcel(platform, **changes))  # type: ignore[arg-type]
        except LaterError as error:
            return f"later: {error}"
        except NeverError as error:
            return f"never: {error}"
    return "taken"


# --- The whole way ------------------------------------------------------------------------------------------------------

@pytest.fixture
def consumer(house: Flask, platform: Lms) -> Consumer:
    """The platform as a consumer whose launches name its outcome service."""
    house.extensions["settings"] = replace_settings(house.extensions["settings"], lti11="on")
    made, secret = legacy.add_consumer(db.acting_for() or 0, "Alt", "https://old.example")
    return Consumer(house, made.client_id, secret)


def told(platform: Lms) -> list[tuple[str | None, str | None]]:
    """(sourcedid, score) of each message that arrived."""
    roots = [ET.fromstring(asked.body) for asked in platform.asked]
    return [(root.findtext(f".//{{{NAMESPACE}}}sourcedId"), root.findtext(f".//{{{NAMESPACE}}}textString")) for root in roots]


def come(consumer: Consumer, platform: Lms, *, answers: tuple[bytes, ...] = (), **changes: object) -> None:
    platform.answers["outcomes"].extend(Answer(200, answer) for answer in answers)
    assert consumer.launch(lis_outcome_service_url=f"{platform.url}/outcomes?client_id=myilias", **changes).status_code == 303


def test_each_score_reaches_the_old_platform_in_order(consumer: Consumer, platform: Lms) -> None:
    come(consumer, platform, answers=(answered("success"),) * 2, lis_result_sourcedid=MARKUP)
    right("farbe")
    right("zahlen")
    assert told(platform) == [(MARKUP, "0.25"), (MARKUP, "0.75")]
    assert [push.state for push in pushes()] == [WorkState.DONE] * 2


def test_the_sourcedid_of_the_last_launch_counts(consumer: Consumer, platform: Lms) -> None:
    come(consumer, platform, lis_result_sourcedid="first")
    come(consumer, platform, answers=(answered("success"),), lis_result_sourcedid="second")
    right("farbe")
    assert told(platform) == [("second", "0.25")]


def test_what_the_platform_refuses_is_shown_and_not_sent_again(consumer: Consumer, platform: Lms) -> None:
    come(consumer, platform, answers=(answered("failure", "Tool does not accept grades"),))
    right("farbe")
    [push] = pushes()
    assert (push.state, push.error) == (WorkState.FAILED, "outcome_refused")


@once
def test_a_log_in_page_in_place_of_an_answer_is_tried_again(consumer: Consumer, platform: Lms) -> None:
    come(consumer, platform, answers=(b"<html>Anmelden</html>",))
    right("farbe")
    assert [(push.state, push.error) for push in pushes()] == [(WorkState.DUE, "outcome_unreadable")]
    platform.answers["outcomes"].append(Answer(200, answered("success")))
    let_due()
    assert [push.state for push in pushes()] == [WorkState.DONE]


@once
@pytest.mark.parametrize("changes", [
    {"lis_result_sourcedid": ...}, {"lis_result_sourcedid": ""}, {"lis_outcome_service_url": ...}, {"lis_outcome_service_url": "not an address"},
])
def test_a_link_without_a_grade_hears_nothing(consumer: Consumer, platform: Lms, changes: dict[str, object]) -> None:
    assert consumer.launch(**{"lis_outcome_service_url": f"{platform.url}/outcomes", **changes}).status_code == 303
    right("farbe")
    assert (pushes(), platform.asked) == ([], [])


@once
def test_a_secret_that_cannot_be_read_loses_no_score(house: Flask, consumer: Consumer, platform: Lms) -> None:
    come(consumer, platform)
    kept = house.extensions["settings"]
    house.extensions["settings"] = replace_settings(kept, secret_key="another secret key that is long enough, too")
    right("farbe")
    assert [(push.state, push.error) for push in pushes()] == [(WorkState.DUE, "key_trouble")]
    house.extensions["settings"] = kept
    platform.answers["outcomes"].append(Answer(200, answered("success")))
    let_due()
    assert told(platform) == [("sourced-4", "0.25")]


@once
def test_after_the_upgrade_to_13_all_scores_go_to_the_line_item(house: Flask, consumer: Consumer, platform: Lms, lms: Lms) -> None:
    come(consumer, platform, answers=(answered("success"),))
    right("farbe")
    old = db.session.scalars(select(Platform).where(Platform.protocol == "1.1")).one()
    new = db.session.scalars(select(Platform).where(Platform.protocol == "1.3")).one()
    with db.transaction():
        rules.carry_over(old, new, db.session.scalars(select(Deployment.id).where(Deployment.platform_id == new.id)).one())
    assert Browser(house, lms).launch().status_code == 303
    assert [(score["userId"], score["scoreGiven"]) for score in lms.scores()] == [("4", 1)]
    right("zahlen")
    assert [score["scoreGiven"] for score in lms.scores()] == [1, 3]
    assert len(platform.asked) == 1
    assert len(db.session.scalars(select(Person)).all()) == 1


def test_texts_of_troubles_are_known() -> None:
    assert {code for code in TEXTS if code.startswith("outcome_")} == {"outcome_refused", "outcome_unsupported", "outcome_unreadable", "outcome_nowhere"}


# --- What is sent -----------------------------------------------------------------------------------------------------

@once
def test_a_score_is_a_signed_message_with_its_hash(platform: Lms) -> None:
    assert send(platform, Answer(200, answered("success"))) == "taken"
    [asked] = platform.asked
    assert asked.headers["content-type"] == "application/xml"
    assert is_signed(platform, asked)
    root = ET.fromstring(asked.body)
    found = {element.tag.removeprefix(f"{{{NAMESPACE}}}"): element.text for element in root.iter()}
    assert (found["sourcedId"], found["textString"], found["language"], found["imsx_version"]) == (MARKUP, "0.75", "en", "V1.0")
    assert b"<imsx_POXEnvelopeRequest xmlns=" in asked.body
    assert b"<replaceResultRequest><resultRecord><sourcedGUID>" in asked.body


def is_signed(platform: Lms, asked: Asked) -> bool:
    header = asked.headers["authorization"]
    [hashed] = re.findall(r'oauth_body_hash="([^"]*)"', header)
    assert hashed.replace("%3D", "=").replace("%2B", "+").replace("%2F", "/") == base64.b64encode(hashlib.sha1(asked.body).digest()).decode()
    url = f"{platform.url}/outcomes?client_id=myilias&a=%20b"
    valid, _ = SignatureOnlyEndpoint(_OneConsumer("key ü", "secret ü")).validate_request(url, "POST", "", {"Authorization": header})
    wrong, _ = SignatureOnlyEndpoint(_OneConsumer("key ü", "other")).validate_request(url, "POST", "", {"Authorization": header})
    return bool(valid) and not wrong


@once
def test_each_message_has_a_number_of_its_own(platform: Lms) -> None:
    for _ in range(3):
        send(platform, Answer(200, answered("success")))
    numbers = [re.search(rb"Identifier>([^<]*)<", asked.body)[1] for asked in platform.asked]  # type: ignore[index]
    assert len(set(numbers)) == 3


@pytest.mark.parametrize(("points", "maximum", "text"), [
    (0, 4, "0"), (4, 4, "1"), (3, 4, "0.75"), (1, 3, "0.333333"), (5, 4, "1"), (-1, 4, "0"), (1, 0, "0"), (1e-9, 1, "0"), (0.1 + 0.2, 3, "0.1"),
])
def test_a_score_is_a_plain_number_from_0_to_1(points: float, maximum: float, text: str) -> None:
    assert outcomes.fraction(points, maximum) == text


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=5), st.floats(1e-3, 1e6))
def test_more_points_are_never_a_smaller_number(points: list[float], maximum: float) -> None:
    numbers = [float(outcomes.fraction(value, maximum)) for value in sorted(points)]
    assert all(0 <= first <= second <= 1 for first, second in pairwise(numbers))


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_any_sourcedid_comes_out_of_the_message_as_it_went_in(sourcedid: str) -> None:
    if not sourcedid.isprintable():
        return
    body = outcomes.replace_result(sourcedid, 1, 2, "m")
    assert body.isascii()
    assert ET.fromstring(body).findtext(f".//{{{NAMESPACE}}}sourcedId") == sourcedid


# --- What comes back --------------------------------------------------------------------------------------------------

@once
def test_answers_are_taken_for_what_they_mean(platform: Lms) -> None:
    cases = [
        (Answer(200, answered("success", "Grade replace response")), "taken"),
        (Answer(200, answered("success", namespace="")), "taken"),
        (Answer(200, answered(" Success \n")), "taken"),
        (Answer(200, answered("processing")), "taken"),
        (Answer(201, answered("success")), "taken"),
        # Moodle: every failure with status 200.
        (Answer(200, answered("failure", "Message signature not valid")), "never: outcome_refused"),
        (Answer(200, answered("unsupported")), "never: outcome_unsupported"),
        (Answer(200, answered("something else")), "never: outcome_refused"),
        # No answer of an outcome service: a log-in page, a proxy, half an answer.
        (Answer(200, b"<!doctype html><html><body>Anmelden</body></html>"), "later: outcome_unreadable"),
        (Answer(200, b""), "later: outcome_unreadable"),
        (Answer(200, answered("success")[:-30]), "later: outcome_unreadable"),
        (Answer(200, answered("")), "later: outcome_unreadable"),
    ]
    for answer, expected in cases:
        assert send(platform, answer) == expected, answer.body


@once
@pytest.mark.parametrize(("status", "body", "expected"), [
    (401, b"This request could not be authorized.", "later"), (401, b"lti_consumer_results_id not found!", "never: outcome_refused"),
    (401, b"<html>" + b" " * 200 + b"not found", "later"), (403, b"", "never"),
    (400, b"This is not a well-formed LTI Basic Outcomes Service request.", "never"), (404, b"", "never"), (302, b"", "never"),
    (408, b"", "later"), (429, b"", "later"), (500, b"", "later"), (502, b"", "later"), (503, b"", "later"), (0, b"", "later"),
])
def test_statuses_say_what_they_do_elsewhere(platform: Lms, status: int, body: bytes, expected: str) -> None:
    assert send(platform, Answer(status, body)).startswith(expected)


@once
@pytest.mark.parametrize("sourcedid", [None, ""])
def test_without_a_place_nothing_is_sent(platform: Lms, sourcedid: str | None) -> None:
    assert send(platform, sourcedid=sourcedid) == "never: outcome_nowhere"
    assert platform.asked == []


# --- Attacks by the answer --------------------------------------------------------------------------------------------

BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + number, b"&%c;" % (97 + number) * 10) for number in range(9)
) + b"]><imsx_codeMajor>&j;</imsx_codeMajor>"


@pytest.mark.parametrize("content", [
    BOMB,
    b'<!DOCTYPE b SYSTEM "file:///etc/passwd"><imsx_codeMajor>success</imsx_codeMajor>',
    b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]><imsx_codeMajor>&a;</imsx_codeMajor>',
    b'<!DOCTYPE b [<!ENTITY % a SYSTEM "http://127.0.0.1:1/">%a;]><imsx_codeMajor>success</imsx_codeMajor>',
    '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE b [<!ENTITY a "success">]><imsx_codeMajor>&a;</imsx_codeMajor>'.encode("utf-16"),
    b'<?xml version="1.0" encoding="x-unknown"?><imsx_codeMajor>success</imsx_codeMajor>',
    b"<imsx_codeMajor>success</imsx_codeMajor><more/>", b"<a>" * 100_000, b"\0", b"\xff\xfe", b"<imsx_codeMajor>&undefined;</imsx_codeMajor>",
    b'{"imsx_codeMajor": "success"}', b"<a imsx_codeMajor='success'/>",
])
def test_bombs_and_garbage_are_no_answer(content: bytes) -> None:
    assert outcomes.code_in(content) is None


def test_deep_answers_are_read_and_the_first_code_counts() -> None:
    deep = b"<a>" * 20_000 + b"<imsx_codeMajor>failure</imsx_codeMajor><imsx_codeMajor>success</imsx_codeMajor>" + b"</a>" * 20_000
    assert outcomes.code_in(deep) == "failure"
    assert outcomes.code_in('<?xml version="1.0" encoding="UTF-16"?><imsx_codeMajor>success</imsx_codeMajor>'.encode("utf-16")) == "success"


@given(st.binary() | st.text().map(str.encode) | st.binary(max_size=30).map(lambda inside: b"<a><imsx_codeMajor>" + inside + b"</imsx_codeMajor></a>"))
def test_no_answer_makes_the_reader_fall_over(content: bytes) -> None:
    found = outcomes.code_in(content)
    assert found is None or found == found.casefold()
