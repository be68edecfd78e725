"""The sides of a try that are put beside each other: models, temperatures, or words in a gap."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """One side. `name` is what learners read: a letter for a model, a temperature, a word."""

    name: str
    model: str = ""
    temperature: float = 0.0
    word: str = ""


@dataclass(frozen=True)
class Group:
    """Equal answers: how many there were, and the first of them as it was written."""

    text: str
    count: int


def grouped(answers: Sequence[str]) -> tuple[Group, ...]:
    """Answers that differ in nothing but case and spacing are one; the most frequent first, else in the order of coming."""
    said = [answer for answer in answers if answer.strip()]
    first: dict[str, str] = {}
    for answer in said:
        first.setdefault(folded(answer), answer)
    counts = Counter(folded(answer) for answer in said)
    return tuple(Group(first[key], count) for key, count in counts.most_common())


def folded(text: str) -> str:
    """A text for comparing: composed letters, no case, single spaces, no signs that nobody sees."""
    visible = (letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter) != "Cf")
    return " ".join("".join(visible).casefold().split())
