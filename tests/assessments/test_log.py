"""The prompt log: one's own entries only, as a page and as files."""

import csv
import io
import json
from pathlib import Path

import pytest
from flask import Flask

from accounts.models import Role
from core import db
from courses import service as courses
from tests import builders
from tests.assessments.prompt_page import PromptPage, announce, open_page
from tests.gateway.faults import FaultServer, Reply

EVIL = "```\n<script>alert(1)</script>\n# Heading"


@pytest.fixture
def page(app: Flask, faults: FaultServer, tmp_path: Path) -> PromptPage:
    """Ada on the exercise, before a server that answers as told."""
    announce(faults, tmp_path)
    return in_english(app)


def in_english(app: Flask) -> PromptPage:
    opened = open_page(app)
    opened.client.get("/language/en")
    return opened


def address(page: PromptPage, name: str = "log") -> str:
    return f"/courses/{page.enrolment.run_id}/{name}"


def test_the_log_has_prompt_question_answer_model_and_tokens_and_the_declaration_names_them(page: PromptPage) -> None:
    page.watch(page.send("Answer from the source, please."))
    html = page.client.get(address(page)).text
    for words in ("Answer from the source, please.", "When does it open?", "faulty-1", "20 + 5", "Declaration of the use of AI"):
        assert words in html
    (entry,) = json.loads(page.client.get(address(page, "log/log.json")).text)
    assert (entry["model"], entry["source"], entry["module"], entry["prompt_tokens"]) == ("faulty-1", "live", "eins", 20)


def test_an_answered_exercise_leads_to_the_log_on_every_page_that_it_stands_on(page: PromptPage) -> None:
    _, html = page.watch(page.send())
    assert 'href="log"' in html
    for place in ("quiz/3/log", "exercise/quelle/log"):
        assert "faulty-1" in page.client.get(address(page, place)).text


def test_nobody_sees_anybody_elses_log(page: PromptPage) -> None:
    page.watch(page.send("ONLY-ADA"))
    with page.app.app_context():
        db.act_for(page.enrolment.organisation_id)
        other = builders.person("Grace Hopper")
        courses.enrol(page.enrolment.run_id, other.id, Role.LECTURER)
        stranger = builders.person("Emmy Noether")
        grace, emmy = builders.browser(page.app, other), builders.browser(page.app, stranger)
    for name in ("log", "log/log.md", "log/log.csv", "log/log.json"):
        assert "ONLY-ADA" not in grace.get(address(page, name)).text
        assert emmy.get(address(page, name)).status_code == 404
        assert "ONLY-ADA" in page.client.get(address(page, name)).text


def test_what_a_model_writes_acts_neither_on_the_page_nor_in_markdown_nor_in_a_spreadsheet(page: PromptPage, faults: FaultServer) -> None:
    faults.replies = [Reply(pieces=(EVIL,))]
    page.watch(page.send("=HYPERLINK(1)"))
    assert "<script>alert" not in page.client.get(address(page)).text
    assert f"````text\n{EVIL}\n````" in page.client.get(address(page, "log/log.md")).text
    rows = list(csv.DictReader(io.StringIO(page.client.get(address(page, "log/log.csv")).text.lstrip("\ufeff")), delimiter=";"))
    assert rows[0]["prompt"] == "'=HYPERLINK(1)"
    assert page.client.get(address(page, "log/log.exe")).status_code == 404


def test_a_recorded_answer_is_marked_and_names_no_model(app: Flask) -> None:
    page = in_english(app)
    page.watch(page.send())
    assert "recorded answer, no model ran" in page.client.get(address(page)).text
    assert "No model has answered here yet." in page.client.get(address(page, "log/log.md")).text


def test_the_course_page_leads_to_the_log_and_an_empty_log_says_so(app: Flask) -> None:
    page = in_english(app)
    assert address(page) in page.client.get(f"/courses/{page.enrolment.run_id}").text
    assert "Nothing asked yet" in page.client.get(address(page)).text
    assert page.client.get(address(page) + "?module=none").status_code == 200
