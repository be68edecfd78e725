"""Looking into a model within a person's budget: vectors, tokens, chances."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx2

from gateway import inside
from gateway.client import Chance, Outcome, tokens_in
from gateway.inside import Piece
from gateway.service.asking import Asker, book, connected
from gateway.service.budgets import reserve
from gateway.service.offers import Model

BATCH = 32                             # texts whose vectors are asked for at once
MOST_TEXTS = 100
MOST_LETTERS = 20_000


def embed(model: Model, asker: Asker, texts: Sequence[str]) -> list[list[float]]:
    """One vector a text, in their order. Raises GatewayError."""
    texts, found = [text[:MOST_LETTERS] for text in texts[:MOST_TEXTS]], []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        with _booked(model, asker, sum(tokens_in(text) for text in batch)) as (connection, used):
            answer = inside.embeddings(connection, model.endpoint, model.name, batch)
            used(answer.tokens)
            found += answer.vectors
    return found


def next_tokens(model: Model, asker: Asker, text: str, top: int = 20) -> list[Chance]:
    """What could come after a text, the likeliest first, with its probability at temperature 1. Raises GatewayError."""
    with _booked(model, asker, tokens_in(text[-MOST_LETTERS:]) + 1) as (connection, used):
        found, tokens = inside.next_tokens(connection, model.endpoint, model.name, text[-MOST_LETTERS:], top)
        used(tokens or None)
    return found


def tokenize(model: Model, text: str) -> list[Piece]:
    """How a text falls into the model's tokens. Costs nothing. Raises GatewayError."""
    with connected(model) as connection:
        return inside.tokenize(connection, model.endpoint, model.name, text[:MOST_LETTERS])


@contextmanager
def _booked(model: Model, asker: Asker, tokens: int) -> Iterator[tuple[httpx2.Client, Callable[[int | None], None]]]:
    """Set `tokens` aside for a call without a stream, and book what the server counted, else those."""
    reserved = reserve(asker.person_id, asker.run_id, tokens, asker.cause)
    outcome, began = Outcome("failed", model.name, 0, 0, estimated=True), time.monotonic()

    def used(counted: int | None) -> None:
        nonlocal outcome
        outcome = Outcome("stop", model.name, tokens if counted is None else counted, 0, estimated=counted is None)

    try:
        with connected(model) as connection:
            yield connection, used
    finally:
        book(asker, model, reserved, outcome, time.monotonic() - began)
