"""`grounded`: answers from numbered sources with quotes that a program checks; hidden questions test finding and refusing."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds.attributes import whole
from assessments.kinds.base import Kind, Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Response, ResponseError, View
from assessments.kinds.prompt import PromptItem
from core.i18n import N_
from exercises.checks import CheckResult
from exercises.grounding import REFUSED, RIGHT, Checked, check, read_claim
from exercises.prompt import Ask, Context, PromptExercise, words

MOST_LETTERS = 4000
MOST_SOURCES = 20
MOST_SOURCE = 4000
MOST_QUESTIONS = 8
MOST_TEXT = 300
_RULE = re.compile(r"^---[ \t]*$", re.MULTILINE)
SYSTEM = (
    "You get an instruction, numbered sources and a question. Reply with one JSON object and nothing else: "
    '{"source": number of the source that holds the answer, "quote": a sentence copied from it word for word, "answer": the answer in one sentence}. '
    "If no source holds the answer, source is 0 and quote is empty. Answer in the language of the question."
)


@dataclass(frozen=True)
class Question:
    """A question of the author: the source that answers it (0: none does), and whether learners see it before."""

    text: str
    source: int
    hidden: bool


@dataclass(frozen=True, kw_only=True)
class GroundedItem(PromptItem):
    """Sources by their titles, and the questions in the order of the exercise's asks."""

    sources: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What came of one question, for a page. A hidden question has no text and shows nothing of its answer."""

    text: str
    hidden: bool
    mark: str
    checks: tuple[Mapping[str, Any], ...]
    claim: Mapping[str, Any]           # of exercises.grounding.Checked; empty for a hidden question


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundedView(View):
    """The exercise on a page."""

    sources: tuple[tuple[str, str], ...]
    open_questions: tuple[str, ...]
    hidden: int
    max_words: int
    prompt: str
    found: tuple[Found, ...] = ()


class Grounded(Kind[GroundedItem]):
    """Answers from sources only. The learner writes the instruction; each question is asked with it."""

    name = "grounded"
    attributes = ("max_words",)
    fences = frozenset({"source", "questions", "recorded"})
    deferred = True

    def build(self, source: Source, common: dict[str, Any]) -> GroundedItem | None:
        """Sources are numbered in their order."""
        fences = [fence for fence in source.body.fences if fence.name == "source"]
        if not 1 <= len(fences) <= MOST_SOURCES or any(not 0 < len(fence.text.strip()) <= MOST_SOURCE for fence in fences):
            source.error("sources", N_("There must be 1 to %(most)s “source” fences, each with a text of at most %(letters)s characters."),
                         N_("Write “source Title” and the text below."), most=MOST_SOURCES, letters=MOST_SOURCE)
            return None
        questions = _questions(source, len(fences))
        if not questions:
            return None
        asks = _with_recorded(source, tuple(Ask(question.text) for question in questions))
        sources = tuple((fence.argument[:100] or str(at), fence.text.strip()) for at, fence in enumerate(fences, 1))
        exercise = PromptExercise(
            asks=asks, system=SYSTEM, contexts=tuple(Context(f"source_{at}", text) for at, (_, text) in enumerate(sources, 1)),
            max_words=whole(source, "max_words", 120, 5, 400), max_tokens=250,
        )
        return GroundedItem(**common, exercise=exercise, reflect=(), sources=sources, questions=questions)

    def structure(self, item: GroundedItem) -> Any:
        """Which sources answer which question, and what is hidden."""
        return [len(item.sources), [[question.source, question.hidden] for question in item.questions], item.exercise.recorded]

    def read(self, item: GroundedItem, form: Form) -> Response:
        """The learner's instruction to the model."""
        prompt = typed_text(form, "prompt", MOST_LETTERS)
        if words(prompt) > item.exercise.max_words:
            raise ResponseError(N_("Your prompt is too long: at most %(most)s words."), most=item.exercise.max_words)
        return {"prompt": prompt, "model": "", "temperature": 0.0}

    def grade(self, item: GroundedItem, response: Response) -> Verdict:
        """Each question counts the same: the right source with a true quote, or a refusal where no source answers."""
        parts = [
            _part(at, question, check(read_claim(answers[0] if answers else ""), [text for _, text in item.sources]))
            for at, (question, answers) in enumerate(zip(item.questions, response["answers"], strict=True), 1)
        ]
        share = grading.share_of_parts([part.mark == "right" for part in parts])
        return grading.verdict(share, item.points, parts, scoring=item.scoring)

    def show(
        self, item: GroundedItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> GroundedView:
        """Hidden questions stay hidden: how many there are, and which of them went well."""
        parts = verdict.parts if verdict else ()
        return GroundedView(
            **self.seen(item, marked=verdict is not None, solution=solution), sources=item.sources,
            open_questions=tuple(question.text for question in item.questions if not question.hidden),
            hidden=sum(question.hidden for question in item.questions), max_words=item.exercise.max_words,
            prompt=(response or {}).get("prompt", ""),
            found=tuple(_found(question, part) for question, part in zip(item.questions, parts, strict=False)),
        )

    def advise(self, item: GroundedItem, source: Source) -> None:
        """Both must be tested, and a course must work without any model."""
        if not any(question.source for question in item.questions) or all(question.source for question in item.questions):
            source.warning("one-sided", N_("The questions test only finding or only refusing."),
                           N_("Ask one question that a source answers, and one with “source: 0” that none answers."))
        if not item.exercise.recorded:
            source.warning("no-recorded-answer", N_("The exercise has no recorded answer, so it does nothing without a model."),
                           N_("Add a fence “recorded” with one answer for each “ask”, separated by a line “---”."))


def _part(at: int, question: Question, seen: Checked) -> Part:
    if question.source:
        quoted = CheckResult(seen.state == RIGHT, N_("Quotes the source word for word"), seen.reason)
        named = seen.claim.source if seen.claim else 0
        results = [quoted, CheckResult(named == question.source, N_("Finds the right source"), N_("Another source holds the answer."))]
    else:
        results = [CheckResult(seen.state == REFUSED, N_("Says that it is not in the sources"), N_("No source holds the answer, but the model gave one."))]
    ok = all(result.ok for result in results)
    checks = tuple(result.as_dict() for result in results)
    return Part(str(at), "right" if ok else "wrong", checks=({**checks[0], "claim": asdict(seen)}, *checks[1:]))


def _found(question: Question, part: Part) -> Found:
    claim = {} if question.hidden else part.checks[0].get("claim", {})
    checks = tuple({**result, "detail": "" if question.hidden else result["detail"]} for result in part.checks)
    return Found(text="" if question.hidden else question.text, hidden=question.hidden, mark=part.mark, checks=checks, claim=claim)


def _questions(source: Source, sources: int) -> tuple[Question, ...]:
    fences = [fence for fence in source.body.fences if fence.name == "questions"]
    try:
        if len(fences) != 1 or len(fences[0].text) > MOST_SOURCE or re.search(r"(?:^|\s)[&*]\w", fences[0].text):
            raise ValueError("questions")
        entries = yaml.load(fences[0].text, Loader=yaml.BaseLoader)  # noqa: S506 - builds nothing but text, lists and mappings
        questions = tuple(_question(entry, sources) for entry in entries)
        if not 1 <= len(questions) <= MOST_QUESTIONS or len({question.text for question in questions}) < len(questions):
            raise ValueError("questions")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, yaml.YAMLError):
        source.error("questions", N_("The fence “questions” needs 1 to %(most)s different questions, each with “ask” and the number of its “source” (0: none)."),
                     N_("Write “- ask: …” and below it “source: 1”; “hidden: yes” hides a question."), fences[0].line if fences else None,
                     most=MOST_QUESTIONS)
        return ()
    return questions


def _question(entry: Mapping[str, Any], sources: int) -> Question:
    text, number, hidden = entry["ask"], int(entry["source"]), entry.get("hidden", "no")
    if set(entry) - {"ask", "source", "hidden"} or not 0 < len(text) <= MOST_TEXT or not 0 <= number <= sources or hidden not in ("yes", "no", "true", "false"):
        raise ValueError("question")
    return Question(text, number, hidden in ("yes", "true"))


def _with_recorded(source: Source, asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
    fences = [fence for fence in source.body.fences if fence.name == "recorded"]
    if not fences:
        return asks
    answers = [answer.strip() for answer in _RULE.split(fences[0].text)]
    if len(answers) != len(asks) or not all(answers):
        source.error("recorded-count", N_("There are %(found)s recorded answers for %(asks)s questions to the model."),
                     N_("Write one for each different “ask”, in order, separated by a line “---”."), fences[0].line, found=len(answers), asks=len(asks))
        return asks
    return tuple(Ask(ask.text, recorded=answer) for ask, answer in zip(asks, answers, strict=True))


KIND = Grounded()
