"""`essay`: a text of the learner's that people mark, by a rubric."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds.attributes import MOST_POINTS
from assessments.kinds.base import Kind, Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Item, Response, ResponseError, View
from core.i18n import N_
from exercises.prompt import words

MOST_LETTERS = 30_000
MOST_COMMENT = 4_000
MOST_CRITERIA = 20
COMMENT = "comment"
_WORDS = re.compile(r"(?:(\d{1,4})\.\.)?(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Criterion:
    """A line of the rubric. `guidance` is for those who mark."""

    html: str
    points: float
    guidance: str


@dataclass(frozen=True, kw_only=True)
class EssayItem(Item):
    """A text to write, of so many words. The rubric may be empty: then all points are given at once."""

    least: int
    most: int
    rubric: tuple[Criterion, ...]

    @property
    def maxima(self) -> tuple[float, ...]:
        """The most points of each line; of the whole where there is no rubric."""
        return tuple(criterion.points for criterion in self.rubric) or (self.points,)


@dataclass(frozen=True, slots=True)
class ShownCriterion:
    """A line of the rubric on a page. `earned` is None until it was marked and may be seen."""

    html: str
    points: float
    earned: float | None = None
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EssayView(View):
    """A text on a page."""

    value: str
    words: int
    least: int
    most: int
    rubric: tuple[ShownCriterion, ...]
    comment: str = ""


class MarkError(ValueError):
    """Marks cannot be taken. `message` is a message id, filled from `values`."""

    def __init__(self, message: str, **values: str | int | float) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


class Essay(Kind[EssayItem]):
    """A text; `- [2] …` is a line of the rubric with its points."""

    name = "essay"
    title = N_("Text that people mark")
    sample = {
        "de": "Worüber sollen Lernende schreiben?\n- [2] Nennt ein Beispiel\n- [1] Begründet es\n! Woran eine gute Antwort zu erkennen ist.",
        "en": "What should learners write about?\n- [2] Names an example\n- [1] Gives a reason\n! What a good answer looks like.",
    }
    line = "- [{sign}] {text}"
    beside = N_("Points")
    attributes = ("words",)
    signs = re.compile(r"^ {0,3}-[ \t]+\[(\d{1,4}(?:[.,]\d{1,2})?)\][ \t]+(\S.*)$")
    attempts = 1
    deferred = True
    by_people = True

    def build(self, source: Source, common: dict[str, Any]) -> EssayItem:
        """The lines of the rubric make the points together."""
        rubric = tuple(
            Criterion(source.inline(mark.text, mark.line), float(mark.sign.replace(",", ".")), source.html(mark.feedback, mark.line))
            for mark in source.body.marks
        )
        whole = sum(criterion.points for criterion in rubric)
        if rubric and "points" not in source.block.attributes:
            common["points"] = whole
        elif rubric and abs(whole - common["points"]) > grading.NEARLY:
            source.error("rubric-sum", N_("The lines of the rubric make %(sum)s points, not %(points)s."),
                         N_("Mend a line, or leave “points” out."), source.body.marks[0].line, sum=f"{whole:g}", points=f"{common['points']:g}")
        if len(rubric) > MOST_CRITERIA or whole > MOST_POINTS:
            source.error("rubric-size", N_("The rubric has more than %(most)s lines or %(points)s points."), N_("Make it simpler."),
                         most=MOST_CRITERIA, points=MOST_POINTS)
        least, most = _bounds(source)
        return EssayItem(**common, least=least, most=most, rubric=rubric)

    def structure(self, item: EssayItem) -> Any:
        """The points of each line, and how long the text may be."""
        return [[criterion.points for criterion in item.rubric], item.least, item.most]

    def read(self, item: EssayItem, form: Form) -> Response:
        """The text, which must have its length."""
        text = typed_text(form, "text", MOST_LETTERS).replace("\r\n", "\n")
        count = words(text)
        if count > item.most:
            raise ResponseError(N_("Your text has %(count)s words: at most %(most)s."), count=count, most=item.most)
        if count < item.least:
            raise ResponseError(N_("Your text has %(count)s words: at least %(least)s."), count=count, least=item.least)
        return {"text": text}

    def grade(self, item: EssayItem, response: Response) -> Verdict:
        """The marks that people gave, which `mark` puts into the response; without any it is worth nothing yet."""
        return mark(item, response.get("marks", [0.0] * len(item.maxima)), response.get(COMMENT, ""))

    def show(
        self, item: EssayItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> EssayView:
        """The text, the rubric, and what those who marked it say."""
        value = response["text"] if response else ""
        earned, comment = marks_of(verdict) if verdict else ([], "")
        rubric = tuple(
            ShownCriterion(criterion.html, criterion.points, earned[at] if at < len(earned) else None, verdict.parts[at].mark if verdict else "")
            for at, criterion in enumerate(item.rubric)
        )
        return EssayView(
            **self.seen(item, marked=verdict is not None, solution=solution), value=value, words=words(value), least=item.least, most=item.most,
            rubric=rubric, comment=comment,
        )

    def advise(self, item: EssayItem, source: Source) -> None:
        """Learners should know what counts, and several markers should mean the same."""
        if not item.rubric and item.points:
            source.warning("no-rubric", N_("There is no rubric: learners do not know what counts."), N_("Add lines such as “- [2] Names a source”."))


def mark(item: EssayItem, points: Sequence[float], comment: str) -> Verdict:
    """The verdict of somebody who marks: points for each line of the rubric (or for the whole), and a comment. Raises MarkError."""
    for number, (given, most) in enumerate(zip(points, item.maxima, strict=True), 1):
        if not 0 <= given <= most:
            raise MarkError(N_("Line %(number)s takes 0 to %(most)s points."), number=number, most=f"{most:g}")
    if len(comment) > MOST_COMMENT:
        raise MarkError(N_("The comment is longer than %(most)s characters."), most=MOST_COMMENT)
    parts = [
        Part(str(number), "right" if given == most else "partly" if given else "wrong", checks=({"points": given},))
        for number, (given, most) in enumerate(zip(points, item.maxima, strict=True))
    ]
    if comment:
        parts.append(Part(COMMENT, "", checks=({"text": comment},)))
    share = sum(points) / item.points if item.points else 1.0
    return grading.verdict(share, item.points, parts, scoring=item.scoring)


def marks_of(verdict: Verdict) -> tuple[list[float], str]:
    """The points of each line and the comment, as `mark` has put them into a verdict."""
    points = [part.checks[0]["points"] for part in verdict.parts if part.name != COMMENT]
    return points, next((part.checks[0]["text"] for part in verdict.parts if part.name == COMMENT), "")


def _bounds(source: Source) -> tuple[int, int]:
    """`words=300` is the most, `words=150..300` the least and the most."""
    written = source.block.attributes.get("words", "1000")
    found = _WORDS.fullmatch(written)
    least, most = (int(found[1] or 1), int(found[2])) if found else (1, 0)
    if not 1 <= least <= most:
        source.error("attribute-value", N_("“%(name)s” cannot be “%(value)s”."), N_("Write the most words, or a range such as 150..300."),
                     name="words", value=written[:60])
    return least, most


KIND = Essay()
