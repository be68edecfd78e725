"""The small model through the contract of the gateway's service: schema, chances, tokens; and servers that lack them."""

import json
from pathlib import Path

import pytest
from flask import Flask

from core import db
from courses.models import Enrolment
from gateway import service
from gateway.faults import GatewayError
from gateway.service import Asker, Outcome
from gateway.thinking import Thoughts
from tests import builders
from tests.gateway.server import ModelServer

MESSAGES = [{"role": "user", "content": "Name the capital of Germany."}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"], "additionalProperties": False}


@pytest.fixture
def learner(app: Flask) -> Enrolment:
    with app.app_context():
        builders.organisation()
        return builders.enrolment()


@pytest.mark.model
def test_the_small_model_keeps_to_a_schema_says_its_chances_and_shows_its_tokens(
    app: Flask, learner: Enrolment, model_server: ModelServer, tmp_path: Path,
) -> None:
    model_server.serve(tmp_path)
    with app.app_context(), db.scoped(learner.organisation_id):
        model = service.model(learner.run_id)
        assert model is not None
        asker = Asker(learner.person_id, learner.run_id, "a test")
        *pieces, outcome = service.ask(model, asker, MESSAGES, max_tokens=40, temperature=0, seed=1, stopped=lambda: False, schema=SCHEMA, top_logprobs=5)
        assert set(json.loads("".join(map(str, pieces)))) == {"city"}
        assert isinstance(outcome, Outcome)
        assert outcome.without == ()
        assert all(len(token.others) == 5 and 0 < token.probability <= 1 for token in outcome.tokens)
        chances = service.next_tokens(model, asker, "The capital of Germany is", top=10)
        assert chances[0].text == " Berlin"
        assert chances[0].probability > 0.5
        assert chances == sorted(chances, key=lambda chance: -chance.probability)
        tokens = service.tokenize(model, "Datenschutzgrundverordnung")
        assert "".join(token.text for token in tokens) == "Datenschutzgrundverordnung"
        assert len(tokens) > 4
        with pytest.raises(GatewayError):
            service.embed(model, asker, ["one", "two"])


@pytest.mark.parametrize(("pieces", "shown"), [
    (["<thi", "nk>Let me", " see.</th", "ink>\n\nBer", "lin"], "Berlin"),
    (["Ber", "lin <think> is a word"], "Berlin <think> is a word"),
    (["<", "b>"], "<b>"),
    (["<think>for ever"], ""),
    (["<think></think>", "\n", "1"], "1"),
    (["  two"], "  two"),
])  # fmt: skip
def test_what_a_model_thinks_aloud_is_not_its_answer(pieces: list[str], shown: str) -> None:
    thoughts = Thoughts()
    assert "".join([*map(thoughts.take, pieces), thoughts.rest()]) == shown
