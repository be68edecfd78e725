"""The `checks` of a prompt exercise, from YAML as trainers write it to asks and checks.

The YAML is untrusted: bounded in size and depth, without aliases, and every scalar is read as text, so that `no`,
`8:30` or a date mean what they look like.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from core.i18n import N_
from exercises import json_schema, patterns
from exercises.checks import CHECKS, TYPES
from exercises.own_checks import FIELD_CHECKS
from exercises.prompt import Ask, Check

MOST_YAML = 20_000
MOST_DEPTH = 8
MOST_ASKS = 20
MOST_RUNS = 10
MOST_LIST = 50
_OTHER_KEYS = ("ask", "judge", "label", "runs")
_AS_EXAMPLE = N_("Compare with the example in docs/trainers/questions.md.")


@dataclass(frozen=True)
class Fault:
    """One thing wrong in the checks: where (line from 0 inside the text), which rule, what, and how to mend."""

    line: int
    rule: str
    message: str
    mend: str
    values: Mapping[str, str | int] = field(default_factory=dict)


class ChecksError(ValueError):
    """The checks cannot be used; carries every fault that was found."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.rule for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Checks:
    """What the `checks` fence says."""

    asks: tuple[Ask, ...]
    judges: tuple[str, ...]


class _RefusedError(ValueError):
    """A check's value is not what the check can use."""

    def __init__(self, message: str, mend: str = _AS_EXAMPLE, **values: str | int) -> None:
        super().__init__(message)
        self.message, self.mend, self.values = message, mend, values


def read_checks(text: str, contexts: Sequence[str], fields: Sequence[str] = ()) -> Checks:
    """Read the YAML list of asks and judges. Raises ChecksError with all faults.

    Entries with the same `ask` are one question to the model with the checks of all of them.
    """
    asks: dict[str, Ask] = {}
    judges: list[str] = []
    faults: list[Fault] = []
    for line, entry in read_entries(text):
        try:
            judge = _text(entry["judge"]) if "judge" in entry else ""
            if judge:
                judges.append(judge)
            if set(entry) - {"judge", "label"}:
                ask = _ask(entry, contexts, fields)
                asks[ask.text] = _joined(asks.get(ask.text), ask)
        except _RefusedError as refused:
            faults.append(Fault(line, "checks-value", refused.message, refused.mend, refused.values))
    if len(asks) > MOST_ASKS:
        faults.append(Fault(0, "checks-many", N_("More than %(most)s questions to the model."),
                            N_("Split the exercise."), {"most": MOST_ASKS}))
    if faults:
        raise ChecksError(*faults)
    return Checks(tuple(asks.values()), tuple(judges))


def read_entries(text: str) -> list[tuple[int, dict[str, Any]]]:
    """The list's entries with their lines; everything about the YAML itself is refused here."""
    if len(text) > MOST_YAML:
        raise ChecksError(Fault(0, "checks-size", N_("The checks are too long."), N_("Split the exercise.")))
    try:
        refuse_tricks(text)
        node: Any = yaml.compose(text, Loader=yaml.BaseLoader)
        data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - builds nothing but text, lists and mappings
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or error)[:200]
        raise ChecksError(Fault(mark.line if mark else 0, "checks-yaml", N_("The checks are not valid YAML: %(reason)s"),
                                _AS_EXAMPLE, {"reason": reason})) from error
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise ChecksError(Fault(0, "checks-list", N_("The checks are not a list."), N_("Begin each entry with “- ask:”.")))
    lines = [item.start_mark.line for item in node.value]
    refuse_doubles(node)
    return list(zip(lines, data, strict=True))


