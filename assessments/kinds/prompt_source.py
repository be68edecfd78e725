"""Reading the fenced parts and attributes of a `prompt` block into an exercise."""

import re
from dataclasses import replace

from assessments.kinds.attributes import one_of, whole
from assessments.kinds.base import Source
from assessments.kinds.source import Fence
from core.i18n import N_
from exercises.prompt import Ask, Context, PromptExercise
from exercises.reading import Checks, ChecksError, read_checks

ATTRIBUTES = ("models", "compare", "temperature", "feedback", "max_words", "max_tokens")
FENCES = frozenset({"system", "context", "checks", "recorded", "reflect"})
MOST_REFLECT = 20
MOST_CONTEXT = 50_000
_RULE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_SPAN = re.compile(r"([0-2](?:\.\d{1,2})?)(?:\.\.([0-2](?:\.\d{1,2})?))?", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,60}")


def read_exercise(source: Source) -> PromptExercise | None:
    """The exercise; None when the checks cannot be read. All that is wrong is noted."""
    one_of(source, "feedback", ("formative",), "formative")
    contexts = _contexts(source)
    checks = _checks(source, [context.name for context in contexts])
    if checks is None:
        return None
    return PromptExercise(
        asks=_with_recorded(source, checks.asks or (Ask(""),)),
        system=_only(source, "system"),
        contexts=contexts,
        judges=checks.judges,
        reflect=tuple(line.strip() for line in _only(source, "reflect").split("\n") if line.strip())[:MOST_REFLECT],
        models=tuple(name.strip() for name in source.block.attributes.get("models", "").split(",") if name.strip()),
        temperature=_temperature(source),
        compare=whole(source, "compare", 1, 1, 4),
        max_words=whole(source, "max_words", 300, 1, 2000),
        max_tokens=whole(source, "max_tokens", 400, 1, 4000),
    )


def _fences(source: Source, name: str) -> list[Fence]:
    return [fence for fence in source.body.fences if fence.name == name]


def _only(source: Source, name: str) -> str:
    fence = _single(source, name)
    return fence.text.strip() if fence else ""


def _single(source: Source, name: str) -> Fence | None:
    found = _fences(source, name)
    if len(found) > 1:
        source.error("fence-double", N_("There are several “%(name)s” fences."), N_("Put them into one."), found[1].line, name=name)
    return found[0] if found else None


def _contexts(source: Source) -> tuple[Context, ...]:
    contexts = tuple(Context(fence.argument, fence.text) for fence in _fences(source, "context"))
    for fence in _fences(source, "context"):
        if not _NAME.fullmatch(fence.argument):
            source.error("context-name", N_("The context has no usable name."),
                         N_("Write a name without spaces behind the word: “context source.md”."), fence.line)
        if len(fence.text) > MOST_CONTEXT:
            source.error("context-size", N_("The context is longer than %(most)s characters."), N_("Shorten it."),
                         fence.line, most=MOST_CONTEXT)
    if len({context.name for context in contexts}) < len(contexts):
        source.error("context-name", N_("Two contexts have the same name."), N_("Give each its own."))
    return contexts


def _checks(source: Source, contexts: list[str]) -> Checks | None:
    fence = _single(source, "checks")
    if fence is None or not fence.text.strip():
        return Checks((), ())
    try:
        return read_checks(fence.text, contexts)
    except ChecksError as error:
        for fault in error.faults:
            source.error(fault.rule, fault.message, fault.mend, fence.line + fault.line, **fault.values)
        return None


def _with_recorded(source: Source, asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
    fence = _single(source, "recorded")
    answers = [answer.strip() for answer in _RULE.split(fence.text)] if fence else []
    if not answers:
        return asks
    if len(answers) != len(asks) or not all(answers):
        source.error("recorded-count", N_("There are %(found)s recorded answers for %(asks)s questions to the model."),
                     N_("Write one for each different “ask”, in order, separated by a line “---”."),
                     fence.line if fence else None, found=len(answers), asks=len(asks))
        return asks
    return tuple(replace(ask, recorded=answer) for ask, answer in zip(asks, answers, strict=True))


def _temperature(source: Source) -> tuple[float, float]:
    value = source.block.attributes.get("temperature", "0")
    found = _SPAN.fullmatch(value)
    low = float(found.group(1)) if found else 0.0
    high = float(found.group(2) or low) if found else 0.0
    if not found or not 0 <= low <= high <= 2:
        source.error("attribute-value", N_("“%(name)s” cannot be “%(value)s”."),
                     N_("Write a number or a range between 0 and 2, e.g. 0..1."), name="temperature", value=value[:60])
        return 0.0, 0.0
    return low, high
