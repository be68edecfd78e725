"""The tests of a Python exercise, as trainers write them."""

import pytest

from exercises.program import Wants
from exercises.program_reading import read_tests
from exercises.reading import ChecksError
from exercises.sandbox.job import Call
from exercises.sandbox.scripted import TIMEOUT, Reply, Script


def test_values_keep_their_types() -> None:
    [test] = read_tests('- {name: n, call: f, args: [1, "1", true, null, [2.5]], returns: {a: [x]}}')
    assert test.call == Call("f", (1, "1", True, None, [2.5]))
    assert test.wants == Wants(value=("equals", {"a": ["x"]}))


@pytest.mark.parametrize(("text", "rule"), [
    ("nothing", "tests-list"), ("- [1]", "tests-list"), ("- {call: f}", "tests-value"), ("- {returns: 1}", "tests-value"), ("- {call: 'f(1)', returns: 1}", "tests-value"),
    ("- {call: f, args: 1, returns: 1}", "tests-value"), ("- {call: f, returns: 2026-01-01}", "tests-value"), ("- {call: f, returns: 1, compare: magic}", "tests-value"),
    ("- {call: f, returns: '(a', compare: matches}", "tests-value"), ("- {call: f, returns: {pattern: x}, compare: schema}", "tests-value"),
    ("- {call: f, returns: {type: nonsense}, compare: schema}", "tests-value"), ("- {call: f, returns: 1, hidden: perhaps}", "tests-value"),
    ("- {call: f, returns: 1, surprise: 1}", "tests-value"), ("- {call: f, args: &a [1], returns: *a}", "checks-alias"), ("- {call: f, returns: " + "[" * 90 + "]" * 90 + "}", "checks-depth"),
    ("- {call: f, returns: 1, returns: 2}", "checks-double"), ("- {", "tests-yaml"), ("- {call: f, returns: 1}\n" * 41, "tests-many"), ("x" * 20_001, "tests-size"),
    ("- {call: f, returns: 1, calls: many}", "tests-value"), ("- {call: f, returns: 1, replies: [1]}", "tests-value"), ("- !!python/object/apply:os.system [id]", "tests-yaml"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_rule(text: str, rule: str) -> None:
    with pytest.raises(ChecksError) as refused:
        read_tests(text)
    assert refused.value.faults[0].rule == rule


def ask(script: Script, text: str) -> object:
    return script({"op": "chat", "messages": [{"role": "user", "content": text}]})


def test_a_script_answers_by_pattern_first_and_else_in_order() -> None:
    [test] = read_tests("- {output: x, replies: [one, {text: two}, {text: colours, when: farb}, {fails: timeout}]}")
    assert test.replies == (Reply("one"), Reply("two"), Reply("colours", "farb"), Reply(fails=TIMEOUT))
    script = Script(test.replies)
    assert [ask(script, text) for text in ("a", "Welche Farbe?", "b", "c", "d")] == [
        {"text": "one"}, {"text": "colours"}, {"text": "two"}, {"error": TIMEOUT}, {"error": TIMEOUT},
    ]
