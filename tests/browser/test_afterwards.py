"""What follows a model's answer, in a real browser and with the keyboard: what it overlooked, which facts to verify, and an opinion."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from tests import builders
from tests.assessments.after_page import FILES, announce_judge
from tests.assessments.prompt_page import two_at_turn
from tests.browser.desk import opened
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.gateway.conftest import faults
from tests.gateway.faults import FaultServer, Reply

__all__ = ["faults"]
pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, sqlite_template: Path, faults: FaultServer, tmp_path: Path) -> Iterator[tuple[Flask, Page]]:
    """The house, and the exercises in a phone's browser."""
    announce_judge(faults, tmp_path)
    errors: list[str] = []
    with opened(chromium, sqlite_template, tmp_path, locale="en-GB", viewport={"width": 390, "height": 844}) as desk:
        with desk.app.app_context():
            builders.organisation()
            learner = builders.person()
            run_id = builders.enrolment(learner, FILES).run_id
            found = desk.page(learner, f"/courses/{run_id}/eins")
        found.on("pageerror", lambda error: errors.append(str(error)))
        yield desk.app, found
    assert errors == []


def send(page: Page, item: str, fields: dict[str, str]) -> Locator:
    """Fill the exercise's fields, send them, and wait until the answer was looked at and the model's turn is over."""
    exercise = page.locator(f"#q-{item}")
    for label, text in fields.items():
        exercise.get_by_label(label, exact=True).fill(text)
    exercise.get_by_role("button", name="Send prompt").click()
    expect(exercise.locator(f"#q-{item}-result")).to_be_visible()
    return exercise


def test_what_follows_an_answer_can_be_done_with_the_keyboard(page: tuple[Flask, Page], faults: FaultServer) -> None:
    house, seen = page
    faults.replies = [Reply(pieces=("There is no evidence.",))]
    missed = send(seen, "feedback", {"Your own rubric": "Evidence, sources", "Your prompt": "Comment on the essay."})
    missed.get_by_label("The source is old.").focus()
    seen.keyboard.press("Space")
    seen.keyboard.press("Tab")
    seen.keyboard.press("Enter")
    expect(missed.get_by_text("The model overlooked it.")).to_be_visible()

    facts = send(seen, "reply", {"Your prompt": "Draft a reply."})
    facts.get_by_role("button", name="Check my work").press("Enter")
    expect(facts.get_by_role("alert")).to_contain_text("at least one fact")
    facts.get_by_label("Facts to verify, one on each line").fill("the fee")
    assert_accessible(seen, "before the facts are checked")
    facts.get_by_role("button", name="Check my work").press("Enter")
    expect(facts.get_by_text("You listed: the fee")).to_be_visible()

    judged = send(seen, "judged", {"Your prompt": "Please tell me about the library."})
    faults.replies = [Reply(pieces=('{"opinion": "yes", "reason": "It says please.", "quote": "never said"}',))]
    with two_at_turn(house):
        judged.get_by_role("button", name="Ask a model: Is it polite?").press("Enter")
        waiting = judged.get_by_text("You are number 1.")
        expect(waiting).to_be_visible()
        expect(judged.locator(".live-wait")).to_be_focused()
        assert_accessible(seen, "while an opinion is waited for")
    expect(judged.get_by_text("It says please.")).to_be_visible()
    expect(judged.locator(".opinion > p").first).to_be_focused()
    expect(judged.get_by_text("the model made this quotation up")).to_be_visible()
    assert_accessible(seen, "after everything was done")
    assert_no_sideways_scroll(seen, 320, "after everything was done")
