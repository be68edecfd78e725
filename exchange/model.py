"""What every format is read into and written from: items, as data that belongs to none of the formats.

All texts are Markdown as authors of courses write it. In the text of a cloze, `gap(3)` stands where the third gap is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from assessments.kinds.answers import Answer
from modules.findings import Finding

MOST_ITEMS = 2_000
_OPEN, _CLOSE = "\ue010", "\ue011"
GAP = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
TEXT = "text"  # The kind of what asks nothing: a description, a page.
CHOICE_KINDS = frozenset({"single", "multi", "likert"})


def gap(number: int) -> str:
    """The place of a gap in a text, from 1."""
    return f"{_OPEN}{number}{_CLOSE}"


def without_gap_marks(text: str) -> str:
    """A foreign text, which must not place gaps by itself."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


@dataclass(frozen=True)
class Choice:
    """An option, or an entry to be put in order. `weight` is its share of the points (1 is all), None where none is said."""

    text: str
    right: bool = False
    weight: float | None = None
    feedback: str = ""


@dataclass(frozen=True)
class Pair:
    """Two sides that belong together; a distractor has no left one."""

    left: str
    right: str
    feedback: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a matrix: which columns are right."""

    text: str
    right: tuple[int, ...]
    feedback: str = ""


@dataclass(frozen=True)
class Gap:
    """A gap to choose for (`options`, of which one is right) or to write in (`answers`)."""

    options: tuple[str, ...] = ()
    right: int = -1
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Words:
    """Accepted answers in words that earn the same."""

    answers: tuple[Answer, ...]
    weight: float = 1.0
    feedback: str = ""


@dataclass(frozen=True)
class Number:
    """An accepted range of numbers."""

    low: Decimal
    high: Decimal
    weight: float = 1.0
    feedback: str = ""

    @property
    def middle(self) -> Decimal:
        """The number itself."""
        return (self.low + self.high) / 2

    @property
    def tolerance(self) -> Decimal:
        """How far from it an answer may be."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Criterion:
    """A line of an essay's rubric; the guidance is for those who mark."""

    points: float
    text: str
    guidance: str = ""


@dataclass(frozen=True)
class Fenced:
    """A named fenced part of a block, such as `solution`."""

    name: str
    text: str


@dataclass(frozen=True)
class Note:
    """Something that was changed or left out of an item. `message` is a gettext id, filled from `values`."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question, an exercise, or a text between them."""

    kind: str
    stem: str = ""
    id: str = ""
    title: str = ""
    category: str = ""
    line: int = 0
    points: float = 1.0
    attempts: int | None = None
    scoring: str = ""
    shuffle: bool | None = None
    show: str = ""
    competences: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    pairs: tuple[Pair, ...] = ()
    corner: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    many: bool = False
    gaps: tuple[Gap, ...] = ()
    words: tuple[Words, ...] = ()
    numbers: tuple[Number, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)  # What only this kind has: unit, words, lang …
    rubric: tuple[Criterion, ...] = ()
    fences: tuple[Fenced, ...] = ()
    hints: tuple[str, ...] = ()
    explanation: str = ""
    unreadable: Note | None = None     # why a block of a course could not be read

    @property
    def letters(self) -> int:
        """About how much text it holds."""
        texts = [self.stem, self.explanation, *self.hints, *(part.text for part in self.fences)]
        texts += [text for choice in self.choices for text in (choice.text, choice.feedback)]
        texts += [text for pair in self.pairs for text in (pair.left, pair.right, pair.feedback)]
        texts += [text for row in self.rows for text in (row.text, row.feedback)]
        texts += [text for words in self.words for text in (words.feedback, *(answer.text for answer in words.answers))]
        texts += [text for criterion in self.rubric for text in (criterion.text, criterion.guidance)]
        return sum(map(len, texts))


@dataclass
class Entry:
    """What became of one item: read, changed, or dropped. Readers and writers note here what they do to it."""

    number: int
    name: str
    what: str = ""                     # its type, in the words of the format it came from
    line: int = 0
    dropped: bool = False
    id: str = ""                       # of the block that it became
    notes: list[Note] = field(default_factory=list)

    @property
    def state(self) -> str:
        """One word for it."""
        return "dropped" if self.dropped else "changed" if self.notes else "read"

    def change(self, message: str, **values: Any) -> None:
        """Note a change, once."""
        note = Note(message, values)
        if note not in self.notes:
            self.notes.append(note)

    def drop(self, message: str, **values: Any) -> None:
        """Note why nothing comes of the item."""
        self.dropped = True
        self.notes.insert(0, Note(message, values))


@dataclass(frozen=True)
class Reading:
    """All that came out of a file: items in order, the report on each, pictures by their path, and what was wrong at large.

    `files` is the course folder when the file was one already; then nothing needs to be made of the items.
    """

    format: str
    items: tuple[Item, ...] = ()
    report: tuple[Entry, ...] = ()
    findings: tuple[Finding, ...] = ()
    media: Mapping[str, bytes] = field(default_factory=dict)
    title: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


class UnreadableError(ValueError):
    """A part cannot be understood; `message` is a gettext id, filled from `values`."""

    def __init__(self, message: str, **values: Any) -> None:
        super().__init__(message)
        self.message = message
        self.values = values
