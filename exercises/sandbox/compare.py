"""Whether what a program returned, printed and asked is what was wanted. Everything here happens on the host, on plain data.

Values are compared strictly: True is not 1, "1" is not 1; NaN is like NaN here, since a learner who returns it where it is
wanted is right.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from core.i18n import N_
from exercises import patterns
from exercises.sandbox.job import Exchange, Result

MOST_SHOWN = 300
RELATIVE = 1e-6
MOST_UNORDERED = 2000


@dataclass(frozen=True)
class Finding:
    """What one comparison found. `text` is a message id that says why not, filled from `values`; empty when all is well."""

    ok: bool
    text: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)


GOOD = Finding(True)


def equal(got: Any, wanted: Any) -> bool:
    """Whether two values of JSON are the same, with their types. A whole float equals the integer, as Python says."""
    return _same(got, wanted, _exactly)


def near(got: Any, wanted: Any, tolerance: float) -> bool:
    """The same, where numbers may differ by `tolerance` (or by a millionth of them, whichever is more)."""
    return _same(got, wanted, lambda one, other: _exactly(one, other) or math.isclose(one, other, rel_tol=RELATIVE, abs_tol=tolerance))


def _exactly(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)  # noqa: PLR0124 - NaN is the only number unlike itself


def _same(got: Any, wanted: Any, numbers: Callable[[float, float], bool]) -> bool:
    if isinstance(got, bool) or isinstance(wanted, bool) or got is None or wanted is None:
        return type(got) is type(wanted) and got == wanted
    if isinstance(got, int | float) and isinstance(wanted, int | float):
        return _numbers(got, wanted, numbers)
    if type(got) is not type(wanted):
        return False
    if isinstance(got, list):
        return len(got) == len(wanted) and all(_same(one, other, numbers) for one, other in zip(got, wanted, strict=True))
    if isinstance(got, dict):
        return got.keys() == wanted.keys() and all(_same(got[key], wanted[key], numbers) for key in got)
    return bool(got == wanted)


def _numbers(got: float, wanted: float, numbers: Callable[[float, float], bool]) -> bool:
    try:
        return numbers(got, wanted)
    except OverflowError:  # An integer beyond every float.
        return False


def unordered(got: Any, wanted: Any) -> bool:
    """Whether two lists (or a set and a list) hold the same values, in any order, each as often."""
    got = _members(got)
    if not isinstance(got, list) or not isinstance(wanted, list) or len(got) != len(wanted) or len(got) > MOST_UNORDERED:
        return False
    return sorted(map(_key, got)) == sorted(map(_key, wanted))


def _members(value: Any) -> Any:
    """The guest writes a set as {"__set__": [...]}."""
    return value["__set__"] if isinstance(value, dict) and value.keys() == {"__set__"} else value


def _key(value: Any) -> str:
    """A text that is the same for equal values only."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    """Whole floats as integers, at any depth."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return {key: _whole(part) for key, part in value.items()} if isinstance(value, dict) else value


# --- What an author can want ----------------------------------------------------------------------------------------------

def compare_value(result: Result, how: str, wanted: Any, tolerance: float = 0.0) -> Finding:
    """A returned value against the wanted one. `how` is a key of VALUES."""
    if not result.returned:
        return Finding(False, N_("Nothing was returned."))
    if VALUES[how](result.value, wanted, tolerance):
        return GOOD
    values: dict[str, str | int] = {"got": shown(result.value), "wanted": shown(wanted)}
    return Finding(False, _WHY[how], values)


def compare_output(result: Result, how: str, wanted: str) -> Finding:
    """What was printed against the wanted text. `how` is equals, contains or matches."""
    got = tidy(result.stdout)
    if OUTPUTS[how](got, wanted):
        return GOOD
    return Finding(False, _WHY_OUTPUT[how], {"got": shown_text(got), "wanted": shown_text(tidy(wanted))})


