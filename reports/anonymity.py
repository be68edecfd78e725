"""Figures about groups of people, published so that no group of fewer than k people can be counted from them.

A group of fewer than k people has no line of its own. Of a group with a line, a figure is exact where it leaves no small
rest: it is nought, all, or at least k away from both and from the exact figures beside it. Every other figure is a range
with at least two values. Sums are made of what is published, so that taking lines from a sum tells nothing new
(docs/decisions/0025).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

AS_THEY_ARE = 1                        # as k: nothing is hidden


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people: exact, or somewhere from `low` to `high`."""

    low: int
    high: int

    def __add__(self, other: "Count") -> "Count":
        return Count(self.low + other.low, self.high + other.high)

    @property
    def exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high


class Sums(NamedTuple):
    """What happened in a group, as it is. The last three count some of the participants each."""

    participants: int
    begun: int
    participated: int
    achieved: int


class Figures(NamedTuple):
    """What is published of a group."""

    participants: Count
    begun: Count
    participated: Count
    achieved: Count


NOTHING = Figures(*[Count(0, 0)] * 4)


def published(sums: Sums, k: int) -> Figures:
    """The figures of a group that has a line of its own."""
    whole = sums.participants
    landmarks, counts = {0, whole}, []
    for value in sums[1:]:
        count = _cell(value, landmarks, k)
        counts.append(count)
        if count.exact:
            landmarks.add(value)
    return Figures(Count(whole, whole), *counts)


def together(groups: Sequence[Sums], k: int) -> Figures:
    """The figures of several groups, each of which has fewer than k participants."""
    most = len(groups) * (k - 1)
    participants, *others = (sum(values) for values in zip(*groups, strict=True))
    return Figures(_part(participants, len(groups), most, k), *[_part(value, 0, most, k) for value in others])


def total(lines: Iterable[Figures]) -> Figures:
    """The sum of published lines."""
    found = NOTHING
    for line in lines:
        found = Figures(*[one + other for one, other in zip(found, line, strict=True)])
    return found


def _cell(value: int, landmarks: set[int], k: int) -> Count:
    """The value where it is safe to say, else the stretch of values around it that are not: from k = 3 on it has two or more."""

    def safe(number: int) -> bool:
        return all(number == landmark or abs(number - landmark) >= k for landmark in landmarks)

    low = high = value
    while not safe(value) and not safe(low - 1):
        low -= 1
    while not safe(value) and not safe(high + 1):
        high += 1
    return Count(low, high)


def _part(value: int, least: int, most: int, k: int) -> Count:
    """One of the equal parts of a range: k values each, the last one takes what is left over."""
    parts = max(1, (most - least + 1) // k)
    number = min((value - least) // k, parts - 1)
    low = least + number * k
    return Count(low, most if number == parts - 1 else low + k - 1)
