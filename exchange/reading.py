"""Blocks of the course format to items: what is written for other systems."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from assessments.kinds import KINDS
from assessments.kinds.answers import Answer, read_answers
from assessments.kinds.attributes import YES_NO
from assessments.kinds.cloze import GAP
from assessments.kinds.matrix import RULE, cells_of
from assessments.kinds.numbers import NumberError, read_range
from assessments.kinds.options import split_weight
from assessments.kinds.source import BAR, Body, read_body
from core.i18n import N_
from exchange.model import (
    TEXT,
    Choice,
    Criterion,
    Fenced,
    Gap,
    Item,
    Note,
    Number,
    Pair,
    Row,
    UnreadableError,
    Words,
    gap,
)
from exercises.patterns import PatternError
from modules.blocks import Block
from modules.course import CourseSource, ModuleSource
from modules.pools import tags_of
from modules.split import Law, Prose

_SHARED = ("points", "attempts", "scoring", "shuffle", "competence", "show", "tags")


Renames = Mapping[str, Mapping[str, str]]


def items_of(course: CourseSource, language: str, renames: Renames = MappingProxyType({})) -> Iterable[Item]:
    """Everything in the modules in one language, in order: blocks, and the prose between them.

    `renames` gives files new names, by module and old name, where two modules have different ones of the same name.
    """
    for module in course.modules:
        source = module.sources.get(language) or next(iter(module.sources.values()))
        for item in _of_module(source, renames.get(module.folder, {})):
            yield replace(item, category=source.title)


def _of_module(source: ModuleSource, renames: Mapping[str, str]) -> Iterable[Item]:
    for segment in source.segments:
        if isinstance(segment, Prose):
            yield Item(kind=TEXT, stem=_renamed(_text_of(segment), renames), line=segment.line)
            continue
        try:
            yield item_of(replace(segment, body=_renamed(segment.body, renames)))
        except UnreadableError as error:
            yield Item(kind=segment.kind, id=segment.id, line=segment.line - 1, unreadable=Note(error.message, error.values))


def _text_of(prose: Prose) -> str:
    """The Markdown of a text; of a legal statement with its day and its source, which must not get lost."""
    text = prose.markdown.strip()
    return f"{text}\n\n({prose.attributes.get('as_of', '')}, <{prose.source}>)" if isinstance(prose, Law) else text


def _renamed(text: str, renames: Mapping[str, str]) -> str:
    for old, new in renames.items():
        text = text.replace(f"({old}", f"({new}")
    return text


def item_of(block: Block) -> Item:
    """One block as an item. Raises UnreadableError."""
    known = KINDS.get(block.kind)
    fences = known.fences if known else frozenset[str]()
    body = read_body(block, known.signs if known else None, fences)
    given = block.attributes
    item = Item(
        kind=block.kind, id=block.id, line=block.line - 1, stem=body.text.strip(), points=_number(given.get("points", "1")),
        attempts=int(given["attempts"]) if given.get("attempts", "").isdecimal() else None, scoring=given.get("scoring", ""), show=given.get("show", ""),
        shuffle=YES_NO.get(given.get("shuffle", "")), competences=tags_of(block, "competence"),
        tags=tags_of(block),
        attributes={name: value for name, value in given.items() if name not in _SHARED}, hints=tuple(mark.text for mark in body.hints),
        explanation=body.explanation, fences=tuple(Fenced(fence.name, fence.text) for fence in body.fences),
    )
    read = _KINDS.get(block.kind)
    return read(item, body, block.language) if read else item


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise UnreadableError(N_("“%(text)s” is not a number."), text=text[:40]) from None


def _choices(item: Item, body: Body, _: str) -> Item:
    choices = []
    for mark in body.marks:
        weight, text = split_weight(mark.text)
        choices.append(Choice(" ".join(text.split()), mark.sign[1:2] in ("x", "X"), weight, mark.feedback))
    many = item.kind == "survey" and any(mark.sign.startswith("[") for mark in body.marks)
    return replace(item, choices=tuple(choices), many=many)


def _steps(item: Item, body: Body, _: str) -> Item:
    return replace(item, choices=tuple(Choice(" ".join(mark.text.split()), feedback=mark.feedback) for mark in body.marks))


def _pairs(item: Item, body: Body, _: str) -> Item:
    pairs = []
    for mark in body.marks:
        pairs.append(Pair(" ".join(mark.sign.split()), " ".join(mark.text.split()), mark.feedback))
    return replace(item, pairs=tuple(pairs))


def _matrix(item: Item, body: Body, _: str) -> Item:
    lines = [mark for mark in body.marks if not RULE.fullmatch(mark.lines[0])]
    if len(lines) < 2:
        raise UnreadableError(N_("There is no table."))
    corner, *columns = cells_of(lines[0])
    rows = []
    for mark in lines[1:]:
        text, *marked = cells_of(mark)
        rows.append(Row(text, tuple(at for at, cell in enumerate(marked) if "x" in cell.lower()), mark.feedback))
    return replace(item, corner=corner, columns=tuple(columns), rows=tuple(rows), many="[" in "".join(cells_of(lines[1])[1:]))


def _words(item: Item, body: Body, _: str) -> Item:
    words = []
    for mark in body.marks:
        weight, text = split_weight(mark.text)
        words.append(Words(_answers(text), 1.0 if weight is None else weight, mark.feedback))
    return replace(item, words=tuple(words))


def _answers(text: str) -> tuple[Answer, ...]:
    try:
        return read_answers(text)
    except PatternError:
        raise UnreadableError(N_("A pattern cannot be read.")) from None


def _numbers(item: Item, body: Body, language: str) -> Item:
    numbers = []
    for mark in body.marks:
        weight, text = split_weight(mark.text)
        try:
            accepted = read_range(text, language)
        except NumberError:
            raise UnreadableError(N_("“%(text)s” is not a number."), text=text[:40]) from None
        numbers.append(Number(accepted.low, accepted.high, 1.0 if weight is None else weight, mark.feedback))
    return replace(item, numbers=tuple(numbers))


def _cloze(item: Item, _: Body, __: str) -> Item:
    gaps: list[Gap] = []

    def place(found: re.Match[str]) -> str:
        gaps.append(_gap(found[1]))
        return gap(len(gaps))

    stem = GAP.sub(place, item.stem)
    return replace(item, stem=stem, gaps=tuple(gaps))


def _gap(text: str) -> Gap:
    parts = [part.replace("\\|", "|").strip() for part in BAR.split(text)]
    right = [at for at, part in enumerate(parts) if part.startswith("(") and part.endswith(")")]
    if right:
        return Gap(options=tuple(part[1:-1].strip() if at in right else part for at, part in enumerate(parts)), right=right[0])
    return Gap(answers=_answers("|".join(part.strip().removeprefix("=") for part in BAR.split(text))))


def _rubric(item: Item, body: Body, _: str) -> Item:
    rubric = tuple(Criterion(_number(mark.sign), " ".join(mark.text.split()), mark.feedback) for mark in body.marks)
    return replace(item, rubric=rubric)


_KINDS: Mapping[str, Callable[[Item, Body, str], Item]] = {
    "single": _choices, "multi": _choices, "likert": _choices, "survey": _choices, "order": _steps, "match": _pairs, "matrix": _matrix,
    "short": _words, "numeric": _numbers, "cloze": _cloze, "essay": _rubric,
}
