"""What a model can do beside answering: found by trying, with a few tokens for each."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2

from gateway import client, inside
from gateway.abilities import EMBED, LOGPROBS, SCHEMA, TOKENIZE
from gateway.client import Outcome, Question
from gateway.faults import GatewayError
from gateway.wire import Endpoint

_ASKED = [{"role": "user", "content": "Say yes."}]
_SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "enum": [7]}}, "required": ["n"], "additionalProperties": False}
_TOKENS = 48                           # Reasoning models think a little first.


@dataclass(frozen=True)
class Found:
    """Whether a model answers at all, and what else it can do (gateway.abilities)."""

    answers: bool
    abilities: frozenset[str]


def abilities(http: httpx2.Client, endpoint: Endpoint, model: str) -> Found:
    """Try a model. What fails is what it cannot do; never raises GatewayError."""
    found = set()
    answers, told = _asked(http, endpoint, Question(_ASKED, model, 1, 0, 1, top_logprobs=2))
    if told and any(token.others for token in told.tokens):
        found.add(LOGPROBS)
    if told is not None:
        text, _ = _asked(http, endpoint, Question(_ASKED, model, _TOKENS, 0, 1, schema=_SCHEMA))
        if _json(text) == {"n": 7}:
            found.add(SCHEMA)
    with suppress(GatewayError):
        if inside.tokenize(http, endpoint, model, "yes"):
            found.add(TOKENIZE)
    with suppress(GatewayError):
        if inside.embeddings(http, endpoint, model, ["yes"]).vectors[0]:
            found.add(EMBED)
    return Found(told is not None and (bool(answers) or bool(told.completion_tokens)), frozenset(found))


def _asked(http: httpx2.Client, endpoint: Endpoint, question: Question) -> tuple[str, Outcome | None]:
    text, outcome = "", None
    with suppress(GatewayError):
        for piece in client.chat(http, endpoint, question, lambda: False):
            if isinstance(piece, Outcome):
                outcome = piece
            else:
                text += piece
    return text, outcome


def _json(text: str) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return None
