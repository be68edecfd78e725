"""`prompt`: the learner writes a prompt, a model answers, machine checks look at the answers."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds.base import Kind, Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Item, Response, ResponseError, View
from assessments.kinds.prompt_source import ATTRIBUTES, FENCES, read_exercise
from core.i18n import N_
from exercises.checks import check_ask
from exercises.prompt import PromptExercise, words

MOST_LETTERS = 8000
_TEMPERATURE = re.compile(r"[0-2](?:[.,]\d{1,2})?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class PromptItem(Item):
    """A prompt exercise. `reflect` is safe HTML."""

    exercise: PromptExercise
    reflect: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownAsk:
    """One question to the model on a page, with its answers and what the checks found once there are any."""

    text: str
    answers: tuple[str, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptView(View):
    """A prompt exercise on a page. Recorded answers and checks are not in it before there is an answer."""

    system: str
    contexts: tuple[tuple[str, str], ...]
    asks: tuple[ShownAsk, ...]
    models: tuple[str, ...]
    temperature: tuple[float, float]
    max_words: int
    prompt: str = ""
    model: str = ""
    chosen_temperature: float = 0.0
    judges: tuple[str, ...] = ()
    reflect: tuple[str, ...] = field(default=())


class Prompt(Kind[PromptItem]):
    """A prompt exercise. The response is complete when a task has added `answers`: a list of texts for each ask."""

    name = "prompt"
    attributes = ATTRIBUTES
    fences = FENCES
    deferred = True
    action = "try"

    def build(self, source: Source, common: dict[str, Any]) -> PromptItem | None:
        """The fenced parts make the exercise."""
        exercise = read_exercise(source)
        if exercise is None:
            return None
        return PromptItem(**common, exercise=exercise, reflect=tuple(source.html(text) for text in exercise.reflect))

    def structure(self, item: PromptItem) -> Any:
        """How often is asked and which checks look at it; texts differ between languages."""
        exercise = item.exercise
        asks = [[ask.runs, bool(ask.recorded), *(check.name for check in ask.checks)] for ask in exercise.asks]
        return [asks, exercise.models, exercise.temperature, exercise.compare, len(exercise.contexts), len(exercise.judges)]

    def read(self, item: PromptItem, form: Form) -> Response:
        """The learner's prompt, and model and temperature within the exercise's bounds."""
        prompt = typed_text(form, "prompt", MOST_LETTERS)
        exercise = item.exercise
        if words(prompt) > exercise.max_words:
            raise ResponseError(N_("Your prompt is too long: at most %(most)s words."), most=exercise.max_words)
        return {"prompt": prompt, "model": _model(exercise, form), "temperature": _temperature(exercise, form)}

    def grade(self, item: PromptItem, response: Response) -> Verdict:
        """Each machine check counts the same. Without any check, having answers earns the points.

        `response["answers"]` holds the model's answers for each ask, added after they are there.
        """
        exercise = item.exercise
        parts: list[Part] = []
        marks: list[bool] = []
        for number, (ask, answers) in enumerate(zip(exercise.asks, response["answers"], strict=True), 1):
            results = check_ask(ask, answers, exercise.contexts)
            oks = [result.ok for result in results] or [any(text.strip() for text in answers)]
            marks += oks
            mark = "right" if all(oks) else "partly" if any(oks) else "wrong"
            parts.append(Part(str(number), mark, checks=tuple(result.as_dict() for result in results)))
        return grading.verdict(grading.share_of_parts(marks), item.points, parts, scoring=item.scoring)

    def show(
        self, item: PromptItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> PromptView:
        """The exercise; answers and checks once there are any."""
        exercise, given = item.exercise, response or {}
        answers = given.get("answers") or [()] * len(exercise.asks)
        checks = [part.checks for part in verdict.parts] if verdict else [()] * len(exercise.asks)
        return PromptView(
            **self.seen(item, marked=verdict is not None, solution=solution),
            system=exercise.system,
            contexts=tuple((context.name, context.text) for context in exercise.contexts),
            asks=tuple(ShownAsk(ask.text, tuple(answers[at]), checks[at]) for at, ask in enumerate(exercise.asks)),
            models=exercise.models,
            temperature=exercise.temperature,
            max_words=exercise.max_words,
            prompt=given.get("prompt", ""),
            model=given.get("model", ""),
            chosen_temperature=given.get("temperature", exercise.temperature[0]),
            judges=exercise.judges if verdict else (),
            reflect=item.reflect if verdict else (),
        )

    def advise(self, item: PromptItem, source: Source) -> None:
        """A course must work without any model, and points need a check."""
        if not item.exercise.recorded:
            source.warning("no-recorded-answer", N_("The exercise has no recorded answer, so it does nothing without a model."),
                           N_("Add a fence “recorded” with one answer for each “ask”, separated by a line “---”."))
        if item.points and not any(ask.checks for ask in item.exercise.asks):
            source.warning("no-checks", N_("The exercise has points but no machine check: any answer earns them."),
                           N_("Add a fence “checks”, or set points=0."))


def _model(exercise: PromptExercise, form: Form) -> str:
    values = form.get("model", ())
    if not values or values[0] == "":
        return exercise.models[0] if exercise.models else ""
    if len(values) > 1 or values[0] not in exercise.models:
        raise ResponseError(N_("This exercise does not offer that model."))
    return values[0]


def _temperature(exercise: PromptExercise, form: Form) -> float:
    low, high = exercise.temperature
    values = form.get("temperature", ())
    if not values or values[0] == "":
        return low
    value = float(values[0].replace(",", ".")) if len(values) == 1 and _TEMPERATURE.fullmatch(values[0]) else math.nan
    if not low <= value <= high:
        raise ResponseError(N_("The temperature lies between %(low)s and %(high)s here."), low=f"{low:g}", high=f"{high:g}")
    return value


KIND = Prompt()
