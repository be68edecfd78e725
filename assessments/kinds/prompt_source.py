"""Reading the fenced parts and attributes of a `prompt` block into an exercise."""

import re
from dataclasses import replace

from assessments.kinds.attributes import one_of, whole
from assessments.kinds.base import Source
from assessments.kinds.prompt_parts import fences, lines, only, read_fields, read_tallies, read_then, single, yes
from core.i18n import N_
from exercises.prompt import Ask, Context, PromptExercise, arms
from exercises.reading import MOST_RUNS, Checks, ChecksError, read_checks

ATTRIBUTES = (
    "models", "compare", "blind", "temperature", "temperatures", "runs", "predict", "system", "feedback", "max_words", "max_tokens",
)
FENCES = frozenset({"system", "context", "checks", "recorded", "reflect", "rubric", "swap", "tally", "fields", "then"})
MOST_SIDES = 6
MOST_CALLS = 60                        # of one try: more would keep a class waiting
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
    runs = whole(source, "runs", 1, 1, MOST_RUNS)
    then = read_then(source)
    exercise = PromptExercise(
        asks=tuple(replace(ask, runs=max(ask.runs, runs)) for ask in checks.asks or (Ask(""),)),
        system=only(source, "system"),
        contexts=contexts,
        judges=checks.judges,
        reflect=tuple(line.strip() for line in only(source, "reflect").split("\n") if line.strip())[:MOST_REFLECT],
        models=tuple(name.strip() for name in source.block.attributes.get("models", "").split(",") if name.strip()),
        temperature=_temperature(source),
        compare=whole(source, "compare", 1, 1, 4),
        max_words=whole(source, "max_words", 300, 1, 2000),
        max_tokens=whole(source, "max_tokens", 400, 1, 4000),
        blind=yes(source, "blind"),
        rubric=lines(source, "rubric", 8),
        temperatures=_temperatures(source),
        swap=lines(source, "swap", MOST_SIDES),
        tallies=read_tallies(source),
        predict=yes(source, "predict"),
        hidden=one_of(source, "system", ("shown", "hidden"), "shown") == "hidden",
        fields=read_fields(source),
        then=then,
    )
    note_conflicts(source, exercise)
    return _with_recorded(source, exercise)


def _contexts(source: Source) -> tuple[Context, ...]:
    contexts = tuple(Context(fence.argument, fence.text) for fence in fences(source, "context"))
    for fence in fences(source, "context"):
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
    fence = single(source, "checks")
    if fence is None or not fence.text.strip():
        return Checks((), ())
    try:
        return read_checks(fence.text, contexts, [field.name for field in read_fields(source, quiet=True)])
    except ChecksError as error:
        for fault in error.faults:
            source.error(fault.rule, fault.message, fault.mend, fence.line + fault.line, **fault.values)
        return None


def _with_recorded(source: Source, exercise: PromptExercise) -> PromptExercise:
    fence = single(source, "recorded")
    if fence is None:
        return exercise
    answers = [answer.strip() for answer in _RULE.split(fence.text)]
    sides = len(arms(exercise, {}))
    shares = next((sizes for sizes in _shares(exercise.asks, sides) if sum(sizes) == len(answers)), None)
    if shares is None or not all(answers):
        source.error("recorded-count", N_("There are %(found)s recorded answers for %(asks)s questions to the model."),
                     N_("Write one for each different “ask”, in order, separated by a line “---”; side by side, one for each side or for each run."),
                     fence.line, found=len(answers), asks=len(exercise.asks))
        return exercise
    starts = [sum(shares[:at]) for at in range(len(shares))]
    return replace(exercise, asks=tuple(
        replace(ask, recorded=tuple(answers[start : start + size])) for ask, start, size in zip(exercise.asks, starts, shares, strict=True)
    ))


def _shares(asks: tuple[Ask, ...], sides: int) -> list[list[int]]:
    """How many recorded answers each ask may have: one for all, one a side, or one for each run of each side."""
    return [[1 for _ in asks], [sides for _ in asks], [sides * ask.runs for ask in asks]]


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


def _temperatures(source: Source) -> tuple[float, ...]:
    value = source.block.attributes.get("temperatures", "")
    written = value.replace(",", " ").split()
    found = tuple(float(part) for part in written if _SPAN.fullmatch(part) and ".." not in part and float(part) <= 2)
    if value and (len(found) != len(written) or not 2 <= len(set(found)) == len(found) <= MOST_SIDES):
        source.error("attribute-value", N_("“%(name)s” cannot be “%(value)s”."),
                     N_("Write two to six different numbers between 0 and 2, e.g. “0 0.7 1.2”."), name="temperatures", value=value[:60])
        return ()
    return found


def note_conflicts(source: Source, exercise: PromptExercise) -> None:
    """What cannot be together in one exercise."""
    if (exercise.compare > 1) + bool(exercise.temperatures) + bool(exercise.swap) > 1:
        source.error("several-comparisons", N_("Only one thing can differ at a time: models, temperatures, or words in a gap."),
                     N_("Keep one of “compare”, “temperatures” and “swap”."))
    if exercise.blind and exercise.compare < 2:
        source.error("blind-alone", N_("“blind” needs several models."), N_("Add compare=2."))
    if exercise.rubric and not exercise.blind:
        source.error("rubric-alone", N_("The rubric belongs to a blind comparison."), N_("Add compare=2 blind=yes."))
    if exercise.predict and not exercise.temperatures:
        source.error("predict-alone", N_("“predict” needs several temperatures."), N_("Add temperatures=\"0 0.7 1.2\"."))
    if exercise.tallies and not exercise.side_by_side:
        source.error("tally-alone", N_("“tally” counts answers that stand side by side."), N_("Add “swap” or “temperatures”."))
    if "{secret}" in exercise.system and not exercise.hidden:
        source.error("secret-shown", N_("The system prompt holds a secret and is shown."), N_("Add system=hidden."))
    if any(check.name == "reveals" for ask in exercise.asks for check in ask.checks) and "{secret}" not in exercise.system:
        source.error("secret-missing", N_("The check “reveals” needs {secret} in the system prompt."), N_("Write {secret} into the fence “system”."))
    calls = len(arms(exercise, {})) * sum(ask.runs for ask in exercise.asks)
    if calls > MOST_CALLS:
        source.error("calls-many", N_("One try would ask a model %(calls)s times; at most %(most)s are allowed."), N_("Lower “runs”."),
                     calls=calls, most=MOST_CALLS)
