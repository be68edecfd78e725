"""What a real Moodle 4.5 sent and what ILIAS 8 to 11 build, replayed. See the READMEs beside the files."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Identity, Person, Role
from core import db
from core.config import settings
from core.http import client
from courses.models import Enrolment, Run
from lti.connection import Connection, LaterError, NeverError, TokenCache
from lti.grades import Address, Parcel, find_line_item, make_line_item, scores_url, send
from lti.models import Participant, Platform, ResourceLink
from lti.platforms import profile_of
from tests.lti.conftest import reasons
from tests.lti.lms import BASE, LTI, Answer, Browser, Lms

RECORDED = Path(__file__).parent / "recorded"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MOODLE = "https://moodle.example/mod/lti/services.php/2/lineitems"
ILIAS = "https://ilias.example/ltiservices.php/gradeservice/987/lineitems"
OLD_ILIAS = "https://ilias.example/components/ILIAS/LTIConsumer/ltiservices.php/gradeservice/987/lineitems"
PSEUDONYM = "c0ffee52d9e84b37ab10cd92e4f7a635@0f3b1c9a7d2e4f60a1b2c3d4e5f60718.ilias"
HASHED = "9f2c4e7a1b3d5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"


def claims_in(path: str) -> dict[str, Any]:
    """The claims of a recorded token, with Lotse in the place of the recorded tool, and a module that the course has."""
    text = (RECORDED / path).read_text().replace("https://tool.example", BASE).replace('"module": "m1"', '"module": "eins"')
    document = json.loads(text)
    claims: dict[str, Any] = document.get("claims", document)
    return claims


@dataclass
class Expected:
    """What a recorded launch must lead to."""

    subject: str
    name: str | None
    email: str | None
    role: Role
    lineitem: str | None
    lineitems: str | None


def moodle(name: str | None = "Änne Müller-Lüdenscheidt", *, sub: str = "4", user: str = "schueler1", role: Role = Role.LEARNER, item: int | None = 2) -> Expected:
    """Moodle's launches differ in few things."""
    return Expected(
        sub, name, f"{user}@moodle.example" if name else None, role,
        f"{MOODLE}/{item}/lineitem?type_id=1" if item else None, f"{MOODLE}?type_id=1",
    )


LAUNCHES = {
    "moodle/idtoken-resource-link-student.json": moodle(),
    "moodle/idtoken-resource-link-student-emoji.json": moodle("Zoë 🦊 Öztürk", sub="6", user="schueler3"),
    "moodle/idtoken-resource-link-student-privacy-off.json": moodle(None),
    "moodle/idtoken-resource-link-student-replace-window-ungraded.json": moodle("Jörg Weiß", sub="5", user="schueler2", item=None),
    "moodle/idtoken-resource-link-from-deep-linking-no-grade.json": moodle(item=None),
    "moodle/idtoken-resource-link-from-deep-linking-lineitem-deleted.json": moodle(item=None),
    "moodle/idtoken-resource-link-teacher.json": moodle("Jürgen Großmann", sub="3", user="lehrer1", role=Role.LECTURER),
    "moodle/idtoken-resource-link-teacher-new-window.json": moodle("Jürgen Großmann", sub="3", user="lehrer1", role=Role.LECTURER, item=3),
    "moodle/idtoken-resource-link-admin.json": moodle("Admin User", sub="2", user="admin", role=Role.LECTURER),
    "moodle/idtoken-resource-link-after-upgrade-from-lti1p1.json": Expected(
        "4", "Änne Müller-Lüdenscheidt", "schueler1@moodle.example", Role.LEARNER,
        f"{MOODLE}/13/lineitem?type_id=2", f"{MOODLE}?type_id=2",
    ),
    "ilias/idtoken-resource-link.json": Expected(HASHED, None, None, Role.LEARNER, f"{ILIAS}/5678/lineitem", ILIAS),
    "ilias/idtoken-resource-link.ilias8.json": Expected(HASHED, None, None, Role.LEARNER, None, None),
    "ilias/idtoken-resource-link.ilias10-early.json": Expected(HASHED, None, None, Role.LEARNER, f"{OLD_ILIAS}/5678/lineitem", None),
    "ilias/idtoken-resource-link.random-ident.json": Expected(PSEUDONYM, None, None, Role.LEARNER, f"{ILIAS}/5678/lineitem", ILIAS),
    "ilias/idtoken-resource-link.instructor-real-email.json": Expected(
        "realemail6543", "Dr. Erika Mustermann", "erika.mustermann@hochschule.example", Role.LECTURER, f"{ILIAS}/5678/lineitem", ILIAS,
    ),
}


@pytest.fixture
def recorded(house: Flask) -> Iterator[Lms]:
    """A platform that takes the place of the recorded one; each test gives it the recorded issuer."""
    platform = Lms()
    yield platform
    platform.close()