def refuse_tricks(text: str) -> None:
    """Aliases can blow up in memory and deep nesting in the stack: neither is needed here."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ChecksError(Fault(event.start_mark.line, "checks-alias", N_("YAML anchors and aliases are not allowed."),
                                    N_("Write the text out.")))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise ChecksError(Fault(event.start_mark.line, "checks-depth", N_("The checks are nested too deeply."), _AS_EXAMPLE))


def refuse_doubles(node: Any) -> None:
    """YAML keeps the last of two equal keys without a word, which would drop a check."""
    for item in node.value:
        keys = [str(key.value) for key, _ in item.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise ChecksError(Fault(item.start_mark.line, "checks-double", N_("“%(key)s” stands twice in one entry."),
                                    N_("Write a list: [first, second]."), {"key": twice}))


def _ask(entry: Mapping[str, Any], contexts: Sequence[str], fields: Sequence[str]) -> Ask:
    label = _text(entry["label"]) if "label" in entry else ""
    checks = tuple(_check(name, wants, label) for name, wants in entry.items() if name not in _OTHER_KEYS)
    for check in checks:
        if check.name == "quote_from" and check.wants not in contexts:
            raise _RefusedError(N_("There is no context called “%(name)s”."),
                           N_("Give the name of a context fence of this exercise."), name=check.wants)
        if check.name in FIELD_CHECKS and check.wants not in fields:
            raise _RefusedError(N_("There is no field called “%(name)s”."), N_("Give the name of a field of this exercise."), name=check.wants)
    default_runs = "3" if any(check.name == "distinct" for check in checks) else "1"
    runs = _count(entry.get("runs", default_runs))
    if not 1 <= runs <= MOST_RUNS:
        raise _RefusedError(N_("“runs” is not between 1 and %(most)s."), most=MOST_RUNS)
    return Ask(_text(entry["ask"]) if "ask" in entry else "", checks, runs)


def _joined(one: Ask | None, other: Ask) -> Ask:
    if one is None:
        return other
    return Ask(one.text, one.checks + other.checks, max(one.runs, other.runs))


def _check(name: str, wants: Any, label: str) -> Check:
    if name not in _READERS:
        known = ", ".join(("ask", "judge", *CHECKS))
        raise _RefusedError(N_("There is no check called “%(name)s”."), N_("Known are: %(known)s."), name=name, known=known)
    return Check(name, _READERS[name](wants), label)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 2000:
        raise _RefusedError(N_("A text is expected here, of at most 2000 characters."))
    return value.strip()


def _texts(value: Any) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if not 0 < len(texts) <= MOST_LIST:
        raise _RefusedError(N_("A list here has 1 to %(most)s entries."), most=MOST_LIST)
    return tuple(_text(text) for text in texts)


def _patterns(value: Any) -> tuple[str, ...]:
    texts = _texts(value)
    for text in texts:
        try:
            patterns.compiled(text)
        except patterns.PatternError as error:
            raise _RefusedError(error.message, N_("Write a simpler pattern; look-around and back references do not exist."),
                           reason=error.reason) from error
    return texts


def _count(value: Any) -> int:
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()) or len(value) > 5:
        raise _RefusedError(N_("A whole number is expected here."))
    return int(value)


def _span(value: Any) -> tuple[int, int]:
    """`3`, `3..5`, `3..` (three or more)."""
    if isinstance(value, str) and ".." in value:
        low, _, high = value.partition("..")
        span = _count(low.strip()), _count(high.strip() or "999")
    else:
        span = _count(value), _count(value)
    if span[0] > span[1]:
        raise _RefusedError(N_("The range runs backwards."))
    return span


def _keys(value: Any) -> tuple[str, ...]:
    return () if value == "true" else _texts(value)


def _full_schema(value: Any) -> Mapping[str, Any]:
    try:
        return json_schema.read(value)
    except json_schema.SchemaError as error:
        raise _RefusedError(N_("The JSON schema cannot be used: %(reason)s"), reason=str(error)[:200]) from error


def _types(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not value or not all(kind in TYPES for kind in value.values()):
        raise _RefusedError(N_("Each key of a schema needs one of these types: %(types)s."), types=", ".join(TYPES))
    return {_text(key): kind for key, kind in value.items()}


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "must_contain": _texts,
    "must_not_contain": _texts,
    "must_match": _patterns,
    "must_not_match": _patterns,
    "max_words": _count,
    "min_words": _count,
    "bullets": _span,
    "json": _keys,
    "schema": _types,
    "json_schema": _full_schema,
    "quote_from": _text,
    "distinct": _span,
    "missed": _text,
    "given": _text,
    "link": _text,
    "reveals": _keys,
    "keeps": _keys,
    "prompt_must_contain": _texts,
    "prompt_must_match": _patterns,
    "prompt_must_not_match": _patterns,
}
