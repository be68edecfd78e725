"""Looking into a model over HTTP: vectors of texts, how a text falls into tokens, how likely each next token is.

Servers of llama.cpp and vLLM have all of it; behind proxies only some. Each function raises GatewayError.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from gateway.client import Endpoint, headers_for
from gateway.faults import GatewayError, fault_of

MOST_PIECES = 20_000


@dataclass(frozen=True)
class Piece:
    """A token: its text as the model sees it, and its number in the vocabulary."""

    text: str
    id: int


@dataclass(frozen=True)
class Chance:
    """A token that may come next, and how likely the model finds it (at temperature 1)."""

    text: str
    probability: float


def vectors(http: httpx2.Client, endpoint: Endpoint, model: str, texts: Sequence[str]) -> list[list[float]]:
    """One vector for each text, in order (OpenAI's /embeddings)."""
    data = _post(http, endpoint, f"{endpoint.url}/embeddings", {"model": model, "input": list(texts)})
    try:
        found = [[float(number) for number in entry["embedding"]] for entry in sorted(data["data"], key=lambda entry: entry.get("index", 0))]
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayError("refused") from error
    if len(found) != len(texts) or not all(found) or not all(math.isfinite(number) for vector in found for number in vector):
        raise GatewayError("refused")
    return found


def pieces(http: httpx2.Client, endpoint: Endpoint, model: str, text: str) -> list[Piece]:
    """The text's tokens (llama.cpp's /tokenize with pieces; vLLM's gives ids and, when asked, texts)."""
    data = _post(http, endpoint, f"{_root(endpoint)}/tokenize", {
        "model": model, "content": text, "prompt": text, "with_pieces": True, "add_special": False, "add_special_tokens": False, "return_token_strs": True,
    })
    try:
        tokens = data["tokens"][:MOST_PIECES]
        if tokens and isinstance(tokens[0], int):
            return [Piece(str(name), int(number)) for number, name in zip(tokens, data["token_strs"], strict=True)]
        return [Piece(_as_text(token["piece"]), int(token["id"])) for token in tokens]
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayError("refused") from error


def chances(http: httpx2.Client, endpoint: Endpoint, model: str, text: str, top: int) -> list[Chance]:
    """The likeliest next tokens after a text, the likeliest first. llama.cpp gives them before its sampler, at temperature 1."""
    data = _post(http, endpoint, f"{endpoint.url}/completions", {
        "model": model, "prompt": text, "max_tokens": 1, "temperature": 1.0, "logprobs": top, "n_probs": top, "cache_prompt": False,
    })
    try:
        found = _top(data["choices"][0]["logprobs"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise GatewayError("refused") from error
    return sorted(found, key=lambda chance: -chance.probability)[:top]


def _top(logprobs: Mapping[str, Any]) -> list[Chance]:
    """llama.cpp answers in the shape of chats, others in OpenAI's old shape for completions."""
    if "content" in logprobs:
        return [Chance(str(entry["token"]), math.exp(float(entry["logprob"]))) for entry in logprobs["content"][0]["top_logprobs"]]
    return [Chance(str(token), math.exp(float(value))) for token, value in logprobs["top_logprobs"][0].items()]


def _as_text(piece: Any) -> str:
    """A token can be a part of a letter: then llama.cpp gives its bytes."""
    return piece if isinstance(piece, str) else bytes(piece).decode("utf-8", "replace")


def _root(endpoint: Endpoint) -> str:
    parts = urlsplit(endpoint.url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/v1')}"


def _post(http: httpx2.Client, endpoint: Endpoint, url: str, body: Mapping[str, Any]) -> Any:
    patience = endpoint.patience
    try:
        answer = http.post(url, headers=headers_for(endpoint), json=body, timeout=httpx2.Timeout(patience.silence, connect=patience.connect))
        if answer.status_code != 200:
            raise fault_of(answer.status_code, answer.headers, answer.text[:65_536])
        return answer.json()
    except httpx2.TimeoutException as error:
        raise GatewayError("slow") from error
    except (httpx2.HTTPError, OSError, ValueError) as error:
        raise GatewayError("unreachable") from error
