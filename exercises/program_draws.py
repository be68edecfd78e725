"""Inputs of tests that are drawn anew for each attempt, so that no program can have learnt the answers by heart.

What is drawn depends on the attempt and the test alone: a test that is repeated draws the same.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exercises.program import Draw, Test
from exercises.sandbox.job import Call

MOST_DRAWS = 10
MOST_CHOICES = 50
MOST_COUNT = 100
MOST_NUMBER = 10**9
_RANGE = re.compile(r"(-?\d{1,10})\.\.(-?\d{1,10})", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}", re.ASCII)
_MARK = re.compile(r"\$([a-z][a-z0-9_]*)")


class DrawError(ValueError):
    """What is to be drawn cannot be read."""


def read_draws(entries: Any) -> Mapping[str, Draw]:
    """`{n: 1..100, word: [a, b], list: {each: 1..9, count: 3..5}}`. Raises DrawError."""
    if not isinstance(entries, dict) or not 0 < len(entries) <= MOST_DRAWS:
        raise DrawError("entries")
    return {_name(name): _draw(entry) for name, entry in entries.items()}


def drawn(test: Test, seed: str) -> Test:
    """The test with its marks ($name) filled by what is drawn from this seed."""
    if not test.draws:
        return test
    chance = random.Random(seed)  # noqa: S311 - it must be repeatable, not secret
    values = {name: _value(draw, chance) for name, draw in test.draws.items()}
    call = test.call and Call(test.call.function, tuple(_filled(list(test.call.arguments), values)), _filled(dict(test.call.named), values))
    return replace(test, call=call, stdin=_MARK.sub(lambda mark: _written(mark, values), test.stdin))


def _name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DrawError("name")
    return name


def _draw(entry: Any) -> Draw:
    if isinstance(entry, dict):
        if set(entry) != {"each", "count"} or isinstance(entry["each"], dict):
            raise DrawError("list")
        fewest, most = _span(entry["count"])
        if not 0 <= fewest <= most <= MOST_COUNT:
            raise DrawError("count")
        return replace(_draw(entry["each"]), count=(fewest, most))
    if isinstance(entry, list):
        if not 0 < len(entry) <= MOST_CHOICES or not all(isinstance(choice, str | int | float | bool) for choice in entry):
            raise DrawError("choices")
        return Draw(choices=tuple(entry))
    low, high = _span(entry)
    return Draw(low=low, high=high)


def _span(entry: Any) -> tuple[int, int]:
    found = _RANGE.fullmatch(entry) if isinstance(entry, str) else None
    if found is None:
        raise DrawError("range")
    low, high = int(found.group(1)), int(found.group(2))
    if not -MOST_NUMBER <= low <= high <= MOST_NUMBER:
        raise DrawError("range")
    return low, high


def _value(draw: Draw, chance: random.Random) -> Any:
    if draw.count is None:
        return chance.choice(draw.choices) if draw.choices else chance.randint(draw.low, draw.high)
    one = replace(draw, count=None)
    return [_value(one, chance) for _ in range(chance.randint(*draw.count))]


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A text that is nothing but a mark becomes the drawn value, with its type."""
    if isinstance(value, list):
        return [_filled(part, values) for part in value]
    if isinstance(value, dict):
        return {key: _filled(part, values) for key, part in value.items()}
    mark = _MARK.fullmatch(value) if isinstance(value, str) else None
    return values.get(mark.group(1), value) if mark else value


def _written(mark: re.Match[str], values: Mapping[str, Any]) -> str:
    """As input() would get it: a list is one entry a line."""
    value = values.get(mark.group(1), mark.group())
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
