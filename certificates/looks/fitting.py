"""Filters by which a template makes long texts smaller: WeasyPrint cannot do that itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from certificates import fonts
from certificates.fonts import Step

POINTS_PER_MM = 72 / 25.4
MOST_STEPS = 20
MOST_COLUMNS = 6
FONTS = {"serif": fonts.SERIF, "sans": fonts.SANS, "strong": fonts.STRONG}


def fit(text: str, width: float, steps: Sequence[Sequence[float]], font: str = "sans") -> float:
    """The first size in points at which a text fits into a box so many millimetres wide; `steps` are pairs of size and lines."""
    return fonts.fit(str(text), FONTS[font], width * POINTS_PER_MM, _steps(steps))


def fit_list(columns: Sequence[Sequence[Any]], width: float, steps: Sequence[Sequence[float]], font: str = "sans") -> float:
    """The first size at which the longest column stays within its lines. An entry's `text` and `other` are counted."""
    read = _steps(steps)
    for step in read:
        room = width * POINTS_PER_MM / step.size * 0.92
        if max((sum(_lines(entry, room, font) for entry in column) for column in columns), default=0) <= step.lines:
            return step.size
    return read[-1].size


def columns(entries: Sequence[Any], count: int = 2) -> list[Sequence[Any]]:
    """The entries in so many columns of about the same length; CSS columns would lay the page out several times."""
    count = max(1, min(int(count), MOST_COLUMNS))
    found: list[Sequence[Any]] = []
    rest = list(entries)
    for left in range(count, 1, -1):
        taken = _taken(rest, left)
        found.append(rest[:taken])
        rest = rest[taken:]
    return [column for column in [*found, rest] if column]


def _taken(entries: Sequence[Any], left: int) -> int:
    """How many entries the first of so many columns takes."""
    lengths = [max(1, sum(len(text) for text in _texts(entry))) + 25 for entry in entries]
    share, so_far = sum(lengths) / left, 0
    for index, length in enumerate(lengths):
        if so_far + length / 2 >= share:
            return index
        so_far += length
    return len(entries)


def _lines(entry: Any, room: float, font: str) -> float:
    """Lines of an entry; what stands in the second language is smaller."""
    first, *others = _texts(entry)
    lines: float = 1 + int(fonts.width(first, FONTS[font]) / room)
    return lines + sum(0.85 * (1 + int(fonts.width(other, fonts.SANS) * 0.85 / room)) for other in others)


def _texts(entry: Any) -> list[str]:
    if isinstance(entry, Mapping):
        return [str(entry.get("text", "")), *([str(entry["other"])] if entry.get("other") else [])]
    return [str(entry)]


def _steps(steps: Sequence[Sequence[float]]) -> tuple[Step, ...]:
    read = tuple(Step(float(size), int(lines)) for size, lines in list(steps)[:MOST_STEPS])
    if not read or any(not 1 <= step.size <= 400 or not 1 <= step.lines <= 200 for step in read):
        raise ValueError("steps are pairs of a size from 1 to 400 and a number of lines")
    return read
