"""Variants of a question: a small table, whose rows fill the places `{{name}}`. Data only: nothing is computed."""

import re
from collections.abc import Mapping
from dataclasses import replace

from assessments.kinds.source import Body, Fence, Reader
from core.i18n import N_
from modules.blocks import Block

FENCE = "variants"
MOST_VERSIONS = 50
MOST_LETTERS = 150_000                 # of all versions together: each is rendered
_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s|:-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_PLACE = re.compile(r"\{\{[ \t]*([A-Za-z][A-Za-z0-9_]{0,30})[ \t]*\}\}")

Row = Mapping[str, str]


def has_table(body: Body) -> bool:
    """Whether a question has variants."""
    return any(fence.name == FENCE for fence in body.fences)


def read_table(reader: Reader, body: Body) -> tuple[Row, ...]:
    """The rows of the fence `variants`; none when something is wrong, which is noted."""
    fences = [fence for fence in body.fences if fence.name == FENCE]
    if len(fences) > 1:
        reader.error("fence-double", N_("There are several “%(name)s” fences."), N_("Put them into one."), fences[1].line, name=FENCE)
    rows = _rows(reader, fences[0])
    if rows:
        _note_names(reader, fences[0], set(rows[0]))
    if len(rows) > MOST_VERSIONS or len(rows) * len(reader.block.body) > MOST_LETTERS:
        reader.error("variants-many", N_("There are too many variants, or the question is too long for so many."), N_("At most %(most)s; take some out."),
                     fences[0].line, most=MOST_VERSIONS)
        return ()
    return () if reader.failed else rows


def filled(block: Block, row: Row) -> Block:
    """The block with a row's values in its places."""
    return replace(block, body=_PLACE.sub(lambda place: row.get(place[1], place[0]), block.body))


def _rows(reader: Reader, fence: Fence) -> tuple[Row, ...]:
    lines = [(number, _cells(line)) for number, line in enumerate(fence.text.split("\n"), fence.line) if line.strip() and not _RULE.fullmatch(line)]
    if len(lines) < 3:
        reader.error("variants-table", N_("The variants need a header and at least two rows."), N_("Write a table of “|”: names first, then one row for each variant."), fence.line)
        return ()
    names = lines[0][1]
    if not all(_NAME.fullmatch(name) for name in names) or len(set(names)) < len(names):
        reader.error("variants-names", N_("The names in the header are no names, or stand there twice."), N_("Use letters, digits and _, beginning with a letter."), lines[0][0])
        return ()
    for number, cells in lines[1:]:
        if len(cells) != len(names) or not all(cells):
            reader.error("variants-row", N_("This row does not have a value for each name."), N_("Fill every cell."), number)
    return tuple(dict(zip(names, cells, strict=False)) for _, cells in lines[1:])


def _cells(line: str) -> list[str]:
    text = line.strip().removeprefix("|")
    text = text[:-1] if text.endswith("|") and not text.endswith("\\|") else text
    return [cell.replace("\\|", "|").strip() for cell in _BAR.split(text)]


def _note_names(reader: Reader, fence: Fence, known: set[str]) -> None:
    used = set(_PLACE.findall(reader.block.body))
    for name in sorted(used - known):
        reader.error("variants-unknown", N_("There is no column “%(name)s” in the variants."), N_("Correct the name, or add the column."), fence.line, name=name)
    for name in sorted(known - used):
        reader.warning("variants-unused", N_("The column “%(name)s” of the variants is used nowhere."), N_("Write {{%(name)s}} where it belongs, or take the column out."),
                       fence.line, name=name)