def launch(house: Flask, platform: Lms, claims: dict[str, Any]) -> Any:
    """Launch with recorded claims, signed and dated anew."""
    platform.issuer, platform.client_id = claims["iss"], claims["aud"]
    platform.deployment_id = claims[LTI + "deployment_id"]
    platform.register(db.acting_for() or 0)
    browser = Browser(house, platform)
    begun = browser.begin()
    fresh = {name: value for name, value in platform.claims(begun["nonce"]).items() if name in ("iat", "exp", "nonce")}
    return browser.post(begun["state"], platform.sign({**claims, **fresh}))


@pytest.mark.parametrize("path", LAUNCHES)
def test_a_recorded_launch_is_let_in(house: Flask, recorded: Lms, path: str) -> None:
    response = launch(house, recorded, claims_in(path))
    assert response.status_code == 303, reasons()
    person, link = db.session.scalars(select(Person)).one(), db.session.scalars(select(ResourceLink)).one()
    found = Expected(
        db.session.scalars(select(Identity.subject)).one(), person.name, person.email, db.session.scalars(select(Enrolment.role)).one(),
        link.lineitem, link.lineitems,
    )
    assert found == LAUNCHES[path]
    assert db.session.scalars(select(Platform.family)).one() == path.split("/")[0]
    assert db.session.scalars(select(Run.title)).one() in ("KI-Kompetenz für alle – Grundkurs Ä", "KI-Kompetenz WS 2026/27")


def test_every_recorded_launch_is_tested(house: Flask) -> None:
    recorded_launches = {str(path.relative_to(RECORDED)) for path in RECORDED.glob("*/idtoken-resource-link*.json")}
    assert recorded_launches == set(LAUNCHES)


def test_a_random_subject_of_ilias_is_still_the_same_person(house: Flask, recorded: Lms) -> None:
    claims = claims_in("ilias/idtoken-resource-link.random-ident.json")
    launch(house, recorded, claims)
    launch(house, recorded, {**claims, "sub": "another random value"})
    assert len(db.session.scalars(select(Person)).all()) == 1
    participant = db.session.scalars(select(Participant)).one()
    assert (participant.user_id, participant.other_user_id) == ("another random value", PSEUDONYM)


@pytest.mark.parametrize("login", ["erika", "erika@hochschule.example"])
def test_a_login_is_the_key_also_where_it_is_an_address(house: Flask, recorded: Lms, login: str) -> None:
    claims = claims_in("ilias/idtoken-resource-link.random-ident.json")
    launch(house, recorded, {**claims, "sub": login, "email": f"{login}@{PSEUDONYM.rpartition('@')[2]}"})
    assert db.session.scalars(select(Identity.subject)).all() == [login]
    assert db.session.scalars(select(Person.email)).one() is None


def test_an_address_that_somebody_chose_is_nobodys_key_in_ilias(house: Flask, recorded: Lms) -> None:
    claims = claims_in("ilias/idtoken-resource-link.random-ident.json")
    launch(house, recorded, claims)
    launch(house, recorded, {**claims, "sub": "realemail7"})
    assert len(db.session.scalars(select(Person)).all()) == 2


@pytest.mark.parametrize(("names", "shown"), [
    ({"name": "-", "given_name": "-", "family_name": "-"}, None), ({"name": ..., "given_name": "-", "family_name": "-"}, None),
    ({"name": ..., "given_name": "Erika", "family_name": "-"}, "Erika"), ({"name": "Dr. Erika Müller-Lüdenscheidt"}, "Dr. Erika Müller-Lüdenscheidt"),
])
def test_a_name_that_ilias_hides_is_none(house: Flask, recorded: Lms, names: dict[str, Any], shown: str | None) -> None:
    claims = {**claims_in("ilias/idtoken-resource-link.json"), **names}
    assert launch(house, recorded, {name: value for name, value in claims.items() if value is not ...}).status_code == 303
    assert db.session.scalars(select(Person.name)).one() == shown


ILIAS_CONTEXTS = [["CourseOffering"], ["Group"], ["urn:lti:context-type:ilias/Category"], ["urn:lti:context-type:ilias/RootNode"], [""], "Group"]


@pytest.mark.parametrize("kind", ILIAS_CONTEXTS)
def test_a_launch_from_any_place_in_ilias_with_empty_values_is_let_in(house: Flask, recorded: Lms, kind: object) -> None:
    claims = claims_in("ilias/idtoken-resource-link.json")
    context, empty = {**claims[LTI + "context"], "type": kind}, {"width": "", "height": "", "css_url": "", "return_url": "", "locale": "de"}
    changed = {LTI + "context": context, LTI + "launch_presentation": empty, LTI + "role_scope_mentor": [""]}
    response = launch(house, recorded, {**claims, **changed})
    assert response.status_code == 303, reasons()
    assert db.session.scalars(select(Run.title)).one() == "KI-Kompetenz WS 2026/27"


