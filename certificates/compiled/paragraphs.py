"""Finding a text in a page that WeasyPrint has laid out, and setting another one in its place.

A text is placed only where nothing else moves with it: alone in its lines, between breaks that stay, in a box whose width is not its own.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import product
from typing import Any

from certificates.compiled.errors import WholeError

_MOST_LINES = 4
_EXACT = 1e-6                          # CSS pixels; sums of lengths differ by less


@dataclass(frozen=True)
class Line:
    """A line with the box of its text, and the inline boxes around that (the outermost first)."""

    box: Any
    text: Any
    around: tuple[Any, ...]


@dataclass(frozen=True)
class SetLine:
    """A line as it is set anew: a box to be drawn, and how far its text begins to the right of the former one."""

    text: Any
    moved: float


@dataclass(frozen=True)
class Paragraph:
    """Lines that a value stands in, with what stands before and behind it."""

    lines: tuple[Line, ...]
    width: float                       # of the box that the lines are in
    ends: bool                         # the last line is the last of its box
    before: str
    behind: str
    value: int                         # which of the values

    def set(self, value: str) -> list[SetLine]:
        """Set another value. Raises WholeError when it takes another number of lines."""
        set_lines = list(_broken(self.before + value + self.behind, self.lines[0].text.style, self.width, len(self.lines)))
        if len(set_lines) != len(self.lines):
            raise WholeError("the text takes another number of lines")
        return [self._at_its_place(index, *line) for index, line in enumerate(set_lines)]

    def _at_its_place(self, index: int, layout: Any, width: float) -> SetLine:
        former, last = self.lines[index], self.ends and index == len(self.lines) - 1
        moved = _offset(former.box, self.width, width, last=last) - _offset(former.box, self.width, former.text.width, last=last)
        text = copy(former.text)
        text.text, text.pango_layout, text.width = layout.text, layout, width
        text.position_x += moved
        return SetLine(text, moved)


def found_in(page_box: Any, values: Sequence[str]) -> list[Paragraph]:
    """Where the values stand in a laid out page. Raises WholeError where one stands so that other things depend on it."""
    found = []
    for block in _blocks(page_box):
        for lines, free in _runs(block):
            for index, value in enumerate(values):
                joined = _joined(lines, value, block.width)
                if joined is None:
                    continue
                if not free or block.style["direction"] != "ltr":
                    raise WholeError("other text stands beside one that differs")
                before, _, behind = joined.partition(value)
                found.append(Paragraph(lines, block.width, lines[-1].box is block.children[-1], before, behind, index))
    return found


def _blocks(box: Any) -> Iterator[Any]:
    """All boxes that hold lines."""
    from weasyprint.formatting_structure import boxes  # noqa: PLC0415 - needs system libraries, see certificates.pdf

    box = getattr(box, "_box", box)    # What is placed absolutely stands behind a placeholder.
    if box.is_floated():
        raise WholeError("lines flow around something")
    children = getattr(box, "children", ())
    if children and isinstance(children[-1], boxes.LineBox):
        yield box
    for child in children:
        yield from _blocks(child)


def _runs(block: Any) -> Iterator[tuple[tuple[Line, ...], bool]]:
    """Texts of the block that have lines for themselves; and whether forced breaks or the block's ends are before and behind each."""
    rows = [_line(box) for box in block.children]
    start = 0
    while start < len(rows):
        row, end = rows[start], start + 1
        if row is None:
            start = end
            continue
        while end < len(rows) and not _breaks(block.children[end - 1]) and (below := rows[end]) and below.text.element is row.text.element:
            end += 1
        before = start == 0 or _breaks(block.children[start - 1])
        behind = end == len(rows) or _breaks(block.children[end - 1])
        yield tuple(line for line in rows[start:end] if line), before and behind
        start = end


def _line(box: Any) -> Line | None:
    """The line's one text; None if there is more in it."""
    from weasyprint.formatting_structure import boxes  # noqa: PLC0415 - as above

    around: list[Any] = []
    inner = box
    while not isinstance(inner, boxes.TextBox):
        children = [child for child in getattr(inner, "children", ()) if not _is_break(child)]
        if len(children) != 1:
            return None
        inner = children[0]
        around.append(inner)
    chain = tuple(around[:-1])
    if any(not isinstance(entry, boxes.InlineBox) or abs(entry.margin_width() - inner.width) > _EXACT for entry in chain):
        return None
    return Line(box, inner, chain)


def _is_break(box: Any) -> bool:
    return getattr(box, "element_tag", None) == "br"


def _breaks(line: Any) -> bool:
    return any(map(_is_break, getattr(line, "children", ())))


def _joined(lines: tuple[Line, ...], value: str, width: float) -> str | None:
    """The text of the lines as it was before it was broken, if the value is in it.

    A line ends at a space, which is not shown, or at a hyphen: whichever breaks in the same way is right.
    """
    texts = [line.text.text for line in lines]
    if len(texts) > _MOST_LINES or value.replace(" ", "") not in "".join(texts).replace(" ", ""):
        return None
    for gaps in product((" ", ""), repeat=len(texts) - 1):
        joined: str = texts[0] + "".join(gap + text for gap, text in zip(gaps, texts[1:], strict=True))
        again = [layout.text for layout, _ in _broken(joined, lines[0].text.style, width, len(lines))]
        if joined.count(value) == 1 and again == texts:
            return joined
    raise WholeError("it is not clear how a text was broken into lines")


def _broken(text: str, style: Any, width: float, most: int) -> Iterator[tuple[Any, float]]:
    """Break a text into lines, as layout does: each with its width, one more than `most` at the most."""
    from weasyprint.text.line_break import split_first_line  # noqa: PLC0415 - as above

    rest = text.encode()
    for _ in range(most + 1):
        layout, _length, resume, taken, _height, _baseline = split_first_line(rest.decode(), style, None, width, 0)
        if taken > width:
            raise WholeError("the text is wider than its box")
        yield layout, taken
        if resume is None:
            return
        rest = rest[resume:]


def _offset(line: Any, width: float, taken: float, *, last: bool) -> float:
    """How far text of this width is moved to the right by text-align."""
    from weasyprint.layout.inline import text_align  # noqa: PLC0415 - as above

    if line.style["text_align_all"] == "justify" and not last:
        raise WholeError("the text is set flush on both sides")
    row = copy(line)
    row.width = taken
    offset: float = text_align(None, row, width, last)
    return offset
