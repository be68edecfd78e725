"""What follows a model's answer, in a real browser and with the keyboard: what it overlooked, which facts to verify, and an opinion."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from core import db, sessions
from tests import builders
from tests.assessments.after_page import FILES, announce_judge
from tests.assessments.test_prompt_line import two_at_turn
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.gateway.conftest import faults
from tests.gateway.faults import FaultServer, Reply
from tests.ports import free_port

__all__ = ["faults"]
pytestmark = pytest.mark.browser


@dataclass
class Desk:
    """The module page in a browser."""

    house: Flask
    page: Page

    def send(self, item: str, **fields: str) -> Locator:
        """Fill the exercise's fields, send them, and wait for the answer."""
        exercise = self.page.locator(f"#q-{item}")
        for label, text in fields.items():
            exercise.get_by_label(label.replace("_", " "), exact=True).fill(text)
        exercise.get_by_role("button", name="Send prompt").click()
        expect(exercise.get_by_text("Answer of the model")).to_be_visible()
        return exercise


@pytest.fixture
def desk(chromium: Browser, sqlite_template: Path, faults: FaultServer, tmp_path: Path) -> Iterator[Desk]:
    shutil.copy(sqlite_template, tmp_path / "lotse.sqlite3")
    announce_judge(faults, tmp_path)
    port = free_port()
    with serving_lotse(f"sqlite:///{tmp_path}/lotse.sqlite3", tmp_path, port) as house:
        with house.app_context():
            builders.organisation()
            learner = builders.person()
            run_id = builders.enrolment(learner, FILES).run_id
            opened = house.session_interface
            assert isinstance(opened, sessions.DatabaseSessions)
            secret = opened.create({"_user_id": str(learner.id), "organisation_id": learner.organisation_id, "_fresh": True})
            db.session.remove()
        context = chromium.new_context(locale="en-GB", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
        context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": secret, "url": f"https://localhost:{port}", "secure": True}])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://localhost:{port}/courses/{run_id}/eins")
        yield Desk(house, page)
        context.close()
    assert errors == []


def test_what_follows_an_answer_can_be_done_with_the_keyboard(desk: Desk, faults: FaultServer) -> None:
    page = desk.page
    faults.replies = [Reply(pieces=("There is no evidence.",))]
    missed = desk.send("feedback", Your_own_rubric="Evidence, sources", Your_prompt="Comment on the essay.")
    missed.get_by_label("The source is old.").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(missed.get_by_text("The model overlooked it.")).to_be_visible()

    facts = desk.send("reply", Your_prompt="Draft a reply.")
    facts.get_by_role("button", name="Check my work").press("Enter")
    expect(facts.get_by_role("alert")).to_contain_text("at least one fact")
    facts.get_by_label("Facts to verify, one on each line").fill("the fee")
    assert_accessible(page, "before the facts are checked")
    facts.get_by_role("button", name="Check my work").press("Enter")
    expect(facts.get_by_text("You listed: the fee")).to_be_visible()

    judged = desk.send("judged", Your_prompt="Please tell me about the library.")
    faults.replies = [Reply(pieces=('{"opinion": "yes", "reason": "It says please.", "quote": "never said"}',))]
    with two_at_turn(desk.house):
        judged.get_by_role("button", name="Ask a model: Is it polite?").press("Enter")
        waiting = judged.get_by_text("You are number 1.")
        expect(waiting).to_be_visible()
        expect(judged.locator(".live-wait")).to_be_focused()
        assert_accessible(page, "while an opinion is waited for")
    expect(judged.get_by_text("It says please.")).to_be_visible()
    expect(judged.locator(".opinion > p").first).to_be_focused()
    expect(judged.get_by_text("the model made this quotation up")).to_be_visible()
    assert_accessible(page, "after everything was done")
    assert_no_sideways_scroll(page, 320, "after everything was done")
