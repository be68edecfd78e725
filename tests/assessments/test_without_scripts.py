"""Plain forms: what was refused is shown again with all that was chosen and typed, and what was taken leads back to the exercise."""

import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from assessments.models import FollowUp, Judgement, Vote
from assessments.refilling import refilled
from tests.assessments.after_page import AfterPage, announce_judge, open_after
from tests.assessments.prompt_page import announce
from tests.gateway.faults import FaultServer, Reply

FORM = """<form action="here"><fieldset><input type="radio" name="a" value="1" checked><input type="radio" name="a" value="2">
<input type=checkbox name="b" value="x&amp;y"></fieldset><fieldset disabled><input name="c" value="kept"></fieldset>
<input type="hidden" name="attempt" value="3"><input name="d" value="old"><input name="d"><input name="e" value="mine" readonly>
<select name="f"><option value="1" selected>one</option><option>zwei</option></select><textarea name="g">
old &amp; tired</textarea><svg viewBox="0 0 1 1"><use href="#x"/></svg><button formaction="/there" hx-post="/there">Go</button></form>"""


@pytest.fixture
def page(app: Flask, faults: FaultServer, tmp_path: Path) -> AfterPage:
    announce_judge(faults, tmp_path)
    return open_after(app)


def refused(answer: Any, message: str) -> str:
    """The page of a refused answer."""
    assert answer.status_code == 422, answer.status
    html: str = unescape(answer.text)
    assert html.count(message) == 2  # At the top, and beside the fields.
    return html


def test_every_field_of_a_form_takes_its_value_back_and_all_else_stays_to_the_letter() -> None:
    sent = {"a": ["2"], "b": ["x&y"], "c": ["lost"], "d": ["<1>", "2"], "e": ["lost"], "f": ["zwei"], "g": ["a\n</textarea>"], "attempt": ["9"]}
    html = refilled(FORM, sent, lambda address: f"/at/{address}")
    assert html == """<form action="/at/here"><fieldset><input type="radio" name="a" value="1"><input type="radio" name="a" value="2" checked>
<input type="checkbox" name="b" value="x&amp;y" checked></fieldset><fieldset disabled><input name="c" value="kept"></fieldset>
<input type="hidden" name="attempt" value="3"><input name="d" value="&lt;1&gt;"><input name="d" value="2"><input name="e" value="mine" readonly>
<select name="f"><option value="1">one</option><option selected>zwei</option></select><textarea name="g">
a
&lt;/textarea&gt;</textarea><svg viewBox="0 0 1 1"><use href="#x"/></svg><button formaction="/at//there" hx-post="/at//there">Go</button></form>"""


def test_an_answer_that_is_refused_comes_back_with_what_was_chosen_and_typed(page: AfterPage) -> None:
    essay = " ".join(f"word{number}" for number in range(60))
    html = refused(page.client.post(f"{page.path}/essay/answer", data={"attempt": "1", "text": essay}), "at most 50 words")
    assert essay in html
    assert f'action="{page.path}/essay/answer"' in html
    refused(page.client.post(f"{page.path}/farbe/answer", data={"attempt": "1"}), "Please choose")
    typed = {"field-question": "When?", "field-key": "1821", "field-source": "my head"}
    html = refused(page.client.post(f"{page.path}/stump/try", data={"attempt": "1", **typed}), "web address")
    assert all(value in html for value in typed.values())


def test_a_vote_is_kept_when_it_is_refused_and_leads_back_when_it_counts(page: AfterPage, faults: FaultServer, tmp_path: Path) -> None:
    both = [{**faults.announcement, "name": name, "pid": os.getpid()} for name in ("first", "second")]
    (tmp_path / "models" / "server.json").write_text(json.dumps({"models": both}))
    page.watch(page.send("Explain.", item="compare"))
    html = refused(page.act("vote", {"reasons": ["1"], "prompt": "Another prompt"}, htmx=False), "Please choose an answer")
    assert re.findall(r'name="reasons" value="(\d)" checked', html) == ["1"]
    assert ">\nAnother prompt</textarea>" in html
    done = page.act("vote", {"choice": "A", "reasons": ["1"]}, htmx=False)
    assert (done.status_code, done.location) == (303, f"{page.path}#q-compare")
    assert len(page.rows(Vote)) == 1


