"""Points: partial credit, weights, all or nothing, and that a better answer is never worth less."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments import grading
from assessments.grading import Showing
from assessments.kinds import KINDS
from assessments.kinds.item import ResponseError
from tests.assessments.samples import BODIES, item, sample

MULTI = item("multi", "Was?\n[x] a\n[x] b\n[x] c\n[ ] d\n[ ] e\n[ ] f", points="3")

TABLE = item("matrix", "Was?\n| | a | b | c |\n|-|-|-|-|\n| 1 | (x) | ( ) | ( ) |\n| 2 | ( ) | (x) | ( ) |\n| 3 | ( ) | ( ) | (x) |")
SAMPLES = {kind: KINDS[kind].parse(sample(kind)) for kind in KINDS}


def score(kind: str, body: str, response: dict[str, Any], **attributes: str) -> float:
    return KINDS[kind].grade(item(kind, body, **attributes), response).score


def answer(kind: str, body: str, form: dict[str, list[str]], **attributes: str) -> str:
    question = item(kind, body, **attributes)
    return KINDS[kind].grade(question, KINDS[kind].read(question, form)).state


@pytest.mark.parametrize(("chosen", "points"), [([1], 2.0), ([0], 0.0), ([2], 1.0)])
def test_a_single_choice_earns_all_nothing_or_its_weight(chosen: list[int], points: float) -> None:
    assert score("single", "Was?\n( ) a\n(x) b\n( ) %50% c", {"chosen": chosen}, points="2") == points


@pytest.mark.parametrize(
    ("chosen", "points"),
    [([0, 1, 2], 3), ([0, 1], 2), ([0, 1, 3], 1), ([0, 3], 0), ([3, 4, 5], 0), ([0, 1, 2, 3, 4, 5], 0)],
)
def test_a_multiple_choice_counts_right_minus_wrong(chosen: list[int], points: float) -> None:
    assert KINDS["multi"].grade(MULTI, {"chosen": chosen}).score == points


def test_all_or_nothing_gives_nothing_for_nearly_all() -> None:
    body = "Was?\n[x] a\n[x] b\n[ ] c"
    assert score("multi", body, {"chosen": [0]}, scoring="all") == 0
    assert score("multi", body, {"chosen": [0, 1, 2]}, scoring="all") == 0
    assert score("multi", body, {"chosen": [0, 1]}, scoring="all") == 1


def test_weights_say_what_an_option_is_worth() -> None:
    body = "Was?\n[x] %75% a\n[x] %25% b\n[ ] %-50% c\n[ ] d"
    assert [score("multi", body, {"chosen": chosen}) for chosen in ([0], [1], [0, 1], [0, 2], [0, 3])] == [0.75, 0.25, 1, 0.25, 0.25]


@settings(deadline=None)
@given(chosen=st.sets(st.integers(0, 5)), more=st.integers(0, 2))
def test_choosing_one_more_right_option_is_never_worth_less(chosen: set[int], more: int) -> None:
    before = KINDS["multi"].grade(MULTI, {"chosen": sorted(chosen)}).score
    assert KINDS["multi"].grade(MULTI, {"chosen": sorted(chosen | {more})}).score >= before


@settings(deadline=None)
@given(rows=st.lists(st.integers(0, 2), min_size=3, max_size=3), at=st.integers(0, 2))
def test_mending_one_row_is_never_worth_less(rows: list[int], at: int) -> None:
    mended = [at if number == at else column for number, column in enumerate(rows)]
    scores = [KINDS["matrix"].grade(TABLE, {"rows": [[column] for column in given]}).score for given in (rows, mended)]
    assert scores[0] <= scores[1]


def test_rows_and_gaps_count_the_same() -> None:
    assert score("matrix", BODIES["matrix"], {"rows": [[0], [0]]}, points="3") == 1.5
    assert score("cloze", BODIES["cloze"], {"gaps": [1, "x"]}, points="3") == 1.5
    assert score("cloze", BODIES["cloze"], {"gaps": [1, "x"]}, scoring="all") == 0


def test_a_row_with_boxes_needs_exactly_the_right_ones() -> None:
    body = "Was?\n| | a | b |\n|-|-|-|\n| 1 | [x] | [x] |\n| 2 | [ ] | [ ] |"
    assert score("matrix", body, {"rows": [[0, 1], []]}) == 1
    assert score("matrix", body, {"rows": [[0], [1]]}) == 0


@pytest.mark.parametrize("text", ["KI-Verordnung", " ki‑verordnung ", "KI–VERORDNUNG", "AI  act", "Verordnung 2024/1689"])
def test_short_answers_do_not_depend_on_case_spacing_or_dashes(text: str) -> None:
    assert answer("short", "Was?\n= KI-Verordnung | AI Act | /verordnung \\d+\\/1689/", {"answer": [text]}) == "right"


def test_umlauts_may_be_composed_or_not() -> None:
    assert answer("short", "Was?\n= Prüfung", {"answer": ["Pru\u0308fung"]}) == "right"
    assert answer("short", "Was?\n= Prüfung", {"answer": ["Pruefung"]}) == "wrong"


def test_a_pattern_must_fit_the_whole_answer() -> None:
    assert answer("short", "Was?\n= Token | /tokens?/", {"answer": ["Tokens"]}) == "right"
    assert answer("short", "Was?\n= Token | /tokens?/", {"answer": ["viele Tokens"]}) == "wrong"


def test_a_known_mistake_gets_its_own_feedback() -> None:
    question = item("short", BODIES["short"])
    verdict = KINDS["short"].grade(question, {"text": "dsgvo"})
    assert (verdict.score, "rueck-a" in verdict.parts[0].feedback) == (0, True)


def test_gaps_take_synonyms_and_patterns() -> None:
    body = "Ein [[Token|=Teilchen|=/Wort(stück|teil)/]]."
    assert [answer("cloze", body, {"gap-1": [text]}) for text in ("token", "teilchen", "Wortteil", "Wort")] == ["right"] * 3 + ["wrong"]


def test_a_prompt_counts_its_checks() -> None:
    question = KINDS["prompt"].parse(sample("prompt", points="4"))
    response = {"prompt": "x", "answers": [["Um 8geheim Uhr."], ["Weiß nicht."]]}
    verdict = KINDS["prompt"].grade(question, response)
    assert (verdict.score, verdict.state, [part.mark for part in verdict.parts]) == (2, "partly", ["right", "wrong"])
    assert verdict.as_dict()["parts"][1]["checks"][0]["ok"] is False


def test_a_model_that_says_nothing_earns_nothing() -> None:
    question = KINDS["prompt"].parse(sample("prompt"))
    assert KINDS["prompt"].grade(question, {"prompt": "x", "answers": [[], [" "]]}).score == 0


def _carried_out(kind: Any, question: Any, response: Any) -> Any:
    """The response with what came of it: a program's results, or a model's answers to whatever was asked."""
    if kind.name == "python":
        return {"results": [{"ok": True, "hidden": False}, {"ok": False, "hidden": True}]}
    return kind.complete(question, response, ["ja" for _ in kind.plan(question, response, 1)])


# A fixed alphabet: building Unicode's whole table would take seconds.
LETTERS = "aZ09 .,;+-%[](){}|/\\\"'<>&=\n\t\x00äß中😀\u0308\u200b\ud800\u202e"
ANYTHING = st.dictionaries(
    st.sampled_from(["answer", "gap-1", "gap-2", "row-1", "row-2", "prompt", "model", "temperature", "other"]),
    st.lists(st.one_of(st.text(LETTERS, max_size=40), st.sampled_from(["5", "1e999", "-0,0", "8" * 70, "x" * 9000])), max_size=4),
)


@settings(deadline=None, max_examples=60)  # The machine may be busy with other things.
@given(form=ANYTHING)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_posted_is_refused_or_can_be_graded(kind: str, form: dict[str, list[str]]) -> None:
    question = SAMPLES[kind]
    try:
        response = KINDS[kind].read(question, form)
    except ResponseError:
        return
    if KINDS[kind].deferred:
        response |= _carried_out(KINDS[kind], question, response)
    verdict = KINDS[kind].grade(question, response)
    assert 0 <= verdict.score <= verdict.maximum
    KINDS[kind].review(question, 0, response, verdict, reveal=True)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("single", {}), ("single", {"answer": []}), ("single", {"answer": ["0"]}), ("multi", {"answer": ["x", "y"]}),
        ("cloze", {"gap-1": [""], "gap-2": ["x"]}), ("cloze", {"gap-1": ["vielfältig"], "gap-2": ["x"]}),
        ("numeric", {"answer": ["viele"]}), ("numeric", {"answer": ["x" * 65]}), ("short", {"answer": ["  "]}),
        ("short", {"answer": ["x" * 201]}), ("short", {"answer": ["a", "b"]}), ("short", {"answer": ["a\x00b"]}),
        ("matrix", {"row-1": ["x"]}), ("prompt", {"prompt": [""]}), ("prompt", {"prompt": ["wort " * 301]}),
        ("prompt", {"prompt": ["x"], "model": ["gpt"]}), ("prompt", {"prompt": ["x"], "temperature": ["1"]}),
    ],
)
def test_what_cannot_be_an_answer_is_refused_with_a_reason(kind: str, form: dict[str, list[str]]) -> None:
    with pytest.raises(ResponseError):
        KINDS[kind].read(KINDS[kind].parse(sample(kind)), form)


def test_a_temperature_within_the_bounds_is_taken() -> None:
    question = KINDS["prompt"].parse(sample("prompt", temperature="0..1", models="klein,gross"))
    response = KINDS["prompt"].read(question, {"prompt": ["x"], "temperature": ["0,7"], "model": ["gross"]})
    assert response == {"prompt": "x", "model": "gross", "temperature": 0.7}


@pytest.mark.parametrize(
    ("show", "is_closed", "due_passed", "seen"),
    [
        ("now", False, None, Showing(True, False)), ("now", True, None, Showing(True, True)),
        ("after-due", True, False, Showing(False, False)), ("after-due", False, True, Showing(True, False)),
        ("after-due", True, None, Showing(True, True)), ("never", True, True, Showing(False, False)),
    ],
)
def test_the_author_says_when_something_is_shown(show: str, is_closed: bool, due_passed: bool | None, seen: Showing) -> None:
    assert grading.showing(show, is_closed=is_closed, due_passed=due_passed) == seen


def test_attempts_run_out_unless_there_is_no_limit() -> None:
    assert (grading.attempts_left(3, 2), grading.attempts_left(3, 5), grading.attempts_left(0, 99)) == (1, 0, None)
    for left, solved, closed in ((0, False, True), (None, False, False), (2, True, True)):
        assert grading.closed("now", left, solved, answered=True, due_passed=None) is closed
