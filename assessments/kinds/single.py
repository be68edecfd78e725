"""`single`: one option is right."""

from typing import Any

from assessments import grading
from assessments.grading import Verdict
from assessments.kinds import quality
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Choice, Form, Offer, Response, ResponseError
from assessments.kinds.options import (
    SIGNS,
    ChoiceItem,
    ChoiceView,
    chosen_options,
    option_choices,
    option_offers,
    option_parts,
    read_options,
    show_options,
)
from core.i18n import N_


class Single(Kind[ChoiceItem]):
    """One right option; others may earn a part of the points by `%50%`."""

    name = "single"
    title = N_("Single choice")
    sample = {
        "de": "Was stimmt?\n(x) Das ist richtig.\n    > Warum es stimmt.\n( ) Das ist falsch.\n    > Warum es nicht stimmt.\n! Was man sich merken sollte.",
        "en": "What is true?\n(x) This is right.\n    > Why it is.\n( ) This is wrong.\n    > Why it is not.\n! What to remember.",
    }
    written = ("(x)", "( )")
    varied = True
    signs = SIGNS
    shuffle = True

    def build(self, source: Source, common: dict[str, Any]) -> ChoiceItem:
        """Exactly one option is marked right."""
        item = ChoiceItem(**common, options=read_options(source, "("))
        if len(item.right) != 1:
            source.error("single-one-right", N_("%(count)s options are marked as right; it must be one."),
                         N_("Mark one option with “(x)”, or make it a “multi” question."), count=len(item.right))
        for option in item.options:
            if option.weight is not None and (option.weight < 0 or (option.right and option.weight != 1)):
                source.error("weight", N_("In a single choice, weights lie between 0 and 100, and the right option has all points."),
                             N_("Take the weight away or mend it."), option.line)
        return item

    def structure(self, item: ChoiceItem) -> Any:
        """Which position is right, and the weights."""
        return [[option.right, option.weight] for option in item.options]

    def read(self, item: ChoiceItem, form: Form) -> Response:
        """One option."""
        chosen = chosen_options(item, form)
        if len(chosen) != 1:
            raise ResponseError(N_("Please choose one answer only."))
        return {"chosen": chosen}

    def grade(self, item: ChoiceItem, response: Response) -> Verdict:
        """All points for the right option, else its weight."""
        option = item.options[response["chosen"][0]]
        share = 1.0 if option.right else option.weight or 0.0
        return grading.verdict(share, item.points, option_parts(item, response["chosen"]), scoring=item.scoring)

    def solved(self, item: ChoiceItem) -> Response | None:
        """The right option."""
        return {"chosen": item.right[:1]}

    def show(
        self, item: ChoiceItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> ChoiceView:
        """Options in the learner's order."""
        seen = self.seen(item, marked=verdict is not None, solution=solution)
        return ChoiceView(**seen, options=show_options(item, variant, response, verdict, solution))

    def choices(self, item: ChoiceItem, response: Response) -> tuple[Choice, ...]:
        """What was chosen."""
        return option_choices(response)

    def offers(self, item: ChoiceItem) -> tuple[Offer, ...]:
        """The options."""
        return option_offers(item)

    def advise(self, item: ChoiceItem, source: Source) -> None:
        """The usual flaws of choice questions."""
        quality.advise_choice(item, source)


KIND = Single()
