"""The class page with 40 learners, one learner's answers, and joining accounts, as a browser shows them."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from accounts import joining
from accounts import service as accounts
from accounts.models import Person, Role
from assessments import service as assessments
from assessments.items import items
from assessments.kinds import KINDS
from core import db, sessions
from courses import service as courses
from courses.models import Enrolment, Visit
from lti.models import Deployment, Platform, ResourceLink
from lti.service import rosters
from modules.service import publish_folder
from tests import builders
from tests.browser.answers import ALL, NONE, SOME, answer
from tests.browser.conftest import LOCALES
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.lti.lms import Lms
from tests.ports import free_port

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
MODULE = "wie-sprachmodelle-schreiben"
NAMES = ("Mira Sonnenfeld", "Yunus 🦊 Çelik", "Dr. Anna-Lena Freifrau von Müller-Lüdenscheidt-Hohenstein", "李小龍", "Đorđe Petrović")


@dataclass(frozen=True)
class Classroom:
    """Where the class is, and the cookies of its lecturer, of a learner, and of somebody whose code was entered."""

    url: str
    run_id: int
    enrolment_id: int
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Classroom]:
    folder, port, lms = tmp_path_factory.mktemp("class"), free_port(), Lms()
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    rosters.forget()
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port) as app:
        with app.app_context():
            made = _fill(app, lms, f"http://localhost:{port}")
        yield made
    lms.close()


def _fill(app: Flask, lms: Lms, url: str) -> Classroom:
    organisation = builders.organisation()
    lms.register(organisation.id)
    edition = publish_folder(organisation.id, ROOT / "content/ki-kompetenz")
    run = courses.find_or_add_run(edition.course_id, "lti:1:2:ki-kompetenz", "KI-Kompetenz im Wintersemester")
    lms.members = [{"user_id": str(number), "roles": ["Learner"], "name": _name(number), "group_enrollments": [{"group_id": str(number % 2)}]} for number in range(1, 46)]
    lms.groups = [{"id": "0", "name": "Montag"}, {"id": "1", "name": "Donnerstag"}]
    with db.transaction() as tx:
        platform, deployment = tx.query(Platform).one(), tx.query(Deployment).one()
        platform.name = "Moodle der Universität"
        tx.add(ResourceLink(
            platform_id=platform.id, deployment_id=deployment.id, resource_link_id="7", title="KI-Kompetenz", run_id=run.id, scopes=[], context_id="2",
            memberships_url=f"{lms.url}/members", groups_url=f"{lms.url}/groups",
        ))
    people = [_person(lms.issuer, str(number), _name(number)) for number in range(1, 42)]
    parts = [courses.enrol(run.id, person.id) for person in people]
    for number, part in enumerate(parts[:34]):
        _work(part, number)
    lecturer, assistant, twin = (_person(lms.issuer, name, name) for name in ("Frauke Bergström", "Karim Haddad", "Zweites Konto"))
    for person in (lecturer, assistant):
        courses.enrol(run.id, person.id, Role.LECTURER)
    lms.members.pop(4)
    code = joining.make_code(twin.id)
    joining.accept(code, people[1].id)
    who = {"lecturer": lecturer, "learner": people[2], "twin": twin}
    return Classroom(url, run.id, parts[2].id, {name: _cookie(app, person) for name, person in who.items()})


def _name(number: int) -> str | None:
    return None if number == 7 else f"{NAMES[number % len(NAMES)]} {number}"


def _person(issuer: str, subject: str, name: str | None) -> Person:
    with db.transaction():
        return accounts.find_or_add(issuer, subject, name=name)


def _work(part: Enrolment, number: int) -> None:
    """The first six answer everything that needs no model; the third one tries the first question twice where that is allowed."""
    courses.visit(part, MODULE)
    if number == 30:
        with db.transaction() as tx:
            tx.execute(update(Enrolment).where(Enrolment.id == part.id).values(achieved_at=db.now()))
    if number > 30:
        with db.transaction() as tx:
            tx.execute(update(Visit).where(Visit.enrolment_id == part.id).values(last_at=db.now() - timedelta(days=20)))
    if number >= 6:
        return
    how = (SOME, ALL, SOME, NONE, ALL, SOME)[number]
    for item in items(part.edition_id, MODULE, "de").values():
        if KINDS[item.kind].deferred:
            continue
        assessments.submit(part, MODULE, item.id, "de", 1, answer(item, how))
        if number == 2 and item.attempts != 1 and item.kind == "multi":
            assessments.submit(part, MODULE, item.id, "de", 2, answer(item, ALL))


def _cookie(app: Flask, person: Person) -> str:
    opened = app.session_interface
    assert isinstance(opened, sessions.DatabaseSessions)
    return opened.create({"_user_id": str(person.id), "organisation_id": person.organisation_id, "_fresh": True})


def show(browser: Browser, room: Classroom, actor: str, path: str, language: str, theme: str) -> Page:
    context = browser.new_context(base_url=room.url, locale=LOCALES[language], color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": room.cookies[actor], "url": room.url.replace("http:", "https:"), "secure": True}])
    page = context.new_page()
    answered = page.goto(path.format(run=room.run_id, part=room.enrolment_id))
    assert answered is not None
    assert answered.status == 200
    return page


PAGES = {
    "class": ("lecturer", "/lti/class/{run}"), "class, behind": ("lecturer", "/lti/class/{run}?show=behind&sort=points"),
    "class, nobody": ("lecturer", "/lti/class/{run}?group=gibtsnicht"), "answers": ("lecturer", "/lti/class/{run}/learners/{part}"),
    "own answers": ("learner", "/lti/class/{run}/learners/{part}"), "nobody came": ("lecturer", "/lti/class/{run}/learners/none"),
    "joining": ("learner", "/account/join"), "joining, to confirm": ("twin", "/account/join"),
}
LOOKS = (("de", "light", 1280), ("en", "dark", 390))


@pytest.mark.parametrize(("actor", "path"), PAGES.values(), ids=PAGES)
def test_a_page_about_people_is_accessible_and_fits(chromium: Browser, classroom: Classroom, actor: str, path: str, request: pytest.FixtureRequest) -> None:
    for language, theme, width in LOOKS:
        page = show(chromium, classroom, actor, path, language, theme)
        for details in page.locator("main details").all()[-2:]:
            details.evaluate("element => element.open = true")
        for narrow in (1280, 390, 320):
            assert_no_sideways_scroll(page, narrow, f"{path}, {language}")
        page.set_viewport_size({"width": width, "height": 800})
        assert_accessible(page, f"{path}, {language}, {theme}, {width}")
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/{request.node.callspec.id.replace(', ', '-').replace(' ', '-')}-{language}-{width}.png", full_page=True)
        page.context.close()
