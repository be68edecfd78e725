"""The checks of an exercise as trainers write them, and everything that is refused."""

import pytest

from exercises.prompt import Check
from exercises.reading import ChecksError, read_checks


def test_asks_and_judges_are_read() -> None:
    read = read_checks(
        "- ask: Wann?\n  must_contain: 8\n  bullets: 2..3\n- ask: Wo?\n  json: [a, b]\n- ask: Wann?\n  max_words: 5\n"
        "  label: Kurz genug\n- judge: Nennt sie die Quelle?\n",
        [],
    )
    assert [ask.text for ask in read.asks] == ["Wann?", "Wo?"]
    assert read.asks[0].checks == (Check("must_contain", ("8",)), Check("bullets", (2, 3)), Check("max_words", 5, "Kurz genug"))
    assert read.judges == ("Nennt sie die Quelle?",)


def test_checks_without_a_question_look_at_the_prompt_alone() -> None:
    (ask,) = read_checks("- max_words: 5\n- must_contain: [nein, no]\n", []).asks
    assert (ask.text, len(ask.checks)) == ("", 2)


def test_words_that_yaml_would_change_stay_words() -> None:
    (ask,) = read_checks("- must_contain: [no, 8:30, 2024-01-01, 010, null]\n", []).asks
    assert ask.checks[0].wants == ("no", "8:30", "2024-01-01", "010", "null")


def test_counting_different_answers_asks_several_times() -> None:
    assert [ask.runs for ask in read_checks("- ask: a\n  distinct: 1\n- ask: b\n  distinct: 2..\n  runs: 5\n", []).asks] == [3, 5]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("- ask: [a", "checks-yaml", 0), ("ask: a", "checks-list", 0), ("- a", "checks-list", 0), ("- !!python/name:os.system x", "checks-list", 0),
        ("- ask: &x a\n- ask: *x", "checks-alias", 0), ("- ask: a\n  must_contain: " + "[" * 12 + "]" * 12, "checks-depth", 1),
        ("- ask: a\n  max_words: 3\n  max_words: 4", "checks-double", 0), ("- ask: a\n- ask: b\n  nonsense: 1", "checks-value", 1),
        ("- ask: ''", "checks-value", 0), ("- ask: a\n  must_match: (a", "checks-value", 0), ("- ask: a\n  must_match: (?=a)", "checks-value", 0),
        ("- ask: a\n  max_words: viele", "checks-value", 0), ("- ask: a\n  max_words: -1", "checks-value", 0),
        ("- ask: a\n  bullets: 3..1", "checks-value", 0), ("- ask: a\n  must_contain: []", "checks-value", 0),
        ("- ask: a\n  must_contain: {a: b}", "checks-value", 0), ("- ask: a\n  schema: {a: date}", "checks-value", 0),
        ("- ask: a\n  schema: {a: [text]}", "checks-value", 0),
        ("- ask: a\n  quote_from: fehlt.md", "checks-value", 0), ("- ask: a\n  runs: 99", "checks-value", 0), ("- ? [a]\n  : b", "checks-yaml", 0),
        ("x" * 30_000, "checks-size", 0), ("".join(f"- ask: a{n}\n" for n in range(30)), "checks-many", 0), ("- ask: \x00", "checks-yaml", 0),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(text: str, rule: str, line: int) -> None:
    with pytest.raises(ChecksError) as refused:
        read_checks(text, ["quelle.md"])
    (fault,) = refused.value.faults
    assert (fault.rule, fault.line) == (rule, line)
    assert "%(" not in fault.message % fault.values + fault.mend % fault.values


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ChecksError) as refused:
        read_checks("- ask: a\n  max_words: x\n- ask: b\n  bullets: y\n", [])
    assert [fault.line for fault in refused.value.faults] == [0, 2]
