"""How values of a list are shown in a form, and written: texts, numbers, ranges, yes or no, names with values.

`read` gives what the form's inputs hold; None: they cannot show it, so it is edited as text. `write` gives YAML, None where the key goes.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent, indent
from typing import Any, ClassVar

import yaml

from exercises.checks import TYPES
from studio.yamllist import Value, is_value

Shown = tuple[str, ...]
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_INDENT = " " * 4                      # of what stands on lines of its own; deeper than any key here


@dataclass(frozen=True)
class Text:
    """A text; with `lines` one of several lines."""

    widget: ClassVar[str] = "text"
    lines: bool = False
    first: str = '""'                  # what a new one holds

    def read(self, value: Value) -> Shown | None:
        """The text."""
        text = _word(value)
        return (text,) if text is not None and (self.lines or "\n" not in text) else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """The text in the quotation marks that were there."""
        text = given[0] if self.lines else re.sub(r"\s*\n\s*", " ", given[0].strip())
        return scalar(text, old.style if old else '"') if text.strip() else None


@dataclass(frozen=True)
class Choice:
    """One of some words, with what they are called. Names of other parts of the block are known only there: see `names`."""

    widget: ClassVar[str] = "choice"
    options: tuple[tuple[str, str], ...] = ()
    names: str = ""                    # the fence whose names are offered
    first: str = '""'

    def read(self, value: Value) -> Shown | None:
        """The word."""
        text = _word(value)
        return (text,) if text is not None and "\n" not in text else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """The word without quotation marks, if it can be."""
        return scalar(given[0], None) if given[0] else None


@dataclass(frozen=True)
class Texts:
    """One text or several, one a line; with `perhaps` also none, written as true."""

    widget: ClassVar[str] = "texts"
    perhaps: bool = False
    first: str = '""'

    def read(self, value: Value) -> Shown | None:
        """The texts."""
        if self.perhaps and value.source == "true":
            return ("",)
        items = _items(value)
        texts = [item.value for item in items or () if isinstance(item, yaml.ScalarNode)]
        fits = items is not None and len(texts) == len(items) and all("\n" not in text and text == text.strip() for text in texts)
        return ("\n".join(texts),) if fits and all(texts[1:]) else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """One alone, several in brackets or as they stood; each that is the same as its author wrote it."""
        texts = [line.strip() for line in given[0].split("\n") if line.strip()]
        if not texts:
            return "true" if self.perhaps else None
        if len(texts) == 1 and not (old and isinstance(old.node, yaml.SequenceNode)):
            return scalar(texts[0], old.style if old and isinstance(old.node, yaml.ScalarNode) else '"')
        there = {item.value: _source(item, old) for item in _items(old) or () if isinstance(item, yaml.ScalarNode)} if old else {}
        return _list([there.get(text) or scalar(text, '"') for text in texts], old)


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    widget: ClassVar[str] = "whole"
    first: str = "100"

    def read(self, value: Value) -> Shown | None:
        """Its digits."""
        return _fitting(value, r"\d*")

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """Its digits."""
        return re.sub(r"\D", "", given[0])[:9] or None


@dataclass(frozen=True)
class Number:
    """A number."""

    widget: ClassVar[str] = "number"
    first: str = "0.01"

    def read(self, value: Value) -> Shown | None:
        """As it stands there."""
        return _fitting(value, r"(\d+(\.\d+)?)?")

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """With a point."""
        found = re.search(r"\d+(\.\d+)?", given[0].replace(",", "."))
        return found[0] if found else None


@dataclass(frozen=True)
class Span:
    """A number or a range: 3, 3..5, or 3.. without an end."""

    widget: ClassVar[str] = "span"
    first: str = "3"

    def read(self, value: Value) -> Shown | None:
        """The fewest and the most; the most is empty where there is no end."""
        found = re.fullmatch(r"(\d+)(?:\s*(\.\.)\s*(\d*))?", _word(value) or "")
        return (found[1], (found[3] or "") if found[2] else found[1]) if found else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """The shortest way to say it."""
        low, high = (re.sub(r"\D", "", text)[:5] for text in (*given, "")[:2])
        if not low and not high:
            return None
        return low if low == high else f"{low or 0}..{high}"


@dataclass(frozen=True)
class Yes:
    """Yes, or not said."""

    widget: ClassVar[str] = "yes"
    first: str = "true"

    def read(self, value: Value) -> Shown | None:
        """yes, or nothing."""
        word = (_word(value) or "").lower() if value.style is None else ""
        return {"true": ("yes",), "yes": ("yes",), "false": (), "no": ()}.get(word)

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """true, or nothing."""
        return "true" if any(given) else None


@dataclass(frozen=True)
class Always:
    """Nothing to say: that the key stands there is all."""

    widget: ClassVar[str] = "always"
    first: str = "true"

    def read(self, value: Value) -> Shown | None:
        """Nothing."""
        return () if value.source == "true" else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """As it stood."""
        return old.source if old else "true"


@dataclass(frozen=True)
class Free:
    """Any value as YAML or JSON writes it; what is neither is a text."""

    widget: ClassVar[str] = "free"
    first: str = '""'

    def read(self, value: Value) -> Shown | None:
        """Its source; of several lines without their common indent."""
        if value.node is None:
            return None
        return (dedent(value.source.strip("\n")) if "\n" in value.source else value.source,) if value.style not in ("|", ">") else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """As it is given."""
        text = given[0].strip("\n")
        if not text.strip():
            return None
        if "\n" in text:
            block = "\n" + indent(text, _INDENT)
            return block if is_value(block) else scalar(text, '"')
        return text.strip() if is_value(text.strip()) else scalar(text.strip(), '"')


@dataclass(frozen=True)
class Frees:
    """Several values, one a line; with `texts`, what looks like a number is a text, too."""

    widget: ClassVar[str] = "frees"
    texts: bool = False
    first: str = '[""]'

    def read(self, value: Value) -> Shown | None:
        """Their sources."""
        items = _items(value) if isinstance(value.node, yaml.SequenceNode) else None
        sources = [_source(item, value) for item in items or ()]
        return ("\n".join(sources),) if items is not None and all(source and "\n" not in source for source in sources) else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """In brackets."""
        lines = [line.strip() for line in given[0].split("\n") if line.strip()]
        there = {_source(item, old) for item in _items(old) or ()} if old else set()
        return _list([line if line in there else self._one(line) for line in lines], old) if lines else None

    def _one(self, line: str) -> str:
        fits = is_value(line, in_list=True) and not (self.texts and not isinstance(yaml.safe_load(line), str | dict))
        return line if fits else scalar(line, '"')


@dataclass(frozen=True)
class Pairs:
    """Names with values; with `types`, values are types of JSON."""

    widget: ClassVar[str] = "pairs"
    types: bool = False
    options: ClassVar[tuple[str, ...]] = TYPES
    first: str = "{}"

    def read(self, value: Value) -> Shown | None:
        """Name, value, name, value …"""
        if not isinstance(value.node, yaml.MappingNode):
            return None
        found = tuple(text for name, inner in value.node.value for text in (name.value, _source(inner, value)))
        return found if not any("\n" in text for text in found) and (not self.types or set(found[1::2]) <= set(TYPES)) else None

    def write(self, given: Sequence[str], old: Value | None) -> str | None:
        """In braces."""
        pairs = [(name.strip(), text.strip()) for name, text in zip(given[::2], given[1::2], strict=False) if name.strip()]
        written = [f"{self._name(name)}: {self._value(text)}" for name, text in pairs]
        return "{" + ", ".join(written) + "}" if pairs else None

    def _name(self, name: str) -> str:
        return name if re.fullmatch(r"[A-Za-z_]\w*", name) else scalar(name, '"')

    def _value(self, text: str) -> str:
        return text if text and is_value(text, in_list=True) else scalar(text, '"')


Field = Text | Choice | Texts | Whole | Number | Span | Yes | Always | Free | Frees | Pairs


# --- Pieces of YAML ---------------------------------------------------------------------------------------------------

def scalar(text: str, style: str | None) -> str:
    """A text as YAML, if possible in this style."""
    if "\n" in text:
        return _block(text)
    if style is None and _plain(text):
        return text
    return "'" + text.replace("'", "''") + "'" if style == "'" and not _UNSEEN.search(text) else _quoted(text)


def _quoted(text: str) -> str:
    return _UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(text, ensure_ascii=False))


def _block(text: str) -> str:
    """A text of several lines on lines of its own."""
    body = text.removesuffix("\n")
    if text[:1].isspace() or body.endswith("\n") or _UNSEEN.search(text) or any(line != line.rstrip() for line in body.split("\n")):
        return _quoted(text)
    sign = "|" if text.endswith("\n") else "|-"
    return f"{sign}\n" + "\n".join(f"{_INDENT}{line}" if line else "" for line in body.split("\n"))


def _plain(text: str) -> bool:
    """Whether a text means itself without quotation marks, also where YAML knows numbers and truths."""
    if not is_value(text) or not is_value(text, in_list=True) or text != text.strip():
        return False
    try:
        return bool(yaml.safe_load(text) == text)
    except (yaml.YAMLError, ValueError):
        return False


def _word(value: Value) -> str | None:
    """What a single value says; None where there are several."""
    return str(value.node.value) if isinstance(value.node, yaml.ScalarNode) else None


def _fitting(value: Value, pattern: str) -> Shown | None:
    """A single value that looks like this."""
    text = _word(value)
    return (text,) if text is not None and re.fullmatch(pattern, text) else None


def _items(value: Value) -> list[Any] | None:
    if isinstance(value.node, yaml.SequenceNode):
        return list(value.node.value)
    return [value.node] if isinstance(value.node, yaml.ScalarNode) else None


def _source(node: Any, value: Value) -> str:
    """What stands there for a node within a value."""
    text: str = node.start_mark.buffer or ""
    return text[node.start_mark.pointer : node.end_mark.pointer].rstrip() if text else value.source


def _list(items: Sequence[str], old: Value | None) -> str:
    """Items in brackets, or on lines of their own where they were."""
    node = old.node if old else None
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style and not any("\n" in item for item in items):
        return "".join(f"\n{' ' * node.start_mark.column}- {item}" for item in items)
    return f"[{', '.join(items)}]"
