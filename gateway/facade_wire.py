"""OpenAI's interface as Lotse offers it to tools: what a request may hold, and how answers and errors are written."""

import base64
import json
import math
import secrets
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.i18n import N_
from gateway.client import Message, Outcome, Token, tokens_in

MOST_MESSAGES = 200
MOST_LETTERS = 200_000
MOST_TOKENS = 4096
USUAL_TOKENS = 1024
MOST_STOPS = 4
MOST_SCHEMA = 20_000
MOST_TEXTS = 100
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


class Refusal(Exception):  # noqa: N818 - it is what the tool is told
    """A request that is not carried out: the status, OpenAI's word for it, and a message id. `again`: seconds until a new try may help."""

    def __init__(self, status: int, code: str, message: str, *, param: str | None = None, again: int | None = None, retried: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.again = again
        self.retried = retried


@dataclass(frozen=True)
class ChatWish:
    """What a tool asks for."""

    model: str
    messages: Sequence[Message]
    stream: bool
    with_usage: bool
    max_tokens: int
    temperature: float
    seed: int
    stop: Sequence[str] = ()
    schema: Mapping[str, Any] | None = None
    logprobs: bool = False
    top_logprobs: int = 0


@dataclass(frozen=True)
class Names:
    """What all pieces of one answer carry."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))


def chat_wish(body: Mapping[str, Any]) -> ChatWish:
    """Read a request for an answer. Raises Refusal. What Lotse does not know is passed over, as OpenAI's servers do with news."""
    if body.get("tools") or body.get("functions"):
        raise _wrong("tools", N_("The models here cannot use tools."))
    if body.get("n") not in (None, 1):
        raise _wrong("n", N_("Only one answer at a time can be asked for: n must be 1."))
    tokens = body.get("max_completion_tokens")
    logprobs = _truth(body, "logprobs")
    return ChatWish(
        _text(body, "model"), _messages(body.get("messages")), _truth(body, "stream"), _truth(_object(body, "stream_options"), "include_usage"),
        min(MOST_TOKENS, _number(body if tokens is None else {"max_tokens": tokens}, "max_tokens", 1, 1_000_000, USUAL_TOKENS)),
        _real(body, "temperature", 0, 2, 1.0), _number(body, "seed", -(2**63), 2**63, secrets.randbelow(2**31)) % 2**31, _stops(body.get("stop")),
        _schema(_object(body, "response_format")), logprobs, _number(body, "top_logprobs", 0, 20, 0) if logprobs else 0,
    )


def texts_of(body: Mapping[str, Any]) -> list[str]:
    """The texts whose vectors are asked for. Raises Refusal."""
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS or not all(isinstance(text, str) and text for text in texts):
        raise _wrong("input", N_("input must be a text, or a list of 1 to 100 texts."))
    if sum(len(text) for text in texts) > MOST_LETTERS:
        raise _wrong("input", N_("These texts are too long together."))
    return texts


def answer(names: Names, text: str, outcome: Outcome, wish: ChatWish) -> dict[str, Any]:
    """A whole answer."""
    choice = {
        "index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "finish_reason": _finish(outcome),
        "logprobs": _logprobs(outcome.tokens) if wish.logprobs else None,
    }
    return {"id": names.id, "object": "chat.completion", "created": names.created, "model": names.model, "choices": [choice], "usage": _usage(outcome)}


def piece(names: Names, text: str, *, first: bool) -> str:
    """A piece of an answer, as an event."""
    delta = {"role": "assistant", "content": text} if first else {"content": text}
    return _chunk(names, [{"index": 0, "delta": delta, "finish_reason": None, "logprobs": None}])


def last_pieces(names: Names, outcome: Outcome, wish: ChatWish) -> str:
    """How an answer ended, and what it took if that was asked for. Probabilities come here, all together."""
    logprobs = _logprobs(outcome.tokens) if wish.logprobs else None
    told = _chunk(names, [{"index": 0, "delta": {}, "finish_reason": _finish(outcome), "logprobs": logprobs}])
    return told + (_chunk(names, [], usage=_usage(outcome)) if wish.with_usage else "") + "data: [DONE]\n\n"


def vectors(model: str, found: Sequence[Sequence[float]], texts: Sequence[str], *, packed: bool) -> dict[str, Any]:
    """Vectors of texts, as numbers or packed as OpenAI's programs ask for them."""
    def told(vector: Sequence[float]) -> Any:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() if packed else list(vector)

    tokens = sum(tokens_in(text) for text in texts)
    data = [{"object": "embedding", "index": index, "embedding": told(vector)} for index, vector in enumerate(found)]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def broken_off(message: str, code: str) -> str:
    """The event that says that an answer broke off."""
    return f"data: {json.dumps(error(message, 502, code))}\n\n"


def error(message: str, status: int, code: str, param: str | None = None) -> dict[str, Any]:
    """OpenAI's envelope. `message` in the reader's language."""
    kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _chunk(names: Names, choices: list[dict[str, Any]], **more: Any) -> str:
    told = {"id": names.id, "object": "chat.completion.chunk", "created": names.created, "model": names.model, "choices": choices, **more}
    return f"data: {json.dumps(told)}\n\n"


def _usage(outcome: Outcome) -> dict[str, int]:
    return {
        "prompt_tokens": outcome.prompt_tokens, "completion_tokens": outcome.completion_tokens,
        "total_tokens": outcome.prompt_tokens + outcome.completion_tokens,
    }


def _finish(outcome: Outcome) -> str:
    return "length" if outcome.finish == "length" else "stop"


def _logprobs(tokens: Sequence[Token]) -> dict[str, Any]:
    def told(text: str, probability: float) -> dict[str, Any]:
        return {"token": text, "logprob": math.log(probability) if probability > 0 else -9999.0, "bytes": list(text.encode())}

    return {"content": [
        {**told(token.text, token.probability), "top_logprobs": [told(other.text, other.probability) for other in token.others]} for token in tokens
    ], "refusal": None}


def _messages(given: Any) -> list[Message]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_MESSAGES:
        raise _wrong("messages", N_("messages must be a list of 1 to 200 messages."))
    messages = [_message(entry) for entry in given]
    if sum(len(message["content"]) for message in messages) > MOST_LETTERS:
        raise Refusal(400, "context_length_exceeded", N_("These messages are too long together."), param="messages")
    return messages


def _message(entry: Any) -> Message:
    role = _ROLES.get(str(entry.get("role"))) if isinstance(entry, dict) else None
    content = entry.get("content") if role else None
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str) for part in content):
        content = "".join(part["text"] for part in content)
    if role is None or not isinstance(content, str):
        raise _wrong("messages", N_("Each message needs a role (system, user or assistant) and a text as its content."))
    return {"role": role, "content": content}


