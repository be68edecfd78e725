"""Machine checks of a model's answers: plain, repeatable rules, each with words that say why it failed."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.i18n import N_
from exercises import json_schema, own_checks, patterns
from exercises.answers import NOTHING, Answers, CheckResult
from exercises.prompt import Ask, Check, Context, words

_SPACES = re.compile(r"\s+")
_BULLET = re.compile(r"^[ \t]{0,8}(?:[-*•–+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_QUOTES = re.compile("„([^„“”]{1,2000})[“”]|“([^“”]{1,2000})”|»([^»«]{1,2000})«|«([^«»]{1,2000})»|\"([^\"]{1,2000})\"")
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "text": str, "number": (int, float), "boolean": bool, "list": list, "object": dict,
}


Run = Callable[[Any, Answers], CheckResult]


def check_ask(
    ask: Ask, answers: Sequence[str], contexts: Sequence[Context], response: Mapping[str, Any] = NOTHING,
) -> tuple[CheckResult, ...]:
    """Run every check of an ask over its answers and the learner's response. No answer at all fails every check."""
    seen = Answers(
        tuple(plain(text) for text in answers if text.strip()), {c.name: plain(c.text) for c in contexts},
        plain(str(response.get("prompt", ""))), response.get("fields", {}), str(response.get("secret", "")),
    )
    return tuple(_one(check, seen) for check in ask.checks)


def plain(text: str) -> str:
    """Composed letters, ordinary spaces, bounded length: what checks compare."""
    text = unicodedata.normalize("NFC", text[: patterns.MOST_TEXT])
    return re.sub("[\u00a0\u2007\u202f]", " ", text).replace("\r\n", "\n")


def _one(check: Check, answers: Answers) -> CheckResult:
    if answers.texts:
        result = CHECKS[check.name](check.wants, answers)
    else:
        result = CheckResult(False, N_("There is an answer"), N_("The model gave no answer."))
    if not check.label:
        return result
    return CheckResult(result.ok, check.label, result.detail, result.values, own_label=True)


def _fold(text: str) -> str:
    return _SPACES.sub(" ", text.casefold()).strip()


def must_contain(wants: Sequence[str], answers: Answers) -> CheckResult:
    """Each wanted text stands in each answer, whatever its case and spacing."""
    missing = [text for text in wants if not all(_fold(plain(text)) in _fold(answer) for answer in answers.texts)]
    values = {"text": " · ".join(wants), "missing": " · ".join(missing)}
    return CheckResult(not missing, N_("Contains: %(text)s"), N_("Not in the answer: %(missing)s"), values)


def must_not_contain(wants: Sequence[str], answers: Answers) -> CheckResult:
    """None of the texts stands in any answer."""
    found = [text for text in wants if any(_fold(plain(text)) in _fold(answer) for answer in answers.texts)]
    values = {"text": " · ".join(wants), "found": " · ".join(found)}
    return CheckResult(not found, N_("Does not contain: %(text)s"), N_("Found in the answer: %(found)s"), values)


def must_match(wants: Sequence[str], answers: Answers) -> CheckResult:
    """Each pattern fits somewhere in each answer. The pattern itself is never shown."""
    ok = all(patterns.search(pattern, answer) is not None for pattern in wants for answer in answers.texts)
    return CheckResult(ok, N_("Says what the exercise asks for"), N_("The answer does not say it in any expected way."))


def must_not_match(wants: Sequence[str], answers: Answers) -> CheckResult:
    """No pattern fits anywhere; what does is quoted."""
    hits = (patterns.search(pattern, answer) for pattern in wants for answer in answers.texts)
    found = next((hit for hit in hits if hit is not None), None)
    values = {"found": (found or "")[:80]}
    return CheckResult(
        found is None, N_("Does not say what it must not"), N_("The answer says: “%(found)s”"), values
    )


def max_words(wants: int, answers: Answers) -> CheckResult:
    """No answer is longer than so many words."""
    count = max(words(text) for text in answers.texts)
    values = {"limit": wants, "count": count}
    return CheckResult(count <= wants, N_("At most %(limit)s words"), N_("The answer has %(count)s words."), values)


def min_words(wants: int, answers: Answers) -> CheckResult:
    """No answer is shorter than so many words."""
    count = min(words(text) for text in answers.texts)
    values = {"limit": wants, "count": count}
    return CheckResult(count >= wants, N_("At least %(limit)s words"), N_("The answer has %(count)s words."), values)


