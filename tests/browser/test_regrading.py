"""From a figure that points at a wrong key to learners who read what was done about it: by axe, narrow, in both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Person, Role
from assessments import service
from assessments.kinds.item import key_of
from core import db
from courses import service as courses
from tests import builders
from tests.assessments.kinds_course import files
from tests.browser.desk import Desk, opened
from tests.browser.look import assert_accessible, assert_no_sideways_scroll

pytestmark = pytest.mark.browser
TEXT = """\
::: single {#tokens points=1 attempts=1}
Woraus setzt ein Sprachmodell seine Antwort zusammen?
(x) Aus Sätzen, die es in einer Datenbank nachschlägt und dann wörtlich wiedergibt
( ) Aus Tokens, deren Wahrscheinlichkeit es Schritt für Schritt berechnet
( ) Aus Regeln
! Ein Sprachmodell berechnet ein Token nach dem anderen.
:::

::: single {#quelle points=1 attempts=1}
Was prüfen Sie zuerst?
(x) Die Quelle
( ) Die Schriftart
:::

::: multi {#daten points=2 attempts=1}
Was gehört nicht in einen Prompt?
[x] Namen von Studierenden
[x] Passwörter
[ ] Die Aufgabenstellung
:::
"""
CORRECTED = TEXT.replace("(x) Aus Sätzen", "( ) Aus Sätzen").replace("( ) Aus Tokens", "(x) Aus Tokens")
LEARNERS = 15


@pytest.fixture
def desk(chromium: Browser, sqlite_template: Path, tmp_path: Path) -> Iterator[Desk]:
    """A house for this test."""
    with opened(chromium, sqlite_template, tmp_path) as found:
        yield found


def answered() -> tuple[int, Person, Person]:
    """A class whose best know better than the key: the run, a lecturer and the best learner."""
    builders.organisation()
    run = builders.run(files(TEXT))
    people = [builders.person(f"L{number}") for number in range(LEARNERS)]
    for number, person in enumerate(people):
        part, good = courses.enrol(run.id, person.id), number < LEARNERS // 2
        for question, texts in (
            ("tokens", ["Aus Tokens, deren Wahrscheinlichkeit es Schritt für Schritt berechnet" if good else "Aus Sätzen, die es in einer Datenbank nachschlägt und dann wörtlich wiedergibt"]),
            ("quelle", ["Die Quelle" if good else "Die Schriftart"]), ("daten", ["Namen von Studierenden", "Passwörter"] if good else ["Die Aufgabenstellung"]),
        ):
            service.submit(part, "eins", question, "de", 1, {"answer": [key_of(question, text) for text in texts]})
    lecturer = builders.person("Lise Meitner")
    courses.enrol(run.id, lecturer.id, Role.LECTURER)
    builders.edition(files(CORRECTED))
    return run.id, lecturer, people[0]


def looked_at(page: Page, name: str) -> None:
    for width in (1280, 390, 320):
        assert_no_sideways_scroll(page, width, name)
    assert_accessible(page, name)


def test_a_wrong_key_is_found_corrected_and_told(desk: Desk) -> None:
    with desk.app.app_context():
        run_id, lecturer, best = answered()
        db.session.remove()
        page = desk.page(lecturer, f"/courses/{run_id}/analysis", locale="de-DE")
        learner = desk.page(best, f"/courses/{run_id}/eins", locale="de-DE", color_scheme="dark")
        english = desk.page(lecturer, f"/courses/{run_id}/analysis/eins/tokens", locale="en-GB", color_scheme="dark")
    looked_at(page, "list")
    page.get_by_role("row").nth(1).get_by_role("link").press("Enter")
    expect(page.get_by_text("Eine falsche Antwort zieht die Besten an")).to_be_visible()
    looked_at(page, "question")
    looked_at(english, "question, dark")
    page.get_by_role("link", name="Nachbewerten …").press("Enter")
    expect(page.get_by_text("gilt jetzt als richtig")).to_be_visible()
    looked_at(page, "regrade")
    page.get_by_label("Grund").fill("Im Lösungsschlüssel war die falsche Antwort angekreuzt.")
    page.get_by_role("button", name="Jetzt nachbewerten").press("Enter")
    expect(page.get_by_text("Die Frage wird neu bewertet.")).to_be_visible()
    expect(page.get_by_text("geprüft").or_(page.get_by_text("läuft noch"))).to_be_visible()
    learner.reload()
    expect(learner.get_by_text("Der Lösungsschlüssel dieser Frage wurde am")).to_be_visible()
    looked_at(learner, "module")
