import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from flask import Flask
from sqlalchemy import Update, func, select, update

from core import db, jobs
from core.config import settings
from core.jobs import WorkState
from core.sessions import BROWSER_COOKIE, BrowserSession
from demo.attacks import FORGERIES, Attacks, Trouble
from demo.lms import create_lms
from demo.seed import seed
from lti.models import Platform, ScorePush
from tests.demo.house import serving_lotse
from tests.demo.servers import Browser, forms, serving
from tests.ports import free_port

MODULE = "wie-sprachmodelle-schreiben"


@dataclass
class Both:
    """The demonstration as it really runs: Lotse, seeded, and the stand-in beside it."""

    lotse: Flask
    lms: Flask
    http: httpx2.Client

    @property
    def platform(self) -> str:
        platform: str = self.lms.extensions["campus"].addresses.platform
        return platform

    @property
    def attacks(self) -> Attacks:
        attacks: Attacks = self.lms.extensions["attacks"]
        return attacks

    def browser(self, member: str) -> Browser:
        browser = Browser(self.http)
        browser.request("POST", f"{self.platform}/be/{member}")
        return browser

    def launch(self, browser: Browser, activity: str = "2") -> httpx2.Response:
        page = browser.get(f"{self.platform}/launch/{activity}/window")
        return browser.submit(browser.submit(page))

    def gradebook(self, member: str) -> str:
        return self.browser(member).get(f"{self.platform}/gradebook/table").text


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    port, lms_port = free_port(), free_port()
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port, demo_lms_url=f"http://127.0.0.1:{lms_port}") as lotse:
        with lotse.app_context():
            seed(settings())
            chosen = settings()
        lms = create_lms(chosen, attacks=True)
        with httpx2.Client(trust_env=False, timeout=30) as http, serving(lms, lms_port):
            yield Both(lotse, lms, http)


@pytest.fixture(autouse=True)
def _honest_again(both: Both) -> Iterator[None]:
    yield
    both.attacks.forge(None)


def test_a_launch_an_answer_and_the_score_in_the_gradebook(both: Both) -> None:
    browser = both.browser("5")
    page = both.launch(browser)
    assert page.status_code == 200
    assert f"/{MODULE}" in str(page.url)
    answer_something(browser, page)
    table = both.gradebook("3")
    assert "/ 100" in table
    assert "Lotse:" in table
    flown = browser.get(f"{both.platform}/messages").text
    for word in ("LtiResourceLinkRequest", "scope/score", "scoreGiven"):
        assert word in flown


def test_whoever_launches_the_whole_course_comes_to_its_page(both: Both) -> None:
    page = both.launch(both.browser("4"), "1")
    assert page.status_code == 200
    assert str(page.url).split("/l/")[1].split("/", 1)[1].startswith("courses/")
    assert MODULE not in str(page.url)


def test_lecturers_come_in_and_get_no_grade(both: Both) -> None:
    assert both.launch(both.browser("3")).status_code == 200


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_launch_lets_nobody_in(both: Both, forgery: str) -> None:
    both.attacks.forge(forgery)
    before = _sessions(both)
    page = both.launch(both.browser("4"))
    assert page.status_code in (400, 401, 403)
    assert "/l/" not in str(page.url)
    assert _sessions(both) == before


def test_a_launch_posted_twice_lets_in_once(both: Both) -> None:
    browser = both.browser("4")
    answer = browser.submit(browser.get(f"{both.platform}/launch/2/window"))
    assert browser.submit(answer).status_code == 200
    assert browser.submit(answer).status_code in (400, 401, 403)


def test_a_launch_carried_to_another_browser_lets_nobody_in(both: Both) -> None:
    browser, other = both.browser("4"), both.browser("5")
    both.launch(other)
    assert BROWSER_COOKIE in other.cookies["localhost"]
    answer = browser.submit(browser.get(f"{both.platform}/launch/2/window"))
    assert other.submit(answer).status_code in (400, 401, 403)


def test_a_new_key_of_the_platform_is_learned(both: Both) -> None:
    both.launch(both.browser("4"))
    both.attacks.rotate()
    _change(both, update(Platform).values(jwks_tried_at=db.now() - timedelta(hours=1)))  # Lotse looks twice a minute at most.
    assert both.launch(both.browser("4")).status_code == 200


def test_a_platform_in_trouble_gets_the_score_later(both: Both) -> None:
    browser = both.browser("4")
    page = both.launch(browser)
    both.attacks.trouble("/lineitems/2/lineitem/scores", Trouble(500), Trouble(429), Trouble(409), Trouble(401), Trouble(401))
    answer_something(browser, page)
    without = both.gradebook("4").count("/ 100")
    for _ in range(4):
        assert both.gradebook("4").count("/ 100") == without
        _change(both, update(ScorePush).values(due_at=db.now()).where(ScorePush.state == WorkState.DUE))
        with both.lotse.app_context():
            jobs.sweep()
    assert both.gradebook("4").count("/ 100") == without + 1


def answer_something(browser: Browser, page: httpx2.Response) -> None:
    """Answer the first question of the page, rightly or not."""
    number = next(number for number, form in enumerate(forms(page)) if form.action.endswith("/answer"))
    assert browser.submit(page, number).status_code == 200


def _change(both: Both, statement: Update) -> None:
    with both.lotse.app_context(), db.unscoped(), db.transaction() as tx:
        tx.execute(statement)


def _sessions(both: Both) -> int:
    with both.lotse.app_context():
        return db.session.scalar(select(func.count()).select_from(BrowserSession)) or 0
