"""Looking into a model: with the real small one, and what is said where there is none."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import db
from gateway.service import line, model
from tests import builders
from tests.assessments.prompt_page import HTMX
from tests.gateway.server import ModelServer

BLOCK = """
::: nexttoken {{#next own=60 steps=3}}
{task}
```begin
The capital of Germany is
```
:::

::: tokenizer {{#pieces own=60}}
{task}
```sample English
Tokens are pieces.
```
:::

::: embeddings {{#map own=2}}
{task}
```texts
One
Two
Three
```
:::
"""
FILES = {
    **builders.FILES,
    "01-eins/module.de.md": (builders.GERMAN + BLOCK.format(task="Sehen Sie hin.")).encode(),
    "01-eins/module.en.md": (builders.ENGLISH + BLOCK.format(task="Look.")).encode(),
}
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def opened(app: Flask) -> tuple[FlaskClient, str]:
    with app.app_context():
        builders.organisation()
        enrolment = builders.enrolment(builders.person(), FILES)
        client = builders.browser(app, builders.person())
        client.set_cookie("lotse-language", "en")
        return client, f"/courses/{enrolment.run_id}/eins"


@pytest.mark.model
def test_the_real_model_says_what_could_come_next_and_how_texts_fall_apart(app: Flask, tmp_path: Path, model_server: ModelServer) -> None:
    model_server.serve(tmp_path)
    client, path = opened(app)
    found = client.post(f"{path}/next/look", data={"text": "The capital of Germany is"}, headers=HTMX).text
    assert "␣Berlin" in found
    assert found.count("data-p=") == 20
    grown = client.post(f"{path}/next/look", data={"text": "The capital of Germany is Berlin"}, headers=HTMX)
    assert grown.status_code == 200
    pieces = client.post(f"{path}/pieces/look", data={"text": "<b>hi</b>"}, headers=HTMX).text
    assert "<b>hi" not in pieces
    assert "&lt;" in pieces
    page = client.post(f"{path}/pieces/look", data={"sample": "0"}).text
    assert "Back to the question" in page


@pytest.mark.model
def test_who_is_not_at_turn_is_told_the_place_and_asked_again_by_the_page(app: Flask, tmp_path: Path, model_server: ModelServer) -> None:
    model_server.serve(tmp_path)
    client, path = opened(app)
    with app.app_context(), db.unscoped():
        answering = model()
        assert answering is not None
        for person in range(100, 103):
            line.enter(answering, person, f"other {person}")
    waiting = client.post(f"{path}/next/look", data={"text": "The capital of Germany is"}, headers=HTMX).text
    assert "You are number" in waiting
    assert 'hx-trigger="load delay:1500ms"' in waiting


def test_where_no_model_can_do_it_that_is_said(app: Flask) -> None:
    client, path = opened(app)
    for item, form in (("next", {"text": "The capital of Germany is"}), ("pieces", {"sample": "0"}), ("map", {"question": "x"})):
        assert client.post(f"{path}/{item}/look", data=form, headers=HTMX).status_code == 409


def test_bad_input_is_refused_before_anything_is_asked(app: Flask) -> None:
    client, path = opened(app)
    for item, form in (("next", {"text": ""}), ("next", {"text": "x" * 9000}), ("pieces", {"text": ""}), ("map", {}), ("pieces", {"text": "ada@example.org"})):
        assert client.post(f"{path}/{item}/look", data=form, headers=HTMX).status_code == 422
    assert client.post(f"{path}/farbe/look", data={"text": "x"}, headers=HTMX).status_code == 404
    assert client.post(f"{path}/none/look", data={"text": "x"}, headers=HTMX).status_code == 404
