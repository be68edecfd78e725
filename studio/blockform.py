"""A block of a module read as the fields of a form. Generic: a kind says with which signs its answers are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assessments.kinds.matrix import RULE, cells_of
from assessments.kinds.options import split_weight
from assessments.kinds.source import Body, Mark, read_body
from core.i18n import N_
from modules.blocks import Block
from modules.split import LAW, Law, split
from studio.shapes import SHAPES, Shape

_CHOICE = re.compile(r"[(\[]([ xX]?)[)\]]")


@dataclass(frozen=True)
class Row:
    """One answer: its sign as the kind writes it, a weight in percent, the text, the feedback, and of a table which columns are right.

    `at` is its place among the answers of the source that the form was made from; None: it is new.
    """

    sign: str = ""
    weight: str = ""
    text: str = ""
    feedback: str = ""
    cells: tuple[bool, ...] = ()
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Fenced:
    """A fenced part, such as checks or a source; `at` as in Row."""

    name: str
    argument: str = ""
    text: str = ""
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class BlockForm:
    """A block in parts."""

    kind: str
    id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    rows: tuple[Row, ...] = ()
    hints: tuple[str, ...] = ()
    explanation: str = ""
    fences: tuple[Fenced, ...] = ()
    columns: tuple[str, ...] = ()                           # of a table, the first one above the rows

    @property
    def shape(self) -> Shape:
        """How blocks of this kind are written."""
        return SHAPES[self.kind]

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that the form offers."""
        return self.shape.attributes

    @property
    def sign(self) -> str:
        """Of answers that have it together: their sign."""
        return self.rows[0].sign if self.rows else next(iter(self.shape.together), "")


def block_of(source: str, language: str) -> Block | None:
    """The one block that a source consists of; None where it is something else, or cannot be read."""
    parts = split(source, path="", language=language)
    found = parts.segments[0] if len(parts.segments) == 1 else None
    block = Block(LAW, "", found.attributes, found.markdown, "", found.line, language) if isinstance(found, Law) else found
    unreadable = any(finding.rule != "block-id" for finding in parts.findings)
    return block if isinstance(block, Block) and block.kind in SHAPES and not unreadable else None


def read_block(source: str, language: str) -> BlockForm | None:
    """The form of a block's source. None: it can be edited as text only, because the form could not say all that stands there."""
    block = block_of(source, language)
    return form_of(block) if block else None


def why_not(source: str) -> str:
    """Why there is no form for what stands at a place, as a message id."""
    if re.match(r"\s*(`{3,}|~{3,})\s*gift", source):
        return N_("Questions in GIFT are edited as text. The preview shows the questions that they become.")
    if source.strip():
        return N_("The form could not show everything that stands here, so this block is edited as text, and nothing in it is touched. The check below says where a line is not understood.")
    return N_("Put the cursor into a question, or into the head of the module, to edit it here.")


def form_of(block: Block) -> BlockForm | None:
    """The parts of a block; None where a line belongs to none of them."""
    shape = SHAPES[block.kind]
    body = body_of(block)
    if body.strays or body.unclosed or (body.text.strip() and not shape.has_text) or (not shape.asks and (body.hints or body.explanations)):
        return None
    answers = answers_of(body, shape)
    columns = tuple(cells_of(body.marks[0])) if shape.table and body.marks else ()
    rows = tuple(_row(mark, at, shape) for at, mark in enumerate(answers))
    signs = {row.sign for row in rows}
    if (shape.written and not signs <= set(shape.written)) or (shape.together and len(signs) > 1):
        return None
    if shape.table and not (len(columns) >= 3 and all(_fits(mark, row, columns) for mark, row in zip(answers, rows, strict=True))):
        return None
    return BlockForm(
        block.kind, block.id, block.attributes, body.text, rows, tuple(hint.text for hint in body.hints), body.explanation,
        tuple(Fenced(fence.name, fence.argument, fence.text, at) for at, fence in enumerate(body.fences)), columns,
    )


def body_of(block: Block) -> Body:
    """The block's lines, sorted."""
    return read_body(block, SHAPES[block.kind].signs, SHAPES[block.kind].fences)


def answers_of(body: Body, shape: Shape) -> list[Mark]:
    """The marks that are answers: in a table all lines below the header and its rule."""
    return [mark for mark in body.marks[1:] if not RULE.fullmatch(mark.lines[0])] if shape.table else body.marks


def _row(mark: Mark, at: int, shape: Shape) -> Row:
    if shape.table:
        label, *cells = cells_of(mark)
        found = [_CHOICE.fullmatch(cell) for cell in cells]
        sign = "[ ]" if any(cell.startswith("[") for cell in cells) else "( )"
        return Row(sign, "", label, mark.feedback, tuple(bool(cell and cell[1] in ("x", "X")) for cell in found), at)
    weight, text = split_weight(mark.text) if shape.weighted else (None, mark.text)
    return Row(_sign(mark.sign, shape), "" if weight is None else f"{100 * weight:g}", text, mark.feedback, (), at)


def _sign(sign: str, shape: Shape) -> str:
    """A sign as forms know it, however its author spaced it."""
    if "{number}" in shape.line:
        return ""
    return sign.replace("X", "x").replace("()", "( )").replace("[]", "[ ]") if shape.written else sign


def _fits(mark: Mark, row: Row, columns: tuple[str, ...]) -> bool:
    """Whether a line of a table has one choice for each column, all of one kind, and nothing hangs below it."""
    cells = cells_of(mark)[1:]
    brackets = {cell[:1] for cell in cells}
    return (
        len(cells) == len(columns) - 1 and all(_CHOICE.fullmatch(cell) for cell in cells) and brackets == {row.sign[:1]}
        and not any(line.strip() for line in mark.lines[1:])
    )
