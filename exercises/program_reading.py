"""The `tests` of a Python exercise, from YAML as trainers write it. Untrusted like all that authors write: bounded, no aliases.

Other than in the checks of prompts, scalars have types here: `5` is a number and `"5"` a text, as the tests compare values.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
import yaml

from core.i18n import N_
from exercises import patterns
from exercises.program import MOST_STDIN, Draw, Test, Wants
from exercises.program_draws import DrawError, read_draws
from exercises.reading import MOST_YAML, ChecksError, Fault, refuse_doubles, refuse_tricks
from exercises.sandbox.compare import OUTPUTS, VALUES
from exercises.sandbox.job import Call
from exercises.sandbox.reply import within_bounds
from exercises.sandbox.scripted import TIMEOUT, Reply

MOST_TESTS = 40
MOST_REPLIES = 20
LIKE_SOLUTION = ("equals", "approx", "unordered")
_AS_EXAMPLE = N_("Compare with the example in docs/trainers/questions.md.")
_KNOWN = (
    "name", "call", "args", "kwargs", "stdin", "returns", "compare", "tolerance", "output", "compare_output", "max_output",
    "calls", "prompt_contains", "system_message", "checker", "hidden", "hint", "replies", "draw", "same_as_solution",
)  # fmt: skip


class _RefusedError(ValueError):
    def __init__(self, message: str, mend: str = _AS_EXAMPLE, **values: str | int) -> None:
        super().__init__(message)
        self.message, self.mend, self.values = message, mend, values


def read_tests(text: str) -> tuple[Test, ...]:
    """The tests. Raises ChecksError with every fault that was found."""
    tests, faults = [], []
    for number, (line, entry) in enumerate(_entries(text), 1):
        try:
            tests.append(_test(entry, number))
        except _RefusedError as refused:
            faults.append(Fault(line, "tests-value", refused.message, refused.mend, refused.values))
    if len(tests) > MOST_TESTS:
        faults.append(Fault(0, "tests-many", N_("More than %(most)s tests."), N_("Split the exercise."), {"most": MOST_TESTS}))
    if faults:
        raise ChecksError(*faults)
    return tuple(tests)


def _entries(text: str) -> list[tuple[int, dict[str, Any]]]:
    if len(text) > MOST_YAML:
        raise ChecksError(Fault(0, "tests-size", N_("The tests are too long."), N_("Split the exercise.")))
    try:
        refuse_tricks(text)
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except ChecksError:
        raise
    except (yaml.YAMLError, ValueError) as error:  # A date that does not exist is a ValueError.
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or error)[:200]
        raise ChecksError(Fault(mark.line if mark else 0, "tests-yaml", N_("The tests are not valid YAML: %(reason)s"), _AS_EXAMPLE, {"reason": reason})) from error
    if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
        raise ChecksError(Fault(0, "tests-list", N_("The tests are not a list."), N_("Begin each test with “- name:”.")))
    refuse_doubles(node)
    return list(zip((item.start_mark.line for item in node.value), data, strict=True))


def _test(entry: Mapping[str, Any], number: int) -> Test:
    for name in entry:
        if name not in _KNOWN:
            raise _RefusedError(N_("A test has no “%(name)s”."), N_("Known are: %(known)s."), name=str(name)[:60], known=", ".join(_KNOWN))
    wants = _wants(entry)
    if wants == Wants():
        raise _RefusedError(N_("The test looks at nothing."), N_("Say what it wants: “returns”, “output”, “same_as_solution”, “calls” or “checker”."))
    if wants.value is not None and "call" not in entry:
        raise _RefusedError(N_("The test wants a value but calls no function."), N_("Add “call: name” and “args: […]”."))
    return Test(
        name=_text(entry.get("name", f"Test {number}"), 200), wants=wants, call=_call(entry), stdin=_text(entry.get("stdin", ""), MOST_STDIN),
        hidden=_yes(entry.get("hidden", False)), hint=_text(entry.get("hint", ""), 500), replies=_replies(entry.get("replies", [])),
        draws=_draws(entry),
    )


def _wants(entry: Mapping[str, Any]) -> Wants:
    fewest, most = _span(entry.get("calls"))
    return Wants(
        value=(_how(entry, "compare", VALUES), _wanted(entry)) if "returns" in entry else None,
        tolerance=_number(entry.get("tolerance", 0)),
        output=(_how(entry, "compare_output", OUTPUTS), _text(entry["output"], MOST_STDIN)) if "output" in entry else None,
        most_output=int(_number(entry["max_output"])) if "max_output" in entry else None,
        fewest_calls=fewest, most_calls=most,
        prompt=_text(entry.get("prompt_contains", ""), 500), system=_yes(entry.get("system_message", False)), checker=_yes(entry.get("checker", False)),
        like_solution=_like_solution(entry),
    )


def _like_solution(entry: Mapping[str, Any]) -> str:
    how = entry.get("compare", "equals")
    if not _yes(entry.get("same_as_solution", False)):
        return ""
    if "returns" in entry or "output" in entry or how not in LIKE_SOLUTION:
        raise _RefusedError(
            N_("“same_as_solution” stands in place of “returns” and “output”, and compares by %(known)s."),
            N_("Leave one of both out, or take another comparison."), known=", ".join(LIKE_SOLUTION),
        )
    return str(how)


def _draws(entry: Mapping[str, Any]) -> Mapping[str, Draw]:
    if "draw" not in entry:
        return {}
    try:
        return read_draws(entry["draw"])
    except DrawError as error:
        raise _RefusedError(
            N_("“draw” names what is to be drawn, such as “n: 1..100”, “word: [tree, house]” or “numbers: {each: 1..9, count: 3..5}”."),
        ) from error


def _how(entry: Mapping[str, Any], name: str, known: Mapping[str, Callable[..., bool]]) -> str:
    how = entry.get(name, "equals")
    if how not in known:
        raise _RefusedError(N_("There is no comparison called “%(name)s”."), N_("Known are: %(known)s."), name=str(how)[:60], known=", ".join(known))
    wanted = entry["returns" if name == "compare" else "output"]
    if how == "matches":
        _pattern(wanted)
    if how == "schema":
        _schema(wanted)
    return str(how)


def _pattern(wanted: Any) -> None:
    try:
        patterns.compiled(_text(wanted, patterns.MOST_PATTERN))
    except patterns.PatternError as error:
        raise _RefusedError(error.message, N_("Write a simpler pattern; look-around and back references do not exist."), reason=error.reason) from error


def _schema(wanted: Any) -> None:
    """Patterns in a schema would be matched by an engine that backtracks, and references could lead anywhere."""
    if any(key in ("pattern", "patternProperties", "$ref", "$dynamicRef") for key in _keys(wanted)):
        raise _RefusedError(N_("A schema here has no patterns and no references."), N_("Use “type”, “required”, “properties”, “enum”, lengths and bounds."))
    try:
        jsonschema.Draft202012Validator.check_schema(wanted)
    except (jsonschema.SchemaError, RecursionError) as error:
        raise _RefusedError(N_("This is no JSON schema.")) from error


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*map(str, value), *(key for inner in value.values() for key in _keys(inner))]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []


def _wanted(entry: Mapping[str, Any]) -> Any:
    return _plain(entry["returns"])


def _call(entry: Mapping[str, Any]) -> Call | None:
    if "call" not in entry:
        if "args" in entry or "kwargs" in entry:
            raise _RefusedError(N_("There are arguments but no function."), N_("Add “call: name” and “args: […]”."))
        return None
    name = _text(entry["call"], 100)
    if not name.isidentifier():
        raise _RefusedError(N_("“%(name)s” is no name of a function."), N_("Write the name alone, and its arguments under “args”."), name=name)
    arguments, named = _plain(entry.get("args", [])), _plain(entry.get("kwargs", {}))
    if not isinstance(arguments, list) or not isinstance(named, dict):
        raise _RefusedError(N_("“args” is a list, “kwargs” are names with values."))
    return Call(name, tuple(arguments), named)


def _plain(value: Any) -> Any:
    """A value that JSON can write: YAML also knows dates and keys that are no text."""
    if not within_bounds(value) or not _is_plain(value):
        raise _RefusedError(N_("Values are numbers, texts, yes or no, lists, and names with values. Put a date into quotation marks."))
    return value


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(_is_plain(inner) for inner in value)
    return value is None or isinstance(value, str | int | float)


def _replies(value: Any) -> tuple[Reply, ...]:
    if not isinstance(value, list) or len(value) > MOST_REPLIES:
        raise _RefusedError(N_("“replies” is a list of at most %(most)s answers of the model."), most=MOST_REPLIES)
    return tuple(_reply(entry) for entry in value)


def _reply(entry: Any) -> Reply:
    match entry:
        case str():
            return Reply(_text(entry, 5000))
        case {"fails": reason, **rest} if set(rest) <= {"when"}:
            return Reply(when=_when(rest), fails=TIMEOUT if reason == "timeout" else _text(reason, 500))
        case {"text": text, **rest} if set(rest) <= {"when"}:
            return Reply(_text(text, 5000), _when(rest))
    raise _RefusedError(N_("An answer is a text, or “text” or “fails” with “when”."))


def _when(rest: Mapping[Any, Any]) -> str:
    if "when" in rest:
        _pattern(rest["when"])
    return str(rest.get("when", ""))


def _span(value: Any) -> tuple[int, int | None]:
    """`1`, `1..3`, `2..`: how often the model is to be asked."""
    if value is None:
        return 0, None
    low, dots, high = str(value).partition("..")
    if not low.isascii() or not low.isdigit() or (high and not (high.isascii() and high.isdigit())):
        raise _RefusedError(N_("A whole number or a range such as 1..3 is expected here."))
    return int(low), int(high) if high else None if dots else int(low)


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _RefusedError(N_("A text of at most %(most)s characters is expected here; put it into quotation marks."), most=most)
    return value


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _RefusedError(N_("Write yes or no here."))
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise _RefusedError(N_("A number that is not negative is expected here."))
    return float(value)
