"""Asking a model within a person's budget, and booking what it took."""

import hmac
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx2

from core import db, http
from core.config import settings
from gateway import client
from gateway.client import Message, Outcome, Question, tokens_in, tokens_of
from gateway.faults import GatewayError
from gateway.models import Ending, Reservation, Usage
from gateway.service import allowances, budgets, gateways, health
from gateway.service.offers import Model
from gateway.service.policies import policy

_DOWN = frozenset({"unreachable", "slow", "key", "address"})


@dataclass(frozen=True)
class Asker:
    """On whose account a call goes, and what it is for (see budget.release). The model itself is told none of it."""

    person_id: int
    run_id: int
    cause: str
    purpose: str = "exercise"          # exercise, code, judge, probe or tool


def cost(messages: Sequence[Message], max_tokens: int) -> int:
    """The most that a call may take from the budget."""
    return tokens_of(messages) + max_tokens


def ask(
    model: Model, asker: Asker, messages: Sequence[Message], *, max_tokens: int, temperature: float, seed: int, stopped: Callable[[], bool],
    schema: Mapping[str, Any] | None = None, top_logprobs: int = 0, stop: Sequence[str] = (),
) -> Generator[str | Outcome, None, None]:
    """Yield a model's answer piece by piece and at last its Outcome; book what it cost, however it ends.

    Raises GatewayError, also when the person's tokens do not suffice; then nothing was asked.
    """
    reserved = budgets.reserve(asker.person_id, asker.run_id, cost(messages, max_tokens), asker.cause)
    question = Question(messages, model.name, max_tokens, temperature, seed, schema, top_logprobs, stop, "" if model.own else pseudonym(asker))
    began, characters = time.monotonic(), 0
    # What holds when the answer breaks off: the server has not counted, so it is estimated.
    outcome = Outcome("failed", model.name, 0, 0, estimated=True)
    try:
        with connected(model) as connection:
            for piece in client.chat(connection, model.endpoint, question, stopped):
                if isinstance(piece, Outcome):
                    outcome = piece
                    _refuse_nothing(piece, characters)
                else:
                    characters += len(piece)
                yield piece
    finally:
        if outcome.finish == "failed" and characters:
            outcome = replace(outcome, prompt_tokens=tokens_of(messages), completion_tokens=tokens_in("x" * characters))
        book(asker, model, reserved, outcome, time.monotonic() - began)


def _refuse_nothing(outcome: Outcome, characters: int) -> None:
    """An empty answer helps nobody; it has cost its tokens all the same. Raises GatewayError."""
    if not characters and outcome.finish != "stopped":
        raise GatewayError("thought" if outcome.finish == "length" else "empty")


@contextmanager
def connected(model: Model) -> Iterator[httpx2.Client]:
    """A way to the model's server, guarded unless it is a process of Lotse's own; how it went is remembered for a moment."""
    way = http.client(settings(), listed=(urlsplit(model.endpoint.url).netloc,)) if model.own else gateways.connection()
    try:
        with way as connection, allowances.listening(connection, model.server):
            yield connection
    except GatewayError as error:
        if error.kind in _DOWN:
            health.failed(model.server)
        raise
    health.answered(model.server)


def pseudonym(asker: Asker) -> str:
    """What a gateway may know of who asks: a word for a person in one run, if the organisation wants that; else nothing."""
    if not policy().pseudonyms:
        return ""
    said = f"{asker.run_id} {asker.person_id}".encode()
    return hmac.new(f"gateway pseudonym {settings().secret_key}".encode(), said, "sha256").hexdigest()[:32]


def book(asker: Asker, model: Model, reserved: Reservation, outcome: Outcome, seconds: float) -> None:
    """Settle a reservation with what a call took, and write it down."""
    with db.transaction() as tx:
        budgets.settle(reserved, outcome.prompt_tokens + outcome.completion_tokens)
        tx.add(Usage(
            person_id=asker.person_id, run_id=asker.run_id, model=outcome.model, prompt_tokens=outcome.prompt_tokens,
            completion_tokens=outcome.completion_tokens, estimated=outcome.estimated, milliseconds=round(seconds * 1000),
            ending=_ending(outcome.finish), purpose=asker.purpose, external=model.external, day=reserved.day,
        ))


def _ending(finish: str) -> Ending:
    """Servers have more words for a proper end (tool_calls, content_filter) than are worth keeping apart here."""
    return next((ending for ending in Ending if ending == finish), Ending.STOP)
