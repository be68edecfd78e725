"""What surveys share: there is no key and no points, everybody answers once, and the answer belongs to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from assessments import grading
from assessments.grading import Verdict
from assessments.kinds.attributes import one_of
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Item, Response, View
from core.i18n import N_


@dataclass(frozen=True, kw_only=True)
class AskedItem(Item):
    """A question without a right answer. `results`: learners see them once they have answered."""

    results: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedView(View):
    """A question on a page; `done` once the learner has answered. What they answered is not known any more."""

    done: bool = False


I = TypeVar("I", bound=AskedItem)  # noqa: E741 - an item of the kind's own class


class AskedKind(Kind[I]):
    """A question without a key. Answers are counted (assessments.surveys) and not kept with the person."""

    anonymous: ClassVar[bool] = True
    attempts = 1
    unknown = ("points", "attempts", "scoring", "show", "competence")

    def _common(self, source: Source) -> dict[str, Any]:
        """No points, and one answer."""
        for name in self.unknown:
            if name in source.block.attributes:
                source.error("unknown-attribute", N_("There is no attribute “%(name)s” here."), N_("A survey has no key and no points: leave it out."), name=name)
        shown = one_of(source, "results", ("hidden", "shown"), "hidden") == "shown"
        return {**super()._common(source), "points": 0.0, "attempts": 1, "results": shown}

    def seen(self, item: I, *, marked: bool, solution: bool) -> dict[str, Any]:
        """The explanation is what is said to those who have answered."""
        return {**super().seen(item, marked=False, solution=solution), "done": solution}

    def grade(self, item: I, response: Response) -> Verdict:
        """Nothing is right or wrong."""
        return grading.verdict(1, 0, ())


def is_done(response: Response | None) -> bool:
    """Whether somebody has answered: what is kept with them is that, and nothing else."""
    return response is not None


SCALES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "agree": {
        "de": ("stimme gar nicht zu", "stimme eher nicht zu", "teils, teils", "stimme eher zu", "stimme voll zu"),
        "en": ("strongly disagree", "rather disagree", "partly", "rather agree", "strongly agree"),
    },
    "often": {"de": ("nie", "selten", "manchmal", "oft", "sehr oft"), "en": ("never", "rarely", "sometimes", "often", "very often")},
    "well": {"de": ("gar nicht", "wenig", "mittel", "gut", "sehr gut"), "en": ("not at all", "a little", "fairly", "well", "very well")},
}
