"""Inputs that are drawn: what authors can write, and that a repeated test draws the same."""

import pytest

from exercises.program_draws import DrawError, drawn, read_draws
from exercises.program_reading import read_tests
from exercises.reading import ChecksError
from exercises.sandbox.job import Call

TEXT = """
- call: f
  args: [$n, [$word], $many, "$n of them", $unknown]
  kwargs: {to: $n}
  stdin: "$n\\n$many"
  draw: {n: 1..1000000, word: [tree, 2.5], many: {each: -5..5, count: 3..3}}
  same_as_solution: true
"""


def test_marks_become_what_was_drawn_with_its_type() -> None:
    [test] = read_tests(TEXT)
    filled = drawn(test, "7/0")
    assert filled.call
    n, [word], many, text, unknown = filled.call.arguments
    assert (type(n), word in ("tree", 2.5), len(many)) == (int, True, 3)
    assert all(-5 <= number <= 5 for number in many)
    assert (text, unknown) == ("$n of them", "$unknown")
    assert filled.call.named == {"to": n}
    assert filled.stdin == "\n".join(map(str, [n, *many]))


def test_the_same_attempt_draws_the_same_and_another_one_draws_anew() -> None:
    [test] = read_tests(TEXT)
    assert drawn(test, "7/0") == drawn(test, "7/0")
    assert len({str(drawn(test, f"{attempt}/0").call) for attempt in range(20)}) == 20


def test_what_draws_nothing_stays_as_it_is() -> None:
    [test] = read_tests("- {call: f, args: [$n], returns: 1}")
    assert drawn(test, "7/0").call == Call("f", ("$n",))


@pytest.mark.parametrize("entries", [
    {}, [], "1..2", {"n": 5}, {"n": "5..1"}, {"n": "1.."}, {"N": "1..2"}, {"n": "1..99999999999"}, {"n": []}, {"n": [[1]]}, {"n": {"each": "1..2"}},
    {"n": {"each": "1..2", "count": "1..999"}}, {"n": {"each": {"each": "1..2", "count": "1..2"}, "count": "1..2"}}, {f"n{number}": "1..2" for number in range(11)},
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(entries: object) -> None:
    with pytest.raises(DrawError):
        read_draws(entries)


@pytest.mark.parametrize("text", [
    "- {call: f, draw: {n: 1}, returns: 1}", "- {call: f, returns: 1, same_as_solution: true}", "- {call: f, same_as_solution: true, compare: contains}",
    "- {call: f, same_as_solution: perhaps}",
])
def test_the_fault_is_told_with_the_test_s_line(text: str) -> None:
    with pytest.raises(ChecksError) as refused:
        read_tests(f"# first\n{text}")
    assert [(fault.line, fault.rule) for fault in refused.value.faults] == [(1, "tests-value")]
