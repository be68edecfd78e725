"""Use cases of the gateway: ask a model within a person's budget, and say how the model stands."""

import json
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core import db, http
from core.config import settings
from gateway import budget, client
from gateway.budget import release, tokens_left
from gateway.client import Endpoint, Message, Outcome, Patience, Question, tokens_in, tokens_of
from gateway.embedded import SERVER_FILE
from gateway.faults import GatewayError
from gateway.models import Ending, Reservation, Usage

__all__ = ["Asker", "Model", "Outcome", "State", "ask", "cost", "model", "release", "state", "tokens_left"]

STATUS_FILE = Path("models/status.json")
# Behind the embedded model people wait for each other, and a long source takes it a minute to read.
EMBEDDED_PATIENCE = Patience(silence=120, total=300)


@dataclass(frozen=True)
class Asker:
    """On whose account a call goes, and what it is for (see budget.release). The model itself is told none of it."""

    person_id: int
    run_id: int
    cause: str


@dataclass(frozen=True)
class Model:
    """A model that answers now."""

    endpoint: Endpoint
    name: str


@dataclass(frozen=True)
class State:
    """How the embedded model stands: none, fetching, starting, ready or failed. `percent` while it is fetched."""

    name: str
    state: str
    percent: int | None = None


def cost(messages: Sequence[Message], max_tokens: int) -> int:
    """The most that a call may take from the budget."""
    return tokens_of(messages) + max_tokens


def ask(
    model: Model, asker: Asker, messages: Sequence[Message], *, max_tokens: int, temperature: float, seed: int, stopped: Callable[[], bool],
) -> Generator[str | Outcome, None, None]:
    """Yield a model's answer piece by piece and at last its Outcome; book what it cost, however it ends.

    Raises GatewayError, also when the person's tokens do not suffice; then nothing was asked.
    """
    reserved = budget.reserve(asker.person_id, cost(messages, max_tokens), asker.cause)
    question = Question(messages, model.name, max_tokens, temperature, seed)
    began, characters = time.monotonic(), 0
    # What holds when the answer breaks off: the server has not counted, so it is estimated.
    outcome = Outcome("failed", model.name, 0, 0, estimated=True)
    try:
        with http.client(settings(), listed=(urlsplit(model.endpoint.url).netloc,)) as connection:
            for piece in client.chat(connection, model.endpoint, question, stopped):
                if isinstance(piece, Outcome):
                    outcome = piece
                else:
                    characters += len(piece)
                yield piece
    finally:
        if outcome.finish == "failed" and characters:
            outcome = replace(outcome, prompt_tokens=tokens_of(messages), completion_tokens=tokens_in("x" * characters))
        _book(asker, reserved, outcome, time.monotonic() - began)


def _book(asker: Asker, reserved: Reservation, outcome: Outcome, seconds: float) -> None:
    with db.transaction() as tx:
        budget.settle(reserved, outcome.prompt_tokens + outcome.completion_tokens)
        tx.add(Usage(
            person_id=asker.person_id, run_id=asker.run_id, model=outcome.model, prompt_tokens=outcome.prompt_tokens,
            completion_tokens=outcome.completion_tokens, estimated=outcome.estimated, milliseconds=round(seconds * 1000),
            ending=_ending(outcome.finish),
        ))


def _ending(finish: str) -> Ending:
    """Servers have more words for a proper end (tool_calls, content_filter) than are worth keeping apart here."""
    return next((ending for ending in Ending if ending == finish), Ending.STOP)


# --- The embedded model ------------------------------------------------------------------------------------------------

def model() -> Model | None:
    """The embedded model, if it answers now."""
    server = _read(SERVER_FILE)
    if not server:
        return None
    endpoint = Endpoint(str(server["url"]), str(server["key"]), EMBEDDED_PATIENCE)
    with suppress(GatewayError), http.client(settings(), listed=(urlsplit(endpoint.url).netloc,)) as connection:
        names = client.models(connection, endpoint)
        return Model(endpoint, names[0]) if names else None
    return None


def state() -> State:
    """How the embedded model stands, for the status page."""
    status = _read(STATUS_FILE)
    answering = model()
    if answering:
        return State(answering.name, "ready")
    if settings().model == "none" and not settings().embedded_model_path:
        return State("", "none")
    name, phase = str(status.get("name", "")), str(status.get("state", "none"))
    if phase == "ready":
        return State(name, "starting")
    total = status.get("total") or 0
    return State(name, phase, round(100 * status.get("done", 0) / total) if phase == "fetching" and total else None)


def _read(path: Path) -> dict[str, Any]:
    """A small file that another process writes in one step; empty when it is not there."""
    try:
        found = json.loads((settings().data_dir / path).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
