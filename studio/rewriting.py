"""A form written back into the block that it was made from: only the lines of what was changed are written anew.

A block's source is cut into chunks, each with the lines of one part: the opening line, the text, an answer, a fence … A part that
the form did not change keeps its lines, byte for byte, with their spacing and order.
"""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assessments.kinds.source import BAR, Body
from modules.blocks import Block
from studio.blockform import BlockForm, Fenced, Row, answers_of, block_of, body_of, form_of
from studio.shapes import SHAPES, Shape

_PARTS = ("opening", "text", "fence", "columns", "rule", "answer", "hint", "explanation", "closing")
_ATTRIBUTE = r'(\s+|(?<=\{))%s=(?:"[^"]*"|[^\s"{}]+)(?=[\s}]|$)'


@dataclass(frozen=True)
class Chunk:
    """The lines of one part, and how many of them are the part's own first lines (of an answer: those above its feedback)."""

    part: str
    lines: tuple[str, ...]
    head: int = 0


def rewritten(source: str, form: BlockForm, language: str) -> str:
    """The source with what the form says in place of what stood there. Raises ValueError when it would not be one such block any more."""
    block = block_of(source, language)
    old = form_of(block) if block else None
    if block is None or old is None or old.kind != form.kind:
        raise ValueError(source)
    chunks = _chunks(source, block)
    wanted = {
        "opening": [[_opening(chunks[0].lines[0], old.attributes, form.attributes)]],
        "text": _texts(chunks, form.text, old.text), "fence": _fences(chunks, form.fences, old.fences),
        **(_table(chunks, form, old) if form.shape.table else {}), "answer": _answers(chunks, form, old),
        "hint": _marked(chunks, "hint", "? ", form.hints, old.hints), "explanation": _explanation(chunks, form.explanation, old.explanation),
        "closing": [list(chunks[-1].lines)],
    }
    written = "\n".join(line for lines in _placed(chunks, wanted) for line in lines)
    again = block_of(written, language)
    if again is None or (again.kind, again.id) != (block.kind, block.id) or form_of(again) is None:
        raise ValueError(written)
    return written


# --- Cutting ----------------------------------------------------------------------------------------------------------

def _chunks(source: str, block: Block) -> list[Chunk]:
    """All lines of a block, part by part."""
    lines, body, shape = source.split("\n"), body_of(block), SHAPES[block.kind]
    last = max(number for number, line in enumerate(lines) if line.strip())
    begins = dict(sorted({1: ("text", 0), **_beginnings(body, shape)}.items()))
    places = [*begins, last]
    cut = [Chunk("opening", (lines[0],))]
    for (first, end), (part, head) in zip(pairwise(places), begins.values(), strict=True):
        if end > first:
            cut.append(Chunk(part, tuple(lines[first:end]), head))
    return [*cut, Chunk("closing", tuple(lines[last:]))]


def _beginnings(body: Body, shape: Shape) -> dict[int, tuple[str, int]]:
    """Where each part begins, as an index of the source's lines, and how many lines stand before its feedback."""
    answers = {id(mark) for mark in answers_of(body, shape)}
    found = {fence.line - 2: ("fence", 0) for fence in body.fences}
    for at, mark in enumerate(body.marks):
        part = "answer" if id(mark) in answers else "rule" if at else "columns"
        found[mark.line - 1] = (part, len(mark.lines))
    found |= {mark.line - 1: ("hint", 0) for mark in body.hints}
    found |= {mark.line - 1: ("explanation", 0) for mark in body.explanations}
    return found


# --- Putting together -------------------------------------------------------------------------------------------------

def _placed(chunks: Sequence[Chunk], wanted: Mapping[str, Sequence[Sequence[str]]]) -> list[Sequence[str]]:
    """Each part where the source has one of its kind; more of them behind the last, and a new kind where it is usually written."""
    queues = {part: deque(lines) for part, lines in wanted.items()}
    last = {part: max((at for at, chunk in enumerate(chunks) if chunk.part == part), default=None) for part in _PARTS}
    ends = {part: at if at is not None else _behind(part, last) for part, at in last.items()}
    out: list[Sequence[str]] = []
    for at, chunk in enumerate(chunks):
        if queue := queues.get(chunk.part):
            out.append(queue.popleft())
        for part in _PARTS:
            if ends[part] == at:
                out += queues.pop(part, ())
    return out


def _behind(part: str, last: Mapping[str, int | None]) -> int:
    return max(at for other in _PARTS[: _PARTS.index(part)] if (at := last[other]) is not None)


def _of(chunks: Sequence[Chunk], part: str) -> list[Chunk]:
    return [chunk for chunk in chunks if chunk.part == part]


