"""A thin client for OpenAI-compatible servers: stream one answer, and say in plain terms what went wrong.

Servers differ (docs/operators/models.md): errors come as object or string, proxies answer in HTML, some models refuse a
parameter that others need. What is known of them stands in gateway.faults; how requests are made in gateway.wire; the
smaller requests (vectors, tokens, chances) in gateway.lookups.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from gateway import wire
from gateway.faults import GatewayError, fault_of
from gateway.thinking import Thoughts
from gateway.wire import Endpoint, Patience

__all__ = ["Chance", "Endpoint", "Message", "Outcome", "Patience", "Question", "Token", "chat", "models", "token_of", "tokens_in", "tokens_of"]

MOST_CHARACTERS = 100_000
MOST_MODELS = 1000
Message = Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """What is asked, and how the answer is to be drawn. `user`: a pseudonym for the server, or nothing."""

    messages: Sequence[Message]
    model: str
    max_tokens: int
    temperature: float
    seed: int
    schema: Mapping[str, Any] | None = None
    top_logprobs: int = 0
    stop: Sequence[str] = ()
    user: str = ""


@dataclass(frozen=True)
class Chance:
    """A token that could come next, and how likely it is at temperature 1."""

    text: str
    probability: float


@dataclass(frozen=True)
class Token:
    """A token of an answer, how likely it was, and what else could have come."""

    text: str
    probability: float
    others: tuple[Chance, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How an answer ended: stop, length, or stopped by the asker. `estimated`: the server did not count tokens.

    `model` is the one that answered, as the server names it; `without`: parameters that the model did not take.
    """

    finish: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False
    tokens: tuple[Token, ...] = ()
    without: tuple[str, ...] = ()


def tokens_in(text: str) -> int:
    """A guess on the safe side: German and English have three to four characters a token."""
    return len(text) // 3 + 1


def tokens_of(messages: Sequence[Message]) -> int:
    """The same for what is sent, with the few tokens that mark each message's begin and end."""
    return sum(tokens_in(message["content"]) + 8 for message in messages)


def models(http: httpx2.Client, endpoint: Endpoint) -> list[str]:
    """The ids of the models that the server offers. Raises GatewayError."""
    data = wire.call(http, endpoint, "GET", f"{endpoint.url}/models")
    try:
        return list(dict.fromkeys(str(entry["id"])[:300] for entry in data["data"]))[:MOST_MODELS]
    except (KeyError, TypeError) as error:
        raise GatewayError("garbled") from error


def chat(http: httpx2.Client, endpoint: Endpoint, question: Question, stopped: Callable[[], bool]) -> Iterator[str | Outcome]:
    """Yield the answer piece by piece and at last its Outcome. `stopped` is asked at every piece.

    Raises GatewayError. Busy and unreachable servers are tried again, but never after the first byte of an answer.
    """
    wanted = _body(question)
    deadline = time.monotonic() + endpoint.patience.total

    def send(body: Mapping[str, Any]) -> Iterator[str | Outcome]:
        with wire.opened(http, endpoint, deadline, "POST", f"{endpoint.url}/chat/completions", body) as response:
            without = tuple(name for name in wanted if name not in body and name != "max_tokens")
            yield from _read(_Reading(body, without), response, stopped, deadline)

    yield from wire.tried(send, wanted)


def _body(question: Question) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": question.model, "messages": [dict(message) for message in question.messages], "max_tokens": question.max_tokens,
        "temperature": question.temperature, "seed": question.seed, "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip
    if question.schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(question.schema), "strict": True}}
    if question.top_logprobs:
        body |= {"logprobs": True, "top_logprobs": question.top_logprobs}
    if question.stop:
        body["stop"] = list(question.stop)
    if question.user:
        body["user"] = question.user
    return body


class _Reading:
    """What is known of an answer so far."""

    def __init__(self, body: Mapping[str, Any], without: tuple[str, ...]) -> None:
        self.body = body
        self.without = without
        self.model = str(body["model"])
        self.finish = ""
        self.usage: Mapping[str, Any] = {}
        self.characters = 0
        self.tokens: list[Token] = []
        self.thoughts = Thoughts()

    def take(self, chunk: Any) -> str:
        """Note what a chunk says and return its text. Raises GatewayError when it is an error or no chunk at all."""
        if not isinstance(chunk, dict) or chunk.get("error"):
            raise fault_of(500, {}, json.dumps(chunk)) if self.characters == 0 else GatewayError("cut")
        self.model = str(chunk.get("model") or self.model)
        self.usage = chunk.get("usage") or self.usage
        choice = (chunk.get("choices") or [{}])[0]
        self.finish = choice.get("finish_reason") or self.finish
        delta = choice.get("delta") or {}
        text = str(delta.get("content") or "")
        # Thoughts are not shown, but they were written and cost what every word costs.
        self.characters += len(text) + len(str(delta.get("reasoning_content") or delta.get("reasoning") or ""))
        self.tokens += [token_of(entry) for entry in (choice.get("logprobs") or {}).get("content") or ()]
        return self.thoughts.take(text)

    def outcome(self, finish: str = "") -> Outcome:
        """What to book: the server's count, else an estimate."""
        counted = all(isinstance(self.usage.get(name), int) for name in ("prompt_tokens", "completion_tokens"))
        prompt, completion = (
            (max(0, self.usage["prompt_tokens"]), max(0, self.usage["completion_tokens"])) if counted
            else (tokens_of(self.body["messages"]), tokens_in("x" * self.characters) if self.characters else 0)
        )
        return Outcome(
            finish or self.finish or "stop", self.model, prompt, completion, estimated=not counted, tokens=tuple(self.tokens), without=self.without,
        )


def token_of(entry: Mapping[str, Any]) -> Token:
    """One entry of `logprobs.content`."""
    others = tuple(Chance(str(other["token"]), math.exp(min(0.0, other["logprob"]))) for other in entry.get("top_logprobs") or ())
    return Token(str(entry["token"]), math.exp(min(0.0, entry["logprob"])), others)


def _read(reading: _Reading, response: httpx2.Response, stopped: Callable[[], bool], deadline: float) -> Iterator[str | Outcome]:
    for line in wire.lines(response, deadline):
        if stopped():
            yield reading.outcome("stopped")
            return
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            break
        text = _taken(reading, data)
        if text:
            yield text
        if reading.characters > MOST_CHARACTERS:
            yield reading.outcome("length")
            return
    if not reading.finish:  # Every proper end says why it ended.
        raise GatewayError("cut")
    rest = reading.thoughts.rest()
    if rest:
        yield rest
    yield reading.outcome()


def _taken(reading: _Reading, data: str) -> str:
    try:
        return reading.take(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise GatewayError("cut" if reading.characters else "garbled") from error
