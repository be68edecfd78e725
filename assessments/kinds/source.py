"""Reading a block's lines: the question's text, marks such as `(x)` or `=`, feedback, hints, explanation and fences."""

import re
from dataclasses import dataclass, field
from textwrap import dedent

from modules.blocks import Block
from modules.findings import Finding, Severity

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^`\s]*)[ \t]*(.*)$")
_FEEDBACK = re.compile(r"^[ \t]*> ?(.*)$")
_INDENTED = re.compile(r"^(?: {2,}|\t)[ \t]*\S")
BAR = re.compile(r"(?<!\\)\|")         # between the cells of a table, or the parts of a gap
_COMMON = re.compile(r"^ {0,3}([?!])[ \t]+(.*)$")


@dataclass
class Mark:
    """A marked line with what belongs to it: the indented lines below and its `>` feedback."""

    sign: str
    line: int
    lines: list[str]
    feedback_lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The marked text: the first line as it is, the rest without common indent."""
        return "\n".join([self.lines[0], dedent("\n".join(self.lines[1:]))]).strip()

    @property
    def feedback(self) -> str:
        """The author's words for whoever chose this."""
        return "\n".join(self.feedback_lines).strip()


@dataclass(frozen=True)
class Fence:
    """A named fenced part, e.g. ```` ```context quelle.md ````."""

    name: str
    argument: str
    text: str
    line: int                          # of the first line inside


@dataclass
class Body:
    """A block's lines, sorted."""

    text_lines: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    hints: list[Mark] = field(default_factory=list)
    explanations: list[Mark] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)
    unclosed: int = 0                  # line of a fence that never ends

    @property
    def text(self) -> str:
        """The question itself, in Markdown."""
        return "\n".join(self.text_lines).strip("\n")

    @property
    def explanation(self) -> str:
        """All `!` lines as one text."""
        return "\n".join(mark.text for mark in self.explanations)


class Reader:
    """Collects what is wrong in one block while it is read, so that an author sees all of it at once."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.findings: list[Finding] = []

    def error(self, rule: str, message: str, mend: str, line: int | None = None, **values: str | int) -> None:
        """Note an error; the block cannot be published with it."""
        self.findings.append(Finding(rule, self.block.path, self._place(line), message, mend, Severity.ERROR, values))

    def warning(self, rule: str, message: str, mend: str, line: int | None = None, **values: str | int) -> None:
        """Note a piece of advice."""
        self.findings.append(Finding(rule, self.block.path, self._place(line), message, mend, Severity.WARNING, values))

    def _place(self, line: int | None) -> int:
        """A line of the block in its file; else that of the opening fence, one above the first body line."""
        return self.block.line_at(line) if line else max(1, self.block.line - 1)

    @property
    def failed(self) -> bool:
        """Whether anything so far forbids publishing."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


class _Sorter:
    """Walks over the lines once and remembers what the next indented line would belong to."""

    def __init__(self, signs: re.Pattern[str] | None, fences: frozenset[str], first_line: int) -> None:
        self.signs, self.names, self.first_line = signs, fences, first_line
        self.body = Body()
        self.open: list[str] | None = None     # where an indented line continues
        self.answer: Mark | None = None        # what a `>` line comments on

    def sort(self, lines: list[str]) -> Body:
        """Put every line where it belongs."""
        at = 0
        while at < len(lines):
            at = self._fence(lines, at) or self._line(lines[at], self.first_line + at, at)
        return self.body

    def _fence(self, lines: list[str], at: int) -> int:
        """Take a whole fenced part; returns the next position, or 0 when there is no fence here."""
        opening = _FENCE.match(lines[at])
        if not opening:
            return 0
        ticks = opening.group(1)
        closing = re.compile(rf"^ {{0,3}}{re.escape(ticks[0])}{{{len(ticks)},}}[ \t]*$")
        end = next((no for no in range(at + 1, len(lines)) if closing.match(lines[no])), None)
        if end is None:
            self.body.unclosed = self.body.unclosed or self.first_line + at
            end = len(lines)
        name = opening.group(2)
        if name in self.names:
            text = "\n".join(lines[at + 1 : end])
            self.body.fences.append(Fence(name, opening.group(3).strip(), text, self.first_line + at + 1))
            self.open = self.answer = None
        else:
            self._keep(lines[at : end + 1], self.first_line + at)
        return end + 1

    def _keep(self, lines: list[str], line: int) -> None:
        if self._in_text():
            self.body.text_lines += lines
        else:
            self.body.strays.append(line)

    def _in_text(self) -> bool:
        body = self.body
        return not (body.marks or body.hints or body.explanations or body.fences)

    def _line(self, text: str, line: int, at: int) -> int:
        mark = self.signs.match(text) if self.signs else None
        common = _COMMON.match(text)
        feedback = _FEEDBACK.match(text)
        if mark:
            self.answer = self._mark(self.body.marks, mark.group(1), mark.group(2), line)
        elif common:
            hint = common.group(1) == "?"
            self._mark(self.body.hints if hint else self.body.explanations, common.group(1), common.group(2), line)
            self.answer = None
        elif feedback and self.answer:
            self.answer.feedback_lines.append(feedback.group(1))
            self.open = self.answer.feedback_lines
        elif self.open is not None and (_INDENTED.match(text) or not text.strip()):
            self.open.append(text)
        elif self._in_text():
            self.body.text_lines.append(text)
        elif text.strip():
            self.body.strays.append(line)
        return at + 1

    def _mark(self, kept: list[Mark], sign: str, text: str, line: int) -> Mark:
        mark = Mark(sign, line, [text])
        kept.append(mark)
        self.open = mark.lines
        return mark


def read_body(block: Block, signs: re.Pattern[str] | None = None, fences: frozenset[str] = frozenset()) -> Body:
    """Sort a block's lines. `signs` finds the kind's own marks (groups: the sign, the text behind it)."""
    return _Sorter(signs, fences, block.line).sort(block.body.split("\n"))
