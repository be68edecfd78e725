"""A prompt exercise: what the model gets, what it is asked, and what its answers are checked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exercises.arms import Arm
from exercises.fields import Field
from exercises.followup import FollowUp
from exercises.plan import PlannedCall, seed_of


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
    recorded: tuple[str, ...] = ()        # an answer for each run of each arm, or for each arm, or one for all


@dataclass(frozen=True)
class Tally:
    """A group that answers are counted in when a pattern fits, e.g. "positive"."""

    name: str
    pattern: str


@dataclass(frozen=True)
class PromptExercise:
    """All of an exercise but its wording. `judges` are criteria for an opinion or for self-check: never points."""

    asks: tuple[Ask, ...]
    system: str = ""
    contexts: tuple[Context, ...] = ()
    judges: tuple[str, ...] = ()
    reflect: tuple[str, ...] = ()
    models: tuple[str, ...] = ()          # names or titles of models that the gateway resolves; empty: the usual one
    temperature: tuple[float, float] = (0.0, 0.0)
    compare: int = 1                      # how many models side by side
    blind: bool = False                   # their names are hidden until the learner has voted
    rubric: tuple[str, ...] = ()          # reasons for a vote
    temperatures: tuple[float, ...] = ()  # each is an arm of the try
    swap: tuple[str, ...] = ()            # words for {name}; each is an arm
    tallies: tuple[Tally, ...] = ()
    predict: bool = False                 # the learner says first how many different answers there will be
    hidden: bool = False                  # the system prompt is never shown; {secret} in it is the learner's own
    fields: tuple[Field, ...] = ()        # what the learner writes instead of one prompt
    then: FollowUp | None = None
    max_words: int = 300                  # of the learner's prompt
    max_tokens: int = 400                 # of each answer

    @property
    def recorded(self) -> bool:
        """Whether the exercise works without any model."""
        return all(ask.recorded for ask in self.asks)

    @property
    def side_by_side(self) -> bool:
        """Whether a try has several arms."""
        return self.compare > 1 or bool(self.temperatures or self.swap)


def arms(exercise: PromptExercise, response: Mapping[str, Any]) -> tuple[Arm, ...]:
    """The arms of a try. A comparison's models were drawn when the prompt was sent (`response["drawn"]`)."""
    temperature = float(response.get("temperature", exercise.temperature[0]))
    model = str(response.get("model", ""))
    if exercise.compare > 1:
        drawn = response.get("drawn", ())
        drawn = drawn if len(drawn) > 1 else [""] * exercise.compare  # Too few models: the recorded comparison.
        return tuple(Arm("ABCD"[at], name, temperature) for at, name in enumerate(drawn))
    if exercise.temperatures:
        return tuple(Arm(f"{value:g}", model, value) for value in exercise.temperatures)
    if exercise.swap:
        return tuple(Arm(word, model, temperature, word) for word in exercise.swap)
    return (Arm("", model, temperature),)


def plan(exercise: PromptExercise, response: Mapping[str, Any], attempt_id: int) -> tuple[PlannedCall, ...]:
    """Every call of a try: each ask, in each arm, as often as it runs.

    The same run has the same seed in every arm, so that nothing but the arm differs.
    """
    places = [(at, ask, arm, run) for at, ask in enumerate(exercise.asks) for arm in arms(exercise, response) for run in range(ask.runs)]
    return tuple(
        PlannedCall(
            position, ask.text, messages(exercise, str(response["prompt"]), ask, arm.word, str(response.get("secret", ""))),
            model=arm.model, temperature=arm.temperature, seed=seed_of(attempt_id, f"{at}.{run}"), max_tokens=exercise.max_tokens,
            arm=arm.name, sealed=exercise.blind,
        )
        for position, (at, ask, arm, run) in enumerate(places)
    )


def by_ask(exercise: PromptExercise, response: Mapping[str, Any], answers: Sequence[str]) -> list[list[str]]:
    """A try's answers, in the order of its plan, as a list for each ask."""
    sizes = [ask.runs * len(arms(exercise, response)) for ask in exercise.asks]
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    return [list(answers[start : start + size]) for start, size in zip(starts, sizes, strict=True)]


def recorded_answers(exercise: PromptExercise, response: Mapping[str, Any]) -> list[str]:
    """The recorded answer of each planned call; empty when one is missing."""
    sides = len(arms(exercise, response))
    found = [
        ask.recorded[_recorded_at(ask, side, run, sides)]
        for ask in exercise.asks if ask.recorded for side in range(sides) for run in range(ask.runs)
    ]
    return found if exercise.recorded else []


def _recorded_at(ask: Ask, side: int, run: int, sides: int) -> int:
    if len(ask.recorded) == sides * ask.runs:
        return side * ask.runs + run
    return side if len(ask.recorded) == sides else 0


def messages(exercise: PromptExercise, learner_prompt: str, ask: Ask, word: str = "", secret: str = "") -> list[Mapping[str, str]]:
    """What is sent for one ask: the fixed system prompt, then the learner's prompt, the contexts and the question.

    Contexts stand between named tags, so that a model can tell the source from the instruction. `word` takes the place of
    {name} everywhere, `secret` that of {secret} in the system prompt alone.
    """
    parts = [learner_prompt.strip()]
    parts += [f"<{context.name}>\n{context.text.strip()}\n</{context.name}>" for context in exercise.contexts]
    if ask.text:
        parts.append(ask.text)
    system = exercise.system.replace("{secret}", secret) if exercise.hidden else exercise.system
    told: list[Mapping[str, str]] = [{"role": "system", "content": system}] if system else []
    told.append({"role": "user", "content": "\n\n".join(parts)})
    return [{**message, "content": message["content"].replace("{name}", word)} for message in told] if word else told


def bounded_temperature(exercise: PromptExercise, wanted: float) -> float:
    """The learner's temperature, within the exercise's bounds."""
    low, high = exercise.temperature
    return min(max(wanted, low), high)


def words(text: str) -> int:
    """How many words a text has; signs that stand alone are none."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())
