"""What one try asks of models: every call, decided before the first one is made, so that a repeated run asks the same."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PlannedCall:
    """One call. `model` is a name or role for gateway.service.model (empty: the usual one); `arm` says which side of a
    comparison it belongs to (a letter, a temperature, a word), and `ask` is the question as learners read it.
    """

    position: int
    ask: str
    messages: Sequence[Mapping[str, str]]
    model: str = ""
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 400
    schema: Mapping[str, Any] | None = None
    arm: str = ""
    hidden: bool = False               # nobody is shown the question or the answer, only what the checks found
    sealed: bool = False               # shown only when it is complete: the pace of an answer gives its model away


def seed_of(attempt_id: int, draw: str) -> int:
    """The seed of one draw within an attempt: another attempt draws anew, a run that is repeated draws the same."""
    return zlib.crc32(f"{attempt_id}/{draw}".encode()) >> 1
