"""Logs say what happened, never to whom or with which words."""

import json

import pytest
import structlog
from flask import Flask

from core import logs
from core.config import Settings
from core.logs import withhold


@pytest.mark.parametrize("field", ["email", "user_name", "password", "api_key", "access_token", "answer", "prompt", "cookie"])
def test_a_field_that_speaks_of_a_person_or_a_secret_is_withheld(field: str) -> None:
    assert withhold(None, "info", {"event": "x", field: "Ada"})[field] == "withheld"


def test_counts_of_tokens_are_no_secret() -> None:
    assert withhold(None, "info", {"event": "x", "tokens": 12})["tokens"] == 12


def test_json_logs_are_one_object_a_line_with_the_reference_that_people_see(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    logs.connect(Settings.from_env({}, log_format="json", secret_key="k" * 32))

    @app.get("/logged")
    def logged() -> str:
        structlog.get_logger("test").info("happened", count=3)
        return "ok"

    app.test_client().get("/logged")
    line = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert (line["event"], line["count"]) == ("happened", 3)
    assert len(line["reference"]) == 8