def _blank_ends(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The empty lines before and behind a text."""
    full = [at for at, line in enumerate(lines) if line.strip()]
    return (list(lines[: full[0]]), list(lines[full[-1] + 1 :])) if full else (list(lines), [])


# --- Parts ------------------------------------------------------------------------------------------------------------

def _opening(line: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    for name in [*old, *(name for name in new if name not in old)]:
        value = new.get(name, "")
        if value == old.get(name, ""):
            continue
        found = re.search(_ATTRIBUTE % re.escape(name), line)
        written = f"{name}={_quoted(value)}" if value else ""
        if found:
            line = line[: found.start()] + (found[1] + written if written else "") + line[found.end() :]
        elif "{" in line:
            before, _, behind = line.rpartition("}")
            line = f"{before.rstrip()}{' ' if before.rstrip()[-1:] != '{' else ''}{written}}}{behind}"
        else:
            line = f"{line.rstrip()} {{{written}}}"
    return line


def _quoted(value: str) -> str:
    plain = value.replace('"', "").replace("\n", " ")
    return plain if re.fullmatch(r"[^\s\"{}]+", plain) else f'"{plain}"'


def _texts(chunks: Sequence[Chunk], text: str, old: str) -> list[list[str]]:
    there = _of(chunks, "text")
    if text == old:
        return [list(chunk.lines) for chunk in there]
    before, behind = _blank_ends(there[0].lines) if there and old.strip() else ([], [])
    return [[*before, *(text.split("\n") if text else []), *behind]]


def _fences(chunks: Sequence[Chunk], fences: Sequence[Fenced], old: Sequence[Fenced]) -> list[list[str]]:
    there = _of(chunks, "fence")
    return [
        list(there[fence.at].lines) if fence.at is not None and fence == old[fence.at] else _fence(fence, there[fence.at] if fence.at is not None else None)
        for fence in fences
    ]


def _fence(fence: Fenced, chunk: Chunk | None) -> list[str]:
    """A fence with as many signs as its text needs; the opening line stays where only the text is new."""
    longest = max((len(run) for run in re.findall(r"^ {0,3}(`+)", fence.text, re.MULTILINE)), default=0)
    ticks = "`" * max(3, longest + 1)
    opening, closing = f"{ticks}{fence.name} {fence.argument}".rstrip(), ticks
    behind: list[str] = []
    if chunk:
        behind = _blank_ends(chunk.lines)[1]
        was = chunk.lines[0].strip()
        signs = re.match(r"`{3,}|~{3,}", was)
        if signs and was.removeprefix(signs[0]).split() == [fence.name, *fence.argument.split()] and (signs[0][0] == "~" or len(signs[0]) > longest):
            opening, closing = chunk.lines[0], chunk.lines[len(chunk.lines) - len(behind) - 1]
    return [opening, *(fence.text.split("\n") if fence.text else []), closing, *behind]


def _answers(chunks: Sequence[Chunk], form: BlockForm, old: BlockForm) -> list[list[str]]:
    there = _of(chunks, "answer")
    return [_answer(form.shape, row, number, old.rows[row.at] if row.at is not None else None, there[row.at] if row.at is not None else None)
            for number, row in enumerate(form.rows, 1)]


def _answer(shape: Shape, row: Row, number: int, old: Row | None, chunk: Chunk | None) -> list[str]:
    head = list(chunk.lines[: chunk.head]) if chunk else []
    told = list(chunk.lines[chunk.head :]) if chunk else []
    numbered = "{number}" in shape.line and not (head and re.match(rf" {{0,3}}{number}[.)]", head[0]))
    if old is None or numbered or (row.sign, row.weight, row.text, row.cells) != (old.sign, old.weight, old.text, old.cells):
        behind = _blank_ends(head)[1]
        head = ([_table_line([row.text, *_choices(row)], head[0] if head else "")] if shape.table else _mark_lines(shape, row, number)) + behind
    if old is None or row.feedback != old.feedback:
        behind = _blank_ends(told)[1] if told else []
        told = [*(f"    > {line}".rstrip() for line in row.feedback.split("\n") if row.feedback), *behind]
    return head + told


def _mark_lines(shape: Shape, row: Row, number: int) -> list[str]:
    weight = f"%{row.weight}% " if row.weight else ""
    first, *rest = row.text.strip().split("\n")
    return _hanging(shape.line.format(sign=row.sign, number=number, text=weight + first).strip(), rest)


def _hanging(first: str, rest: Sequence[str]) -> list[str]:
    return [first, *(f"    {line}" if line.strip() else "" for line in rest)]


def _marked(chunks: Sequence[Chunk], part: str, sign: str, texts: Sequence[str], old: Sequence[str]) -> list[list[str]]:
    there = _of(chunks, part)
    out = []
    for at, text in enumerate(texts):
        kept = list(there[at].lines) if at < len(there) else []
        first, *rest = text.strip().split("\n")
        out.append(kept if at < len(old) and text == old[at] else [*_hanging(sign + first, rest), *(_blank_ends(kept)[1] if kept else [])])
    return out


def _explanation(chunks: Sequence[Chunk], text: str, old: str) -> list[list[str]]:
    """Several `!` lines are one text: they stay while it is the same."""
    if text == old:
        return [list(chunk.lines) for chunk in _of(chunks, "explanation")]
    return _marked(chunks, "explanation", "! ", [text] if text.strip() else [], [])


# --- Tables -----------------------------------------------------------------------------------------------------------

def _table(chunks: Sequence[Chunk], form: BlockForm, old: BlockForm) -> dict[str, list[list[str]]]:
    header, rules = _of(chunks, "columns"), _of(chunks, "rule")
    if form.columns == old.columns:
        return {"columns": [list(chunk.lines) for chunk in header], "rule": [list(chunk.lines) for chunk in rules]}
    line = _table_line(form.columns, header[0].lines[0] if header else "")
    rule = [list(chunk.lines) for chunk in rules] if rules and len(form.columns) == len(old.columns) else [["|" + "---|" * len(form.columns)]]
    return {"columns": [[line]], "rule": rule}


def _choices(row: Row) -> list[str]:
    return [f"{row.sign[0]}{'x' if right else ' '}{row.sign[-1]}" for right in row.cells]


def _table_line(cells: Sequence[str], line: str) -> str:
    """A line of a table; cells that are the same keep their spacing, others their width."""
    written = [" ".join(cell.replace("\\|", "|").split()).replace("|", "\\|") for cell in cells]
    inner = BAR.split(line.strip())[1:]
    inner = inner[:-1] if inner and not inner[-1].strip() else inner
    if len(inner) != len(written):
        return f"| {' | '.join(written)} |"
    return "|" + "|".join(was if was.strip() == cell else f" {cell} ".ljust(len(was)) for was, cell in zip(inner, written, strict=True)) + "|"
