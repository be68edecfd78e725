"""`grounded`: answers from numbered sources with quotes that a program checks; hidden questions test finding and refusing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import yaml

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds.asking import AskingKind
from assessments.kinds.attributes import whole
from assessments.kinds.base import Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Form, Item, Response, ResponseError, View
from core.i18n import N_
from exercises.answers import CheckResult
from exercises.grounding import REFUSED, RIGHT, SCHEMA, Checked, check, read_claim
from exercises.plan import PlannedCall, seed_of
from exercises.prompt import words

MOST_LETTERS = 4000
MOST_SOURCES = 20
MOST_SOURCE = 4000
MOST_QUESTIONS = 8
MOST_TEXT = 300
MOST_TOKENS = 250
OWN = "own"                            # the part of a verdict that is about the learner's own question; it earns nothing
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
    recorded: str = ""


@dataclass(frozen=True, kw_only=True)
class GroundedItem(Item):
    """Sources by their titles, and the author's questions."""

    sources: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]
    max_words: int

    @property
    def is_recorded(self) -> bool:
        """Whether there is something to show without a model."""
        return all(question.recorded for question in self.questions)


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
    question: str
    found: tuple[Found, ...] = ()


class Grounded(AskingKind[GroundedItem]):
    """Answers from sources only. The learner writes the instruction; each question is asked with it."""

    name = "grounded"
    title = N_("Answer from a source")
    sample = {
        "de": (
            "Schreiben Sie eine Anweisung, mit der das Modell nur aus den Quellen antwortet.\n"
            "```source Ausleihe\n"
            "Bücher können vier Wochen ausgeliehen werden.\n"
            "```\n"
            "```questions\n"
            "- ask: Wie lange darf ich ein Buch behalten?\n"
            "  source: 1\n"
            "- ask: Wo kann ich parken?\n"
            "  source: 0\n"
            "```\n"
            "```recorded\n"
            "{\"source\": 1, \"quote\": \"Bücher können vier Wochen ausgeliehen werden.\", \"answer\": \"Vier Wochen.\"}\n"
            "---\n"
            "{\"source\": 0, \"quote\": \"\", \"answer\": \"Das steht nicht in den Quellen.\"}\n"
            "```\n"
            "! Was man sich merken sollte."
        ),
        "en": (
            "Write an instruction that makes the model answer from the sources only.\n"
            "```source Lending\n"
            "Books may be borrowed for four weeks.\n"
            "```\n"
            "```questions\n"
            "- ask: How long may I keep a book?\n"
            "  source: 1\n"
            "- ask: Where can I park?\n"
            "  source: 0\n"
            "```\n"
            "```recorded\n"
            "{\"source\": 1, \"quote\": \"Books may be borrowed for four weeks.\", \"answer\": \"Four weeks.\"}\n"
            "---\n"
            "{\"source\": 0, \"quote\": \"\", \"answer\": \"The sources do not say.\"}\n"
            "```\n"
            "! What to remember."
        ),
    }
    attributes = ("max_words",)
    fences = frozenset({"source", "questions", "recorded"})

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
        return GroundedItem(
            **common, sources=tuple((fence.argument[:100] or str(at), fence.text.strip()) for at, fence in enumerate(fences, 1)),
            questions=_with_recorded(source, questions), max_words=whole(source, "max_words", 120, 5, 400),
        )

    def structure(self, item: GroundedItem) -> Any:
        """Which sources answer which question, and what is hidden."""
        return [len(item.sources), [[question.source, question.hidden] for question in item.questions], item.is_recorded]

    def read(self, item: GroundedItem, form: Form) -> Response:
        """The learner's instruction to the model, and a question of their own if they have one."""
        prompt = typed_text(form, "prompt", MOST_LETTERS)
        if words(prompt) > item.max_words:
            raise ResponseError(N_("Your prompt is too long: at most %(most)s words."), most=item.max_words)
        own = typed_text(form, "question", MOST_TEXT) if "".join(form.get("question", ())).strip() else ""
        return {"prompt": prompt, "fields": {"question": own}}

    def plan(self, item: GroundedItem, response: Response, attempt_id: int) -> Sequence[PlannedCall]:
        """The author's questions, those that are hidden without their words, and at last the learner's own."""
        asked = [(question.text, "" if question.hidden else question.text) for question in item.questions]
        own = _own(response)
        return [
            PlannedCall(at, shown, _messages(item, response["prompt"], text), seed=seed_of(attempt_id, str(at)), max_tokens=MOST_TOKENS, schema=SCHEMA,
                        hidden=not shown)
            for at, (text, shown) in enumerate([*asked, *([(own, own)] if own else [])])
        ]

    def recorded(self, item: GroundedItem, response: Response) -> Sequence[str]:
        """The author's recorded answers; nobody answers the learner's own question."""
        return [*(question.recorded for question in item.questions), *([""] if _own(response) else [])] if item.is_recorded else []

    def complete(self, item: GroundedItem, response: Response, answers: Sequence[str]) -> Response:
        """The answers in the order of the plan."""
        return {**response, "answers": [str(answer) for answer in answers]}

    def grade(self, item: GroundedItem, response: Response) -> Verdict:
        """Each of the author's questions counts the same: the right source with a true quote, or a refusal where no source answers."""
        texts, answers = [text for _, text in item.sources], list(response["answers"])
        count = len(item.questions)
        answers += [""] * (count - len(answers))
        parts = [_part(at, question, check(read_claim(answers[at - 1]), texts)) for at, question in enumerate(item.questions, 1)]
        share = grading.share_of_parts([part.mark == "right" for part in parts])
        if answers[count:] and answers[count]:
            parts.append(_own_part(check(read_claim(answers[count]), texts)))
        return grading.verdict(share, item.points, parts, scoring=item.scoring)

    def show(
        self, item: GroundedItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> GroundedView:
        """Hidden questions stay hidden: how many there are, and which of them went well."""
        parts, given = verdict.parts if verdict else (), response or {}
        own = Question(_own(given), 0, hidden=False)
        return GroundedView(
            **self.seen(item, marked=verdict is not None, solution=solution), sources=item.sources,
            open_questions=tuple(question.text for question in item.questions if not question.hidden),
            hidden=sum(question.hidden for question in item.questions), max_words=item.max_words,
            prompt=given.get("prompt", ""), question=_own(given),
            found=tuple(_found(question, part) for question, part in zip((*item.questions, own), parts, strict=False)),
        )

    def advise(self, item: GroundedItem, source: Source) -> None:
        """Both must be tested, and a course must work without any model."""
        if not any(question.source for question in item.questions) or all(question.source for question in item.questions):
            source.warning("one-sided", N_("The questions test only finding or only refusing."),
                           N_("Ask one question that a source answers, and one with “source: 0” that none answers."))
        if not item.is_recorded:
            source.warning("no-recorded-answer", N_("The exercise has no recorded answer, so it does nothing without a model."),
                           N_("Add a fence “recorded” with one answer for each “ask”, separated by a line “---”."))


def _own(response: Response) -> str:
    return str(response.get("fields", {}).get("question", ""))


def _messages(item: GroundedItem, prompt: str, question: str) -> list[Mapping[str, str]]:
    """The form is asked for in the system prompt; the instruction is the learner's."""
    sources = "\n\n".join(f"<source_{at}>\n{text}\n</source_{at}>" for at, (_, text) in enumerate(item.sources, 1))
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"{prompt}\n\n{sources}\n\n{question}"}]


def _own_part(seen: Checked) -> Part:
    """What the program says of the answer to the learner's own question."""
    ok = seen.state in (RIGHT, REFUSED)
    result = CheckResult(ok, N_("Quotes the source word for word") if seen.state != REFUSED else N_("Says that it is not in the sources"), seen.reason)
    return Part(OWN, "right" if ok else "wrong", checks=({**result.as_dict(), "claim": asdict(seen)},))


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


def _with_recorded(source: Source, questions: tuple[Question, ...]) -> tuple[Question, ...]:
    fences = [fence for fence in source.body.fences if fence.name == "recorded"]
    if not fences:
        return questions
    answers = [answer.strip() for answer in _RULE.split(fences[0].text)]
    if len(answers) != len(questions) or not all(answers):
        source.error("recorded-count", N_("There are %(found)s recorded answers for %(asks)s questions to the model."),
                     N_("Write one for each different “ask”, in order, separated by a line “---”."), fences[0].line, found=len(answers), asks=len(questions))
        return questions
    return tuple(replace(question, recorded=answer) for question, answer in zip(questions, answers, strict=True))


KIND = Grounded()
