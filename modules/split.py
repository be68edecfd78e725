"""Splits a module into prose and blocks, line by line, before Markdown sees any of it.

So keys, solutions and hidden tests never take part in rendering the page. A line opens a block when it begins with `:::`
(or `///`) in the first column. Inside a code fence such a line is text. Whatever might have been meant as a block but is
not one is an error, because it would show its solution to learners as prose.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.i18n import N_
from modules.blocks import Block
from modules.dates import day
from modules.findings import Finding, Severity
from modules.gift_blocks import Text, read_blocks

LAW = "law"          # The kind of a legal statement: it is prose, so it has no id and nobody answers it.
MOST_FINDINGS = 500  # In one module: who has so many needs no more of them.
# What stands before a mark by mistake: indentation, quotes, list markers, characters that nobody sees.
_MARK = re.compile("(?P<before>[\\s>*+.0-9\u200b-\u200d\u2060\ufeff-]*)(?P<mark>:{3,}|/{3,})(?P<rest>.*)")
_OPENING = re.compile(r"[ \t]*(?P<kind>[a-z][a-z0-9-]*)[ \t]*(?:\{(?P<attributes>.*)\})?[ \t]*")
_ATTRIBUTE = re.compile(
    r'\s*(?:#(?P<id>[A-Za-z][A-Za-z0-9_-]{0,63})|(?P<key>[A-Za-z][A-Za-z0-9_-]*)=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"{}]+)))'
    r"(?=\s|$)"
)
_GIFT = re.compile(r"gift(?:[ \t]+\{(?P<attributes>.*)\})?[ \t]*")
_FENCE = re.compile(r"[\s>]*(?P<fence>`{3,}|~{3,})(?P<info>.*)")


@dataclass(frozen=True)
class Prose:
    """Lines of ordinary Markdown between two blocks."""

    markdown: str
    line: int  # of its first line in the file


@dataclass(frozen=True)
class Law(Prose):
    """A legal statement, written as a block `law`: prose with a topic, a day, and a source. See modules.laws."""

    path: str
    attributes: Mapping[str, str]

    @property
    def topic(self) -> str:
        """What it is about; an organisation's own text has the same topic."""
        return self.attributes.get("topic", "")

    @property
    def title(self) -> str:
        """What it is about in words, in the language of the text; may be missing."""
        return self.attributes.get("title", "")

    @property
    def source(self) -> str:
        """Where the wording can be read."""
        return self.attributes.get("source", "")

    @property
    def as_of(self) -> date | None:
        """Up to which day it takes the law into account; None where that cannot be read."""
        return day(self.attributes.get("as_of", ""))


Segment = Prose | Block


@dataclass(frozen=True)
class Split:
    """A module's body in order, and what is wrong with it. No line of prose is lost or moved."""

    segments: tuple[Segment, ...]
    findings: tuple[Finding, ...]


def split(text: str, *, path: str, language: str, first_line: int = 1) -> Split:
    """Split the body of a module; `first_line` is the line in the file on which `text` begins."""
    splitter = _Splitter(text.split("\n"), path, language, first_line)
    splitter.run()
    return Split(tuple(splitter.segments), tuple(splitter.findings))


def fences(lines: Sequence[str]) -> tuple[dict[int, int], list[int]]:
    """Code fences: from the index of each opening line to that of its closing line, and the openings never closed.

    A fence closes with exactly the characters that opened it, as in pymdownx.superfences, which will render it.
    """
    found = {index: match for index, line in enumerate(lines) if (match := _FENCE.match(line))}
    closing: dict[str, list[int]] = defaultdict(list)
    for index, match in found.items():
        if not match["info"].strip():
            closing[match["fence"]].append(index)
    pairs: dict[int, int] = {}
    unclosed: list[int] = []
    after = -1
    for index, match in found.items():
        if index <= after or (match["fence"][0] == "`" and "`" in match["info"]):
            continue
        ends = closing[match["fence"]]
        place = bisect_right(ends, index)
        if place == len(ends):
            unclosed.append(index)
        else:
            after = pairs[index] = ends[place]
    return pairs, unclosed


def _gift(line: str) -> re.Match[str] | None:
    """The info of a fence that holds GIFT."""
    opening = _FENCE.match(line)
    return _GIFT.fullmatch(opening["info"].strip()) if opening else None


@dataclass
class _OpenBlock:
    index: int
    mark: str
    kind: str
    attributes: Mapping[str, str]
    id: str


