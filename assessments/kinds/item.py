"""What a question is once it has been read, what a learner may see of it, and how a response can be refused."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from zlib import crc32

Response = dict[str, Any]
Form = Mapping[str, Sequence[str]]

MOST_VARIANTS = 12


@dataclass(frozen=True, kw_only=True)
class Item:
    """What every question has. Texts are safe HTML. Each kind adds its own; the keys stay on the server."""

    id: str
    kind: str
    language: str
    revision: str                      # hash of the block as written: which text and key a grade was made by
    points: float
    attempts: int                      # 0: no limit
    scoring: str                       # partial or all
    shuffle: bool
    show: str                          # now, after-due or never
    competences: tuple[str, ...]
    text: str
    hints: tuple[str, ...]
    explanation: str
    versions: tuple["Item", ...] = ()  # the same question with other values, this one among them; each learner has one

    @property
    def legend(self) -> str:
        """The text without its paragraph tags when it is a single paragraph, which fits into a <legend>."""
        inner = self.text.strip().removeprefix("<p>").removesuffix("</p>")
        return inner if len(inner) == len(self.text.strip()) - 7 and "<p" not in inner and "<div" not in inner else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What a page may show of an item at one moment. Nothing in it depends on the key before it may."""

    id: str
    kind: str
    points: float
    text: str
    legend: str
    hints: tuple[str, ...]
    explanation: str = ""              # empty until the solution may be shown
    marked: bool = False               # whether right and wrong are shown


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen in one part of a question, to count. `value` is a position where there are options, so that it is the same in
    every language; else the text as it was given.
    """

    part: str
    value: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen in one part of a question, with the texts for a table of counts. `label` is empty where there is one part only."""

    part: str
    value: str
    label: str
    html: str
    right: bool = False


I = TypeVar("I", bound=Item)  # noqa: E741 - an item of the kind's own class


class ResponseError(ValueError):
    """A response cannot be taken; nothing counts as an attempt. `message` is a message id, filled from `values`."""

    def __init__(self, message: str, **values: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.values: Mapping[str, str | int] = values


def key_of(item_id: str, text: str) -> str:
    """An option's name in forms: says nothing about the order in which the author wrote the options."""
    return hashlib.blake2s(f"{item_id}\0{text}".encode(), digest_size=6).hexdigest()


def variant(item: Item, seed: str) -> int:
    """Which of a few display orders a learner sees, by a seed that stays theirs (e.g. the enrolment's id).

    A dozen orders are enough to make copying from the neighbour useless, and few enough to keep rendered pages.
    """
    if not item.shuffle:
        return 0
    return crc32(f"{seed}\0{item.id}".encode()) % MOST_VARIANTS


def version(item: I, seed: str) -> int:
    """Which version of a question a learner has, by the same seed."""
    return crc32(f"{seed}\0{item.id}\0version".encode()) % len(item.versions) if item.versions else 0


def versioned(item: I, number: int) -> I:
    """That version; the question itself where it has none."""
    return cast(I, item.versions[number]) if item.versions else item


def ordered(keys: Sequence[str], item: Item, number: int) -> list[int]:
    """The positions of options in display order: as written, or shuffled the same way for the same variant."""
    positions = list(range(len(keys)))
    if item.shuffle:
        positions.sort(key=lambda at: hashlib.blake2s(f"{number}\0{keys[at]}".encode(), digest_size=8).digest())
    return positions


def marks_by_name(parts: Sequence[Any]) -> dict[str, Any]:
    """A verdict's parts by their names, to put beside options, gaps and rows."""
    return {part.name: part for part in parts}
