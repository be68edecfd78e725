"""A course with a Python exercise, and a learner who works on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from assessments.models import Attempt
from core import db
from courses.models import Enrolment
from tests import builders
from tests.assessments.prompt_page import HTMX, events_of, live_of

BLOCK = """
::: python {{#doppelt points=2 attempts=3}}
{task}
```starter
def f(x):
    return x
```
```solution
SECRET_SOLUTION = 1
def f(x):
    return 2 * x
```
```tests
- name: visible
  call: f
  args: [2]
  returns: 4
- name: SECRET-NAME
  call: f
  args: [31337]
  returns: 62674
  hidden: true
  hint: HINT
- name: SECRET-CHECK
  call: f
  args: [0]
  checker: true
  hidden: true
- name: SECRET-MODEL
  call: f
  args: [10]
  returns: 20
  calls: 0..1
  replies: [SECRET-REPLY]
  hidden: true
```
```checker
SECRET_CHECKER = 1
def check():
    return True if data["value"] == 0 else "not nought"
```
:::
"""
FILES = {
    **builders.FILES,
    "01-eins/module.de.md": (builders.GERMAN + BLOCK.format(task="Verdoppeln Sie.")).encode(),
    "01-eins/module.en.md": (builders.ENGLISH + BLOCK.format(task="Double it.")).encode(),
}
DRAWN = """
::: python {#summe points=1 attempts=3}
Sum.
```solution
def f(x): return sum(x)
```
```tests
- name: drawn
  call: f
  args: [$x]
  draw: {x: {each: 1..1000, count: 2..5}}
  same_as_solution: true
- name: printed
  stdin: "$n"
  draw: {n: 1..1000}
  same_as_solution: true
  hidden: true
```
:::
"""
RIGHT = "def f(x):\n    return 2 * x"
SECRETS = ("SECRET", "31337", "62674", "not nought")


@dataclass
class CodePage:
    """A learner's browser on the exercise, with scripts (htmx) unless told otherwise."""

    app: Flask
    client: FlaskClient
    path: str
    enrolment: Enrolment

    def hand_in(self, code: str, *, attempt: int = 1, htmx: bool = True) -> Any:
        """Hand a program in."""
        return self.client.post(f"{self.path}/doppelt/code", data={"attempt": str(attempt), "code": code}, headers=HTMX if htmx else {})

    def graded(self, code: str, attempt: int = 1) -> str:
        """Hand a program in, watch until it is graded, and give the question as it comes back."""
        live = live_of(self.hand_in(code, attempt=attempt))
        assert events_of(self.client.get(f"{live}/stream").text)[-1][0] == "done"
        return str(self.client.get(f"{live}/question").text)

    def run(self, code: str, **given: str) -> tuple[str, str]:
        """Try a program out: what it printed, and the piece of the page about it."""
        answer = self.client.post(f"{self.path}/doppelt/run", data={"code": code, **given})
        assert answer.status_code == 200, answer.text
        lines = [json.loads(line) for line in answer.text.splitlines() if line]
        assert "failed" not in lines[-1], lines
        return "".join(line["out"] for line in lines[:-1]), lines[-1]["html"]

    def attempts(self) -> list[Attempt]:
        """The learner's attempts as they stand in the database."""
        with self.app.app_context(), db.scoped(self.enrolment.organisation_id):
            return list(db.session.scalars(select(Attempt).where(Attempt.enrolment_id == self.enrolment.id).order_by(Attempt.id)))


def open_page(app: Flask, name: str = "Ada Lovelace", files: Mapping[str, bytes] = FILES) -> CodePage:
    """Enrol a learner in the course with the Python exercise."""
    with app.app_context():
        builders.organisation()
        learner = builders.person(name)
        enrolment = builders.enrolment(learner, files)
        client = builders.browser(app, learner)
        client.set_cookie("lotse-language", "en")
        return CodePage(app, client, f"/courses/{enrolment.run_id}/eins", enrolment)
