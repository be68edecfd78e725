"""The way of an author who writes in git: say where, read the report, and decide when both sides have changed."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Role
from core import db
from core.config import replace_settings
from studio import service
from tests import builders
from tests.browser.conftest import LOCALES
from tests.browser.desk import opened
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.studio.gitserver import repository, serving

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")]
PATH = "01-eins/module.de.md"


def look(page: Page, where: str) -> None:
    assert_accessible(page, where)
    for width in (390, 1280):
        assert_no_sideways_scroll(page, width, where)


def test_an_author_follows_a_repository_and_decides_where_both_have_changed(chromium: Browser, sqlite_template: Path, tmp_path: Path) -> None:
    made = repository(tmp_path / "served" / "kurs")
    made.commit(builders.FILES, "Der Anfang")
    with serving(tmp_path / "served") as server, opened(chromium, sqlite_template, tmp_path, locale=LOCALES["de"]) as desk, desk.app.app_context():
        desk.app.extensions["settings"] = replace_settings(desk.app.extensions["settings"], outgoing_hosts=(server.host,))
        builders.organisation()
        builders.edition()
        ada = builders.person(roles=(Role.TRAINER,))
        number, organisation_id = ada.id, ada.organisation_id
        page = desk.page(ada, "/studio/kurs")
        page.get_by_role("link", name="Git-Repository").click()
        look(page, "before")
        page.get_by_label("Adresse des Repositorys").fill("ssh://example.org/kurs")
        page.get_by_role("button", name="Folgen und abholen").click()
        expect(page.get_by_role("form", name="Welchem Repository").get_by_role("alert")).to_contain_text("Nur Adressen mit https://")
        page.get_by_label("Adresse des Repositorys").fill(f"{server.base}/kurs")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Der Anfang")).to_be_visible()
        with db.scoped(organisation_id):
            draft = service.draft("kurs")
            assert draft is not None
            service.save(draft.id, PATH, builders.GERMAN.replace("# Anfang", "# Hier"), 1, number)
        made.commit({PATH: builders.GERMAN.replace("# Anfang", "# Dort").replace("(x)", "( )").encode()}, "Eine Frage ohne richtige Antwort")
        page.get_by_role("button", name="Jetzt abholen").click()
        expect(page.get_by_text("Ein Commit wartet: beide Seiten haben sich geändert")).to_be_visible()
        look(page, "conflict")
        page.get_by_role("button", name="Den Commit übernehmen").click()
        expect(page.get_by_text("Im Entwurf").first).to_be_visible()
        expect(page.get_by_text("Eine Frage ohne richtige Antwort").first).to_be_visible()
        look(page, "taken")
        page.get_by_role("button", name="Nicht mehr folgen").click()
        expect(page.get_by_role("button", name="Folgen und abholen")).to_be_visible()
        page.goto(f"{desk.site}/studio/new/git")
        look(page, "new")
