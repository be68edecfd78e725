"""Machine checks of a model's answers, and the words that say why one failed."""

import time
from typing import Any

import pytest

from exercises.answers import CheckResult
from exercises.checks import check_ask
from exercises.prompt import Ask, Check, Context, PromptExercise, bounded_temperature, messages

SOURCE = Context("quelle.md", "Die Bibliothek öffnet werktags um 8\u00a0Uhr.\nAm Samstag bleibt sie geschlossen.")


def run(name: str, wants: Any, *answers: str, label: str = "") -> CheckResult:
    (result,) = check_ask(Ask("?", (Check(name, wants, label),)), answers, [SOURCE])
    return result


@pytest.mark.parametrize(
    ("name", "wants", "good", "bad"),
    [
        ("must_contain", ("8 Uhr",), "Um 8\u202fUHR.", "Um 9 Uhr."),
        ("must_not_contain", ("Quelle",), "Weiß nicht.", "Laut quelle: ja."),
        ("must_match", (r"(nicht|keine) .*(Angabe|genannt)",), "Das ist NICHT darin genannt.", "Um 10 Uhr."),
        ("must_match", (r"\bge\w+net\b",), "Sie ist geöffnet.", "Sie öffnet."),
        ("must_not_match", (r"\b\d{1,2} Uhr",), "Dazu steht nichts da.", "Um 10 Uhr."),
        ("max_words", 3, "eins – zwei, drei!", "eins zwei drei vier"),
        ("min_words", 3, "eins zwei drei", "eins – zwei"),
        ("bullets", (2, 3), "Liste:\n- a\n* b\n3. c", "- a"),
        ("bullets", (1, 1), "• a", "Satz - kein Punkt"),
        ("json", (), '{"a": 1}', "{'a': 1}"),
        ("json", ("a", "b"), '```json\n{"a": 1, "b": null}\n```', '{"a": 1}'),
        ("json", ("a",), '{"a": 1}', "[1]"),
        ("schema", {"a": "number", "b": "list"}, '{"a": 1.5, "b": []}', '{"a": true, "b": []}'),
        ("quote_from", "quelle.md", "Dort steht: „öffnet werktags um 8 Uhr“.", "Dort steht: „öffnet sonntags“."),
        ("quote_from", "quelle.md", 'Sie sagt "am  samstag bleibt sie geschlossen."', "Ohne Zitat."),
    ],
)
def test_a_check_tells_good_answers_from_bad(name: str, wants: Any, good: str, bad: str) -> None:
    assert run(name, wants, good).ok
    failed = run(name, wants, bad)
    assert not failed.ok
    assert "%(" not in failed.label % failed.values + failed.detail % failed.values


def test_every_run_must_pass() -> None:
    assert not run("must_contain", ("a",), "a", "b").ok
    assert not run("must_match", ("a",), "a", "b").ok
    assert not run("max_words", 1, "a", "a b").ok


@pytest.mark.parametrize(("wants", "ok"), [((1, 1), False), ((2, 999), True), ((2, 2), True)])
def test_different_answers_are_counted_over_the_runs(wants: tuple[int, int], ok: bool) -> None:
    assert run("distinct", wants, "Eins", "eins ", "zwei").ok is ok


def test_no_answer_fails_every_check() -> None:
    assert not run("must_not_contain", ("a",)).ok
    assert not run("max_words", 9, "  ").ok


def test_a_failed_pattern_is_not_shown_but_what_it_hit_is() -> None:
    failed = run("must_not_match", (r"\d+ geheim",), "Es sind 12 geheim.")
    assert failed.values == {"found": "12 geheim"}
    assert "geheim" not in str(run("must_match", ("geheim+",), "x"))


def test_the_authors_words_replace_ours() -> None:
    result = run("must_match", ("a",), "b", label="Sagt es offen")
    assert (result.label, result.own_label) == ("Sagt es offen", True)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "(a?){50}a{50}"])
def test_no_pattern_holds_a_worker(pattern: str) -> None:
    before = time.process_time()
    run("must_match", (pattern,), "a" * 20_000 + "!")
    assert time.process_time() - before < 2


@pytest.mark.parametrize("answer", ["```\n" + "\n" * 20_000, '"' * 20_000, "„" * 20_000, "- " * 20_000, "[" * 20_000, "\ud800", " " * 9 + "x"])
def test_no_answer_holds_a_worker(answer: str) -> None:
    before = time.process_time()
    for name, wants in (("json", ()), ("quote_from", "quelle.md"), ("bullets", (1, 2)), ("must_match", ("x",)), ("distinct", (1, 1))):
        run(name, wants, answer)
    assert time.process_time() - before < 2


def test_the_model_gets_system_prompt_source_and_question() -> None:
    exercise = PromptExercise(asks=(Ask("Wann?"),), system="Kurz.", contexts=(SOURCE,))
    system, user = messages(exercise, " Antworte nur aus der Quelle. ", exercise.asks[0])
    assert system == {"role": "system", "content": "Kurz."}
    assert user["content"].startswith("Antworte nur aus der Quelle.\n\n<quelle.md>\nDie Bibliothek")
    assert user["content"].endswith("</quelle.md>\n\nWann?")


def test_without_a_question_the_prompt_stands_alone() -> None:
    assert messages(PromptExercise(asks=(Ask(""),)), "Hallo", Ask("")) == [{"role": "user", "content": "Hallo"}]


def test_the_temperature_stays_within_bounds() -> None:
    exercise = PromptExercise(asks=(Ask(""),), temperature=(0.2, 1.0))
    assert [bounded_temperature(exercise, value) for value in (0.0, 0.5, 2.0)] == [0.2, 0.5, 1.0]
