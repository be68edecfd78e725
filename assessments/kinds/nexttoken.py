"""`nexttoken`: how a text could go on, and how likely each next token is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assessments.grading import Verdict
from assessments.kinds.attributes import whole
from assessments.kinds.base import Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Response, ResponseError, View
from assessments.kinds.looking import (
    LookItem,
    LookKind,
    RecordedError,
    advise_recorded,
    lines_of,
    note_recorded,
    recorded_of,
    visible,
)
from core.i18n import N_

MOST_SHOWN = 20
TEMPERATURES = (0.3, 0.7, 1.0, 1.5)    # what a page without scripts shows beside each other


@dataclass(frozen=True)
class Chance:
    """A token that could come next, and its probability at temperature 1."""

    text: str
    probability: float


@dataclass(frozen=True)
class Step:
    """A text and what could come next."""

    text: str
    chances: tuple[Chance, ...]


@dataclass(frozen=True, kw_only=True)
class NextTokenItem(LookItem):
    """Beginnings to go on from, how many tokens a text may grow by, and recorded steps."""

    beginnings: tuple[str, ...]
    most_steps: int
    model: str
    recorded: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A token on a page: as it is, as one can see it, and its share at temperature 1 and at a few others."""

    text: str
    seen: str
    probability: float
    shares: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepView:
    """A text with its bars. `rest` is the probability of all tokens that are not shown."""

    text: str
    bars: tuple[Bar, ...]
    rest: float


@dataclass(frozen=True, kw_only=True, slots=True)
class NextTokenView(View):
    """The view on a page."""

    beginnings: tuple[str, ...]
    own: int
    most_steps: int
    model: str
    recorded: tuple[StepView, ...]
    temperatures: tuple[float, ...] = TEMPERATURES


class NextToken(LookKind[NextTokenItem]):
    """Next tokens with their probabilities."""

    name = "nexttoken"
    title = N_("Next token")
    sample = {
        "de": (
            "Welches Token kommt als nächstes?\n"
            "```begin\n"
            "Die Hauptstadt von Deutschland ist\n"
            "```\n"
            "! Was man sich merken sollte."
        ),
        "en": (
            "Which token comes next?\n"
            "```begin\n"
            "The capital of Germany is\n"
            "```\n"
            "! What to remember."
        ),
    }
    attributes = ("own", "steps")
    fences = frozenset({"begin", "recorded"})

    def build(self, source: Source, common: dict[str, Any]) -> NextTokenItem | None:
        """One beginning a line in the fence `begin`."""
        data = recorded_of(source)
        model = ""
        steps: tuple[Step, ...] = ()
        if data is not None:
            try:
                model, steps = read_steps(data)
            except RecordedError as error:
                note_recorded(source, error)
        return NextTokenItem(
            **common, own=whole(source, "own", 120, 0, self.most_own), most_steps=whole(source, "steps", 20, 1, 60),
            beginnings=lines_of(source, "begin", 1, 8, 300), model=model, recorded=steps,
        )

    def structure(self, item: NextTokenItem) -> Any:
        """Texts differ between languages; what one can do does not."""
        return [item.own, item.most_steps, len(item.beginnings), bool(item.recorded)]

    def read(self, item: NextTokenItem, form: Form) -> Response:
        """The text so far. Raises ResponseError when it is none of the beginnings and own ones are not allowed, or too long."""
        text = typed_text({"text": [value.replace("\r\n", "\n") for value in form.get("text", ())]}, "text", 4000)
        typed = form.get("text", ("",))[0].replace("\r\n", "\n")
        grown = item.most_steps * 40
        if any(typed.startswith(begin) and len(typed) <= len(begin) + grown for begin in item.beginnings):
            return {"text": typed}
        if not item.own:
            raise ResponseError(N_("Please go on from one of the given beginnings."))
        if len(text) > item.own + grown:
            raise ResponseError(N_("Your answer is too long: at most %(most)s characters."), most=item.own)
        return {"text": typed}

    def show(
        self, item: NextTokenItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> NextTokenView:
        """Recorded steps are no key: they may be seen at once."""
        return NextTokenView(
            **self.seen(item, marked=False, solution=False), beginnings=item.beginnings, own=item.own, most_steps=item.most_steps,
            model=item.model, recorded=tuple(step_view(step) for step in item.recorded),
        )

    def advise(self, item: NextTokenItem, source: Source) -> None:
        """Recorded data, and for each beginning a first step."""
        advise_recorded(item.recorded, source)
        steps = {step.text for step in item.recorded}
        if item.recorded and not any(text in steps for text in item.beginnings):
            source.warning("recorded-begin", N_("No recorded step begins with one of the beginnings."), N_("Record a step for each beginning."))


def read_steps(data: Any) -> tuple[str, tuple[Step, ...]]:
    """`{"model": …, "steps": [{"text": …, "next": [[" token", 0.5], …]}]}`. Raises RecordedError."""
    shape = RecordedError(N_("Recorded are a “model” and “steps”, each with a “text” and a list “next” of pairs of token and probability."))
    try:
        model = str(data["model"])[:100]
        steps = tuple(Step(_text(step["text"]), tuple(_chance(pair) for pair in step["next"][:MOST_SHOWN])) for step in data["steps"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise shape from error
    if not steps or not all(step.chances for step in steps):
        raise shape
    return model, steps


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _chance(pair: Any) -> Chance:
    text, probability = pair
    if isinstance(probability, bool) or not 0 <= float(probability) <= 1:
        raise ValueError("probability")
    return Chance(_text(text), float(probability))


def step_view(step: Step) -> StepView:
    """A step for a page."""
    probabilities = [chance.probability for chance in step.chances]
    columns = [rescaled(probabilities, temperature) for temperature in TEMPERATURES]
    bars = tuple(
        Bar(text=chance.text, seen=visible(chance.text), probability=chance.probability, shares=tuple(column[at] for column in columns))
        for at, chance in enumerate(step.chances)
    )
    return StepView(text=step.text, bars=bars, rest=max(0.0, 1 - sum(probabilities)))


def rescaled(probabilities: Sequence[float], temperature: float) -> list[float]:
    """What a temperature makes of probabilities at temperature 1: p^(1/T), together 1. At 0 the likeliest takes all.

    Only the tokens shown share; those that are not known would take a little more at high temperatures.
    """
    if not probabilities:
        return []
    top = max(probabilities)
    if top <= 0:
        return [0.0] * len(probabilities)
    if temperature <= 0:
        first = probabilities.index(top)
        return [float(at == first) for at in range(len(probabilities))]
    weights = [math.exp(math.log(p / top) / temperature) if p > 0 else 0.0 for p in probabilities]
    return [weight / sum(weights) for weight in weights]


def as_data(step: Step) -> Mapping[str, Any]:
    """A step as it is recorded and stored."""
    return {"text": step.text, "next": [[chance.text, round(chance.probability, 5)] for chance in step.chances]}


KIND = NextToken()
