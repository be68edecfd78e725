"""The pages about models for administrators and lecturers: accessible, and no wider than a telephone."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from accounts.models import Role
from core import db, sessions
from gateway.abilities import ABILITIES, CHAT, JUDGE
from gateway.models import Ending, Gateway, GatewayModel, Usage
from gateway.service import keys
from tests import builders
from tests.browser.conftest import LOCALES
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.ports import free_port

pytestmark = pytest.mark.browser
LONG = "ki.inferenz.nrw-mistralai-mistral-small-4-119b-instruct-2603-gguf-q4_k_m"
PAGES = (
    "/admin/models", "/admin/models/1", "/admin/models/1/edit", "/admin/models/2", "/admin/models/new", "/admin/models/policy", "/admin/models/1/remove",
    "/admin/models/installed", "/admin/usage", "/courses/1/models", "/courses/1/usage",
)
LOOKS = (("de", "light", 390), ("en", "dark", 1280))
UNDESCRIBED = """() => [...document.querySelectorAll('form .field-hint')].filter(hint => !hint.id || ![...document.querySelectorAll('[aria-describedby]')]
    .some(field => field.getAttribute('aria-describedby').split(' ').includes(hint.id))).map(hint => hint.textContent)"""


@dataclass(frozen=True)
class Office:
    """Where Lotse is, and the cookie of somebody who administers it and teaches."""

    url: str
    cookie: str


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Office]:
    folder, port = tmp_path_factory.mktemp("office"), free_port()
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port) as app:
        with app.app_context():
            made = Office(f"http://localhost:{port}", _fill(app))
        yield made


def _fill(app: Flask) -> str:
    organisation = builders.organisation()
    person = builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,))
    run_id = builders.enrolment(person, role=Role.LECTURER).run_id
    with db.transaction() as tx:
        full = Gateway(name="KI-Server des Zentrums für Informationsverarbeitung", url=f"https://{LONG}.example.edu/api/v1", key=keys.locked("k" * 20 + "WXYZ"),
                       checked_at=db.now(), limits={"remaining-minute": 37, "limit-minute": 60, "remaining-tokens": 10**12}, limits_at=db.now())
        tx.add_all([full, Gateway(name="Offline", url="https://other.example/v1", checked_at=db.now(), fault="key")])
        tx.flush()
        tx.add_all([
            GatewayModel(gateway_id=full.id, name=f"{LONG}-{number}", title=LONG.title() if number else "", roles=[CHAT, JUDGE], abilities=list(ABILITIES),
                         missing_since=db.now() if number == 2 else None) for number in range(3)
        ])
        tx.add_all(Usage(person_id=person.id, run_id=run_id, model=LONG, prompt_tokens=10**9, completion_tokens=1, estimated=False, milliseconds=1,
                         ending=Ending.STOP, external=number % 2 == 0) for number in range(6))
    opened = app.session_interface
    assert isinstance(opened, sessions.DatabaseSessions)
    return opened.create({"_user_id": str(person.id), "organisation_id": organisation.id, "_fresh": True})


def show(browser: Browser, office: Office, language: str, theme: str) -> Page:
    context = browser.new_context(base_url=office.url, locale=LOCALES[language], color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": office.cookie, "url": office.url.replace("http:", "https:"), "secure": True}])
    return context.new_page()


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_pages_about_models_are_accessible_and_fit_and_every_hint_belongs_to_its_field(
    chromium: Browser, office: Office, language: str, theme: str, width: int,
) -> None:
    page = show(chromium, office, language, theme)
    for number, path in enumerate(PAGES):
        answered = page.goto(path)
        assert answered
        assert answered.status == 200, path
        for narrow in (1280, 390, 320):
            assert_no_sideways_scroll(page, narrow, f"{path}, {language}")
        page.set_viewport_size({"width": width, "height": 800})
        if number % 2 == (width > 1000):      # Axe takes a second: one page in this look, the next one in the other.
            assert_accessible(page, f"{path}, {language}, {theme}, {width}")
        assert page.evaluate(UNDESCRIBED) == [], path
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/{path.strip('/').replace('/', '-')}-{language}-{width}.png", full_page=True)
    page.context.close()