def tidy(text: str) -> str:
    """Spaces at the ends of lines and empty lines at the end are nobody's mistake."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip("\n")


def _contains(got: Any, wanted: Any, _tolerance: float) -> bool:
    got = _members(got)
    if isinstance(got, str):
        return isinstance(wanted, str) and wanted.casefold() in got.casefold()
    if isinstance(got, dict):
        return isinstance(wanted, str) and wanted in got
    return isinstance(got, list) and any(equal(one, wanted) for one in got)


def _matches(got: Any, wanted: Any, _tolerance: float) -> bool:
    return isinstance(got, str) and patterns.search(wanted, got) is not None


def _fits_schema(got: Any, wanted: Any, _tolerance: float) -> bool:
    """Without patterns and references, which are refused when a course is checked (exercises/program_reading.py)."""
    try:
        return bool(_VALIDATOR(wanted, registry=Registry()).is_valid(got))
    except (RecursionError, OverflowError, Unresolvable):  # An integer beyond every float, for instance.
        return False


def _differ(_: Any, wanted: bool, instance: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    """`uniqueItems` in linear time: jsonschema compares all pairs, and learners decide how many there are."""
    if wanted and isinstance(instance, list) and len(set(map(_key, instance))) < len(instance):
        yield jsonschema.ValidationError("not unique")


_extend: Any = extend                  # It has no types.
_VALIDATOR = _extend(jsonschema.Draft202012Validator, {"uniqueItems": _differ})


VALUES: Mapping[str, Callable[[Any, Any, float], bool]] = {
    "equals": lambda got, wanted, _: equal(got, wanted),
    "approx": near,
    "unordered": lambda got, wanted, _: unordered(got, wanted),
    "contains": _contains,
    "matches": _matches,
    "schema": _fits_schema,
}
OUTPUTS: Mapping[str, Callable[[str, str], bool]] = {
    "equals": lambda got, wanted: got == tidy(wanted),
    "contains": lambda got, wanted: tidy(wanted).casefold() in got.casefold(),
    "matches": lambda got, wanted: patterns.search(wanted, got) is not None,
}
_WANTED = N_("Expected was %(wanted)s, but %(got)s came back.")
_WHY: Mapping[str, str] = {
    "equals": _WANTED,
    "approx": N_("Expected was about %(wanted)s, but %(got)s came back."),
    "unordered": N_("Expected was %(wanted)s in any order, but %(got)s came back."),
    "contains": N_("%(wanted)s should be in it, but %(got)s came back."),
    "matches": N_("%(got)s came back, which does not have the expected form."),
    "schema": N_("%(got)s came back, which does not have the expected form."),
}
_WHY_OUTPUT: Mapping[str, str] = {
    "equals": N_("Expected was the output %(wanted)s, but the program printed %(got)s."),
    "contains": N_("The output should contain %(wanted)s, but the program printed %(got)s."),
    "matches": N_("The program printed %(got)s, which does not have the expected form."),
}


def shown(value: Any) -> str:
    """A value as Python writes it, cut where it is long."""
    return shown_text(repr(_members(value)))


def shown_text(text: str) -> str:
    """A text of bounded length; an empty one is said to be."""
    return (text[:MOST_SHOWN] + " …") if len(text) > MOST_SHOWN else text or "∅"


# --- What was asked of the model, as the host recorded it -------------------------------------------------------------------

def calls_made(exchanges: Sequence[Exchange], fewest: int, most: int | None) -> Finding:
    """How often the model was asked."""
    count = len(exchanges)
    if count < fewest:
        return Finding(False, N_("The model was asked %(count)s times; at least %(fewest)s are needed."), {"count": count, "fewest": fewest})
    if most is not None and count > most:
        return Finding(False, N_("The model was asked %(count)s times; at most %(most)s are allowed."), {"count": count, "most": most})
    return GOOD


def prompt_contains(exchanges: Sequence[Exchange], wanted: str) -> Finding:
    """Whether some message to the model has this text."""
    if any(wanted.casefold() in message["content"].casefold() for message in _messages(exchanges)):
        return GOOD
    return Finding(False, N_("No message to the model contains %(wanted)s."), {"wanted": shown(wanted)})


def system_role_used(exchanges: Sequence[Exchange]) -> Finding:
    """Whether some request began with a message in the system role."""
    if any(message["role"] == "system" for message in _messages(exchanges)):
        return GOOD
    return Finding(False, N_("No request to the model has a system message."))


def output_length(result: Result, most: int) -> Finding:
    """Whether the output is at most so many characters long."""
    count = len(tidy(result.stdout))
    if count <= most:
        return GOOD
    return Finding(False, N_("The output has %(count)s characters; at most %(most)s are allowed."), {"count": count, "most": most})


def _messages(exchanges: Sequence[Exchange]) -> list[Mapping[str, str]]:
    return [message for exchange in exchanges for message in exchange.request.get("messages", ())]
