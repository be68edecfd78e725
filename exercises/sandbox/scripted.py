"""A model that says what an author wrote down: hidden tests cost nothing and give the same each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exercises import patterns

TIMEOUT = "The model took too long to answer."
USED_UP = "The model of this test has no more answers."


@dataclass(frozen=True)
class Reply:
    """One answer. With `when`, only for requests in whose last message the pattern is found; `fails` in place of an answer."""

    text: str = ""
    when: str = ""
    fails: str = ""


class Script:
    """Answers requests: the first fitting reply that has a pattern, else those without one, in order; the last is repeated."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._bound = [reply for reply in replies if reply.when]
        self._free = [reply for reply in replies if not reply.when]
        self._next = 0

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply to a request of a program."""
        if request["op"] == "embed":
            return {"vectors": [_vector(text) for text in request["texts"]]}
        last = request["messages"][-1]["content"]
        reply = next((reply for reply in self._bound if patterns.search(reply.when, last)), None) or self._in_order()
        if reply is None:
            return {"error": USED_UP}
        return {"error": reply.fails} if reply.fails else {"text": reply.text}

    def _in_order(self) -> Reply | None:
        if not self._free:
            return None
        reply = self._free[min(self._next, len(self._free) - 1)]
        self._next += 1
        return reply


def _vector(text: str) -> list[float]:
    """A vector that is the same for the same text and differs for others, from its letters: good enough for a test."""
    counts = [0.0] * 26
    for sign in text.casefold():
        if "a" <= sign <= "z":
            counts[ord(sign) - 97] += 1
    length = sum(count * count for count in counts) ** 0.5 or 1.0
    return [round(count / length, 6) for count in counts]