def _stops(given: Any) -> tuple[str, ...]:
    stops = [given] if isinstance(given, str) else given or []
    if not isinstance(stops, list) or len(stops) > MOST_STOPS or not all(isinstance(stop, str) and 0 < len(stop) <= 200 for stop in stops):
        raise _wrong("stop", N_("stop must be a text, or a list of at most four texts."))
    return tuple(stops)


def _schema(given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    kind = given.get("type", "text")
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object"}
    held = given.get("json_schema")
    schema = held.get("schema") if isinstance(held, dict) else None
    if kind != "json_schema" or not isinstance(schema, dict) or len(json.dumps(schema)) > MOST_SCHEMA:
        raise _wrong("response_format", N_("response_format must be of type text, json_object, or json_schema with a schema of at most 20,000 characters."))
    return schema


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    if not isinstance(found, str) or not found or len(found) > 300:
        raise _wrong(name, N_("The name of a model is missing. /models lists those that may be used."))
    return found


def _truth(body: Mapping[str, Any], name: str) -> bool:
    found = body.get(name)
    if found not in (None, True, False):
        raise _wrong(name, N_("This must be true or false."))
    return bool(found)


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name) or {}
    if not isinstance(found, dict):
        raise _wrong(name, N_("This must be an object."))
    return found


def _number(body: Mapping[str, Any], name: str, low: int, high: int, usual: int) -> int:
    found = body.get(name)
    if found is None:
        return usual
    if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
        raise _wrong(name, N_("This must be a whole number within its bounds."))
    return found


def _real(body: Mapping[str, Any], name: str, low: float, high: float, usual: float) -> float:
    found = body.get(name)
    if found is None:
        return usual
    if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
        raise _wrong(name, N_("This must be a number within its bounds."))
    return float(found)


def _wrong(param: str, message: str) -> Refusal:
    return Refusal(400, "invalid_value", message, param=param)
