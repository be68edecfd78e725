"""`matrix`: one table, a choice in each row."""

import re
from dataclasses import dataclass
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds import quality
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Choice, Form, Item, Offer, Response, ResponseError, View, key_of, ordered
from assessments.kinds.source import BAR, Mark
from core.i18n import N_

MOST_COLUMNS = 10
RULE = re.compile(r"[\s|:-]+")
_CELL = re.compile(r"\(([ xX]?)\)|\[([ xX]?)\]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: which columns are right."""

    key: str
    html: str
    right: tuple[int, ...]
    feedback: str


@dataclass(frozen=True, kw_only=True)
class MatrixItem(Item):
    """A table of choices. `many`: checkboxes, any number in a row; else exactly one."""

    corner: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    rows: tuple[Row, ...]
    many: bool


@dataclass(frozen=True, slots=True)
class ShownCell:
    """One place to tick. `right` stays False until the solution is shown."""

    key: str
    column: str
    chosen: bool
    right: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row on a page; `number` counts as written and names the row in the form."""

    number: int
    html: str
    cells: tuple[ShownCell, ...]
    mark: str
    feedback: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixView(View):
    """The table on a page."""

    corner: str
    columns: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    many: bool


class Matrix(Kind[MatrixItem]):
    """A pipe table with `( )`/`(x)` for one choice a row or `[ ]`/`[x]` for several."""

    name = "matrix"
    title = N_("Table to assign")
    sample = {
        "de": "Ordnen Sie zu.\n| Fall | ja | nein |\n|---|---|---|\n| Erster Fall | (x) | ( ) |\n| Zweiter Fall | ( ) | (x) |\n! Was man sich merken sollte.",
        "en": "Assign each case.\n| Case | yes | no |\n|---|---|---|\n| First case | (x) | ( ) |\n| Second case | ( ) | (x) |\n! What to remember.",
    }
    written = ("( )", "[ ]")
    together = {"( )": N_("one in each row"), "[ ]": N_("any number in each row")}
    table = True
    signs = re.compile(r"^ {0,3}(\|)(.*)$")

    def build(self, source: Source, common: dict[str, Any]) -> MatrixItem | None:
        """A header, and rows that each have a mark for every column."""
        marks = [mark for mark in source.body.marks if not RULE.fullmatch(mark.lines[0])]
        if len(marks) < 2:
            source.error("matrix-rows", N_("There is no table with a header and rows."),
                         N_("Write a table of “|” with “( )” and “(x)” in its cells."))
            return None
        corner, *columns = cells_of(marks[0])
        if not 2 <= len(columns) <= MOST_COLUMNS or len(set(columns)) < len(columns):
            source.error("matrix-columns", N_("The table needs 2 to %(most)s different columns to choose from."),
                         N_("Mend the header."), marks[0].line, most=MOST_COLUMNS)
            return None
        many = "[" in "".join(cells_of(marks[1])[1:])
        rows = tuple(_row(source, mark, len(columns), many) for mark in marks[1:])
        if len({row.key for row in rows}) < len(rows):
            source.error("matrix-double", N_("Two rows have the same text."), N_("Take one out."), marks[1].line)
        line = marks[0].line
        return MatrixItem(
            **common,
            corner=source.inline(corner, line),
            columns=tuple(source.inline(column, line) for column in columns),
            keys=tuple(key_of(source.block.id, column) for column in columns),
            rows=rows,
            many=many,
        )

    def structure(self, item: MatrixItem) -> Any:
        """Which cells are right."""
        return [item.many, len(item.columns), [row.right for row in item.rows]]

    def read(self, item: MatrixItem, form: Form) -> Response:
        """The chosen columns of each row, as positions."""
        rows = [_read_row(item, number, form) for number in range(1, len(item.rows) + 1)]
        if not any(rows):
            raise ResponseError(N_("Please choose an answer first."))
        return {"rows": rows}

    def grade(self, item: MatrixItem, response: Response) -> Verdict:
        """Each row counts the same; a row with several marks must have exactly the right ones."""
        marks = [tuple(chosen) == row.right for row, chosen in zip(item.rows, response["rows"], strict=True)]
        parts = [
            Part(str(number), "right" if mark else "wrong", row.feedback)
            for number, (row, mark) in enumerate(zip(item.rows, marks, strict=True), 1)
        ]
        return grading.verdict(grading.share_of_parts(marks), item.points, parts, scoring=item.scoring)

    def solved(self, item: MatrixItem) -> Response | None:
        """The right cells."""
        return {"rows": [list(row.right) for row in item.rows]}

    def show(
        self, item: MatrixItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> MatrixView:
        """The table, its rows in the learner's order."""
        rows = []
        for at in ordered([row.key for row in item.rows], item, variant):
            chosen = response["rows"][at] if response else ()
            part = verdict.parts[at] if verdict else None
            cells = tuple(
                ShownCell(key, item.columns[no], no in chosen, solution and no in item.rows[at].right)
                for no, key in enumerate(item.keys)
            )
            rows.append(
                ShownRow(at + 1, item.rows[at].html, cells, part.mark if part else "", item.rows[at].feedback if part else "")
            )
        seen = self.seen(item, marked=verdict is not None, solution=solution)
        return MatrixView(**seen, corner=item.corner, columns=item.columns, rows=tuple(rows), many=item.many)

    def choices(self, item: MatrixItem, response: Response) -> tuple[Choice, ...]:
        """The columns chosen in each row."""
        return tuple(Choice(str(at), str(column)) for at, chosen in enumerate(response["rows"]) for column in chosen)

    def offers(self, item: MatrixItem) -> tuple[Offer, ...]:
        """Every cell."""
        return tuple(
            Offer(str(at), str(no), row.html, column, no in row.right) for at, row in enumerate(item.rows) for no, column in enumerate(item.columns)
        )

    def advise(self, item: MatrixItem, source: Source) -> None:
        """A wrong row should get a reason."""
        quality.advise_explanation(item.explanation, any(row.feedback for row in item.rows), source)


def cells_of(mark: Mark) -> list[str]:
    """The cells of a line, the bars in them without their backslashes."""
    text = mark.lines[0].strip()
    text = text[:-1] if text.endswith("|") and not text.endswith("\\|") else text
    return [cell.replace("\\|", "|").strip() for cell in BAR.split(text)]


def _row(source: Source, mark: Mark, columns: int, many: bool) -> Row:
    label, *cells = cells_of(mark)
    found = [_CELL.fullmatch(cell) for cell in cells]
    brackets = "[" if many else "("
    if len(cells) != columns or not all(cell and cell.group(0).startswith(brackets) for cell in found):
        source.error("matrix-row", N_("This row does not have one mark for each of the %(count)s columns."),
                     N_("Write “( )” or “(x)” in every cell, or “[ ]” and “[x]” in all rows."), mark.line, count=columns)
    right = tuple(at for at, cell in enumerate(found) if cell and (cell.group(1) or cell.group(2) or " ") in "xX")
    if not many and len(right) != 1:
        source.error("matrix-one-right", N_("%(count)s cells of this row are marked as right; it must be one."),
                     N_("Mark one with “(x)”, or use “[x]” in the whole table."), mark.line, count=len(right))
    return Row(key_of(source.block.id, label), source.inline(label, mark.line), right, source.html(mark.feedback, mark.line))


def _read_row(item: MatrixItem, number: int, form: Form) -> list[int]:
    values = form.get(f"row-{number}", ())
    if len(values) > len(item.keys) or any(value not in item.keys for value in values):
        raise ResponseError(N_("This question has changed since you opened the page. Please reload it and answer again."))
    if not item.many and len(values) != 1:
        message = N_("Please choose one answer only.") if values else N_("Row %(number)s has no answer yet.")
        raise ResponseError(message, number=number)
    return sorted({item.keys.index(value) for value in values})


KIND = Matrix()
