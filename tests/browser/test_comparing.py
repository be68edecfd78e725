"""A blind comparison in a real browser: sides that fill beside each other, the vote by keyboard, the names, the class's result."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assessments.after_acts import NONE_BETTER
from assessments.models import Attempt, Vote
from core import db
from courses.models import Enrolment
from gateway import service as gateway
from tests import builders
from tests.assessments.prompt_page import announce, offer_both
from tests.browser.desk import opened
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.gateway.conftest import faults
from tests.gateway.faults import FaultServer, Reply

__all__ = ["faults"]
pytestmark = pytest.mark.browser
BLOCKS = """
::: prompt {#blind points=0 attempts=3 compare=2 blind=yes}
Let two models explain what a confounder is.
```rubric
correct
clear
```
```recorded
One.
---
Two.
```
:::

::: prompt {#open points=0 attempts=3 compare=2}
Let two models explain it.
```recorded
One.
---
Two.
```
:::
"""
FILES = {
    **builders.FILES,
    "01-eins/module.de.md": (builders.GERMAN + BLOCKS).encode(), "01-eins/module.en.md": (builders.ENGLISH + BLOCKS).encode(),
}


@dataclass
class Desk:
    """The module's page, the two servers that answer, and where the class's votes come from."""

    page: Page
    servers: tuple[FaultServer, FaultServer]
    enrolment: Enrolment

    def classmates_vote(self, key: str, *names: str) -> None:
        """Others have voted before."""
        with db.scoped(self.enrolment.organisation_id), db.transaction() as tx:
            for name in names:
                other = builders.enrolment(builders.person(name), FILES)
                attempt = Attempt(enrolment_id=other.id, edition_id=other.edition_id, module="eins", item="blind", number=1, language="de", response={})
                tx.add(attempt)
                tx.flush()
                tx.add(Vote(enrolment_id=other.id, attempt_id=attempt.id, module="eins", item="blind", model=key, reasons={"chosen": [], "arm": "A"}))


@pytest.fixture
def desk(chromium: Browser, sqlite_template: Path, faults: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    announce(faults, tmp_path)
    with (
        FaultServer() as other,
        opened(chromium, sqlite_template, tmp_path, locale="de-DE", viewport={"width": 390, "height": 844}) as house,
    ):
        with house.app.app_context():
            builders.organisation()
            learner = builders.person()
            enrolment = builders.enrolment(learner, FILES)
            offer_both(other, "second-2", monkeypatch)
        yield Desk(house.page(learner, f"/courses/{enrolment.run_id}/eins"), (faults, other), enrolment)


def send(desk: Desk, item: str) -> Any:
    question = desk.page.locator(f"#q-{item}")
    question.get_by_label("Ihr Prompt").fill("Was ist ein Confounder?")
    question.get_by_role("button", name="Prompt senden").click()
    return question


def test_a_vote_by_keyboard_reveals_the_models_and_the_class(desk: Desk) -> None:
    keys = [model.key for model in gateway.models(desk.enrolment.run_id)]
    desk.classmates_vote(keys[1], "Ben", "Cem")
    desk.classmates_vote("", "Dana")
    desk.servers[0].replies = [Reply(pieces=("A variable ", "that influences **both**."))]
    desk.servers[1].replies = [Reply(pieces=("An error ", "of measurement."))]
    question = send(desk, "blind")
    expect(question.locator(".side")).to_have_count(2)
    expect(question.get_by_role("group", name="Welche Antwort ist die beste?")).to_be_visible()
    for name in ("faulty", "second-2"):
        expect(question).not_to_contain_text(name)
    assert_accessible(desk.page, "before the vote")
    assert_no_sideways_scroll(desk.page, 390, "before the vote")
    question.get_by_label("Antwort A").focus()
    for key in ("Space", "Tab", "Space", "Tab", "Tab", "Enter"):
        desk.page.keyboard.press(key)
    expect(question.locator(".reveal li")).to_have_count(2)
    expect(question.locator(".reveal")).to_contain_text("second-2")
    expect(question.locator(".reveal .is-chosen")).to_contain_text("Ihre Stimme")
    expect(question.get_by_role("table")).to_contain_text("4 Stimmen")
    expect(question).to_contain_text("Ihre Gründe: correct")
    assert_accessible(desk.page, "after the vote")
    for width in (390, 1280):
        assert_no_sideways_scroll(desk.page, width, "after the vote")
    assert NONE_BETTER not in question.locator(".reveal").inner_text()


def test_answers_fill_their_sides_as_they_come(desk: Desk) -> None:
    desk.servers[1].replies = [Reply(pieces=("Two ", "comes."), hang=(gate := Event()))]
    question = send(desk, "open")
    sides = question.locator(".live .side")
    expect(sides).to_have_count(2)
    expect(sides.nth(1).locator(".is-streaming")).to_have_text("Two ")
    expect(sides.nth(0).locator(".side-name")).to_have_text("A")
    gate.set()
    expect(question.locator(".live")).to_have_count(0)
    expect(question.locator(".side").nth(1)).to_contain_text("second-2")
    assert_accessible(desk.page, "an open comparison")
