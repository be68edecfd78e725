"""A prompt exercise in a real browser: the answer arrives piece by piece, can be stopped, and is announced."""

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from core import db, sessions
from tests import builders
from tests.assessments.prompt_page import FILES, announce, two_at_turn
from tests.browser.look import assert_accessible, assert_no_sideways_scroll
from tests.demo.house import serving_lotse
from tests.gateway.conftest import faults
from tests.gateway.faults import FaultServer, Reply
from tests.ports import free_port

__all__ = ["faults"]
pytestmark = pytest.mark.browser
ANSWER = "The library opens at eight."


@dataclass
class Desk:
    """The module page in a browser, at the exercise."""

    page: Page
    exercise: Locator
    lotse: Flask

    def send(self, prompt: str = "Answer from the source.") -> None:
        """Type a prompt and send it."""
        self.exercise.get_by_label("Your prompt").fill(prompt)
        self.exercise.get_by_role("button", name="Send prompt").click()

    def accessible(self) -> None:
        """Axe finds nothing wrong."""
        found = Axe().run(self.page).response["violations"]
        assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


@pytest.fixture(scope="module")
def browser_context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    yield context
    context.close()


@pytest.fixture
def desk(browser_context: BrowserContext, sqlite_template: Path, faults: FaultServer, tmp_path: Path) -> Iterator[Desk]:
    shutil.copy(sqlite_template, tmp_path / "lotse.sqlite3")
    announce(faults, tmp_path)
    port = free_port()
    with serving_lotse(f"sqlite:///{tmp_path}/lotse.sqlite3", tmp_path, port) as lotse:
        with lotse.app_context():
            builders.organisation()
            learner = builders.person()
            run_id = builders.enrolment(learner, FILES).run_id
            opened = lotse.session_interface
            assert isinstance(opened, sessions.DatabaseSessions)
            secret = opened.create({"_user_id": str(learner.id), "organisation_id": learner.organisation_id, "_fresh": True})
            db.session.remove()
        site = f"http://localhost:{port}"
        browser_context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": secret, "url": site.replace("http:", "https:"), "secure": True}])
        page = browser_context.new_page()
        page.set_default_timeout(20_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{site}/courses/{run_id}/eins")
        yield Desk(page, page.locator("#q-quelle"), lotse)
        page.close()
    assert errors == []


def test_an_answer_arrives_piece_by_piece_and_is_then_checked(desk: Desk, faults: FaultServer) -> None:
    faults.replies = [Reply(hang=(gate := threading.Event()))]
    desk.send()
    arriving = desk.exercise.locator(".is-streaming")
    expect(arriving).to_have_text("The ")
    expect(desk.page.get_by_role("status").filter(has_text="The model is answering.")).to_have_count(1)
    desk.accessible()
    gate.set()
    expect(desk.exercise.get_by_role("list", name="What the checks found")).to_be_visible()
    expect(desk.exercise.get_by_text(ANSWER)).to_be_visible()
    expect(desk.exercise.locator("#q-quelle-result")).to_be_focused()
    expect(desk.page.locator("#module-points")).to_contain_text("1 of 7")
    desk.accessible()


def test_the_answer_can_be_stopped_with_the_keyboard(desk: Desk, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessments.prompt_run.LOOK_FOR_STOP", 0)  # This model writes faster than any real one.
    faults.replies = [Reply(pieces=("word ",) * 200, hang=(gate := threading.Event()))]
    desk.send()
    expect(desk.exercise.locator(".is-streaming")).to_have_text("word ")
    desk.exercise.get_by_role("button", name="Stop").focus()
    with desk.page.expect_response(re.compile("/stop$")):
        desk.page.keyboard.press("Enter")
    gate.set()
    expect(desk.exercise).to_contain_text("You stopped it.")


def test_a_page_that_is_reloaded_meanwhile_finds_the_answer(desk: Desk, faults: FaultServer) -> None:
    faults.replies = [Reply(hang=(gate := threading.Event()))]
    desk.send()
    expect(desk.exercise.locator(".is-streaming")).to_have_text("The ")
    desk.page.reload()
    expect(desk.exercise.get_by_text("Your prompt is on its way to the model")).to_be_visible()
    gate.set()
    expect(desk.exercise.get_by_text(ANSWER)).to_be_visible()
    assert len(faults.requests) == 1


def test_a_model_that_dies_gives_the_try_back_and_keeps_the_prompt(desk: Desk, faults: FaultServer) -> None:
    faults.replies = [Reply(cut=True)]
    desk.send("My good prompt.")
    expect(desk.exercise).to_contain_text("The model broke off in the middle of its answer.")
    expect(desk.exercise).to_contain_text("2 attempts left")
    expect(desk.exercise.get_by_label("Your prompt")).to_have_value("My good prompt.")
    desk.accessible()


def test_personal_data_is_asked_about_and_sent_when_confirmed(desk: Desk, faults: FaultServer) -> None:
    desk.send("Write to ada@example.org")
    box = desk.exercise.get_by_role("checkbox", name="Send it all the same")
    expect(box).to_be_visible()
    desk.accessible()
    box.check()
    desk.exercise.get_by_role("button", name="Send prompt").click()
    expect(desk.exercise.get_by_text(ANSWER)).to_be_visible()
    assert len(faults.requests) == 1


def test_who_has_to_wait_sees_their_place_and_the_time_and_then_the_answer_with_and_without_scripts(desk: Desk, chromium: Browser) -> None:
    scripts, plain = (chromium.new_context(locale="de-DE", viewport={"width": 390, "height": 844}, java_script_enabled=on) for on in (True, False))
    for context in (scripts, plain):
        context.add_cookies(desk.page.context.cookies())  # type: ignore[arg-type]  # What one gives back the other takes.
    page, look = scripts.new_page(), plain.new_page()
    with two_at_turn(desk.lotse):
        page.goto(desk.page.url)
        exercise = page.locator("#q-quelle")
        exercise.get_by_label("Ihr Prompt").fill("Antworten Sie aus der Quelle.")
        exercise.get_by_role("button", name="Prompt senden").click()
        waiting = exercise.locator(".live-wait")
        expect(waiting).to_contain_text("Sie sind Nummer 1 in der Warteschlange.")
        expect(waiting).to_contain_text("Noch etwa ")
        assert_accessible(page, "waiting")
        assert_no_sideways_scroll(page, 390, "waiting")
        look.goto(desk.page.url)
        look.locator("#q-quelle").get_by_role("link", name="Nachsehen, ob die Antwort da ist").click()
        expect(look.get_by_role("heading", level=1)).to_have_text("Ihr Prompt wartet, bis er an der Reihe ist")
        expect(look.get_by_role("main")).to_contain_text("Sie sind Nummer 1 in der Warteschlange. Noch etwa ")
        assert_no_sideways_scroll(look, 390, "waiting without scripts")
    expect(exercise.get_by_text(ANSWER)).to_be_visible()
    expect(look.locator("#q-quelle").get_by_text(ANSWER)).to_be_visible()
    scripts.close()
    plain.close()
