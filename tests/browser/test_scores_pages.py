"""The lecturers' pages about scores in a browser: German and English, light and dark, from 320 to 1280 pixels, with the keyboard."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.serving import make_server

from accounts.models import Role
from core import db, sessions
from core.jobs import WorkState
from courses import service as courses
from courses.models import Run
from lti.models import Participant, ResourceLink, ScorePush
from lti.service import gradebook
from tests import builders
from tests.browser.conftest import LOCALES
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.lti.lms import LTI, Browser, Lms

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

NAMES = ("Ada Lovelace", "Änne Müller-Lüdenscheidt", "Konrad Zuse", "Zoë 🦊 Öztürk", "Emmy Noether", None)
_SENT: dict[str, Any] = {"points": 3.0, "maximum": 4.0}
_ROWS: tuple[dict[str, Any], ...] = (
    {"state": WorkState.DONE, "sent_at": db.now(), **_SENT}, {"state": WorkState.FAILED, "error": "score_never 400", "tries": 1},
    {"state": WorkState.DUE, "error": "unreachable", "tries": 4, "due_at": db.now() + timedelta(minutes=9)}, {"state": WorkState.WAITING},
    {"state": WorkState.RUNNING, "lease_until": db.now() + timedelta(minutes=1)}, {"state": WorkState.DUE, "due_at": db.now() + timedelta(days=2)},
)


@dataclass(frozen=True)
class Scene:
    """A server with one link and learners in every state, and the lecturer's way in."""

    url: str
    cookie: str
    path: str
    learner: str


@pytest.fixture
def scene(app: Flask) -> Iterator[Scene]:
    """A lecturer's course."""
    lms = Lms()
    with app.app_context():
        organisation = builders.organisation()
        builders.edition()
        lms.register(organisation.id)
        Browser(app, lms).launch(**{LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]})
        run, link = db.session.scalars(select(Run)).one(), db.session.scalars(select(ResourceLink)).one()
        last = _people(run.id, link.id)
        gradebook.set_policy(link.id, "last", "release", None)
        lecturer = builders.person("Grace Hopper")
        courses.enrol(run.id, lecturer.id, Role.LECTURER)
        opened = app.session_interface
        assert isinstance(opened, sessions.DatabaseSessions)
        cookie = opened.create({"_user_id": str(lecturer.id), "organisation_id": organisation.id, "_fresh": True})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Scene(f"http://localhost:{server.server_port}", cookie, f"/lti/scores/{run.id}/{link.id}", f"/lti/scores/{run.id}/{link.id}/{last}")
    server.shutdown()
    thread.join()
    server.server_close()
    lms.close()


def _people(run_id: int, link_id: int) -> int:
    with db.transaction() as tx:
        for number, (name, row) in enumerate(zip(NAMES, _ROWS, strict=True)):
            who = builders.person(name or "nobody", f"learner-{number}")
            who.name = name
            enrolment = courses.enrol(run_id, who.id)
            sent = {"sent_points": 3.0, "sent_maximum": 4.0} if number in (0, 2) else {}
            participant = Participant(link_id=link_id, enrolment_id=enrolment.id, user_id=str(number), **sent)
            tx.add(participant)
            tx.flush()
            tx.add_all([ScorePush(participant_id=participant.id, state=WorkState.DONE, sent_at=db.now(), **_SENT), ScorePush(participant_id=participant.id, **row)])
    return participant.id


def _page(chromium: Chromium, scene: Scene, language: str, theme: Literal["light", "dark"]) -> Page:
    context = chromium.new_context(base_url=scene.url, locale=LOCALES[language], color_scheme=theme, reduced_motion="reduce")
    context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": scene.cookie, "url": scene.url.replace("http:", "https:"), "secure": True}])
    return context.new_page()


@pytest.mark.parametrize(("language", "theme"), [("de", "light"), ("en", "dark")])
def test_the_pages_are_accessible_and_fit(chromium: Chromium, scene: Scene, language: str, theme: Literal["light", "dark"]) -> None:
    page = _page(chromium, scene, language, theme)
    for path in (scene.path, scene.learner, f"{scene.path}?show=failed"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        for summary in page.locator("details.disclosure > summary").all():
            summary.click()
        for width in (1280, 390, 320):
            assert_no_sideways_scroll(page, width, f"{path}, {language}")
            assert_accessible(page, f"{path}, {language}, {theme}, {width}")
    page.context.close()


def test_scores_are_released_with_the_keyboard_alone(chromium: Chromium, scene: Scene) -> None:
    page = _page(chromium, scene, "de", "light")
    page.goto(scene.path)
    page.locator("summary", has_text="freigeben").press("Enter")
    page.get_by_role("button", name="Jetzt freigeben").press("Enter")
    page.get_by_text("Sie haben die Punkte am").wait_for()
    page.context.close()
