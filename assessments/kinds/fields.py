"""Questions with one field to fill in, and the `=` lines that say what is accepted: numeric and short share this."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds import quality
from assessments.kinds.base import Source
from assessments.kinds.item import Form, Item, ResponseError, View
from assessments.kinds.options import split_weight
from assessments.kinds.source import Mark
from core.i18n import N_

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
MOST_ANSWER = 2000
SIGNS = re.compile(r"^ {0,3}(=)[ \t]*(.*)$")


class Accepted(Protocol):
    """What an `=` line becomes: its share of the points and its feedback."""

    @property
    def weight(self) -> float: ...

    @property
    def feedback(self) -> str: ...


A = TypeVar("A", bound=Accepted)


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldView(View):
    """A field on a page: what the learner wrote, and what may be said about it."""

    value: str = ""
    unit: str = ""
    mark: str = ""
    feedback: str = ""
    solution: str = ""


def weighted_lines(source: Source) -> Iterable[tuple[Mark, float, str]]:
    """Each `=` line with its share of the points and the text behind it."""
    for mark in source.body.marks:
        weight, text = split_weight(mark.text)
        if weight is not None and not 0 <= weight <= 1:
            source.error("weight", N_("A weight lies between 0 and 100 percent."), N_("Mend the number."), mark.line)
        if len(text) > MOST_ANSWER:
            source.error("answer-long", N_("The line is longer than %(most)s characters."), N_("Write several lines that begin with “=”."),
                         mark.line, most=MOST_ANSWER)
        elif text:
            yield mark, 1.0 if weight is None else weight, text
        else:
            source.error("answer-empty", N_("There is nothing behind “=”."), N_("Write the accepted answer."), mark.line)


def note_missing_answer(source: Source, lines: Sequence[Accepted]) -> None:
    """At least one answer must earn all points."""
    if not any(line.weight == 1 for line in lines) and not source.failed:
        source.error("no-answer", N_("No answer earns all points."), N_("Add a line that begins with “=”."))


def typed_text(form: Form, name: str, most: int) -> str:
    """What was typed into a field. Raises ResponseError when it is empty, too long, or no text."""
    values = form.get(name, ())
    text = values[0].strip() if len(values) == 1 else ""
    if len(values) > 1:
        raise ResponseError(N_("Please give one answer only."))
    if not text:
        raise ResponseError(N_("Please write an answer first."))
    if len(text) > most:
        raise ResponseError(N_("Your answer is too long: at most %(most)s characters."), most=most)
    if _UNFIT.search(text):
        raise ResponseError(N_("Your answer contains signs that cannot be stored."))
    return text


def field_verdict(item: Item, fitting: Accepted | None) -> Verdict:
    """The verdict of one field by the first line that fits, if any."""
    share = fitting.weight if fitting else 0.0
    verdict = grading.verdict(share, item.points, (), scoring=item.scoring)
    return replace(verdict, parts=(Part("answer", verdict.state, fitting.feedback if fitting else ""),))


def advise_field(item: Item, feedback: bool, source: Source) -> None:
    """A wrong answer should get a reason."""
    quality.advise_explanation(item.explanation, feedback, source)
