"""Lotse against a platform that we did not write: Open edX's lti-consumer-xblock, in its own environment and process."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Person
from core import db
from courses.models import Enrolment
from lti import keys, outcomes
from lti import legacy as legacy_rules
from lti.connection import Connection, NeverError, TokenCache
from lti.grades import Address, Parcel
from lti.models import Platform, ResourceLink, ScorePush
from lti.registration import PlatformData
from lti.service import legacy, platforms
from tests import builders
from tests.conftest import SECRET
from tests.demo.house import question, serving_lotse
from tests.demo.servers import Browser, forms
from tests.lti.choosing import fields_of
from tests.ports import free_port
from tests.xblock.setup import BuildError, build

pytestmark = pytest.mark.xblock
ROOT = Path(__file__).parents[2]


@dataclass
class OpenEdx:
    """The running platform, and Lotse registered at it."""

    lotse: Flask
    own: str
    known: list[dict[str, str]]
    http: httpx2.Client

    def launch(self, placement: str, user: str, role: str = "student", **person: str) -> tuple[Browser, httpx2.Response]:
        """A new browser goes from the course page to Lotse."""
        browser = Browser(self.http)
        query = urlencode({"placement": placement, "user": user, "role": role, **person})
        return browser, browser.submit(browser.get(f"{self.own}/start?{query}"))

    def old_launch(self, user: str, role: str = "Student", **person: str) -> tuple[Browser, httpx2.Response]:
        """The same by LTI 1.1."""
        browser = Browser(self.http)
        return browser, browser.submit(browser.get(f"{self.own}/old?{urlencode({'user': user, 'role': role, **person})}"))

    def gradebook(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = self.http.get(f"{self.own}/gradebook").json()
        return found

    def results(self) -> list[dict[str, Any]]:
        """What the platform's own Result service says, asked with Lotse's key."""
        entry = self.known[0]
        item = f"{self.own}/api/lti_consumer/v1/lti/1/lti-ags/1"
        scope = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
        with self.lotse.app_context():
            connection = Connection(self.http, entry["client_id"], entry["token_url"], lambda claims: keys.sign(claims, SECRET), TokenCache())
            answer = connection.call("GET", f"{item}/results", [scope], {"Accept": "application/vnd.ims.lis.v2.resultcontainer+json"})
        found: list[dict[str, Any]] = answer.json()
        return found

    def scores_of(self, user: str) -> list[dict[str, Any]]:
        return [score for score in self.gradebook()["scores"] if score["user_id"] == user]


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return build(ROOT)
    except BuildError as error:
        pytest.skip(f"lti-consumer-xblock cannot be brought here: {error}")


@pytest.fixture(scope="module")
def edx(python: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenEdx]:
    folder = tmp_path_factory.mktemp("edx")
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    port, own_port = free_port(), free_port()
    own = f"http://127.0.0.1:{own_port}"
    command = [
        str(python), str(ROOT / "tests/xblock/platform_app.py"), "--port", str(own_port), "--tool", f"http://localhost:{port}",
        "--data", str(folder), "--course", "kurs", "--module", "eins",
    ]
    environ = {"PATH": os.environ["PATH"]}
    with (
        serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port, lti11="on") as lotse,
        (folder / "platform.log").open("w") as log,
        subprocess.Popen([*command, *_consumer(lotse, own)], env=environ, stdout=subprocess.PIPE, stderr=log, text=True) as process,
        httpx2.Client(trust_env=False, timeout=30) as http,
    ):
        try:
            assert process.stdout is not None
            known = json.loads(process.stdout.readline() or "null")
            assert known, (folder / "platform.log").read_text()[-2000:]
            _register(lotse, known)
            yield OpenEdx(lotse, own, known, http)
        finally:
            process.kill()


def _consumer(lotse: Flask, own: str) -> tuple[str, ...]:
    """Enter the platform for LTI 1.1; gives what it must be told."""
    with lotse.app_context():
        consumer, secret = legacy.add_consumer(builders.organisation().id, "Open edX, old", own)
        return "--key", consumer.client_id, "--secret", secret


def _register(lotse: Flask, known: list[dict[str, str]]) -> None:
    with lotse.app_context():
        organisation = builders.organisation()
        builders.edition()
        for entry in known:
            platforms.add_platform(organisation.id, PlatformData(
                issuer=entry["issuer"], client_id=entry["client_id"], auth_url=entry["auth_url"], token_url=entry["token_url"],
                jwks_url=entry["jwks_url"], deployments=(entry["deployment"],), name="Open edX",
            ))


def test_a_learner_comes_in_with_the_name_and_role_that_open_edx_sends(edx: OpenEdx) -> None:
    _, page = edx.launch("course", "anna", name="Anna Ödegård 🦊", email="anna@edx.example")
    assert page.status_code == 200, page.text[:500]
    assert "/courses/" in str(page.url)
    with edx.lotse.app_context(), db.unscoped():
        person = db.session.scalars(select(Person).where(Person.email == "anna@edx.example")).one()
        assert person.name == "Anna Ödegård 🦊"
        assert db.session.scalars(select(Enrolment.role).where(Enrolment.person_id == person.id)).one() == "learner"


def test_staff_comes_in_as_lecturer(edx: OpenEdx) -> None:
    _, page = edx.launch("course", "lehrer", "instructor", email="lehrer@edx.example")
    assert page.status_code == 200
    with edx.lotse.app_context(), db.unscoped():
        person = db.session.scalars(select(Person).where(Person.email == "lehrer@edx.example")).one()
        assert db.session.scalars(select(Enrolment.role).where(Enrolment.person_id == person.id)).one() == "lecturer"


def test_a_person_without_a_name_comes_in(edx: OpenEdx) -> None:
    assert edx.launch("module", "anonymous-but-stable")[1].status_code == 200


def test_a_score_goes_to_the_line_item_that_open_edx_made(edx: OpenEdx) -> None:
    browser, page = edx.launch("course", "ben")
    module = browser.get(str(page.url).rstrip("/") + "/eins")
    browser.submit(module, question(module, "rechnen"), answer="4")
    [score] = edx.scores_of("ben")
    assert (score["score_given"] / score["score_maximum"], score["grading_progress"]) == (0.25, "FullyGraded")
    assert score["comment"].startswith("Lotse:")


def test_a_better_score_replaces_the_first_and_results_say_the_same(edx: OpenEdx) -> None:
    browser, page = edx.launch("course", "cem")
    address = str(page.url).rstrip("/") + "/eins"
    module = browser.get(address)
    browser.submit(module, question(module, "rechnen"), answer="4")
    for attempt in range(2):  # Two attempts, two options: one of them is right.
        module = browser.get(address)
        number = question(module, "farbe")
        options = sorted(forms(module)[number].choices["answer"])
        browser.submit(module, number, answer=options[attempt])
    [score] = edx.scores_of("cem")
    assert score["score_given"] / score["score_maximum"] == 0.5
    [result] = [result for result in edx.results() if result["userId"] == "cem"]
    assert result["resultScore"] / result["resultMaximum"] == 0.5


def test_where_open_edx_made_no_line_item_lotse_makes_one_and_only_one(edx: OpenEdx) -> None:
    for user in ("dora", "emil"):
        browser, page = edx.launch("module", user)
        browser.submit(page, question(page, "rechnen"), answer="4")
    items = [item for item in edx.gradebook()["line_items"] if item["lti_configuration_id"] == 2]
    assert len(items) == 1
    assert [len(edx.scores_of(user)) for user in ("dora", "emil")] == [1, 1]
    with edx.lotse.app_context(), db.unscoped():
        link = db.session.scalars(select(ResourceLink).where(ResourceLink.module == "eins")).one()
        assert link.lineitem is not None
        assert link.lineitem.endswith(f"/{items[0]['id']}")


def test_a_launch_of_open_edx_cannot_be_replayed(edx: OpenEdx) -> None:
    browser = Browser(edx.http)
    answer = browser.get(f"{edx.own}/start?{urlencode({'placement': 'course', 'user': 'eve', 'role': 'student'})}")
    assert browser.submit(answer).status_code == 200
    assert browser.submit(answer).status_code in (400, 401, 403)


def test_open_edx_is_recognised_though_it_names_no_product(edx: OpenEdx) -> None:
    edx.launch("course", "anna")
    edx.old_launch("olga")
    with edx.lotse.app_context(), db.unscoped():
        assert set(db.session.scalars(select(Platform.family))) == {"openedx"}


# --- LTI 1.1 ------------------------------------------------------------------------------------------------------------

def test_a_learner_comes_in_by_lti_11(edx: OpenEdx) -> None:
    _, page = edx.old_launch("olga", email="olga@edx.example")
    assert page.status_code == 200, page.text[:500]
    assert "/courses/" in str(page.url)
    with edx.lotse.app_context(), db.unscoped():
        person = db.session.scalars(select(Person).where(Person.email == "olga@edx.example")).one()
        assert db.session.scalars(select(Enrolment.role).where(Enrolment.person_id == person.id)).one() == "learner"


def test_staff_comes_in_as_lecturer_by_lti_11(edx: OpenEdx) -> None:
    edx.old_launch("otto", "Instructor", email="otto@edx.example")
    with edx.lotse.app_context(), db.unscoped():
        person = db.session.scalars(select(Person).where(Person.email == "otto@edx.example")).one()
        assert db.session.scalars(select(Enrolment.role).where(Enrolment.person_id == person.id)).one() == "lecturer"


def test_an_old_launch_cannot_be_replayed_or_changed(edx: OpenEdx) -> None:
    browser = Browser(edx.http)
    page = browser.get(f"{edx.own}/old?user=orla&role=Student")
    assert browser.submit(page, user_id="olga").status_code == 401
    assert browser.submit(page).status_code == 200
    assert browser.submit(page).status_code == 401


def outcome(edx: OpenEdx, sourcedid: str, secret: str = "", points: float = 3.0) -> str:
    with edx.lotse.app_context(), db.unscoped():
        consumer = db.session.scalars(select(Platform).where(Platform.protocol == "1.1")).one()
        address = Address(1, "old-block", None, "T", f"{edx.own}/outcomes", None, ())
        known = secret or legacy_rules.secret_of(consumer, SECRET)
        way = outcomes.Outcomes(edx.http, consumer.client_id, known)
        try:
            way.send(Parcel(address, "u", None, points, 4.0, 1, "c", sourcedid))
        except NeverError as error:
            return str(error)
    return "taken"


def test_the_outcome_service_of_open_edx_takes_our_messages_and_ours_only(edx: OpenEdx) -> None:
    sourcedid = "course-v1%3ANRW%2BKI101%2B2026:old-block:"
    assert outcome(edx, sourcedid + "per") == "taken"
    assert outcome(edx, sourcedid + "gone") == "outcome_refused"
    assert outcome(edx, sourcedid + "pia", secret="another secret") == "outcome_refused"
    assert edx.http.get(f"{edx.own}/gradebook").json()["old"] == {"per": 0.75}


def test_a_score_goes_to_open_edx_by_lti_11_too(edx: OpenEdx) -> None:
    browser, page = edx.old_launch("quim")
    module = browser.get(str(page.url).rstrip("/") + "/eins")
    browser.submit(module, question(module, "rechnen"), answer="4")
    assert edx.http.get(f"{edx.own}/gradebook").json()["old"]["quim"] == 0.25


def test_a_learner_whom_open_edx_does_not_know_any_more_is_a_score_that_failed(edx: OpenEdx) -> None:
    browser, page = edx.old_launch("gone-away", email="gone@edx.example")
    module = browser.get(str(page.url).rstrip("/") + "/eins")
    browser.submit(module, question(module, "rechnen"), answer="4")
    with edx.lotse.app_context(), db.unscoped():
        failed = db.session.scalars(select(ScorePush.error).where(ScorePush.state == "failed")).all()
    assert failed == ["outcome_refused"]


# --- Names and Roles ----------------------------------------------------------------------------------------------------

def test_the_class_shows_whom_open_edx_has_in_the_course_and_who_has_not_begun(edx: OpenEdx) -> None:
    edx.launch("course", "anna", name="Anna Ödegård 🦊", email="anna@edx.example")
    teacher, page = edx.launch("course", "lehrer", "instructor", name="Liv Lehrer", email="lehrer@edx.example")
    root, run = re.fullmatch(r"(.*/l/[^/]+)/courses/(\d+).*", str(page.url)).groups()  # type: ignore[union-attr]
    shown = teacher.get(f"{root}/lti/class/{run}")
    assert shown.status_code == 200, shown.text[:500]
    table = shown.text.split("<tbody")[1].split("</tbody>")[0]
    assert "Anna Ödegård 🦊" in table
    assert "Nele Nieda" in table
    assert "Tara Tutorin" not in table
    waiting = teacher.get(f"{root}/lti/class/{run}?show=waiting").text.split("<tbody")[1].split("</tbody>")[0]
    assert "Nele Nieda" in waiting


# --- Deep Linking -------------------------------------------------------------------------------------------------------

def choose(edx: OpenEdx, *kinds: str) -> httpx2.Response:
    """A lecturer opens the picker from Open edX's authors' page and chooses; gives what Open edX answers."""
    browser, page = edx.launch("choice", "lehrer", "instructor", choose="1")
    assert page.status_code == 200, page.text[:500]
    address = str(page.url)
    keys = [next(key for key in re.findall(r'name="pick" value="([^"]*)"', page.text) if key.startswith(kind)) for kind in kinds]
    token = {"csrf_token": fields_of(page.text)["csrf_token"][0]}
    for key in keys:
        browser.request("POST", address, {**token, "shown": key, "pick": key, "do": "pick"})
    details = browser.request("POST", address, {**token, "do": "continue"})
    filled: Any = {**fields_of(details.text), "do": "send"}
    handed = browser.request("POST", str(details.url), filled)
    return hand_over(browser, handed)


def hand_over(browser: Browser, page: httpx2.Response) -> httpx2.Response:
    """What the page's script does: carry the signed choice to the platform."""
    number = next(number for number, form in enumerate(forms(page)) if "JWT" in form.fields)
    return browser.submit(page, number)


