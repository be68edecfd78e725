"""The smaller requests to a server of models: vectors of texts, a text's tokens, and what could come next."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from gateway import wire
from gateway.client import Chance, token_of
from gateway.faults import GatewayError
from gateway.wire import Endpoint

__all__ = ["Chance", "Piece", "Vectors", "embeddings", "next_tokens", "tokenize"]

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)
# How vocabularies write a blank and a line's end: as byte-level BPE, and as SentencePiece.
_MARKS = {"Ġ": " ", "Ċ": "\n", "▁": " "}
CONTINUE = "Continue this text. Write only what comes next, and do not repeat what stands here."


@dataclass(frozen=True)
class Piece:
    """A token of a text: what it stands for, and its number in the vocabulary."""

    text: str
    id: int


@dataclass(frozen=True)
class Vectors:
    """One vector a text, in their order, and the tokens that were read; None: the server did not count."""

    vectors: list[list[float]]
    tokens: int | None


def embeddings(http: httpx2.Client, endpoint: Endpoint, model: str, texts: Sequence[str]) -> Vectors:
    """The vectors of texts. Raises GatewayError."""
    data = wire.post(http, endpoint, f"{endpoint.url}/embeddings", {"model": model, "input": list(texts)})
    try:
        entries = sorted(data["data"], key=lambda entry: int(entry["index"]))
        vectors = [[float(number) for number in entry["embedding"]] for entry in entries]
        tokens = (data.get("usage") or {}).get("prompt_tokens")
    except _UNREADABLE as error:
        raise GatewayError("garbled") from error
    if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
        raise GatewayError("garbled")
    return Vectors(vectors, tokens if isinstance(tokens, int) and tokens >= 0 else None)


def tokenize(http: httpx2.Client, endpoint: Endpoint, model: str, text: str) -> list[Piece]:
    """The tokens of a text, as llama.cpp's and vLLM's servers tell them. Raises GatewayError."""
    body = {
        "content": text, "with_pieces": True,                                                      # llama.cpp
        "model": model, "prompt": text, "return_token_strs": True, "add_special_tokens": False,    # vLLM
    }  # fmt: skip
    data = wire.post(http, endpoint, f"{endpoint.root}/tokenize", body)
    try:
        if "token_strs" in data:
            return [Piece(_plain(str(name)), int(number)) for name, number in zip(data["token_strs"], data["tokens"], strict=True)]
        return [Piece(_decoded(entry["piece"]), int(entry["id"])) for entry in data["tokens"]]
    except _UNREADABLE as error:
        raise GatewayError("garbled") from error


def next_tokens(http: httpx2.Client, endpoint: Endpoint, model: str, text: str, top: int) -> tuple[list[Chance], int]:
    """What could come after a text, the likeliest first, and the tokens that were used. Raises GatewayError.

    Asked as a plain continuation; of a server that has only chats, as the beginning of an answer.
    """
    drawn = {"model": model, "max_tokens": 1, "temperature": 1, "seed": 1}
    try:
        data = wire.post(http, endpoint, f"{endpoint.url}/completions", {**drawn, "prompt": text, "logprobs": top})
        found = _chances(data)
        if found:
            return found, _used(data)
    except GatewayError as error:
        if error.kind not in ("refused", "model"):
            raise
    messages = [{"role": "system", "content": CONTINUE}, {"role": "user", "content": text}]
    data = wire.post(
        http, endpoint, f"{endpoint.url}/chat/completions", {**drawn, "messages": messages, "logprobs": True, "top_logprobs": top},
    )
    return _chances(data), _used(data)


def _chances(data: Any) -> list[Chance]:
    """Chances in the shape of chats (also llama.cpp's plain continuations), or in the older one of continuations."""
    try:
        said = data["choices"][0].get("logprobs") or {}
        if said.get("content"):
            found = list(token_of(said["content"][0]).others)
        else:
            first: Mapping[str, float] = (said.get("top_logprobs") or [{}])[0] or {}
            found = [Chance(token, math.exp(min(0.0, logprob))) for token, logprob in first.items()]
    except _UNREADABLE as error:
        raise GatewayError("garbled") from error
    return sorted(found, key=lambda chance: -chance.probability)


def _used(data: Any) -> int:
    used = (data.get("usage") or {}).get("total_tokens")
    return used if isinstance(used, int) and used > 0 else 0


def _plain(name: str) -> str:
    for mark, sign in _MARKS.items():
        name = name.replace(mark, sign)
    return name


def _decoded(piece: str | list[int]) -> str:
    """A part of a letter comes as bytes."""
    return piece if isinstance(piece, str) else bytes(piece).decode("utf-8", "replace")
