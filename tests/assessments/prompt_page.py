"""A course with prompt exercises, and a learner who works on one."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from assessments.models import Attempt
from core import db
from courses.models import Enrolment
from gateway import service as gateway
from gateway.client import Endpoint
from gateway.service import Model, line
from tests import builders
from tests.gateway.faults import FaultServer

BLOCK = """
::: prompt {{#quelle points=2 attempts=2 max_tokens=60}}
{task}
```context rules.md
Opening hours: from eight.
```
```checks
- ask: "When does it open?"
  must_contain: "library"
- ask: "When does it open?"
  must_contain: "midnight"
```
```recorded
RECORDED-ANSWER: the library opens at eight.
```
```reflect
REFLECT {language}
```
:::

::: prompt {{#dreimal points=1 attempts=2 temperature=1..1 max_tokens=20}}
{task}
```checks
- ask: "Which room?"
  runs: 3
  distinct: 1
```
:::
"""
FILES = {
    **builders.FILES,
    "01-eins/module.de.md": (builders.GERMAN + BLOCK.format(task="Schreiben Sie einen Prompt.", language="de")).encode(),
    "01-eins/module.en.md": (builders.ENGLISH + BLOCK.format(task="Write a prompt.", language="en")).encode(),
}
HTMX = {"HX-Request": "true"}


@dataclass
class PromptPage:
    """A learner's browser on the exercise, with scripts (htmx) unless told otherwise."""

    app: Flask
    client: FlaskClient
    path: str
    enrolment: Enrolment
    item: str = "quelle"

    def send(self, prompt: str = "Answer from the source.", *, attempt: int = 1, htmx: bool = True, item: str = "", **more: str) -> Any:
        """Send a prompt."""
        return self.client.post(
            f"{self.path}/{item or self.item}/try", data={"attempt": str(attempt), "prompt": prompt, **more}, headers=HTMX if htmx else {},
        )

    def watch(self, sent: Any) -> tuple[list[tuple[str, Any]], str]:
        """Follow the answer as the page's script does: the events, then the question as it comes back."""
        live = live_of(sent)
        events = events_of(self.client.get(f"{live}/stream").text)
        return events, self.client.get(f"{live}/question?fresh").text

    def attempts(self) -> list[Attempt]:
        """The learner's attempts as they stand in the database."""
        with self.app.app_context(), db.scoped(self.enrolment.organisation_id):
            return list(db.session.scalars(select(Attempt).where(Attempt.enrolment_id == self.enrolment.id).order_by(Attempt.id)))


def open_page(app: Flask, name: str = "Ada Lovelace") -> PromptPage:
    """Enrol a learner in the course with prompt exercises."""
    with app.app_context():
        builders.organisation()
        learner = builders.person(name)
        enrolment = builders.enrolment(learner, FILES)
        return PromptPage(app, builders.browser(app, learner), f"/courses/{enrolment.run_id}/eins", enrolment)


def announce(server: FaultServer, data: Path) -> None:
    """Let the house take this server for its embedded model."""
    (data / "models").mkdir(exist_ok=True)
    (data / "models" / "server.json").write_text(json.dumps(server.announcement))


def offer_both(other: FaultServer, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs have two models: the announced one, and another server's by this name. Call in an app context."""
    first = gateway.model()
    assert first is not None
    second = replace(first, endpoint=replace(first.endpoint, url=other.url), name=name, server="second")
    offer([first, second], monkeypatch)


def offer(models: list[Model], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs have just these models, the first one for whatever is not named by its key."""
    by_key = {model.key: model for model in models}
    monkeypatch.setattr("gateway.service.models", lambda *_, **__: models)
    monkeypatch.setattr("gateway.service.model", lambda run_id=None, wanted="", **_: by_key.get(wanted, models[0]))


def live_of(sent: Any) -> str:
    """The address of the attempt that is at work."""
    assert sent.status_code == 200, sent.text
    found = re.search(r'data-live="([^"]+)"', sent.text)
    assert found, sent.text
    return found[1]


def events_of(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as (name, data)."""
    return [(name, json.loads(data)) for name, data in re.findall(r"event: (\w+)\ndata: (.*)\n\n", text)]


@contextmanager
def two_at_turn(app: Flask) -> Iterator[None]:
    """The model's two places are taken by others until the block ends; then they leave, and who waits is called."""
    model = Model(Endpoint("http://127.0.0.1:1/v1", ""), "faulty")
    with app.app_context():
        assert [line.enter(model, number, f"other {number}").turn for number in (998, 999)] == [True, True]
    yield
    for number in (998, 999):
        with app.app_context():
            line.leave(model, f"other {number}")
