"""Grounded answers with a server of models: quotes are checked, hidden questions stay hidden, the learner's own earns nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import builders
from tests.assessments.prompt_page import HTMX, announce, events_of, live_of
from tests.gateway.faults import FaultServer, Reply

BLOCK = """
::: grounded {#quellen points=2 attempts=3}
Nur aus den Quellen.
```source Ausleihe
Bücher leihen Sie vier Wochen lang aus. <b>Nie</b> länger.
```
```questions
- ask: Wie lange?
  source: 1
- ask: HIDDEN-QUESTION
  source: 0
  hidden: yes
```
:::
"""
FILES = {**builders.FILES, **{f"01-eins/module.{language}.md": (text + BLOCK).encode() for language, text in (("de", builders.GERMAN), ("en", builders.ENGLISH))}}


def said(source: int, quote: str, answer: str) -> Reply:
    return Reply(pieces=(json.dumps({"source": source, "quote": quote, "answer": answer}, ensure_ascii=False),))


@pytest.fixture
def asked(app: Flask, faults: FaultServer, tmp_path: Path) -> Any:
    """Sends an instruction and gives what streamed, the question as it comes back, and the browser."""
    announce(faults, tmp_path)
    with app.app_context():
        builders.organisation()
        learner = builders.person()
        part = builders.enrolment(learner, FILES)
        client, path = builders.browser(app, learner), f"/courses/{part.run_id}"
    client.get("/language/en")

    def send(*replies: Reply, question: str = "") -> tuple[str, str, str]:
        faults.replies = list(replies)
        live = live_of(client.post(f"{path}/eins/quellen/try", data={"attempt": "1", "prompt": "Nur daraus.", "question": question}, headers=HTMX))
        streamed = str(events_of(client.get(f"{live}/stream").text))
        return streamed, client.get(f"{live}/question?fresh").text, client.get(f"{path}/log").text

    return send


def test_a_true_quote_and_a_refusal_earn_all_points_and_the_place_is_marked(asked: Any) -> None:
    _, html, _ = asked(said(1, "vier Wochen lang aus.", "Vier Wochen."), said(0, "", "HIDDEN-ANSWER"))
    assert "2 of 2 points" in html
    assert "<mark>vier Wochen lang aus</mark>. &lt;b&gt;Nie&lt;/b&gt;" in html


def test_an_invented_quote_is_red_and_a_hidden_question_is_told_nowhere(asked: Any, faults: FaultServer) -> None:
    streamed, html, log = asked(said(1, "drei Wochen lang aus.", "Drei."), said(1, "vier Wochen lang aus.", "HIDDEN-ANSWER"))
    assert "0 of 2 points" in html
    assert "The quote stands in none of the sources" in html
    assert "HIDDEN-QUESTION" in str(faults.requests)
    assert "HIDDEN" not in streamed + html + log


def test_ones_own_question_is_checked_and_earns_nothing(asked: Any) -> None:
    _, html, log = asked(said(1, "vier Wochen lang aus.", "Vier."), said(0, "", ""), said(1, "Das steht nirgendwo.", "Ja."), question="Darf ich essen?")
    assert "2 of 2 points" in html
    assert "Das steht nirgendwo." in html
    assert log.count("<pre>Darf ich essen?</pre>") == 1
