"""The look of certificates in a browser: from a design to a template of one's own, with the preview beside it, accessible and not too wide."""

import re
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from werkzeug.serving import make_server

from accounts.models import Role
from certificates.looks import apart
from core import sessions
from tests import builders
from tests.browser.conftest import LOCALES
from tests.browser.look import assert_accessible, assert_no_sideways_scroll, headed

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def scene(app: Flask) -> Iterator[tuple[str, str]]:
    """A server's address, and the cookie of an administrator."""
    with app.app_context():
        organisation = builders.organisation()
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
    apart.close()


def test_a_look_is_chosen_tried_and_written(chromium: Chromium, scene: tuple[str, str]) -> None:
    url, cookie = scene
    context = chromium.new_context(base_url=url, locale=LOCALES["de"], viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": cookie, "url": url.replace("http:", "https:"), "secure": True}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/certificates/look")
    headed(page, "Zertifikate: Aussehen")
    drawn = page.get_by_alt_text("Das Zertifikat, wie es gedruckt würde")
    drawn.wait_for()
    before = drawn.get_attribute("src")
    page.get_by_role("radio", name="Ruhige Fläche").focus()
    page.keyboard.press("Space")
    expect(drawn).not_to_have_attribute("src", before or "")
    page.get_by_role("heading", name="Eigene Vorlage").click()
    page.get_by_role("button", name="Mit „Ruhige Fläche“ beginnen").click()
    code = page.get_by_label("Seite (HTML)")
    expect(code).to_have_value(re.compile("{{ name }}|fit"))
    assert page.get_by_role("radio", name="Eigene Vorlage").is_checked()
    code.press("Control+End")
    code.press_sequentially("{{ nome }}")
    page.get_by_role("listitem").filter(has_text="'nome' is undefined").wait_for()
    page.get_by_role("button", name="Speichern").click()
    page.get_by_text(re.compile(r"Zeile \d+")).first.wait_for()
    for width in (1280, 390):
        assert_no_sideways_scroll(page, width, "look")
    assert_accessible(page, "look")
    code = page.get_by_label("Seite (HTML)")
    code.fill(code.input_value().replace("{{ nome }}", ""))
    page.get_by_role("button", name="Speichern").click()
    page.get_by_text("Gespeichert.").wait_for()
    page.get_by_role("heading", name="Fassungen").wait_for()
    assert not complaints
