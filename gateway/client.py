"""A thin client for OpenAI-compatible servers: stream one answer, and say in plain terms what went wrong.

Servers differ (docs/operators/models.md): errors come as object or string, proxies answer in HTML, some models refuse a
parameter that others need. What is known of them stands in gateway.faults; this module only speaks HTTP.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from gateway.faults import GatewayError, fault_of, unwanted_parameter, wait_of

MOST_CHARACTERS = 100_000
MOST_ERROR = 65_536
RETRIES = 2
Message = Mapping[str, str]


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds. `silence` holds for the first byte and between bytes."""

    connect: float = 5
    silence: float = 30
    total: float = 120


@dataclass(frozen=True)
class Endpoint:
    """A server of models: the address up to /v1, and its key."""

    url: str
    key: str = field(repr=False)
    patience: Patience = Patience()


@dataclass(frozen=True)
class Question:
    """What is asked, and how the answer is to be drawn."""

    messages: Sequence[Message]
    model: str
    max_tokens: int
    temperature: float
    seed: int


@dataclass(frozen=True)
class Outcome:
    """How an answer ended: stop, length, or stopped by the asker. `estimated`: the server did not count tokens."""

    finish: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False


def tokens_in(text: str) -> int:
    """A guess on the safe side: German and English have three to four characters a token."""
    return len(text) // 3 + 1


def tokens_of(messages: Sequence[Message]) -> int:
    """The same for what is sent, with the few tokens that mark each message's begin and end."""
    return sum(tokens_in(message["content"]) + 8 for message in messages)


def models(http: httpx2.Client, endpoint: Endpoint) -> list[str]:
    """The ids of the models that the server offers. Raises GatewayError."""
    try:
        answer = http.get(f"{endpoint.url}/models", headers=headers_for(endpoint), timeout=endpoint.patience.connect)
        answer.raise_for_status()
        return [str(entry["id"]) for entry in answer.json()["data"]]
    except (httpx2.HTTPError, OSError, ValueError, KeyError, TypeError) as error:
        raise GatewayError("unreachable") from error


def chat(http: httpx2.Client, endpoint: Endpoint, question: Question, stopped: Callable[[], bool]) -> Iterator[str | Outcome]:
    """Yield the answer piece by piece and at last its Outcome. `stopped` is asked at every piece.

    Raises GatewayError. Busy and unreachable servers are tried again, but never after the first byte of an answer.
    """
    body = _body(question)
    retries = 0
    deadline = time.monotonic() + endpoint.patience.total
    while True:
        try:
            yield from _answer(http, endpoint, body, stopped, deadline)
            return
        except GatewayError as error:
            name = unwanted_parameter(error, body)
            if name:
                body = {key: value for key, value in body.items() if key != name}
            elif error.again and retries < RETRIES:
                retries += 1
                time.sleep(wait_of(error, retries) * random.uniform(0.8, 1.2))  # noqa: S311 - so that a crowd spreads out
            else:
                raise


def _body(question: Question) -> dict[str, Any]:
    return {
        "model": question.model, "messages": [dict(message) for message in question.messages], "max_tokens": question.max_tokens,
        "temperature": question.temperature, "seed": question.seed, "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip


def headers_for(endpoint: Endpoint) -> dict[str, str]:
    """What every request carries."""
    return {"Authorization": f"Bearer {endpoint.key}", "Accept-Encoding": "identity"}


def _answer(
    http: httpx2.Client, endpoint: Endpoint, body: Mapping[str, Any], stopped: Callable[[], bool], deadline: float,
) -> Iterator[str | Outcome]:
    patience = endpoint.patience
    times = httpx2.Timeout(patience.silence, connect=patience.connect)
    began = False
    try:
        with http.stream("POST", f"{endpoint.url}/chat/completions", headers=headers_for(endpoint), json=body, timeout=times) as response:
            if response.status_code != 200:
                raise fault_of(response.status_code, response.headers, _beginning(response))
            for piece in _read(_Reading(body), response, stopped, deadline):
                began = True
                yield piece
    except httpx2.TimeoutException as error:
        raise GatewayError("slow", again=isinstance(error, httpx2.ConnectTimeout)) from error
    except httpx2.HTTPError as error:
        raise GatewayError("cut" if began else "unreachable", again=not began) from error


def _beginning(response: httpx2.Response) -> str:
    """The first part of an error page; nobody needs the rest."""
    content = b""
    for part in response.iter_bytes():
        content += part
        if len(content) > MOST_ERROR:
            break
    return content[:MOST_ERROR].decode("utf-8", "replace")


class _Reading:
    """What is known of an answer so far."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self.model = str(body["model"])
        self.finish = ""
        self.usage: Mapping[str, Any] = {}
        self.characters = 0

    def take(self, chunk: Any) -> str:
        """Note what a chunk says and return its text. Raises GatewayError when it is an error or no chunk at all."""
        if not isinstance(chunk, dict) or chunk.get("error"):
            raise fault_of(500, {}, json.dumps(chunk)) if self.characters == 0 else GatewayError("cut")
        self.model = str(chunk.get("model") or self.model)
        self.usage = chunk.get("usage") or self.usage
        choices = chunk.get("choices") or [{}]
        self.finish = choices[0].get("finish_reason") or self.finish
        text = str((choices[0].get("delta") or {}).get("content") or "")
        self.characters += len(text)
        return text

    def outcome(self, finish: str = "") -> Outcome:
        """What to book: the server's count, else an estimate."""
        counted = all(isinstance(self.usage.get(name), int) for name in ("prompt_tokens", "completion_tokens"))
        if counted:
            return Outcome(finish or self.finish, self.model, self.usage["prompt_tokens"], self.usage["completion_tokens"])
        guess = tokens_in("x" * self.characters) if self.characters else 0
        return Outcome(finish or self.finish or "stop", self.model, tokens_of(self.body["messages"]), guess, estimated=True)


def _read(reading: _Reading, response: httpx2.Response, stopped: Callable[[], bool], deadline: float) -> Iterator[str | Outcome]:
    for line in response.iter_lines():
        if stopped():
            yield reading.outcome("stopped")
            return
        if time.monotonic() > deadline:
            raise GatewayError("slow")
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            break
        text = reading.take(_json(data))
        if text:
            yield text
        if reading.characters > MOST_CHARACTERS:
            yield reading.outcome("length")
            return
    if not reading.finish:  # Every proper end says why it ended.
        raise GatewayError("cut")
    yield reading.outcome()


def _json(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
