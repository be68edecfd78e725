"""A test with a time limit in a real browser: begun and answered by keyboard, what is typed comes back, the end is said and nothing is lost."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from accounts.models import Role
from assessments.models import Sitting
from core import db
from core.sessions import DIRECT_COOKIE
from courses import service as courses
from tests import builders
from tests.assessments.timed import course
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.ports import free_port

pytestmark = pytest.mark.browser


def look(page: Page, where: str) -> None:
    assert_accessible(page, where)
    assert_no_sideways_scroll(page, 390, where)
    _keep(page, f"{where}-390")
    page.set_viewport_size({"width": 1280, "height": 800})
    _keep(page, where)


def _keep(page: Page, name: str) -> None:
    if folder := os.environ.get("LOOKS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_test_is_taken_by_keyboard_from_the_button_to_the_end(tmp_path: Path, sqlite_template: Path, chromium: Browser) -> None:
    port = free_port()
    shutil.copy(sqlite_template, tmp_path / "lotse.sqlite3")
    with serving_lotse(f"sqlite:///{tmp_path}/lotse.sqlite3", tmp_path, port) as app:
        with app.app_context():
            builders.organisation()
            run, cookies = builders.run(course(head="time_limit: 2\ndue: 2999-01-01\nattempts: last\n")), {}
            for name, role in (("Ada", Role.LEARNER), ("Lise", Role.LECTURER)):
                who = builders.person(name)
                courses.enrol(run.id, who.id, role)
                found = builders.browser(app, who).get_cookie(DIRECT_COOKIE)
                assert found
                cookies[name] = found.value
            db.session.commit()
        lotse = f"http://localhost:{port}"

        def browser(who: str, *, scripts: bool = True, language: str = "en-GB") -> Page:
            context = chromium.new_context(base_url=lotse, locale=language, viewport={"width": 1280, "height": 800}, reduced_motion="reduce", java_script_enabled=scripts)
            context.add_cookies([{"name": DIRECT_COOKIE, "value": cookies[who], "url": lotse.replace("http:", "https:"), "secure": True}])
            return context.new_page()

        lise = browser("Lise", language="de-DE")
        lise.goto(f"/class/{run.id}/times")
        lise.get_by_label("Person").select_option(label="Ada")
        lise.get_by_label("Wie viel mehr").fill("50")
        lise.get_by_role("button", name="Zusatzzeit geben").press("Enter")
        expect(lise.get_by_role("row", name="Ada 50 Prozent")).to_be_visible()
        look(lise, "times")

        page = browser("Ada")
        page.clock.install()
        page.goto(f"/courses/{run.id}/eins")
        expect(page.get_by_text("Wie viel?")).to_have_count(0)
        look(page, "begin")
        page.get_by_role("button", name="Begin: you have 3 minutes").press("Enter")
        timer = page.get_by_role("timer", name="Time left")
        expect(timer).to_contain_text("2 min")
        look(page, "running")

        number = page.locator("#q-zahl").get_by_role("textbox")
        with page.expect_response("**/zahl/typed"):
            number.press_sequentially("4")
            page.clock.fast_forward(1500)
        page.reload()
        expect(number).to_have_value("4")                      # typed, not sent
        page.get_by_label("Rot").press("Space")
        page.locator("#q-farbe").get_by_role("button", name="Submit answer").press("Enter")
        expect(page.locator("#q-farbe")).to_contain_text("FEEDBACK-WRONG")

        with app.app_context(), db.unscoped(), db.transaction() as tx:
            tx.execute(update(Sitting).values(started_at=db.now() - timedelta(minutes=4)).execution_options(synchronize_session=False))
        page.clock.fast_forward("01:01")
        expect(page.locator("[data-clock-voice]")).to_have_text("The time is over. Everything that you have sent counts; nothing more is taken.")
        page.locator("#q-zahl").get_by_role("button", name="Submit answer").press("Enter")
        expect(page.locator("#q-zahl-alert")).to_contain_text("The time of this test is over, so this answer was not taken.")
        expect(number).to_have_value("4")

        plain = browser("Ada", scripts=False)
        plain.goto(f"/courses/{run.id}/eins")
        expect(plain.get_by_role("heading", name="The time of this test is over")).to_be_visible()
        plain.get_by_role("link", name="Practise these questions again").click()
        expect(plain.get_by_text("This is practice: nothing here counts")).to_be_visible()
        plain.locator("#q-farbe").get_by_label("Blau").check()
        plain.locator("#q-farbe").get_by_role("button", name="Check").click()
        expect(plain.get_by_text("EXPLANATION", exact=True)).to_be_visible()
        plain.get_by_role("link", name="Back to the questions").click()
        page.goto(plain.url)
        look(page, "practice")
        page.locator("#q-farbe").get_by_label("Blau").press("Space")
        page.locator("#q-farbe").get_by_role("button", name="Check").press("Enter")
        expect(page.locator("#q-farbe-result")).to_be_focused()
        look(page, "practised")
