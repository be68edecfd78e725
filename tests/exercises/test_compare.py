"""Values are compared strictly, on the host."""

from typing import Any

import pytest

from exercises.sandbox import compare
from exercises.sandbox.job import Exchange, Result, Status

NAN = float("nan")


@pytest.mark.parametrize(("got", "wanted", "same"), [
    (1, 1, True), (1.0, 1, True), (True, 1, False), (1, True, False), ("1", 1, False), (None, None, True), (None, 0, False), ([], {}, False), (NAN, NAN, True),
    ([1, [2]], [1, [2]], True), ([1, True], [1, 1], False), ({"a": 1}, {"a": 1, "b": 2}, False), ({"a": NAN}, {"a": NAN}, True), (10**400, 1.5, False), ("ä", "ä", True),
])  # fmt: skip
def test_equal_means_the_same_value_of_the_same_type(got: Any, wanted: Any, same: bool) -> None:
    assert compare.equal(got, wanted) is same


@pytest.mark.parametrize(("how", "got", "wanted", "ok"), [
    ("approx", 0.1 + 0.2, 0.3, True), ("approx", 0.31, 0.3, False), ("unordered", [3, 1, 2], [1, 2, 3], True), ("unordered", [1, 1, 2], [1, 2, 2], False),
    ("unordered", {"__set__": [2, 1]}, [1, 2], True), ("contains", "Ein Hund", "hund", True), ("contains", [1, 2], 2, True), ("contains", [1], True, False),
    ("contains", {"a": 1}, "a", True), ("matches", "abc", "^a.c$", True), ("matches", 5, "5", False), ("schema", {"a": 1}, {"required": ["a"]}, True),
    ("schema", {"b": 1}, {"required": ["a"]}, False),
])  # fmt: skip
def test_what_an_author_can_ask_of_a_value(how: str, got: Any, wanted: Any, ok: bool) -> None:
    assert compare.compare_value(Result(Status.OK, got, True), how, wanted).ok is ok


def test_spaces_at_the_ends_of_printed_lines_are_nobodys_mistake() -> None:
    printed = Result(Status.OK, output=((1, "a  \n"), (2, "error\n"), (1, "b\n\n")))
    assert compare.compare_output(printed, "equals", "a\nb").ok
    assert not compare.compare_output(printed, "equals", "a b").ok
    assert compare.compare_output(printed, "contains", "B").ok
    assert not compare.output_length(printed, 2).ok


def test_what_was_asked_of_the_model_is_what_the_host_wrote_down() -> None:
    asked = [Exchange({"op": "chat", "messages": [{"role": "system", "content": "Kurz."}, {"role": "user", "content": "Hallo Welt"}]}, {"text": "x"})]
    assert compare.calls_made(asked, 1, 1).ok
    assert not compare.calls_made(asked, 2, None).ok
    assert compare.prompt_contains(asked, "hallo").ok
    assert compare.system_role_used(asked).ok
    assert not compare.system_role_used([Exchange({"op": "embed", "texts": ["a"]}, {"vectors": []})]).ok
