"""Every page of the curriculum in both languages: read by axe, narrow, and on paper."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from accounts.models import Role
from core import db
from core.i18n import LANGUAGES
from core.sessions import DIRECT_COOKIE
from courses import service as courses
from exchange import service as exchange
from modules import service as modules
from modules.folder import read_folder
from tests import builders
from tests.browser.conftest import LOCALES
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.ports import free_port

pytestmark = pytest.mark.browser
CONTENT = Path(__file__).parents[2] / "content"
STUDENTS, *STAFF = (CONTENT / name for name in ("ki-kompetenz", "ki-kompetenz-lehre", "ki-kompetenz-verwaltung"))


@dataclass
class Reading:
    """A running house, who reads in it, and every page: of the further courses only what the first one has not."""

    lotse: str
    cookie: str
    pages: list[str]

    def opened(self, browser: Browser, language: str) -> Page:
        """A page in a language, in which the reader is signed in."""
        context = browser.new_context(base_url=self.lotse, locale=LOCALES[language], viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        context.add_cookies([{"name": DIRECT_COOKIE, "value": self.cookie, "url": self.lotse.replace("http:", "https:"), "secure": True}])
        return context.new_page()


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Reading]:
    folder, port = tmp_path_factory.mktemp("curriculum"), free_port()
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port) as app:
        with app.app_context():
            organisation, person = builders.organisation(), builders.person("Ada")
            pages, known = [], set[str]()
            for course in (STUDENTS, *STAFF):
                edition = modules.publish_folder(organisation.id, course)
                run = courses.open_run(edition.course_id, course.name)
                courses.enrol(run.id, person.id, Role.LECTURER)  # The same pages, and no certificate to print for having opened them.
                of_course = [id_ for id_ in modules.parsed(edition.id).module_ids if id_ not in known]
                known.update(of_course)
                pages += [f"/courses/{run.id}", *(f"/courses/{run.id}/{id_}" for id_ in of_course)]
            cookie = builders.browser(app, person).get_cookie(DIRECT_COOKIE)
            assert cookie
            db.session.commit()
        yield Reading(f"http://localhost:{port}", cookie.value, pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_curriculum_is_accessible_narrow_and_printed(reading: Reading, chromium: Browser, language: str) -> None:
    page = reading.opened(chromium, language)
    assert len(reading.pages) == 12
    for path in reading.pages:
        answer = page.goto(path, wait_until="load")
        assert answer
        assert answer.status == 200, path
        assert page.locator("html").get_attribute("lang") == language
        if (begin := page.locator("#test:not(.test--running) button")).count():   # The final test shows its questions to those who have begun.
            begin.click()
            page.locator(".test--running").wait_for()
        assert_accessible(page, f"{path} in {language}", contrast=language == LANGUAGES[0])
        assert_no_sideways_scroll(page, 390, path)
        page.set_viewport_size({"width": 1280, "height": 800})
    assert page.pdf().startswith(b"%PDF")
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_handout_of_the_course_is_accessible(chromium: Browser, language: str) -> None:
    files, _ = read_folder(STUDENTS)
    sheet = exchange.write(exchange.read_files(files, STUDENTS.name, language), files, "html", language, "")
    page = chromium.new_page()
    page.set_content(sheet.content.decode())
    assert_accessible(page, f"handout in {language}", contrast=language == LANGUAGES[0])
    page.close()
