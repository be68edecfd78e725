"""The kinds beyond options and gaps in a real browser: answered by keyboard, read by axe, narrow, in both languages, without scripts."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Role
from core import db
from core.sessions import DIRECT_COOKIE
from courses import service as courses
from tests import builders
from tests.assessments.kinds_course import files
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.ports import free_port

pytestmark = pytest.mark.browser
GERMAN = """::: match {#teile points=3 attempts=1}
Was leistet welcher Teil eines Prompts?
Rolle -> legt Perspektive und Ton fest
    > Die Rolle sagt, von wo aus das Modell schaut.
Beispiel -> zeigt das gewünschte Muster
Format -> bestimmt den Aufbau der Ausgabe
-> erhöht das Kontextfenster
! Rolle, Beispiel und Format sind drei verschiedene Griffe.
:::

::: match {#code points=2 attempts=1}
Was gibt welche Zeile aus?
`print(1 + 1)` -> `2`
`print("1" + "1")` -> `11`, weil Zeichenketten aneinandergehängt und nicht zusammengezählt werden
! Zeichenketten sind keine Zahlen.
:::

::: order {#pruefen points=4 attempts=2}
Wie prüfen Sie, was ein Modell behauptet?
1. Behauptung im Text des Modells markieren
2. Nach einer Quelle suchen
3. Quelle lesen und vergleichen
    > Wer eine Quelle nur findet, hat sie noch nicht gelesen.
4. Text berichtigen und die Nutzung angeben
! Erst die Behauptung finden, dann ihre Quelle.
:::

::: essay {#aufsatz words=5..300}
Beschreiben Sie eine Aufgabe, für die Sie **kein** Sprachmodell verwenden würden.
- [2] Nennt eine konkrete Aufgabe
    > Eine aus der eigenen Arbeit.
- [1,5] Begründet das damit, wie Modelle arbeiten
! Gute Gründe: niemand könnte die Antwort prüfen.
:::

::: likert {#haltung results=shown}
Wie sehr stimmen Sie zu?
- Ich prüfe, was ein Modell behauptet, bevor ich es verwende.
- Ich weiß, was ich nicht eingeben darf.
! Danke.
:::

::: survey {#nutzen results=shown}
Wofür verwenden Sie Sprachmodelle?
[ ] Texte entwerfen
[ ] Zusammenfassen
[ ] Gar nicht
:::

::: survey {#wunsch}
Was sollte dieser Kurs besser erklären?
:::
"""


@dataclass
class Desk:
    """A running house, and the cookies of those in it."""

    lotse: str
    module: str
    cookies: dict[str, str]
    browser: Browser

    def page(self, who: str, *, language: str = "en-GB", scripts: bool = True, width: int = 1100, dark: bool = False) -> Page:
        context = self.browser.new_context(
            base_url=self.lotse, locale=language, java_script_enabled=scripts, viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce",
        )
        context.add_cookies([{"name": DIRECT_COOKIE, "value": self.cookies[who], "url": self.lotse.replace("http:", "https:"), "secure": True}])
        return context.new_page()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, chromium: Browser) -> Iterator[Desk]:
    folder, port = tmp_path_factory.mktemp("kinds"), free_port()
    shutil.copy(sqlite_template, folder / "lotse.sqlite3")
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port) as app:
        with app.app_context():
            builders.organisation()
            run = builders.run(files(GERMAN))
            cookies = {}
            for name, role in {"Ada": Role.LEARNER, "Grace": Role.LEARNER, "Lise": Role.LECTURER, **{f"Gast {n}": Role.LEARNER for n in range(4)}}.items():
                who = builders.person(name)
                courses.enrol(run.id, who.id, role)
                found = builders.browser(app, who).get_cookie(DIRECT_COOKIE)
                assert found
                cookies[name] = found.value
            db.session.commit()
        yield Desk(f"http://localhost:{port}", f"/courses/{run.id}/eins", cookies, chromium)


def look(page: Page, where: str) -> None:
    """Axe has nothing to say, and the page is as narrow as a phone."""
    wide = page.viewport_size
    assert wide
    assert_accessible(page, where)
    assert_no_sideways_scroll(page, 390, where)
    page.set_viewport_size(wide)


def choose(page: Page, item: str, *texts: str) -> None:
    for number, text in enumerate(texts, 1):
        page.locator(f"#q-{item}-pair-{number}").select_option(label=text)


def test_every_kind_is_answered_by_keyboard_and_read_without_eyes(desk: Desk) -> None:
    page = desk.page("Ada")
    page.goto(desk.module)
    look(page, "asked-en")

    order = page.locator("#q-pruefen")
    before = order.locator(".order-text").all_inner_texts()
    down = order.get_by_role("button", name=f"Move down {before[0]}")
    down.focus()
    page.keyboard.press("Enter")
    expect(order.locator(".order-text").nth(1)).to_have_text(before[0])
    expect(down).to_be_focused()
    expect(order.locator("[data-order-voice]")).to_have_text(f"“{before[0]}” is now in place 2 of 4.")
    order.get_by_role("button", name="Submit answer").click()
    expect(order.locator(".order-entry").first).to_have_class("order-entry is-wrong")

    choose(page, "teile", "zeigt das gewünschte Muster", "zeigt das gewünschte Muster", "bestimmt den Aufbau der Ausgabe")
    page.locator("#q-teile").get_by_role("button", name="Submit answer").click()
    expect(page.locator("#q-teile")).to_contain_text("It belongs to: legt Perspektive und Ton fest")
    expect(page.locator("#q-teile-result")).to_be_focused()

    page.get_by_label("Your text").fill("Ein Gutachten würde ich selbst schreiben, weil es niemand prüfen könnte.")
    page.locator("#q-aufsatz").get_by_role("button", name="Hand in").click()
    expect(page.locator("#q-aufsatz")).to_contain_text("waits for marking")

    page.locator("#q-haltung").get_by_role("radio").nth(3).check()
    page.locator("#q-haltung").get_by_role("button", name="Send answer").click()
    expect(page.locator("#q-haltung")).to_contain_text("your answer is counted")
    look(page, "answered-en")
    page.context.close()


def test_without_scripts_arrows_and_answers_work_the_same(desk: Desk) -> None:
    page = desk.page("Grace", language="de-DE", scripts=False)
    page.goto(desk.module)
    order = page.locator("#q-pruefen")
    before = order.locator(".order-text").all_inner_texts()
    for _ in range(2):
        order.get_by_role("button", name=f"Nach unten {before[0]}").click()
    assert order.locator(".order-text").all_inner_texts() == [before[1], before[2], before[0], before[3]]
    order.get_by_role("button", name="Antwort abgeben").click()
    expect(page).to_have_url(f"{desk.lotse}{desk.module}#q-pruefen")
    assert [text.split("\n")[0] for text in order.locator(".order-text > span:first-child").all_inner_texts()] == [before[1], before[2], before[0], before[3]]
    page.context.close()


def test_a_lecturer_marks_by_the_rubric_and_sees_surveys_of_enough_people(desk: Desk) -> None:
    for number, name in enumerate(("Gast 0", "Gast 1", "Gast 2", "Gast 3", "Grace")):
        page = desk.page(name, scripts=False)
        page.goto(desk.module)
        page.locator("#q-haltung").get_by_role("radio").nth(number).check()
        page.locator("#q-haltung").get_by_role("button", name="Send answer").click()
        page.locator("#q-nutzen").get_by_role("checkbox").nth(number % 3).check()
        page.locator("#q-nutzen").get_by_role("button", name="Send answer").click()
        page.context.close()
    page = desk.page("Lise", language="de-DE")
    page.goto(desk.module.removesuffix("/eins") + "/surveys")
    look(page, "surveys")
    page.goto(desk.module.removesuffix("/eins") + "/marking/eins/aufsatz")
    look(page, "marking-list")
    page.get_by_role("link", name="Text 1").click()
    page.get_by_label("Nennt eine konkrete Aufgabe").fill("2")
    page.get_by_label("Begründet das damit").fill("0,5")
    page.get_by_label("Kommentar").fill("Gut beobachtet.\nDie Begründung fehlt noch.")
    look(page, "marking-text")
    page.get_by_role("button", name="Bewerten und weiter").click()
    expect(page.locator(".flashes")).to_contain_text("Die Punkte zählen jetzt")
    page.context.close()
    page = desk.page("Ada", language="de-DE", dark=True)
    page.goto(desk.module)
    expect(page.locator("#q-aufsatz")).to_contain_text("0,5 von 1,5")
    look(page, "marked-de-dark")
    page.context.close()