def test_marks_and_links_are_kept_when_one_is_missing(page: AfterPage, faults: FaultServer) -> None:
    faults.replies = [Reply(pieces=("- Paper one\n", "- Paper two\n"))]
    page.watch(page.send("Papers.", item="papers"))
    typed = {"mark-0": "real", "link-0": "https://example.org/?a=1&b=2"}
    html = refused(page.act("follow", typed, htmx=False), "Please mark each entry")
    assert 'name="mark-0" value="real" checked' in html
    assert typed["link-0"] in html
    done = page.act("follow", {**typed, "mark-1": "invented"}, htmx=False)
    assert (done.status_code, done.location) == (303, f"{page.path}#q-papers")


def test_what_was_ticked_and_listed_leads_back_and_too_much_is_kept(page: AfterPage) -> None:
    written: dict[str, Any] = {"field-rubric": "Mine", "field-prompt": "Comment."}
    page.watch(page.send("", item="feedback", **written))
    assert page.act("follow", {"ticked": ["0"]}, htmx=False).location == f"{page.path}#q-feedback"
    page.watch(page.send("Draft.", item="reply"))
    much = "the fee " * 600
    assert much in refused(page.act("follow", {"facts": much}, htmx=False), "Your answer is too long")
    refused(page.act("follow", {"facts": " \n- "}, htmx=False), "at least one fact")
    assert page.act("follow", {"facts": "the fee"}, htmx=False).location == f"{page.path}#q-reply"
    assert len(page.rows(FollowUp)) == 2


def test_who_came_from_a_quiz_goes_back_to_it_even_after_a_refusal(page: AfterPage) -> None:
    run, _, module = page.path.rpartition("/")
    quiz = f"{run}/quiz/0/{module}"
    page.watch(page.send("Draft.", item="reply"))
    html = refused(page.act("follow", {"facts": ""}, htmx=False, page=quiz), "at least one fact")
    target = re.search(r'formaction="(/attempts/\d+/follow\?draw=0)"', html)
    assert target
    assert page.client.post(target[1], data={"facts": "the fee"}).location == f"{quiz}#q-reply"


def test_an_opinion_is_asked_for_by_a_plain_form_and_stands_on_the_page(page: AfterPage, faults: FaultServer) -> None:
    page.watch(page.send("Please.", item="judged"))
    faults.replies = [Reply(pieces=('{"opinion": "no", "reason": "Too short.", "quote": ""}',))]
    asked = page.act("opinion/0", {"prompt": "Please."}, htmx=False)
    assert (asked.status_code, asked.location) == (303, f"{page.path}#q-judged")
    assert "Too short." in page.client.get(asked.location).text
    assert len(page.rows(Judgement)) == 1


def test_without_points_or_checks_an_answer_is_done_and_neither_right_nor_wrong(page: AfterPage) -> None:
    guesses: dict[str, Any] = {"predicted-0": "1", "predicted-0.7": "3", "predicted-1.2": "5"}
    _, html = page.watch(page.send("An animal.", item="temperature", **guesses))
    assert "verdict--done" in html
    assert "verdict--right" not in html
    _, html = page.watch(page.send("Please.", item="judged"))
    assert "verdict--right" in html  # Checks say so.


def test_while_a_follow_up_is_open_an_answer_is_not_called_wrong(page: AfterPage) -> None:
    _, html = page.watch(page.send("Draft.", item="reply"))
    assert "So far" in html
    assert "verdict--wrong" not in html
    assert "verdict--wrong" in page.act("follow", {"facts": "my name"}).text


def test_without_a_model_that_judges_a_criterion_is_a_question_to_oneself(page: AfterPage, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    _, html = page.watch(page.send("Please.", item="judged"))
    assert "Judge for yourself" in html
    assert "Ask a model" not in html
