"""What comes out of a worker, read with suspicion: the learner's program can have said anything in the guest's name."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from exercises.sandbox.job import Exchange, Problem, Result, Status, Used

MOST_DEPTH = 60
MOST_NODES = 100_000
MOST_NAME = 200                        # characters of a model's name
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL keeps no NUL, and UTF-8 no half of a pair.
_STATUS = {status.value: status for status in Status}


def read(message: Mapping[str, Any], output: tuple[tuple[int, str], ...], exchanges: tuple[Exchange, ...]) -> Result:
    """The result from a worker's last frame."""
    used = Used(int(message["fuel"]), float(message["ms"]), int(message["output"]), int(message["calls"]))
    given: dict[str, Any] = {"output": output, "exchanges": exchanges, "used": used}
    if message["status"] != "ok":
        return Result(_STATUS[message["status"]], detail=str(message.get("detail", "")), **given)
    return _ended(_said(str(message["reply"])) or {}, given)


def _ended(said: Mapping[str, Any], given: dict[str, Any]) -> Result:
    if said.get("ok") is True:
        returned = "value" in said
        if returned and not within_bounds(said["value"]):
            return Result(Status.REPLY, **given)
        return Result(Status.OK, clean(said.get("value")), returned, **given)
    problem = _problem(said.get("problem"))
    if problem is None:
        return Result(Status.REPLY, **given)
    return Result(Status.MEMORY if problem.type == "MemoryError" else Status.ERROR, problem=problem, **given)


def request(text: str) -> Mapping[str, Any] | None:
    """A program's request to a model, if it is one, with nothing in it but what such a request has."""
    data = _said(text)
    if data is None or not within_bounds(data):
        return None
    data = clean(data)
    match data:
        case {"op": "chat", "messages": list(messages)} if messages and all(_is_message(message) for message in messages):
            return data if _are_parameters(data) else None
        case {"op": "embed", "texts": list(texts)} if texts and all(isinstance(text, str) for text in texts):
            return {"op": "embed", "texts": texts}
    return None


def _is_message(message: object) -> bool:
    match message:
        case {"role": "system" | "user" | "assistant", "content": str(), **rest}:
            return not rest
    return False


def _are_parameters(given: Mapping[str, Any]) -> bool:
    """Which bounds hold is the business of whoever answers; here they are of the right kind and of a sane size."""
    for name, value in given.items():
        match name:
            case "op" | "messages":
                continue
            case "model" if isinstance(value, str) and len(value) <= MOST_NAME:
                continue
            case "temperature" if _is_number(value) and abs(value) <= 100:
                continue
            case "max_tokens" if _is_number(value) and isinstance(value, int) and 0 < value <= 1_000_000:
                continue
        return False
    return True


def _is_number(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and math.isfinite(value))


def clean(value: Any) -> Any:
    """A value within bounds, with the signs replaced that no database and no page can take."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean(part) for part in value]
    if isinstance(value, dict):
        return {clean_text(key): clean(part) for key, part in value.items()}
    return value


def clean_text(text: str) -> str:
    """A text without NUL and halves of character pairs."""
    return _UNSTORABLE.sub("\ufffd", text)


def within_bounds(value: Any) -> bool:
    """Whether a value is small and flat enough to be worked with. Without recursion, as the value may be built to break that."""
    nodes = 0
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        nodes += 1
        if depth > MOST_DEPTH or nodes > MOST_NODES:
            return False
        if isinstance(part, dict):
            waiting += [(inner, depth + 1) for inner in part.values()]
        elif isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part]
    return True


def _said(text: str) -> dict[str, Any] | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _problem(said: object) -> Problem | None:
    match said:
        case {"type": str(kind), "message": str(text), "line": int(line), "traceback": str(trace)}:
            return Problem(clean_text(kind[:100]), clean_text(text[:1000]), max(0, min(int(line), 100_000)), clean_text(trace[-6000:]))
    return None