def bullets(wants: tuple[int, int], answers: Answers) -> CheckResult:
    """Each answer has so many list lines (-, *, •, or numbered)."""
    low, high = wants
    counts = [len(_BULLET.findall(text)) for text in answers.texts]
    wrong = next((count for count in counts if not low <= count <= high), None)
    values: dict[str, str | int] = {"wanted": _span(low, high), "count": counts[0] if wrong is None else wrong}
    return CheckResult(
        wrong is None, N_("List with this many points: %(wanted)s"), N_("The answer has %(count)s points."), values
    )


def is_json(wants: Sequence[str], answers: Answers) -> CheckResult:
    """Each answer is JSON and nothing else (a code fence around it is forgiven); with keys, an object that has them."""
    label = N_("Valid JSON with: %(keys)s") if wants else N_("Valid JSON")
    values = {"keys": ", ".join(wants), "missing": ""}
    for text in answers.texts:
        data = _json(text)
        if data is None:
            return CheckResult(False, label, N_("The answer is not valid JSON."), values)
        missing = [key for key in wants if not isinstance(data, dict) or key not in data]
        if missing:
            return CheckResult(False, label, N_("Missing: %(missing)s"), {**values, "missing": ", ".join(missing)})
    return CheckResult(True, label, "", values)


def schema(wants: Mapping[str, str], answers: Answers) -> CheckResult:
    """Each answer is a JSON object whose keys have the wanted types."""
    result = is_json(tuple(wants), answers)
    if not result.ok:
        return result
    wrong = [key for text in answers.texts for key, name in wants.items() if not _is(name, _json(text)[key])]
    values = {**result.values, "wrong": ", ".join(dict.fromkeys(wrong))}
    return CheckResult(not wrong, result.label, N_("Of the wrong type: %(wrong)s"), values)


def fits_schema(wants: Mapping[str, Any], answers: Answers) -> CheckResult:
    """Each answer is JSON of the form that a JSON schema describes."""
    label = N_("JSON of the wanted form")
    for text in answers.texts:
        data = _json(text)
        if data is None:
            return CheckResult(False, label, N_("The answer is not valid JSON."))
        fault = json_schema.fault(wants, data)
        if fault is not None:
            return CheckResult(False, label, N_("Not of the wanted form at: %(at)s"), values={"at": fault})
    return CheckResult(True, label)


def quote_from(wants: str, answers: Answers) -> CheckResult:
    """Each answer quotes, and every quoted text stands in the context word for word."""
    source = _fold(answers.contexts.get(wants, ""))
    label, values = N_("Quotes the source word for word"), {"quote": ""}
    for text in answers.texts:
        quotes = ["".join(found) for found in _QUOTES.findall(text)]
        if not quotes:
            return CheckResult(False, label, N_("The answer has no quotation marks."), values)
        invented = next((quote for quote in quotes if _fold(quote).strip(" .,;:!?…") not in source), None)
        if invented is not None:
            return CheckResult(False, label, N_("Not in the source: “%(quote)s”"), {"quote": invented[:120]})
    return CheckResult(True, label, "", values)


def distinct(wants: tuple[int, int], answers: Answers) -> CheckResult:
    """Over all runs there are so many different answers."""
    low, high = wants
    count = len({_fold(text) for text in answers.texts})
    values: dict[str, str | int] = {"wanted": _span(low, high), "count": count, "runs": len(answers.texts)}
    return CheckResult(
        low <= count <= high,
        N_("Different answers in %(runs)s runs: %(wanted)s"),
        N_("There were %(count)s different answers."),
        values,
    )


CHECKS: Mapping[str, Run] = {
    "must_contain": must_contain,
    "must_not_contain": must_not_contain,
    "must_match": must_match,
    "must_not_match": must_not_match,
    "max_words": max_words,
    "min_words": min_words,
    "bullets": bullets,
    "json": is_json,
    "schema": schema,
    "json_schema": fits_schema,
    "quote_from": quote_from,
    "distinct": distinct,
    **own_checks.CHECKS,
}
TYPES = tuple(_TYPES)


def _json(text: str) -> Any:
    """The data, or None when it is no JSON (a bare `null` is no answer either)."""
    lines = text.strip().split("\n")
    if len(lines) > 2 and lines[0].startswith("```") and lines[-1] == "```":
        lines = lines[1:-1]
    try:
        return json.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return None


def _is(name: str, value: object) -> bool:
    """JSON's true is no number, though Python's is."""
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"
