"""Looking into a model within a person's budget: vectors, tokens, chances."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2

from core import http
from core.config import settings
from gateway import inside
from gateway.client import Outcome, tokens_in
from gateway.inside import Chance, Piece
from gateway.service.asking import Asker, book
from gateway.service.budgets import reserve
from gateway.service.offers import Model

MOST_TEXTS = 100
MOST_LETTERS = 20_000
T = TypeVar("T")


def embed(model: Model, asker: Asker, texts: Sequence[str]) -> list[list[float]]:
    """A vector for each text. Raises GatewayError."""
    kept = [text[:MOST_LETTERS] for text in texts[:MOST_TEXTS]]
    return _booked(model, asker, sum(map(tokens_in, kept)), lambda connection: inside.vectors(connection, model.endpoint, model.name, kept))


def next_tokens(model: Model, asker: Asker, text: str, top: int = 20) -> list[Chance]:
    """The likeliest next tokens after a text. Raises GatewayError."""
    text = text[-MOST_LETTERS:]
    return _booked(model, asker, tokens_in(text) + 1, lambda connection: inside.chances(connection, model.endpoint, model.name, text, top))


def tokenize(model: Model, text: str) -> list[Piece]:
    """How a text falls into the model's tokens. The model does not run, so it costs nothing. Raises GatewayError."""
    with _connected(model) as connection:
        return inside.pieces(connection, model.endpoint, model.name, text[:MOST_LETTERS])


def _connected(model: Model) -> httpx2.Client:
    return http.client(settings(), listed=(urlsplit(model.endpoint.url).netloc,))


def _booked(model: Model, asker: Asker, tokens: int, work: Callable[[httpx2.Client], T]) -> T:
    reserved = reserve(asker.person_id, asker.run_id, tokens, asker.cause)
    began, outcome = time.monotonic(), Outcome("failed", model.name, 0, 0, estimated=True)
    try:
        with _connected(model) as connection:
            done = work(connection)
        outcome = Outcome("stop", model.name, tokens, 0, estimated=True)
        return done
    finally:
        book(asker, model, reserved, outcome, time.monotonic() - began)