def test_an_ilias_in_a_folder_of_its_host_is_an_issuer_of_its_own(house: Flask, recorded: Lms) -> None:
    claims = {**claims_in("ilias/idtoken-resource-link.json"), "iss": "https://ilias.example/lernen"}
    response = launch(house, recorded, claims)
    assert response.status_code == 303, reasons()
    assert db.session.scalars(select(Identity.issuer)).one() == "https://ilias.example/lernen"
    with house.test_client() as other:
        assert other.post("/lti/login", data=recorded.initiation(iss="https://ilias.example")).status_code == 403


# --- Services ---------------------------------------------------------------------------------------------------------

def answers_in(path: str) -> list[tuple[int, bytes]]:
    """(status, body) of each recorded answer."""
    text = (RECORDED / path).read_text()
    found = re.findall(r"^HTTP/1\.1 (\d+)[^\n]*\n(?:[A-Za-z-]+:[^\n]*\n)*\n(.*?)\n?(?=\n-{20}|\n### |\Z)", text, re.DOTALL | re.MULTILINE)
    return [(int(status), body.strip().encode()) for status, body in found]


def parcel(lms: Lms, **changes: Any) -> Parcel:
    address = Address(1, "7", None, "Titel", f"{lms.url}/lineitems/1/lineitem?type_id=1", None, ())
    values: dict[str, Any] = {
        "address": address, "user_id": "4", "other_user_id": None, "points": 7.5, "maximum": 10.0, "second": 1_795_314_686, "comment": "c",
    }
    return Parcel(**{**values, **changes})


@pytest.fixture
def connection(house: Flask, lms: Lms) -> Iterator[Connection]:
    """A connection to the platform with a token in hand."""
    with client(settings()) as http:
        yield Connection(http, lms.client_id, f"{lms.url}/token", lambda claims: "assertion", TokenCache())


def outcome(connection: Connection, lms: Lms, family: str, parcel: Parcel) -> str:
    assert parcel.address.lineitem
    try:
        send(connection, profile_of(family), parcel.address.lineitem, parcel)
    except LaterError:
        return "later"
    except NeverError:
        return "never"
    return "taken"


EXPECTED = {200: "taken", 400: "never", 401: "later", 404: "never", 409: "later", 502: "later"}


def test_each_recorded_answer_to_a_score_is_understood(connection: Connection, lms: Lms) -> None:
    recorded = answers_in("moodle/ags-score.http")
    assert {status for status, _ in recorded} == set(EXPECTED)
    for status, body in recorded:
        lms.answers["scores"].extend([Answer(status, body)] * (2 if status == 401 else 1))
        assert outcome(connection, lms, "moodle", parcel(lms)) == EXPECTED[status], (status, body)


def test_each_recorded_answer_to_a_request_for_a_token_is_understood(connection: Connection, lms: Lms) -> None:
    recorded = answers_in("moodle/token.http")
    assert {status for status, _ in recorded} == {200, 400}
    for status, body in recorded:
        connection.tokens._kept.clear()
        lms.answers["token"].append(Answer(status, body, {"Content-Type": "text/html; charset=utf-8"}))
        lms.answers["scores"].append(Answer(200))
        assert outcome(connection, lms, "moodle", parcel(lms)) == ("taken" if status == 200 else "later"), (status, body)
        lms.answers["scores"].clear()


def test_the_score_is_the_one_that_every_ilias_reads(lms: Lms) -> None:
    recorded = json.loads((RECORDED / "ilias/ags-score-request.json").read_text())
    body = parcel(lms, points=85.0, maximum=100.0, user_id=HASHED, second=1_795_342_530).body()
    assert body.pop("comment")
    assert body == {name: value for name, value in recorded.items() if not name.startswith("_")}


def test_an_ilias_that_does_not_know_its_own_subject_gets_the_score_by_e_mail(connection: Connection, lms: Lms) -> None:
    lms.answers["scores"].append(Answer(404, b'{"error": "User not available"}'))
    assert outcome(connection, lms, "ilias", parcel(lms, user_id="random", other_user_id=PSEUDONYM)) == "taken"
    assert [score["userId"] for score in lms.scores()] == ["random", PSEUDONYM]


def test_other_platforms_never_get_an_e_mail_address_as_a_user(connection: Connection, lms: Lms) -> None:
    lms.answers["scores"].append(Answer(404, b"User not available"))
    assert outcome(connection, lms, "moodle", parcel(lms, other_user_id="a@b.example")) == "never"
    assert len(lms.scores()) == 1


