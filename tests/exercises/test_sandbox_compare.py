"""Comparison on the host: strict about types, forgiving only where an author says so, and never slow."""

import math
import time
from typing import Any

import pytest

from exercises.sandbox import compare
from exercises.sandbox.job import Exchange, Result, Status
from exercises.sandbox.scripted import USED_UP, Reply, Script

NAN = math.nan

# how, what came back, what was wanted
FITTING: list[tuple[str, Any, Any]] = [
    ("equals", 1, 1), ("equals", 1.0, 1), ("equals", "ä", "ä"), ("equals", None, None), ("equals", NAN, NAN), ("equals", [1, {"a": [NAN]}], [1, {"a": [NAN]}]),
    ("equals", True, True), ("equals", {"b": 1, "a": 2}, {"a": 2, "b": 1}), ("equals", 10**400, 10**400),
    ("approx", 0.1 + 0.2, 0.3), ("approx", [1.0000001, "x"], [1, "x"]), ("approx", NAN, NAN), ("approx", math.inf, math.inf),
    ("unordered", [2, 1, 1], [1, 2, 1]), ("unordered", {"__set__": [1, 2]}, [2, 1]), ("unordered", [[1.0], {"a": 2}], [{"a": 2.0}, [1]]), ("unordered", [True, 1], [1, True]),
    ("contains", "Ein Hund", "hund"), ("contains", [1, [2]], [2]), ("contains", {"a": 1}, "a"), ("contains", {"__set__": [3]}, 3),
    ("matches", "Antwort: 42", r"\d+$"), ("schema", {"n": 1}, {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}),
    ("schema", [1, 2], {"uniqueItems": True}),
]
DIFFERENT: list[tuple[str, Any, Any]] = [
    ("equals", True, 1), ("equals", 1, True), ("equals", 0, False), ("equals", "1", 1), ("equals", None, False), ("equals", NAN, 1), ("equals", [1], [1, 2]),
    ("equals", {"a": True}, {"a": 1}), ("equals", {"a": 1, "b": 2}, {"a": 1}), ("equals", [], {}), ("equals", "", None), ("equals", 10**400, 1.5),
    ("approx", True, 1.0), ("approx", 10**400, 1.5), ("approx", "0.3", 0.3), ("approx", math.inf, 1e308),
    ("unordered", [1, 1, 2], [1, 2, 2]), ("unordered", [True], [1]), ("unordered", "ab", ["a", "b"]), ("unordered", [1], 1),
    ("contains", "Hund", "Katze"), ("contains", [True], 1), ("contains", 12, 1), ("contains", None, ""),
    ("matches", 42, r"\d+"), ("matches", "x", r"\d"), ("schema", True, {"type": "integer"}), ("schema", [1, 1.0], {"uniqueItems": True}),
    ("schema", 10**400, {"multipleOf": 0.5}), ("schema", 1, {"$ref": "http://127.0.0.1:9/x"}), ("schema", 1, {"$ref": "#"}),
]


@pytest.mark.parametrize(("how", "got", "wanted"), FITTING)
def test_what_fits_is_good(how: str, got: Any, wanted: Any) -> None:
    assert compare.compare_value(returned(got), how, wanted).ok


@pytest.mark.parametrize(("how", "got", "wanted"), DIFFERENT)
def test_what_differs_is_not_and_the_words_say_why(how: str, got: Any, wanted: Any) -> None:
    found = compare.compare_value(returned(got), how, wanted)
    assert not found.ok
    assert found.text % found.values


def returned(value: Any) -> Result:
    return Result(Status.OK, value, returned=True)


def test_nothing_is_not_none() -> None:
    assert not compare.compare_value(Result(Status.OK), "equals", None).ok


@pytest.mark.parametrize(("how", "got", "wanted"), [
    ("matches", "a" * 20_000 + "b", r"(a+)+$"), ("schema", [[number] for number in range(50_000)], {"uniqueItems": True}),
    ("unordered", list(range(100_000)), list(range(100_000))), ("equals", list(range(100_000)), list(range(100_000))),
], ids=["pattern", "unique", "unordered", "equals"])  # fmt: skip
def test_no_value_holds_a_worker_up(how: str, got: Any, wanted: Any) -> None:
    began = time.process_time()
    compare.compare_value(returned(got), how, wanted)
    assert time.process_time() - began < 2


def test_a_tolerance_is_the_authors() -> None:
    assert compare.compare_value(returned(1.04), "approx", 1, 0.05).ok
    assert not compare.compare_value(returned(1.06), "approx", 1, 0.05).ok


@pytest.mark.parametrize(("printed", "how", "wanted", "ok"), [
    ("a \r\nb\n\n", "equals", "a\nb", True), (" a", "equals", "a", False), ("Summe: 3\n", "contains", "summe", True), ("3", "matches", r"^\d$", True), ("", "equals", "x", False),
])  # fmt: skip
def test_output_is_compared_without_what_nobody_sees(printed: str, how: str, wanted: str, ok: bool) -> None:
    found = compare.compare_output(Result(Status.OK, output=((1, printed), (2, "error stream"))), how, wanted)
    assert found.ok is ok
    assert ok or found.text % found.values


def test_what_was_asked_of_the_model_is_looked_at_as_the_host_saw_it() -> None:
    asked = [Exchange({"op": "chat", "messages": [{"role": "system", "content": "Kurz."}, {"role": "user", "content": "Welche Farbe?"}]}, {}), Exchange({"op": "embed", "texts": ["x"]}, {})]
    refused = Exchange({}, {"error": "no request"})
    assert compare.calls_made(asked, 1, 2).ok
    assert not compare.calls_made(asked, 3, None).ok
    assert not compare.calls_made(asked, 0, 1).ok
    assert compare.prompt_contains([refused, *asked], "FARBE").ok
    assert not compare.prompt_contains(asked, "Form").ok
    assert compare.system_role_used(asked).ok
    assert not compare.system_role_used([refused]).ok
    assert compare.output_length(Result(Status.OK, output=((1, "123\n"),)), 3).ok
    assert not compare.output_length(Result(Status.OK, output=((1, "1234"),)), 3).ok


def test_long_values_are_shown_in_part() -> None:
    assert len(compare.shown("x" * 10**6)) < 400


def chat(text: str) -> dict[str, Any]:
    return {"op": "chat", "messages": [{"role": "user", "content": text}]}


def test_a_scripted_model_answers_by_pattern_first_then_in_order_and_repeats_the_last() -> None:
    script = Script([Reply("one"), Reply('{"broken": ', when="json"), Reply(fails="too slow", when="wait"), Reply("I cannot help with that.")])
    assert [script(chat(text)).get("text") for text in ("a", "give me JSON", "b", "c")] == ["one", '{"broken": ', "I cannot help with that.", "I cannot help with that."]
    assert script(chat("please wait")) == {"error": "too slow"}


def test_a_scripted_model_without_an_answer_says_so_and_its_vectors_stay_the_same() -> None:
    assert Script([])(chat("a")) == {"error": USED_UP}
    one, same, other = Script([])({"op": "embed", "texts": ["Hund", "Hund", "Katze"]})["vectors"]
    assert one == same != other