class _Splitter:
    """One pass over the lines."""

    def __init__(self, lines: list[str], path: str, language: str, first_line: int) -> None:
        self.segments: list[Segment] = []
        self.findings: list[Finding] = []
        self._lines = lines
        self._path = path
        self._language = language
        self._first_line = first_line
        self._fence_ends, unclosed = fences(lines)
        self._start = 0
        self._block: _OpenBlock | None = None
        self._unnamed = 0
        for index in unclosed:
            self._find(index, "fence-unclosed", N_("A code fence is opened here and never closed."),
                       N_("Close it with the same characters on a line of their own."))

    def run(self) -> None:
        """Go through all lines, jumping over code fences."""
        index = 0
        while index < len(self._lines):
            if index in self._fence_ends:
                if self._block is None and (gift := _gift(self._lines[index])):
                    self._take_gift(index, gift)
                else:
                    self._warn_of_hidden_blocks(index)
                index = self._fence_ends[index]
            elif match := _MARK.fullmatch(self._lines[index]):
                self._take_mark(index, match)
            index += 1
        if self._block:
            self._report_unclosed(self._block)
            self._end_block(len(self._lines))
        else:
            self._end_prose(len(self._lines))

    def _take_mark(self, index: int, match: re.Match[str]) -> None:
        closing = not match["rest"].strip()
        if self._block and match["mark"][0] != self._block.mark[0]:
            return
        if match["before"] or len(match["mark"]) != 3:
            self._find(index, "block-mark", N_("“%(mark)s” must stand alone at the beginning of a line to open or close a block."),
                       N_("Write exactly three characters with nothing before them; to show them as text, use a code fence."),
                       mark=match["mark"][:8])
        elif self._block and closing:
            self._end_block(index)
        elif closing:
            self._find(index, "block-close", N_("This line closes a block, but none is open."),
                       N_("Remove the line, or open the block before it with “::: kind {#id}”."))
        else:
            self._open_block(index, match)

    def _take_gift(self, index: int, gift: re.Match[str]) -> None:
        """A fence with GIFT: its questions stand in its place."""
        end = self._fence_ends[index]
        self._end_prose(index)
        found = read_blocks(
            "\n".join(self._lines[index + 1:end]), path=self._path, language=self._language, first_line=self._first_line + index + 1,
            attributes=self._attributes(index, gift["attributes"] or ""), unnamed=self._unnamed,
        )
        self._unnamed += sum(finding.rule == "gift-id" for finding in found.findings)
        self.findings += found.findings[:max(0, MOST_FINDINGS - len(self.findings))]
        self.segments += [Prose(part.markdown, part.line) if isinstance(part, Text) else part for part in found.parts]
        self._start = end + 1

    def _open_block(self, index: int, match: re.Match[str]) -> None:
        if self._block:
            self._report_unclosed(self._block)
            self._end_block(index, closed=False)
        self._end_prose(index)
        opening = _OPENING.fullmatch(match["rest"])
        if not opening:
            self._find(index, "block-opening", N_("This line does not open a block correctly."),
                       N_("Write “::: kind {#id key=value}”, for example “::: single {#question-1 points=1}”."))
        attributes = self._attributes(index, opening["attributes"] or "") if opening else {}
        id_ = attributes.pop("#", "")
        if opening and not id_ and opening["kind"] != LAW:
            self._find(index, "block-id", N_("The block has no id."),
                       N_("Give it one that never changes again: “::: %(kind)s {#my-id}”."), kind=opening["kind"])
        self._block = _OpenBlock(index, match["mark"], opening["kind"] if opening else "", attributes, id_)

    def _attributes(self, index: int, text: str) -> dict[str, str]:
        """Keys and values; the id stands under "#"."""
        found: dict[str, str] = {}
        place = 0
        while match := _ATTRIBUTE.match(text, place):
            key = "#" if match["id"] else match["key"]
            if key in found:
                self._find(index, "block-attribute-twice", N_("The attribute “%(key)s” stands here twice."),
                           N_("Keep one of the two."), key=key)
            found[key] = match["id"] or match["quoted"] or match["bare"] or ""
            place = match.end()
        if text[place:].strip():
            self._find(index, "block-attributes", N_("The attributes cannot be read from “%(rest)s” on."),
                       N_('Write {#id key=value key="two words"}; an id begins with a letter and has letters, digits, - and _.'),
                       rest=text[place:].strip()[:40])
        return found

    def _end_prose(self, end: int) -> None:
        text = "\n".join(self._lines[self._start:end])
        if self._block is None and text.strip():
            self.segments.append(Prose(text, self._first_line + self._start))

    def _end_block(self, end: int, *, closed: bool = True) -> None:
        block = self._block
        assert block is not None
        body = "\n".join(self._lines[block.index + 1:end])
        # A block whose opening line cannot be read has no kind; it is dropped, and an error already says so.
        if block.kind == LAW:
            self.segments.append(Law(body, self._first_line + block.index + 1, self._path, {**block.attributes, **({"#": block.id} if block.id else {})}))
        elif block.kind:
            self.segments.append(Block(block.kind, block.id, block.attributes, body, self._path,
                                       self._first_line + block.index + 1, self._language))
        self._block = None
        self._start = end + 1 if closed else end

    def _report_unclosed(self, block: _OpenBlock) -> None:
        self._find(block.index, "block-unclosed", N_("The block is opened here and never closed."),
                   N_("Write “%(mark)s” on a line of its own after its last line."), mark=block.mark)

    def _warn_of_hidden_blocks(self, index: int) -> None:
        if self._block:
            return
        for inner in range(index + 1, self._fence_ends[index]):
            if re.match(r":::\s*[a-z]+\s*\{#", self._lines[inner]):
                self._find(inner, "block-in-code", N_("This block stands inside a code fence: learners see it as text."),
                           N_("If it is meant as a question, close the code fence before it."), severity=Severity.WARNING)

    def _find(self, index: int, rule: str, message: str, mend: str, *, severity: Severity = Severity.ERROR,
              **values: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(rule, self._path, self._first_line + index, message, mend, severity, values))