def test_an_ilias_that_answers_204_has_taken_the_score(connection: Connection, lms: Lms) -> None:
    lms.answers["scores"].append(Answer(204))
    assert outcome(connection, lms, "ilias", parcel(lms)) == "taken"


def headers_of(path: str, title: str) -> dict[str, str]:
    """The headers of the answer to one recorded request."""
    part = (RECORDED / path).read_text().split(f"### {title}\n")[1].split("HTTP/1.1 200 OK\n")[1]
    lines = part.split("\n\n")[0].splitlines()
    return dict(line.split(": ", 1) for line in lines)


def address(lms: Lms, **changes: Any) -> Address:
    given: dict[str, Any] = {"link": 1, "resource_link_id": "5", "module": "lesson-2", "title": "T", "lineitem": None, "scopes": ()}
    return Address(**{**given, "lineitems": f"{lms.url}/lineitems?type_id=1", **changes})


def test_each_recorded_answer_about_line_items_is_understood(connection: Connection, lms: Lms) -> None:
    outcomes: dict[int, set[str]] = {}
    for status, body in answers_in("moodle/ags-lineitems.http"):
        if status == 204:
            continue
        lms.answers["lineitems"].extend([Answer(status, body)] * (2 if status == 401 else 1))
        try:
            found = "found" if find_line_item(connection, address(lms)) else "not there"
        except (LaterError, NeverError) as error:
            found = str(error)
        outcomes.setdefault(status, set()).add(found)
        lms.answers["lineitems"].clear()
    assert outcomes[200] == {"found", "not there"}
    assert outcomes[400] == {"items_never 400"}
    assert outcomes[401] == {"items_later 401"}
    assert outcomes[404] == {"items_never 404"}


def test_a_recorded_new_line_item_is_the_one_that_scores_go_to(connection: Connection, lms: Lms) -> None:
    recorded = (RECORDED / "moodle/ags-lineitems.http").read_text().split("### create line item\n")[1]
    body = recorded.split("\n\n")[4 - 1].strip().encode()
    lms.answers["lineitems"].append(Answer(201, body))
    assert make_line_item(connection, address(lms)).startswith("https://moodle.example/mod/lti/services.php/2/lineitems/")


def test_recorded_pages_of_line_items_are_followed_to_the_last(connection: Connection, lms: Lms) -> None:
    """Moodle's Link header has `&amp;` in addresses and typographic quotes around the relation."""
    for title in ("paging limit=2", "paging limit=2 from=2"):
        link = headers_of("moodle/ags-lineitems.http", title)["Link"].replace("https://moodle.example/mod/lti/services.php/2", lms.url)
        body = (RECORDED / "moodle/ags-lineitems.http").read_text().split(f"### {title}\n")[1].split("\n\n")[3 - 1].strip()
        lms.answers["lineitems"].append(Answer(200, body.encode(), {"Link": link.encode().decode("latin-1")}))
    assert find_line_item(connection, address(lms)) == "https://moodle.example/mod/lti/services.php/2/lineitems/5/lineitem?type_id=1"
    assert [asked.query.get("from") for asked in lms.asked if asked.path == "/lineitems"] == [None, ["2"]]


def test_ilias_lists_its_line_items_without_filters_and_a_tools_own_is_told_apart(connection: Connection, lms: Lms) -> None:
    lms.answers["lineitems"].append(Answer(200, (RECORDED / "ilias/ags-lineitems.json").read_bytes()))
    created = json.loads((RECORDED / "ilias/ags-lineitem-created-by-tool.json").read_text())
    assert find_line_item(connection, address(lms, resource_link_id="1234", module="quiz-1")) == created["id"]
    whole = json.loads((RECORDED / "ilias/ags-lineitem.json").read_text())
    assert scores_url(whole["id"]) == "https://ilias.example/ltiservices.php/gradeservice/987/lineitems/5678/lineitem/scores"
    assert not profile_of("ilias").makes_line_items


def test_the_token_of_ilias_is_read(connection: Connection, lms: Lms) -> None:
    body = (RECORDED / "ilias/token-response.json").read_bytes()
    lms.answers["token"].append(Answer(200, body))
    assert connection.token(["score"]).startswith("<JWT signed by ILIAS")


@pytest.mark.parametrize("path", ["moodle/ags-results.http", "ilias/ags-results.json"])
def test_a_recorded_result_names_the_user_and_line_item_that_the_score_named(house: Flask, path: str) -> None:
    """Lotse does not read results; but what a score says must be what the gradebook shows for it."""
    text = (RECORDED / path).read_text().replace("\\/", "/")
    users = set(re.findall(r'"userId": ?"([^"]+)"', text))
    items = set(re.findall(r'"scoreOf": ?"([^"]+)"', text))
    assert users <= {"4", "5", "6", HASHED}
    assert all(scores_url(item).split("?")[0].endswith("/lineitem/scores") for item in items)