def chosen(edx: OpenEdx) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = edx.http.get(f"{edx.own}/gradebook").json()["chosen"]
    return found


def test_what_a_lecturer_chooses_is_saved_by_open_edx_and_opened_by_learners(edx: OpenEdx) -> None:
    answer = choose(edx, "module")
    assert answer.status_code == 200, answer.text
    assert "successfully saved" in answer.text
    [item] = chosen(edx)
    assert (item["type"], item["custom"]["course"], item["custom"]["module"]) == ("ltiResourceLink", "kurs", "eins")
    browser, page = edx.launch("choice", "zoe")
    assert str(page.url).endswith("/eins")
    browser.submit(page, question(page, "rechnen"), answer="4")
    [score] = edx.scores_of("zoe")
    assert score["score_given"] / score["score_maximum"] == 0.25


def test_of_several_each_is_opened_by_its_own_link(edx: OpenEdx) -> None:
    assert choose(edx, "quiz", "certificate").status_code == 200
    assert len(chosen(edx)) == 2
    browser = Browser(edx.http)
    contents = browser.get(f"{edx.own}/start?{urlencode({'placement': 'choice', 'user': 'yan', 'role': 'student'})}")
    for link, place in zip(re.findall(r'<a href="([^"]*)"', contents.text), ("eins", "certificate"), strict=True):
        opened = browser.submit(browser.get(unescape(link)))
        assert opened.status_code == 200, opened.text[:500]
        assert place in str(opened.url)


def test_an_empty_choice_is_taken_too(edx: OpenEdx) -> None:
    browser, page = edx.launch("choice", "lehrer", "instructor", choose="1")
    token = {"csrf_token": fields_of(page.text)["csrf_token"][0]}
    assert hand_over(browser, browser.request("POST", str(page.url), {**token, "do": "cancel"})).status_code == 200
    assert chosen(edx) == []


def test_open_edx_lets_no_learner_choose(edx: OpenEdx) -> None:
    answer = Browser(edx.http).get(f"{edx.own}/start?{urlencode({'placement': 'choice', 'user': 'anna', 'role': 'student', 'choose': '1'})}")
    assert answer.status_code == 403
