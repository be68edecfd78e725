"""`survey`: a question to all without a right answer: one option, several, or some words. Anonymous, no points."""

from dataclasses import dataclass
from typing import Any

from assessments.grading import Verdict
from assessments.kinds.asked import AskedItem, AskedKind, AskedView, is_done
from assessments.kinds.base import Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Choice, Form, Offer, Response, ResponseError, key_of
from assessments.kinds.options import SIGNS, ShownOption
from core.i18n import N_

MOST_TEXT = 1000


@dataclass(frozen=True, kw_only=True)
class SurveyItem(AskedItem):
    """Options (key and HTML), of which one or `many` can be chosen; without options some words are asked for."""

    options: tuple[tuple[str, str], ...]
    many: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyView(AskedView):
    """The options on a page, or a field."""

    options: tuple[ShownOption, ...]
    many: bool


class Survey(AskedKind[SurveyItem]):
    """`( )` one option, `[ ]` several, no options: words."""

    name = "survey"
    title = N_("Survey")
    sample = {
        "de": "Was trifft auf Sie zu?\n[ ] Das Erste\n[ ] Das Zweite\n! Danke.",
        "en": "What applies to you?\n[ ] The first\n[ ] The second\n! Thank you.",
    }
    written = ("[ ]", "( )")
    together = {"[ ]": N_("several answers"), "( )": N_("one answer")}
    attributes = ("results",)
    signs = SIGNS

    def build(self, source: Source, common: dict[str, Any]) -> SurveyItem:
        """All brackets are of one kind, and none is marked."""
        marks = source.body.marks
        for mark in marks:
            if mark.sign[1:2] in ("x", "X"):
                source.error("survey-key", N_("In a survey nothing is right."), N_("Leave the brackets empty."), mark.line)
            if mark.feedback:
                source.error("stray-line", N_("This line belongs to nothing."), N_("A survey has no feedback: leave it out."), mark.line + 1)
        if len({mark.sign[0] for mark in marks}) > 1:
            source.error("survey-brackets", N_("The options have different brackets."), N_("Write “( )” for one answer, “[ ]” for several."), marks[0].line)
        if len(marks) == 1 or len({mark.text for mark in marks}) < len(marks) or not all(mark.text for mark in marks):
            source.error("survey-options", N_("A survey has several different options, or none at all for an answer in words."), N_("Mend the options."), marks[0].line)
        options = tuple((key_of(source.block.id, mark.text), source.inline(mark.text, mark.line)) for mark in marks)
        return SurveyItem(**common, options=options, many=bool(marks) and marks[0].sign.startswith("["))

    def structure(self, item: SurveyItem) -> Any:
        """How many options, and how many can be chosen."""
        return [len(item.options), item.many, item.results]

    def read(self, item: SurveyItem, form: Form) -> Response:
        """The options as positions, or the words."""
        if not item.options:
            return {"text": typed_text(form, "text", MOST_TEXT)}
        values = form.get("answer", ())
        keys = [key for key, _ in item.options]
        if not values:
            raise ResponseError(N_("Please choose an answer first."))
        if any(value not in keys for value in values) or (len(values) > 1 and not item.many):
            raise ResponseError(N_("This question has changed since you opened the page. Please reload it and answer again."))
        return {"chosen": sorted({keys.index(value) for value in values})}

    def show(
        self, item: SurveyItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> SurveyView:
        """The options, or that it was answered."""
        options = tuple(ShownOption(key, html) for key, html in item.options)
        return SurveyView(**self.seen(item, marked=False, solution=is_done(response)), options=options, many=item.many)

    def choices(self, item: SurveyItem, response: Response) -> tuple[Choice, ...]:
        """Each option chosen; words are not counted (assessments.surveys keeps them apart)."""
        return tuple(Choice("0", str(at)) for at in response.get("chosen", ()))

    def offers(self, item: SurveyItem) -> tuple[Offer, ...]:
        """Every option."""
        return tuple(Offer("0", str(at), "", html) for at, (_, html) in enumerate(item.options))


KIND = Survey()
