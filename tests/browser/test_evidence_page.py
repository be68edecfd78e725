"""The evidence report in a browser: from the form to the names, accessible, from 320 to 1280 pixels."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from werkzeug.serving import make_server

from accounts.models import Role
from core import sessions
from tests import builders
from tests.browser.conftest import LOCALES
from tests.browser.look import assert_accessible, assert_no_sideways_scroll, headed
from tests.reports.scene import group
from tests.reports.test_statements import files as statements

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def scene(app: Flask) -> Iterator[tuple[str, str]]:
    """A server's address, and the cookie of an administrator."""
    with app.app_context():
        organisation = builders.organisation()
        group("Seminar mit einem Namen, der länger ist als die Anzeige eines Telefons breit", 9, participated=8)
        group("Winzig", 2)
        builders.edition(statements())
        administrator = builders.person("Root", roles=(Role.ADMINISTRATOR,))
        opened = app.session_interface
        assert isinstance(opened, sessions.DatabaseSessions)
        cookie = opened.create({"_user_id": str(administrator.id), "organisation_id": organisation.id, "_fresh": True})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}", cookie
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_way_from_figures_to_names_is_accessible_and_fits(chromium: Chromium, scene: tuple[str, str]) -> None:
    url, cookie = scene
    context = chromium.new_context(base_url=url, locale=LOCALES["de"], color_scheme="dark", reduced_motion="reduce")
    context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": cookie, "url": url.replace("http:", "https:"), "secure": True}])
    page = context.new_page()

    def look(where: str) -> None:
        for width in (1280, 390, 320):
            assert_no_sideways_scroll(page, width, where)
        assert_accessible(page, where)

    page.goto("/reports/evidence")
    page.get_by_label("Von", exact=True).fill("2026-01-01")
    page.get_by_label("Bis", exact=True).fill("2026-12-31")
    page.get_by_role("button", name="Anzeigen").press("Enter")
    page.get_by_role("rowheader", name="Weitere Gruppen").wait_for()
    look("figures")
    page.get_by_role("link", name="Mit Namen").click()
    headed(page, "Bericht mit Namen")
    assert page.get_by_label("Von", exact=True).input_value() == "2026-01-01"
    page.get_by_label("Zweck", exact=True).fill("Auskunft an den Personalrat")
    page.get_by_label("Die Namen sind für diesen Zweck erforderlich").check()
    page.get_by_role("button", name="Anzeigen").click()
    page.get_by_role("rowheader", name="Winzig Person 1").wait_for()
    look("names")
    page.get_by_role("link", name="Rechtstext").click()
    headed(page, "Rechtstext")
    look("legal text")
    page.get_by_role("link", name="Chats & deepfakes").press("Enter")
    headed(page, "Rechtsangabe: Chats & deepfakes")
    page.get_by_label("Gilt ab").fill("2026-01-01")
    for field, text in (("Text auf Deutsch", "Unser Text"), ("Text auf Englisch", "Our text"), ("Wo der Wortlaut steht", "https://example.org/")):
        page.get_by_label(field).fill(text)
    page.get_by_role("button", name="Hinzufügen").press("Enter")
    page.get_by_text("neuer als Ihr Text: Lernende sehen dies").wait_for()
    look("statement")
    context.close()
