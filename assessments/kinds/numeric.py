"""`numeric`: a number, with tolerance and unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.grading import Verdict
from assessments.kinds import numbers
from assessments.kinds.base import Kind, Source
from assessments.kinds.fields import (
    SIGNS,
    FieldView,
    advise_field,
    field_verdict,
    note_missing_answer,
    typed_text,
    weighted_lines,
)
from assessments.kinds.item import Choice, Form, Item, Offer, Response, ResponseError
from assessments.kinds.numbers import NumberError, Range
from core.i18n import N_
from modules.easy import written_in


@dataclass(frozen=True, slots=True)
class Line:
    """One `=` line."""

    accepted: Range
    weight: float
    feedback: str


@dataclass(frozen=True, kw_only=True)
class NumericItem(Item):
    """A question whose answer is a number. `units` may follow the number; the first is shown."""

    lines: tuple[Line, ...]
    units: tuple[str, ...]


class Numeric(Kind[NumericItem]):
    """A number within a range."""

    name = "numeric"
    title = N_("Number")
    sample = {
        "de": "Wie viel ist das?\n= 42 +- 5%\n! Wie man darauf kommt.",
        "en": "How much is it?\n= 42 +- 5%\n! How to get there.",
    }
    written = ("=",)
    varied = True
    attributes = ("unit",)
    signs = SIGNS

    def build(self, source: Source, common: dict[str, Any]) -> NumericItem:
        """Every `=` line is a number, a number with tolerance, or an interval."""
        lines = []
        for mark, weight, text in weighted_lines(source):
            try:
                accepted = numbers.read_range(text, written_in(source.block.language))
                lines.append(Line(accepted, weight, source.html(mark.feedback, mark.line)))
            except NumberError as error:
                _note_number(source, error, text, mark.line)
        note_missing_answer(source, lines)
        units = tuple(unit.strip() for unit in source.block.attributes.get("unit", "").split("|") if unit.strip())
        return NumericItem(**common, lines=tuple(lines), units=units)

    def structure(self, item: NumericItem) -> Any:
        """Numbers are the same in every language; units are not."""
        return [[line.accepted.low.normalize(), line.accepted.high.normalize(), line.weight] for line in item.lines]

    def read(self, item: NumericItem, form: Form) -> Response:
        """The text and every way to read it as a number."""
        text = typed_text(form, "answer", numbers.MOST_DIGITS)
        values = numbers.readings(_without_unit(text, item.units))
        if not values and item.units:
            raise ResponseError(N_("Please write a number, with or without “%(unit)s”."), unit=item.units[0])
        if not values:
            raise ResponseError(N_("Please write a number only, in digits."))
        return {"text": text, "values": [str(value) for value in values]}

    def grade(self, item: NumericItem, response: Response) -> Verdict:
        """The best line that holds any reading of the number."""
        values = [Decimal(value) for value in response["values"]]
        fitting = [line for line in item.lines if any(value in line.accepted for value in values)]
        return field_verdict(item, max(fitting, key=lambda line: line.weight, default=None))

    def show(
        self, item: NumericItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> FieldView:
        """One field with the unit beside it."""
        part = verdict.parts[0] if verdict else None
        return FieldView(
            **self.seen(item, marked=verdict is not None, solution=solution),
            value=response["text"] if response else "",
            unit=item.units[0] if item.units else "",
            mark=part.mark if part else "",
            feedback=part.feedback if part else "",
            solution=_solution(item) if solution else "",
        )

    def choices(self, item: NumericItem, response: Response) -> tuple[Choice, ...]:
        """The number, in the first way to read it."""
        return (Choice("0", numbers.as_text(Decimal(response["values"][0]), "en")),)

    def shape(self, item: NumericItem) -> Any:
        """What was written stands for itself."""
        return "field"

    def offers(self, item: NumericItem) -> tuple[Offer, ...]:
        """The numbers that are accepted."""
        return tuple(Offer("0", numbers.range_as_text(line.accepted, "en"), "", numbers.range_as_text(line.accepted, item.language), line.weight == 1) for line in item.lines)

    def advise(self, item: NumericItem, source: Source) -> None:
        """A wrong number should get a reason."""
        advise_field(item, any(line.feedback for line in item.lines if line.weight < 1), source)


def _without_unit(text: str, units: Sequence[str]) -> str:
    folded = text.casefold()
    for unit in sorted(units, key=len, reverse=True):
        if folded.endswith(unit.casefold()):
            return text[: len(text) - len(unit)].rstrip()
    return text


def _solution(item: NumericItem) -> str:
    best = max(item.lines, key=lambda line: line.weight)
    return " ".join([numbers.range_as_text(best.accepted, written_in(item.language)), *item.units[:1]])


def _note_number(source: Source, error: NumberError, text: str, line: int) -> None:
    if error.ambiguous:
        source.error("number-ambiguous", N_("“%(text)s” can be read in two ways."),
                     N_("Write numbers without thousands signs, and an interval with decimals as [1.5; 2.5]."), line, text=text[:60])
    else:
        source.error("number", N_("“%(text)s” is not a number that can be accepted."),
                     N_("Write “= 900”, “= 900 +- 5”, a tolerance in percent, or “= [39, 45]”."), line, text=text[:60])


KIND = Numeric()
