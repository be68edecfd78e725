"""`short`: a few words."""

from dataclasses import dataclass
from html import escape
from typing import Any

from assessments.grading import Verdict
from assessments.kinds.answers import MOST_LETTERS, Answer, first_text, read_answers, tidy
from assessments.kinds.attributes import one_of
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
from assessments.kinds.item import Choice, Form, Item, Offer, Response
from core.i18n import N_
from exercises.patterns import PatternError


@dataclass(frozen=True, slots=True)
class Line:
    """One `=` line: any of its answers."""

    answers: tuple[Answer, ...]
    weight: float
    feedback: str


@dataclass(frozen=True, kw_only=True)
class ShortItem(Item):
    """A question whose answer is a few words. `any_language`: the accepted words hold in every language."""

    lines: tuple[Line, ...]
    any_language: bool


class Short(Kind[ShortItem]):
    """A few words, compared without regard to case and spacing, or by a pattern."""

    name = "short"
    title = N_("Short answer")
    sample = {
        "de": "Wie heißt das?\n= Antwort | andere Schreibweise\n! Was man sich merken sollte.",
        "en": "What is it called?\n= answer | another spelling\n! What to remember.",
    }
    written = ("=",)
    varied = True
    attributes = ("lang",)
    signs = SIGNS

    def build(self, source: Source, common: dict[str, Any]) -> ShortItem:
        """Every `=` line lists accepted answers."""
        lines = []
        for mark, weight, text in weighted_lines(source):
            try:
                lines.append(Line(read_answers(text), weight, source.html(mark.feedback, mark.line)))
            except PatternError as error:
                note_pattern(source, error, mark.line)
        note_missing_answer(source, [line for line in lines if line.answers])
        any_language = one_of(source, "lang", ("any", "own"), "own") == "any"
        return ShortItem(**common, lines=tuple(lines), any_language=any_language)

    def structure(self, item: ShortItem) -> Any:
        """The words differ between languages unless the author says otherwise."""
        if not item.any_language:
            return [line.weight for line in item.lines]
        return [[line.weight, *(answer.text for answer in line.answers)] for line in item.lines]

    def read(self, item: ShortItem, form: Form) -> Response:
        """The text as typed."""
        return {"text": typed_text(form, "answer", MOST_LETTERS)}

    def grade(self, item: ShortItem, response: Response) -> Verdict:
        """The best line with an answer that accepts the text."""
        fitting = [line for line in item.lines if any(answer.accepts(response["text"]) for answer in line.answers)]
        return field_verdict(item, max(fitting, key=lambda line: line.weight, default=None))

    def solved(self, item: ShortItem) -> Response | None:
        """The first answer in words."""
        best = max(item.lines, key=lambda line: line.weight)
        return {"text": first_text(best.answers)} if first_text(best.answers) else None

    def show(
        self, item: ShortItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> FieldView:
        """One field."""
        part = verdict.parts[0] if verdict else None
        best = max(item.lines, key=lambda line: line.weight)
        return FieldView(
            **self.seen(item, marked=verdict is not None, solution=solution),
            value=response["text"] if response else "",
            mark=part.mark if part else "",
            feedback=part.feedback if part else "",
            solution=first_text(best.answers) if solution else "",
        )

    def choices(self, item: ShortItem, response: Response) -> tuple[Choice, ...]:
        """The words as they are compared."""
        return (Choice("0", tidy(response["text"]).casefold()),)

    def shape(self, item: ShortItem) -> Any:
        """What was written stands for itself."""
        return "field"

    def offers(self, item: ShortItem) -> tuple[Offer, ...]:
        """The words that are accepted."""
        texts = [(answer.text, line.weight == 1) for line in item.lines for answer in line.answers if not answer.is_pattern]
        return tuple(Offer("0", tidy(text).casefold(), "", escape(text), right) for text, right in texts)

    def advise(self, item: ShortItem, source: Source) -> None:
        """A wrong answer should get a reason, and a pattern alone leaves no solution to show."""
        advise_field(item, any(line.feedback for line in item.lines if line.weight < 1), source)
        if not any(first_text(line.answers) for line in item.lines if line.weight == 1):
            source.warning("pattern-only", N_("There is no answer in words to show as the solution."),
                           N_("Write one in front of the pattern: “= answer | /pattern/”."))


def note_pattern(source: Source, error: PatternError, line: int) -> None:
    """Say why a pattern cannot be used."""
    source.error("pattern", error.message, N_("Write a simpler pattern; look-around and back references do not exist."),
                 line, reason=error.reason)


KIND = Short()
