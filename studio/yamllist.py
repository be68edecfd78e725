"""A list of entries in YAML, changed as text: only what is asked for is written anew, all else stays byte for byte.

Entries are cut into pieces, one for each key. What cannot be cut safely (anchors, tags, entries on one line) is refused, so that
nothing that an author wrote is lost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from core.i18n import N_
from exercises.reading import MOST_YAML, ChecksError, refuse_tricks

_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")         # YAML and this file would count lines differently


class NoListError(ValueError):
    """The text is not shown as rows; the message (a gettext id) says why."""


@dataclass(frozen=True)
class Value:
    """What stands behind a key. Without `node` it holds something that has to stay as it is, such as a comment."""

    source: str
    node: Any = None

    @property
    def style(self) -> str | None:
        """The quotation mark or sign of a block; None: plain, or no text."""
        return getattr(self.node, "style", None)


@dataclass(frozen=True)
class Piece:
    """The lines of one key, from the key on: up to the colon and the blanks behind it, the value, and what follows until the next key."""

    key: str
    before: str
    value: Value
    behind: str


@dataclass(frozen=True)
class Entry:
    """An entry: where its text is, where the comments directly above it begin, and its pieces."""

    lead: int
    start: int
    end: int
    dash: str                          # the blanks and the dash before the first key
    pieces: tuple[Piece, ...]

    @property
    def values(self) -> Mapping[str, Value]:
        """By key."""
        return {piece.key: piece.value for piece in self.pieces}


@dataclass(frozen=True)
class Change:
    """What an entry is to say: other values as they are written (None: the key goes), and keys that get another name."""

    sources: Mapping[str, str | None]
    names: Mapping[str, str]


# --- Cutting ----------------------------------------------------------------------------------------------------------

def cut(text: str) -> tuple[Entry, ...]:
    """The entries of a text. Raises NoListError."""
    text = _whole(text)
    root = _composed(text)
    if root is None:
        return ()
    if not isinstance(root, yaml.SequenceNode) or root.flow_style or not all(isinstance(node, yaml.MappingNode) and not node.flow_style and node.value for node in root.value):
        raise NoListError(N_("This is not a list in which each entry begins with a dash and has one line for each key."))
    entries: list[Entry] = []
    for node in root.value:
        entries.append(_entry(text, node, entries[-1].end if entries else 0))
    return tuple(entries)


def is_value(source: str, *, in_list: bool = False) -> bool:
    """Whether this can stand behind a key, or in brackets, as one value without tricks."""
    text = f"- [{source}]" if in_list else f"- k: {source}"
    try:
        root = _composed(_whole(text))
        inner = root.value[0].value if in_list else [value for _key, value in root.value[0].value]
    except (NoListError, AttributeError, TypeError, ValueError, IndexError):
        return False
    if in_list and any(isinstance(node, yaml.MappingNode) and not source.lstrip().startswith("{") for node in inner):
        return False                   # `a: b` in brackets would be a name with a value.
    covers = [text[node.start_mark.index : node.end_mark.index].strip() == source.strip() for node in inner]
    return len(root.value) == 1 and covers == [True]


def _whole(text: str) -> str:
    if _BREAKS.search(text) or len(text) > MOST_YAML:
        raise NoListError(N_("It is too long, or holds signs that cannot be seen."))
    return f"{text}\n"


def _composed(text: str) -> Any:
    try:
        refuse_tricks(text)
        if any(getattr(event, "tag", None) for event in yaml.parse(text, Loader=yaml.BaseLoader)):
            raise NoListError(N_("It uses parts of YAML that rows cannot show, such as anchors or tags."))
        return yaml.compose(text, Loader=yaml.BaseLoader)
    except ChecksError as error:
        raise NoListError(N_("It uses parts of YAML that rows cannot show, such as anchors or tags.")) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise NoListError(N_("It is not valid YAML; the check below says where.")) from error


def _entry(text: str, node: Any, earliest: int) -> Entry:
    places = [key.start_mark.index for key, _value in node.value]
    starts = [_line_at(text, place) for place in places]
    dash = text[starts[0] : places[0]]
    keys = [key.value for key, _value in node.value]
    if not re.fullmatch(r" *- +", dash) or any(text[start:place].strip() for start, place in zip(starts[1:], places[1:], strict=True)) or len(set(keys)) < len(keys):
        raise NoListError(N_("This is not a list in which each entry begins with a dash and has one line for each key."))
    end = text.index("\n", _end_of(text, node.value[-1])) + 1
    bounds = [*starts[1:], end]
    pieces = tuple(_piece(text, key, value, place, bound) for (key, value), place, bound in zip(node.value, places, bounds, strict=True))
    return Entry(_lead(text, starts[0], earliest), starts[0], end, dash, pieces)


def _piece(text: str, key: Any, value: Any, place: int, bound: int) -> Piece:
    colon = text.find(":", key.end_mark.index) + 1
    if not colon or key.end_mark.line != key.start_mark.line or not isinstance(key, yaml.ScalarNode):
        raise NoListError(N_("This is not a list in which each entry begins with a dash and has one line for each key."))
    start, end = max(colon, value.start_mark.index), max(colon, _end_of(text, (key, value)))
    between, source = text[colon:start], text[start:end]
    fixed = "#" in between or _commented(text, value, source)
    if between.strip(" ") and not fixed:  # The value begins on the next line.
        between, source = "", text[colon:end]
    return Piece(key.value, text[place:colon] + between, Value(source, None if fixed else value), text[end:bound])


def _end_of(text: str, pair: Any) -> int:
    """Behind the last sign of a value; marks of blocks stand behind the empty lines that follow."""
    key, value = pair
    first, last = value.start_mark.index, value.end_mark.index
    return int(max(key.end_mark.index, first + len(text[first:last].rstrip())))


def _commented(text: str, node: Any, source: str) -> bool:
    """Whether a value holds a comment, or line ends that count: such a value is not written anew."""
    if isinstance(node, yaml.ScalarNode):
        return node.style in ("|", ">") and bool(re.search(r"[#+]", source.split("\n", 1)[0]))
    outside, at = "", node.start_mark.index
    for scalar in _scalars(node):
        outside += text[at : scalar.start_mark.index]
        at = scalar.end_mark.index
    return "#" in outside + text[at : node.end_mark.index]


def _scalars(node: Any) -> list[Any]:
    if isinstance(node, yaml.ScalarNode):
        return [node]
    inner = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    return [scalar for part in inner for scalar in _scalars(part)]


def _line_at(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _lead(text: str, start: int, earliest: int) -> int:
    """Where the comments directly above a line begin."""
    while start > earliest:
        above = _line_at(text, start - 1)
        if above < earliest or not text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start


# --- Changing ---------------------------------------------------------------------------------------------------------

def changed(text: str, changes: Mapping[int, Change], order: Sequence[str]) -> str:
    """The text with other values in its entries; keys that are new stand where `order` has them. Raises NoListError."""
    entries, out, at = cut(text), "", 0
    text = _whole(text)
    for number, entry in enumerate(entries):
        change = changes.get(number)
        new = _rebuilt(entry, change, order) if change else text[entry.start : entry.end]
        out += text[at : entry.start] + new
        at = entry.end
    return (out + text[at:])[:-1]


def moved(text: str, number: int, act: str) -> str:
    """The text with one entry further `up` or `down`, with the comments directly above it, or without it (`remove`). Raises NoListError."""
    entries = cut(text)
    text = _whole(text)
    if not 0 <= number < len(entries):
        return text[:-1]
    if act == "remove":
        entry = entries[number]
        return (text[: entry.start] + text[entry.end :])[:-1]
    first = number - 1 if act == "up" else number
    if not 0 <= first < len(entries) - 1:
        return text[:-1]
    one, other = entries[first], entries[first + 1]
    return (text[: one.lead] + text[other.lead : other.end] + text[one.end : other.lead] + text[one.lead : one.end] + text[other.end :])[:-1]


def added(text: str, sources: Mapping[str, str]) -> str:
    """The text with one more entry at the end. Raises NoListError."""
    entries = cut(text)
    text = _whole(text)
    dash = entries[-1].dash if entries else "- "
    lines = "".join(f"{dash if not at else ' ' * len(dash)}{key}: {source}\n" for at, (key, source) in enumerate(sources.items()))
    if entries:
        place = entries[-1].end
        return (text[:place] + lines + text[place:])[:-1]
    kept = text.rstrip("\n") if text.strip() not in ("", "[]") else ""
    return (f"{kept}\n" if kept else "") + lines[:-1]


def _rebuilt(entry: Entry, change: Change, order: Sequence[str]) -> str:
    """An entry's lines with what changed. Comments of keys that go stay."""
    pieces: list[tuple[str, str]] = []
    above, indent = "", " " * len(entry.dash)
    for piece in entry.pieces:
        name, source = change.names.get(piece.key, piece.key), change.sources.get(piece.key, piece.value.source)
        if source is not None:
            pieces.append((name, _with(piece, name, source, change)))
        elif kept := "".join(f"{indent}{line.strip()}\n" for line in piece.behind.split("\n") if line.strip().startswith("#")):
            if pieces:
                pieces[-1] = (pieces[-1][0], pieces[-1][1] + kept)
            else:
                above += kept
    for key, source in change.sources.items():
        if key not in entry.values and source is not None:
            pieces.insert(_place(key, [name for name, _ in pieces], order), (key, f"{key}: {source}\n"))
    return above + "".join((indent if at else entry.dash) + text for at, (_, text) in enumerate(pieces))


def _with(piece: Piece, name: str, source: str, change: Change) -> str:
    before = piece.before
    if name != piece.key:
        before = f"{name}:{before[before.rindex(':') + 1:]}"
    if piece.key in change.sources and source != piece.value.source and not before.endswith(" ") and not source.startswith("\n"):
        before += " "
    return before + source + piece.behind


def _place(key: str, there: Sequence[str], order: Sequence[str]) -> int:
    """Behind the last key that stands before this one in the usual order."""
    earlier = set(order[: order.index(key)] if key in order else order)
    return max((at for at, name in enumerate(there, 1) if name in earlier), default=0)
