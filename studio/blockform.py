"""A question's block as the fields of a form, and back. Generic: a kind says with which signs its answers are written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assessments.kinds import KINDS
from assessments.kinds.base import Kind
from assessments.kinds.options import split_weight
from assessments.kinds.source import Mark, read_body
from modules.blocks import Block
from modules.split import split

FIRST = ("points", "attempts", "competence", "scoring", "shuffle", "show")
MOST_ROWS = 100


@dataclass(frozen=True)
class Row:
    """One answer: its sign as the kind writes it, a weight in percent, the text and the feedback."""

    sign: str = ""
    weight: str = ""
    text: str = ""
    feedback: str = ""


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

    @property
    def signs(self) -> tuple[str, ...]:
        """The signs that an answer may have."""
        return KINDS[self.kind].written or ()

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that the form offers."""
        return (*FIRST, *KINDS[self.kind].attributes)


def read_block(source: str, language: str) -> BlockForm | None:
    """The form of a block's source. None: it can be edited as text only, because the form could not say all that stands there."""
    parts = split(source, path="", language=language)
    block = next((segment for segment in parts.segments if isinstance(segment, Block)), None)
    if block is None or len(parts.segments) != 1 or block.kind not in KINDS or KINDS[block.kind].written is None:
        return None
    form = _form(block, KINDS[block.kind])
    return form if form is not None and _same(block, write_block(form), language) else None


def write_block(form: BlockForm) -> str:
    """The block's Markdown source."""
    attributes = " ".join([f"#{form.id}", *(f"{name}={_quoted(value)}" for name, value in form.attributes.items() if value)])
    lines = [f"::: {form.kind} {{{attributes}}}", form.text.strip("\n")]
    for row in form.rows:
        weight = f"%{row.weight}% " if row.weight else ""
        lines += [_hanging(f"{row.sign} {weight}", row.text), *[f"    > {line}".rstrip() for line in row.feedback.split("\n") if row.feedback]]
    lines += [_hanging("? ", hint) for hint in form.hints if hint.strip()]
    if form.explanation.strip():
        lines.append(_hanging("! ", form.explanation))
    return "\n".join([*lines, ":::"])


def new_block(kind: str, id_: str, language: str) -> str:
    """The source of a new question of this kind."""
    sample = KINDS[kind].sample.get(language) or {"de": "Schreiben Sie hier die Aufgabe."}.get(language, "Write the task here.")
    return f"::: {kind} {{#{id_} points=1}}\n{sample}\n:::"


def from_fields(fields: Mapping[str, Sequence[str]]) -> BlockForm:
    """The form as a browser sends it: of each answer its sign, weight, text and feedback under the same number. Raises ValueError."""
    first = {name: values[0] for name, values in fields.items() if values}
    kind, id_ = first.get("kind", ""), first.get("id", "")
    if kind not in KINDS or KINDS[kind].written is None or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", id_):
        raise ValueError(kind)
    allowed = KINDS[kind].written or ()
    rows = []
    for number in range(MOST_ROWS):
        text = first.get(f"text-{number}")
        if text is None:
            continue
        sign = first.get(f"sign-{number}", allowed[-1] if allowed else "")
        if sign not in allowed:
            raise ValueError(sign)
        weight = re.sub(r"[^\d.,-]", "", first.get(f"weight-{number}", ""))
        rows.append(Row(sign, weight, _clean(text), _clean(first.get(f"feedback-{number}", ""))))
    if first.get("right", "").isdigit():  # One of several: a radio button says which.
        rows = [Row(allowed[0] if str(number) == first["right"] else allowed[-1], row.weight, row.text, row.feedback) for number, row in enumerate(rows)]
    names = (*FIRST, *KINDS[kind].attributes)
    hints = tuple(_clean(hint) for hint in fields.get("hint", ()) if hint.strip())
    return BlockForm(
        kind, id_, {name: first[f"attribute-{name}"].strip() for name in names if first.get(f"attribute-{name}", "").strip()},
        _clean(first.get("stem", "")), tuple(rows), hints, _clean(first.get("explanation", "")),
    )


def _form(block: Block, kind: Kind[Any]) -> BlockForm | None:
    body = read_body(block, kind.signs, kind.fences)
    if body.strays or body.unclosed or body.fences:
        return None
    return BlockForm(
        block.kind, block.id, block.attributes, body.text, tuple(_row(mark) for mark in body.marks),
        tuple(hint.text for hint in body.hints), body.explanation,
    )


def _row(mark: Mark) -> Row:
    weight, text = split_weight(mark.text)
    sign = "(x)" if mark.sign == "(X)" else "[x]" if mark.sign == "[X]" else mark.sign.replace("()", "( )").replace("[]", "[ ]")
    return Row(sign, "" if weight is None else f"{100 * weight:g}", text, mark.feedback)


def _same(block: Block, source: str, language: str) -> bool:
    """Whether a source says the same as a block: nothing may be lost by looking at it as a form."""
    segments = split(source, path="", language=language).segments
    again = segments[0] if len(segments) == 1 else None
    return (
        isinstance(again, Block) and (again.kind, again.id, dict(again.attributes)) == (block.kind, block.id, dict(block.attributes))
        and _form(again, KINDS[block.kind]) == _form(block, KINDS[block.kind])
        and all(row.sign in (KINDS[block.kind].written or ()) for row in (_form(block, KINDS[block.kind]) or BlockForm("", "")).rows)
    )


def _hanging(begin: str, text: str) -> str:
    first, *rest = text.strip().split("\n") or [""]
    return "\n".join([f"{begin}{first}".rstrip() if not first else f"{begin}{first}", *[f"    {line}" if line.strip() else "" for line in rest]])


def _quoted(value: str) -> str:
    plain = value.replace('"', "").replace("\n", " ")
    return plain if re.fullmatch(r"[^\s\"{}]+", plain) else f'"{plain}"'


def _clean(text: str) -> str:
    """A field's text; a line that would end the block becomes a quotation of it."""
    lines = text.replace("\r\n", "\n").strip().split("\n")
    return "\n".join(f" \\{line.strip()}" if re.match(r"\s*(:{3,}|/{3,})", line) else line for line in lines)
