"""A course whose exercises have something after the model's answer, and a learner on it who has an answer already."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from core import db
from tests import builders
from tests.assessments.prompt_page import HTMX, PromptPage
from tests.gateway.faults import FaultServer

GUIDE = (Path(__file__).parents[2] / "docs" / "trainers" / "prompt-exercises.md").read_text("utf-8")
OTHERS = """
::: prompt {#judged points=1 attempts=2}
Ask.
```checks
- must_contain: "library"
- judge: "Is it polite?"
```
```recorded
The library.
```
:::

::: write {#essay points=1 max_words=50}
Explain it.
```checks
- min_words: 3
```
:::
"""
EXAMPLES = re.findall(r"````markdown\n(.*?)````", GUIDE, re.DOTALL)
BLOCKS = "\n".join([*EXAMPLES, OTHERS])
FILES = {
    **builders.FILES,
    "01-eins/module.de.md": (builders.GERMAN + BLOCKS).encode(), "01-eins/module.en.md": (builders.ENGLISH + BLOCKS).encode(),
}


@dataclass
class AfterPage(PromptPage):
    """The learner's browser on these exercises."""

    def act(self, what: str, data: dict[str, Any] | None = None, *, htmx: bool = True, page: str = "") -> Any:
        """Do something with the answers of the last attempt; without htmx as a plain form, sent from `page`."""
        named = f"http://localhost{page or self.path}"
        headers = {**HTMX, "HX-Current-URL": named} if htmx else {"Referer": named}
        return self.client.post(f"/attempts/{self.attempts()[-1].id}/{what}", data=data or {}, headers=headers)

    def rows(self, model: type[Any]) -> list[Any]:
        """What stands in a table."""
        with self.app.app_context(), db.scoped(self.enrolment.organisation_id):
            return list(db.session.scalars(select(model)))


def open_after(app: Flask, name: str = "Ada Lovelace", *, language: str = "en") -> AfterPage:
    """Enrol a learner in the course."""
    with app.app_context():
        builders.organisation()
        learner = builders.person(name)
        enrolment = builders.enrolment(learner, FILES)
        browser = builders.browser(app, learner)
    browser.get(f"/language/{language}")
    return AfterPage(app, browser, f"/courses/{enrolment.run_id}/eins", enrolment)


def announce_judge(server: FaultServer, data: Path) -> None:
    """Let the house take this server for its embedded model, which also says what it thinks."""
    (data / "models").mkdir(exist_ok=True)
    (data / "models" / "server.json").write_text(json.dumps({**server.announcement, "roles": ["chat", "judge"]}))
