"""Repeating in a real browser: by keyboard with scripts, without scripts on a narrow screen, read by axe."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from assessments import items, service
from assessments.models import Attempt
from core import db
from core.sessions import DIRECT_COOKIE
from courses import service as courses
from tests import builders
from tests.assessments.kinds_course import files
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.browser.test_more_kinds import Desk
from tests.demo.house import serving_lotse
from tests.ports import free_port

pytestmark = pytest.mark.browser
MODULE = """::: numeric {#summe points=1 attempts=1}
Wie viele Token sind 100 Wörter, wenn ein Wort im Schnitt aus 1,5 Token besteht?
= 150 +- 0
! Hundert mal anderthalb.
:::

::: match {#teile points=3 attempts=1}
Was leistet welcher Teil eines Prompts?
Rolle -> legt Perspektive und Ton fest
    > Die Rolle sagt, von wo aus das Modell schaut.
Beispiel -> zeigt das gewünschte Muster
Format -> bestimmt den Aufbau der Ausgabe
! Rolle, Beispiel und Format sind drei verschiedene Griffe.
:::
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, chromium: Browser) -> Iterator[Desk]:
    """A running house in which Ada has missed two questions the day before yesterday."""
    folder, port = tmp_path_factory.mktemp("repeating"), free_port()
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port) as app:
        with app.app_context():
            builders.organisation()
            run, ada = builders.run(files(MODULE)), builders.person("Ada")
            part = courses.enrol(run.id, ada.id)
            service.submit(part, "eins", "summe", "de", 1, {"answer": ["100"]})
            pairs: Any = items.item(part.edition_id, "eins", "teile", "de")
            service.submit(part, "eins", "teile", "de", 1, {f"pair-{number}": [pairs.choices[0].key] for number in (1, 2, 3)})
            with db.transaction() as tx:
                tx.execute(update(Attempt).values(submitted_at=db.now() - timedelta(days=2)))
            found = builders.browser(app, ada).get_cookie(DIRECT_COOKIE)
            assert found
            db.session.commit()
        yield Desk(f"http://localhost:{port}", f"/courses/{run.id}", {"Ada": found.value}, chromium)


def look(page: Page, where: str) -> None:
    """Axe has nothing to say, and the page is as narrow as a phone."""
    wide = page.viewport_size
    assert wide
    assert_accessible(page, where)
    assert_no_sideways_scroll(page, 390, where)
    page.set_viewport_size(wide)


def test_missed_questions_are_repeated_by_keyboard_and_without_scripts(desk: Desk) -> None:
    page = desk.page("Ada")
    page.goto("/courses")
    page.get_by_role("link", name="Repeat: 2 questions today").click()
    look(page, "asked")
    field = page.get_by_label("Your answer")
    field.fill("")
    field.press("1")  # In a field the digit is a digit.
    field.press("Enter")
    result = page.locator("#q-summe-result")
    expect(result).to_be_focused()
    expect(page.get_by_role("button", name="Again in 1 day")).to_have_class("kern-btn kern-btn--primary")
    look(page, "answered")
    result.press("2")
    expect(page.locator(".flashes")).to_contain_text("This question comes again in")
    page.context.close()

    page = desk.page("Ada", language="de-DE", scripts=False, width=390)
    page.goto(desk.module)
    page.get_by_role("link", name="Wiederholen: heute 1 Frage").click()
    for number in (1, 2, 3):
        page.locator(f"#q-teile-pair-{number}").select_option(index=number)
    page.get_by_role("button", name="Antwort prüfen").click()
    expect(page.locator("#q-teile")).to_contain_text("drei verschiedene Griffe")
    page.get_by_role("button", name="Schwer").click()
    expect(page.get_by_role("heading", name="Heute ist nichts mehr fällig")).to_be_visible()
    page.context.close()

    page = desk.page("Ada", language="de-DE", dark=True)
    page.goto("/repetition/questions")
    look(page, "list")
    page.goto("/repetition")
    look(page, "end")
    page.context.close()
