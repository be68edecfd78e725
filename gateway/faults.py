"""What servers of models say when they refuse, sorted into the few things that a learner can be told."""

import json
from collections.abc import Mapping
from typing import Any

from core.i18n import N_

MESSAGES: Mapping[str, str] = {
    "unreachable": N_("The model cannot be reached just now."),
    "busy": N_("The model has too much to do just now."),
    "slow": N_("The model took too long to answer."),
    "cut": N_("The model broke off in the middle of its answer."),
    "quota": N_("The university's quota for this model is used up for now."),
    "tokens": N_("Your tokens for today do not suffice for this. Tomorrow at 0:00 there are new ones."),
    "tokens_here": N_("Your tokens for this course do not suffice for this today. Tomorrow at 0:00 there are new ones."),
    "run_tokens": N_("Your course's tokens for today do not suffice for this. Tomorrow at 0:00 there are new ones."),
    "organisation_tokens": N_("Your university's tokens for today do not suffice for this. Tomorrow at 0:00 there are new ones."),
    "long": N_("Your prompt, together with what goes along with it, is too long for this model."),
    "refused": N_("The model refused the request."),
    "model": N_("The server no longer offers this model, or not under this name. Please tell your lecturer."),
    "key": N_("The server of the model does not accept the university's key. Please tell your lecturer."),
    "address": N_("The address of this server of models may not be called from here."),
    "locked": N_("The key of this server can no longer be read, because LOTSE_SECRET_KEY was changed. Please enter the key again."),
    "garbled": N_("The server of the model answered in a way that cannot be read."),
    "empty": N_("The model gave an empty answer."),
    "thought": N_("The model spent all its tokens on thinking and came to no answer. A simpler task or more tokens may help."),
}
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
_QUOTA_WORDS = ("quota", "budget", "billing", "insufficient")
_OPTIONAL = ("temperature", "seed", "stream_options", "top_logprobs", "logprobs", "response_format", "stop", "user", "cache_prompt")
_TOGETHER = {"top_logprobs": ("top_logprobs", "logprobs"), "logprobs": ("top_logprobs", "logprobs")}
_MODEL_WORDS = ("not found", "does not exist", "unknown", "invalid model", "not support", "no such", "not available")
MOST_WAIT = 5.0


class GatewayError(RuntimeError):
    """A model gave no proper answer. `kind` is a key of MESSAGES; `again`: the same may work in a moment."""

    def __init__(self, kind: str, *, again: bool = False, detail: str = "", wait: float | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.again = again
        self.detail = detail
        self.wait = wait

    @property
    def message(self) -> str:
        """A message id for the learner."""
        return MESSAGES[self.kind]


def fault_of(status: int, headers: Mapping[str, str], body: str) -> GatewayError:
    """Sort an error answer. Its `detail` is the server's own text, for deciding only: it may quote the prompt."""
    code, detail = _read(body)
    words = f"{code} {detail}".casefold()
    if status == 429 and any(word in words for word in _QUOTA_WORDS):
        return GatewayError("quota", detail=detail)
    if status in (401, 403) or "no_db_connection" in words:  # The latter is LiteLLM's answer to a wrong key.
        return GatewayError("key")
    if status in (400, 404, 413, 422):
        return GatewayError(_kind_of_refusal(status, words), detail=words)
    if status in _AGAIN:
        kind = "busy" if status in (408, 409, 429, 503) else "unreachable"
        return GatewayError(kind, again=True, wait=_seconds(headers.get("retry-after", "")))
    return GatewayError("refused" if status < 500 else "unreachable", detail=words)


def _kind_of_refusal(status: int, words: str) -> str:
    if "context" in words and any(word in words for word in ("length", "size", "window", "exceed")):
        return "long"
    if status == 413:
        return "long"
    named = any(name in words for name in (*_OPTIONAL, "max_tokens"))
    if "model" in words and not named and ("model_not_found" in words or any(word in words for word in _MODEL_WORDS)):
        return "model"
    return "refused"


def unwanted_parameters(error: GatewayError, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The request without the parameter that a model refuses and can do without, or with its newer name; None: none is."""
    if error.kind != "refused":
        return None
    if "max_tokens" in body and "max_tokens" in error.detail and "max_completion_tokens" in error.detail:
        return {("max_completion_tokens" if name == "max_tokens" else name): value for name, value in body.items()}
    named = next((name for name in _OPTIONAL if name in body and name in error.detail), "")
    if not named:
        return None
    return {name: value for name, value in body.items() if name not in _TOGETHER.get(named, (named,))}


def wait_of(error: GatewayError, retries: int) -> float:
    """Seconds until the next try: what the server asks for within reason, else half a second and then more."""
    return min(MOST_WAIT, 0.5 * retries if error.wait is None else max(0.0, error.wait))


def _read(body: str) -> tuple[str, str]:
    """Code and text of an error: an object, a string, or a proxy's web page."""
    try:
        data = json.loads(body)
    except ValueError:
        return "", body[:2000]
    error = data.get("error", data) if isinstance(data, dict) else data
    if not isinstance(error, dict):
        return "", str(error)
    code = " ".join(str(error.get(name) or "") for name in ("code", "type", "param"))
    return code, str(error.get("message") or error.get("detail") or "")


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
