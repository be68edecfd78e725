"""`prompt`: the learner writes a prompt, models answer, machine checks look at the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds.asking import AskingKind, Wants
from assessments.kinds.base import Source
from assessments.kinds.item import Form, Item, Response
from assessments.kinds.prompt_form import read_response
from assessments.kinds.prompt_source import ATTRIBUTES, FENCES, read_exercise
from assessments.kinds.prompt_view import PromptView, ShownAsk, columns
from core.i18n import N_
from exercises import prompt as rules
from exercises.checks import check_ask
from exercises.followup import outcome, share
from exercises.plan import PlannedCall
from exercises.prompt import PromptExercise

FOLLOWED = "followed"                  # in a response: what the learner made of the answers
FOLLOW_UP_PART = "then"


@dataclass(frozen=True, kw_only=True)
class PromptItem(Item):
    """A prompt exercise. `reflect` is safe HTML."""

    exercise: PromptExercise
    reflect: tuple[str, ...]


class Prompt(AskingKind[PromptItem]):
    """A prompt exercise. The response is complete when a try has added `answers`: a list of texts for each ask."""

    name = "prompt"
    title = N_("Prompt exercise")
    sample = {
        "de": (
            "Schreiben Sie einen Prompt, mit dem das Modell nur aus der Quelle antwortet.\n"
            "```context quelle.md\n"
            "Die Bibliothek öffnet werktags um 8 Uhr.\n"
            "```\n"
            "```checks\n"
            "- ask: Wann öffnet die Bibliothek am Montag?\n"
            "  must_contain: \"8\"\n"
            "```\n"
            "```recorded\n"
            "Um 8 Uhr, wie es in der Quelle steht.\n"
            "```\n"
            "! Was man sich merken sollte."
        ),
        "en": (
            "Write a prompt that makes the model answer from the source only.\n"
            "```context source.md\n"
            "The library opens at 8 a.m. on working days.\n"
            "```\n"
            "```checks\n"
            "- ask: When does the library open on Mondays?\n"
            "  must_contain: \"8\"\n"
            "```\n"
            "```recorded\n"
            "At 8 a.m., as the source says.\n"
            "```\n"
            "! What to remember."
        ),
    }
    attributes = ATTRIBUTES
    fences = FENCES

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
        fields = [[field.name, field.kind, field.use] for field in exercise.fields]
        then = [exercise.then.kind, len(exercise.then.points)] if exercise.then else []
        return [
            asks, exercise.models, exercise.temperature, exercise.compare, exercise.blind, exercise.temperatures, exercise.predict, exercise.hidden,
            len(exercise.swap), len(exercise.tallies), len(exercise.rubric), fields, then, len(exercise.contexts), len(exercise.judges),
        ]

    def read(self, item: PromptItem, form: Form) -> Response:
        """The learner's prompt or fields, and model and temperature within the exercise's bounds."""
        return read_response(item.exercise, form)

    def plan(self, item: PromptItem, response: Response, attempt_id: int) -> Sequence[PlannedCall]:
        """Each ask, in each arm, as often as it runs."""
        return rules.plan(item.exercise, response, attempt_id)

    def recorded(self, item: PromptItem, response: Response) -> Sequence[str]:
        """The author's recorded answers."""
        return rules.recorded_answers(item.exercise, response)

    def complete(self, item: PromptItem, response: Response, answers: Sequence[str]) -> Response:
        """The answers by ask."""
        return {**response, "answers": rules.by_ask(item.exercise, response, answers)}

    def answerable(self, item: PromptItem, response: Response) -> bool:
        """A comparison needs two models."""
        return item.exercise.compare < 2 or len(response.get("drawn", ())) > 1

    def wants(self, item: PromptItem) -> Wants:
        """Models for a comparison, and a secret for a system prompt that holds one."""
        exercise = item.exercise
        return Wants(exercise.compare, exercise.models, exercise.blind, "{secret}" in exercise.system)

    def grade(self, item: PromptItem, response: Response) -> Verdict:
        """Each machine check counts the same; a follow-up counts as much as all checks together. With neither, having
        answers earns the points.

        `response["answers"]` holds the model's answers for each ask, added after they are there.
        """
        exercise = item.exercise
        parts: list[Part] = []
        marks: list[bool] = []
        for number, (ask, answers) in enumerate(zip(exercise.asks, response["answers"], strict=True), 1):
            results = check_ask(ask, answers, exercise.contexts, response)
            oks = [result.ok for result in results] or ([] if exercise.then else [any(text.strip() for text in answers)])
            marks += oks
            parts.append(Part(str(number), _mark(oks), checks=tuple(result.as_dict() for result in results)))
        whole = grading.share_of_parts(marks)
        if exercise.then:
            followed = self.followed(item, response)
            mark = "right" if followed >= 1 else "partly" if followed else "wrong" if FOLLOWED in response else "open"
            parts.append(Part(FOLLOW_UP_PART, mark))
            whole = (whole + followed) / 2 if marks else followed
        return grading.verdict(whole, item.points, parts, scoring=item.scoring)

    def followed(self, item: PromptItem, response: Response) -> float:
        """The share of the follow-up that is right; 0 as long as it is not done."""
        task = item.exercise.then
        if task is None or FOLLOWED not in response:
            return 0.0
        return share(outcome(task, response[FOLLOWED], [text for answers in response["answers"] for text in answers]))

    def show(
        self, item: PromptItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> PromptView:
        """The exercise; answers and checks once there are any."""
        exercise, given = item.exercise, response or {}
        answers = given.get("answers") or [()] * len(exercise.asks)
        checks = [part.checks for part in verdict.parts if part.name != FOLLOW_UP_PART] if verdict else [()] * len(exercise.asks)
        sides = rules.arms(exercise, given)
        raw = rules.by_ask(exercise, given, given["raw"]) if "raw" in given else answers
        return PromptView(
            **self.seen(item, marked=verdict is not None, solution=solution),
            system="" if exercise.hidden else exercise.system,
            hidden=exercise.hidden,
            contexts=tuple((context.name, context.text) for context in exercise.contexts),
            asks=tuple(
                ShownAsk(ask.text, tuple(answers[at]), checks[at], columns(exercise, sides, ask, given, answers[at], raw[at]))
                for at, ask in enumerate(exercise.asks)
            ),
            models=() if exercise.compare > 1 else exercise.models,
            temperature=(0.0, 0.0) if exercise.temperatures else exercise.temperature,
            max_words=exercise.max_words,
            compare=exercise.compare,
            blind=exercise.blind,
            temperatures=tuple(f"{value:g}" for value in exercise.temperatures),
            swap=exercise.swap,
            tallies=tuple(tally.name for tally in exercise.tallies),
            runs=max(ask.runs for ask in exercise.asks),
            predict=exercise.predict,
            predicted=given.get("predicted", {}),
            fields=exercise.fields,
            written=given.get("fields", {}),
            prompt=given.get("prompt", ""),
            model=given.get("model", ""),
            chosen_temperature=given.get("temperature", exercise.temperature[0]),
            reflect=item.reflect if verdict else (),
        )

    def advise(self, item: PromptItem, source: Source) -> None:
        """A course must work without any model, and points need a check."""
        if not item.exercise.recorded:
            source.warning("no-recorded-answer", N_("The exercise has no recorded answer, so it does nothing without a model."),
                           N_("Add a fence “recorded” with one answer for each “ask”, separated by a line “---”."))
        if item.points and not item.exercise.then and not any(ask.checks for ask in item.exercise.asks):
            source.warning("no-checks", N_("The exercise has points but no machine check: any answer earns them."),
                           N_("Add a fence “checks”, or set points=0."))


def _mark(oks: Sequence[bool]) -> str:
    return "right" if all(oks) else "partly" if any(oks) else "wrong"


KIND = Prompt()
