"""What a page may show of a prompt exercise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assessments.kinds.item import View
from exercises import patterns
from exercises.arms import Arm, Group, grouped
from exercises.fields import Field
from exercises.prompt import Ask, PromptExercise


@dataclass(frozen=True, slots=True)
class Column:
    """The answers of one arm. `groups` are equal answers counted; `tallies` how many fit each of the author's patterns."""

    name: str
    answers: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    tallies: tuple[int, ...] = ()
    predicted: int = 0


@dataclass(frozen=True, slots=True)
class ShownAsk:
    """One question to the model on a page, with its answers and what the checks found once there are any."""

    text: str
    answers: tuple[str, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptView(View):
    """A prompt exercise on a page. Recorded answers and checks are not in it before there is an answer."""

    system: str
    hidden: bool
    contexts: tuple[tuple[str, str], ...]
    asks: tuple[ShownAsk, ...]
    models: tuple[str, ...]
    temperature: tuple[float, float]
    max_words: int
    compare: int = 1
    blind: bool = False
    temperatures: tuple[str, ...] = ()
    swap: tuple[str, ...] = ()
    tallies: tuple[str, ...] = ()
    runs: int = 1
    predict: bool = False
    predicted: Mapping[str, int] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)
    prompt: str = ""
    model: str = ""
    chosen_temperature: float = 0.0
    reflect: tuple[str, ...] = field(default=())


def columns(
    exercise: PromptExercise, sides: Sequence[Arm], ask: Ask, given: Mapping[str, Any], answers: Sequence[str], raw: Sequence[str],
) -> tuple[Column, ...]:
    """A try's answers side by side; empty when it has one side only. `raw`: as the models wrote them, for counting."""
    if not exercise.side_by_side or not answers:
        return ()
    found = []
    for at, arm in enumerate(sides):
        span = slice(at * ask.runs, (at + 1) * ask.runs)
        texts = tuple(raw[span])
        counts = tuple(sum(patterns.search(tally.pattern, text) is not None for text in texts) for tally in exercise.tallies)
        found.append(Column(
            arm.name, tuple(answers[span]), grouped(texts) if ask.runs > 1 else (), counts, given.get("predicted", {}).get(arm.name, 0),
        ))
    return tuple(found)
