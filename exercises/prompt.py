"""A prompt exercise: what the model gets, what it is asked, and what its answers are checked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Context:
    """A text that goes along with the learner's prompt, e.g. the source that the answer must keep to."""

    name: str
    text: str


@dataclass(frozen=True)
class Check:
    """One machine check: its name (checks.CHECKS), what it wants, and the author's words for it, if any."""

    name: str
    wants: Any
    label: str = ""


@dataclass(frozen=True)
class Ask:
    """One question put to the model with the learner's prompt; an empty text means the prompt stands alone."""

    text: str
    checks: tuple[Check, ...] = ()
    runs: int = 1
    recorded: str = ""


@dataclass(frozen=True)
class PromptExercise:
    """All of an exercise but its wording. `judges` are questions for self-check: never points."""

    asks: tuple[Ask, ...]
    system: str = ""
    contexts: tuple[Context, ...] = ()
    judges: tuple[str, ...] = ()
    reflect: tuple[str, ...] = ()
    models: tuple[str, ...] = ()          # roles or aliases that the gateway resolves; empty: the usual one
    temperature: tuple[float, float] = (0.0, 0.0)
    compare: int = 1                      # how many models side by side
    max_words: int = 300                  # of the learner's prompt
    max_tokens: int = 400                 # of each answer

    @property
    def recorded(self) -> bool:
        """Whether the exercise works without any model."""
        return all(ask.recorded for ask in self.asks)


def messages(exercise: PromptExercise, learner_prompt: str, ask: Ask) -> list[Mapping[str, str]]:
    """What is sent for one ask: the fixed system prompt, then the learner's prompt, the contexts and the question.

    Contexts stand between named tags, so that a model can tell the source from the instruction.
    """
    parts = [learner_prompt.strip()]
    parts += [f"<{context.name}>\n{context.text.strip()}\n</{context.name}>" for context in exercise.contexts]
    if ask.text:
        parts.append(ask.text)
    system = [{"role": "system", "content": exercise.system}] if exercise.system else []
    return [*system, {"role": "user", "content": "\n\n".join(parts)}]


def bounded_temperature(exercise: PromptExercise, wanted: float) -> float:
    """The learner's temperature, within the exercise's bounds."""
    low, high = exercise.temperature
    return min(max(wanted, low), high)


def words(text: str) -> int:
    """How many words a text has; signs that stand alone are none."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def recorded_answers(exercise: PromptExercise) -> Sequence[str]:
    """The recorded answer of each ask, in order."""
    return [ask.recorded for ask in exercise.asks]
