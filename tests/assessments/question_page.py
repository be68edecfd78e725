"""Draws one question with the real templates, without the rest of the house."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, render_template
from flask_babel import Babel, force_locale

from assessments.kinds.item import View

TEMPLATES = Path(__file__).parents[2] / "templates"
TOKENS = {"left": "5,210", "value": "5210", "most": 6000, "most_words": "6,000", "short": "", "external": "", "cost": "300"}
app = Flask("question-page", template_folder=str(TEMPLATES))
Babel(app, default_locale="en")
app.jinja_env.globals.update(asset=lambda name: f"/static/{name}", csrf_token=lambda: "token")


def draw(view: View, language: str = "en", **state: Any) -> str:
    """The HTML of the question; `state` overrides what a learner sees who has not answered yet."""
    usual: dict[str, Any] = {
        "number": 1, "attempt": 1, "used": 0, "left": 3, "closed": False, "verdict": None, "saved": False,
        "pending": False, "recorded": False, "error": "", "fresh": False,
    }
    with app.test_request_context(), force_locale(language):
        return render_template("assessments/question.html", view=view, action="/answer", state=SimpleNamespace(**(usual | state)), tokens=TOKENS)
