"""YAML that people upload: plain data only, within bounds, with the line of every value.

Refused: anchors and aliases (a few lines can unfold to gigabytes), tags, duplicate keys (the last one would win silently),
deep nesting, long texts. Dates stay texts, and so do `yes` and `no` (which is a country). Values are built from the
parser's events, one after the other, so that nothing is unfolded, constructed or recursed into before it is checked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from core.i18n import N_

MOST_CHARACTERS = 64_000
MOST_VALUES = 5_000
DEEPEST = 12
_WORDS: Mapping[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}

Where = tuple[str | int, ...]


class YamlError(ValueError):
    """The text is not acceptable. `message` and `mend` are gettext ids with %(name)s places for `values`."""

    def __init__(self, line: int, message: str, mend: str, **values: str | int) -> None:
        super().__init__(f"line {line}: {message % values}")
        self.line = line
        self.message = message
        self.mend = mend
        self.values = values


@dataclass(frozen=True)
class Yaml:
    """What a text says, and on which line each value begins (by the keys and indexes that lead to it)."""

    value: Any
    lines: Mapping[Where, int]


@dataclass
class _Open:
    """A list or mapping that is being filled."""

    into: Any
    where: Where
    key: str | None = None
    keys: set[str] = field(default_factory=set)


def read_yaml(text: str, *, first_line: int = 1) -> Yaml:
    """Read one YAML document. Lines are counted from `first_line`. Raises YamlError at the first problem."""
    if len(text) > MOST_CHARACTERS:
        raise YamlError(first_line, N_("The YAML has more than %(most)s characters."),
                        N_("Shorten it: long texts belong into the module."), most=MOST_CHARACTERS)
    builder = _Builder(first_line)
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        raise YamlError(first_line + (mark.line if mark else 0), N_("This is not valid YAML: %(reason)s."),
                        N_("Check the indentation, and put texts that contain a colon into quotation marks."),
                        reason=error.problem or error.context or "?") from error
    except yaml.YAMLError as error:
        raise YamlError(first_line, N_("This is not valid YAML: %(reason)s."),
                        N_("Remove characters that cannot be seen."), reason=type(error).__name__) from error
    return Yaml(builder.value, builder.lines)


class _Builder:
    """Turns events into values, refusing what the module's first lines name."""

    def __init__(self, first_line: int) -> None:
        self.value: Any = None
        self.lines: dict[Where, int] = {}
        self._first_line = first_line
        self._open: list[_Open] = []
        self._count = 0
        self._documents = 0

    def take(self, event: Event) -> None:
        """Work in the next event."""
        line = self._first_line + (event.start_mark.line if event.start_mark else 0)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise YamlError(line, N_("A second YAML document begins here."), N_("Remove the line “---”."))
        elif isinstance(event, NodeEvent):
            self._refuse_tricks(event, line)
            self._take_node(event, line)
        elif isinstance(event, CollectionEndEvent):
            self._open.pop()

    def _refuse_tricks(self, event: NodeEvent, line: int) -> None:
        if isinstance(event, AliasEvent) or event.anchor:
            raise YamlError(line, N_("YAML anchors (&) and aliases (*) are not allowed."),
                            N_("Write the value out; put a text that begins with & or * into quotation marks."))
        if getattr(event, "tag", None):
            raise YamlError(line, N_("YAML tags (!) are not allowed."),
                            N_("Remove the tag; put a text that begins with ! into quotation marks."))
        self._count += 1
        if self._count > MOST_VALUES:
            raise YamlError(line, N_("The YAML has more than %(most)s values."), N_("Remove what is not needed."), most=MOST_VALUES)
        if len(self._open) >= DEEPEST:
            raise YamlError(line, N_("The YAML is nested more than %(most)s levels deep."), N_("Make it flatter."),
                            most=DEEPEST)

    def _take_node(self, event: NodeEvent, line: int) -> None:
        parent = self._open[-1] if self._open else None
        if parent and isinstance(parent.into, dict) and parent.key is None:
            self._take_key(parent, event, line)
            return
        value = _scalar(event) if isinstance(event, ScalarEvent) else {} if isinstance(event, MappingStartEvent) else []
        where = self._put(parent, value)
        self.lines[where] = line
        if isinstance(event, CollectionStartEvent):
            self._open.append(_Open(value, where))

    def _take_key(self, parent: _Open, event: NodeEvent, line: int) -> None:
        if not isinstance(event, ScalarEvent):
            raise YamlError(line, N_("A key must be a simple text."), N_("Put the part before the colon into quotation marks."))
        if event.value in parent.keys:
            raise YamlError(line, N_("“%(key)s” stands here twice."), N_("Keep one of the two."), key=event.value[:80])
        parent.keys.add(event.value)
        parent.key = event.value

    def _put(self, parent: _Open | None, value: Any) -> Where:
        if parent is None:
            self.value = value
            return ()
        if parent.key is None:
            parent.into.append(value)
            return (*parent.where, len(parent.into) - 1)
        key, parent.key = parent.key, None
        parent.into[key] = value
        return (*parent.where, key)


def _scalar(event: ScalarEvent) -> Any:
    text: str = event.value
    if event.style is not None:  # In quotation marks it is a text, whatever it looks like.
        return text
    if text in _WORDS:
        return _WORDS[text]
    if re.fullmatch(r"[-+]?[0-9]{1,15}", text):
        return int(text)
    if re.fullmatch(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}", text):
        return float(text)
    return text
