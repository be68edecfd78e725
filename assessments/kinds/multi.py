"""`multi`: several options may be right."""

from typing import Any

from assessments import grading
from assessments.grading import Verdict
from assessments.kinds import quality
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Choice, Form, Offer, Response
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


class Multi(Kind[ChoiceItem]):
    """Any number of right options, with partial credit unless `scoring=all`."""

    name = "multi"
    title = N_("Multiple choice")
    sample = {
        "de": "Was stimmt? Es können mehrere sein.\n[x] Das ist richtig.\n    > Warum es stimmt.\n[x] Das auch.\n    > Warum es stimmt.\n[ ] Das ist falsch.\n    > Warum es nicht stimmt.\n! Was man sich merken sollte.",
        "en": "What is true? It may be several.\n[x] This is right.\n    > Why it is.\n[x] So is this.\n    > Why it is.\n[ ] This is wrong.\n    > Why it is not.\n! What to remember.",
    }
    written = ("[x]", "[ ]")
    signs = SIGNS
    shuffle = True

    def build(self, source: Source, common: dict[str, Any]) -> ChoiceItem:
        """At least one option is right; weights of the right ones make 100 %."""
        item = ChoiceItem(**common, options=read_options(source, "["))
        if not item.right:
            source.error("multi-none-right", N_("No option is marked as right."), N_("Mark right options with “[x]”."))
        if any(option.weight is not None for option in item.options):
            _check_weights(item, source)
        return item

    def structure(self, item: ChoiceItem) -> Any:
        """Which positions are right, and the weights."""
        return [[option.right, option.weight] for option in item.options]

    def read(self, item: ChoiceItem, form: Form) -> Response:
        """One option or more."""
        return {"chosen": chosen_options(item, form)}

    def grade(self, item: ChoiceItem, response: Response) -> Verdict:
        """Partial credit by the author's weights, else by right minus wrong choices."""
        chosen = response["chosen"]
        parts = option_parts(item, chosen)
        if item.scoring == "all":
            return grading.verdict(float(chosen == item.right), item.points, parts)
        if any(option.weight is not None for option in item.options):
            return grading.verdict(_weighted(item, chosen), item.points, parts)
        return grading.verdict(grading.share_of_choices(chosen, item.right), item.points, parts)

    def solved(self, item: ChoiceItem) -> Response | None:
        """All right options."""
        return {"chosen": item.right}

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
        """The usual flaws of choice questions, and a multi that is a single."""
        quality.advise_choice(item, source)
        if len(item.right) == 1:
            source.warning("multi-one-right", N_("Only one option is right."), N_("Make it a “single” question."))


def _weighted(item: ChoiceItem, chosen: list[int]) -> float:
    """The chosen weights together. A wrong option without a weight costs what a right one earns on average."""
    usual = -1 / len(item.right)
    weights = [item.options[at].weight for at in chosen]
    return round(sum(usual if weight is None else weight for weight in weights), 3)


def _check_weights(item: ChoiceItem, source: Source) -> None:
    right = [option.weight for option in item.options if option.right]
    # Thirds are written as 33.333, so a hundredth of a percent may be missing.
    if None in right or any((weight or 0) <= 0 for weight in right) or abs(sum(weight or 0 for weight in right) - 1) > 1e-4:
        source.error("weight", N_("The weights of the right options do not make 100 percent."),
                     N_("Give every right option a positive weight, or take all weights away."))
    for option in item.options:
        if not option.right and (option.weight or 0) > 0:
            source.error("weight", N_("A wrong option cannot earn points here."), N_("Give it a negative weight or none."), option.line)


KIND = Multi()
