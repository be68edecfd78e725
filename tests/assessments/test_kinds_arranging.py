"""What pairs and orders are worth, and how a learner moves entries."""

import re
from typing import Any

import pytest

from assessments.kinds import KINDS
from assessments.kinds.item import MOST_VARIANTS, ResponseError
from tests.assessments.question_page import draw
from tests.assessments.samples import BODIES, item

STEPS = "Wie?\n1. markieren\n2. suchen\n3. lesen\n4. berichtigen"


def score(kind: str, body: str, response: dict[str, Any], **attributes: str) -> float:
    question = item(kind, body, **attributes)
    return KINDS[kind].grade(question, response).score


def test_each_pair_counts_the_same() -> None:
    assert score("match", BODIES["match"], {"pairs": [0, 1]}, points="3") == 3
    assert score("match", BODIES["match"], {"pairs": [0, 2]}, points="3") == 1.5
    assert score("match", BODIES["match"], {"pairs": [0, 0]}, points="3", scoring="all") == 0


def test_left_sides_may_share_a_right_one() -> None:
    question = item("match", "Wer?\nWal -> Säuger\nHund -> Säuger\nHai -> Fisch")
    assert [choice.text for choice in question.choices] == ["Säuger", "Fisch"]
    assert KINDS["match"].grade(question, {"pairs": [0, 0, 1]}).state == "right"


def test_a_pair_without_an_answer_is_asked_for_and_a_foreign_key_refused() -> None:
    question = item("match", BODIES["match"])
    keys = [choice.key for choice in question.choices]
    assert KINDS["match"].read(question, {"pair-1": [keys[2]], "pair-2": [keys[0]]}) == {"pairs": [2, 0]}
    for form in ({"pair-1": [keys[0]]}, {"pair-1": [keys[0]], "pair-2": [""]}, {"pair-1": [keys[0]], "pair-2": ["x"]}):
        with pytest.raises(ResponseError):
            KINDS["match"].read(question, form)


def test_right_sides_that_no_list_can_show_get_letters() -> None:
    plain = item("match", BODIES["match"])
    rich = item("match", "Was?\nEins -> `print(x)`\nZwei -> $a^2$\n-> " + "lang " * 20)
    assert not plain.lettered
    assert rich.lettered
    html = draw(KINDS["match"].view(rich))
    assert re.findall(r"<dt>(.)</dt>", html) == ["A", "B", "C"]
    assert "<code" in html.split("<select")[0]
    assert "A: " in html


def test_without_shuffling_right_sides_stand_by_the_alphabet_and_not_as_their_pairs() -> None:
    question = item("match", "Was?\nEins -> Zebra\nZwei -> Affe\nDrei -> Maus", shuffle="no")
    view: Any = KINDS["match"].view(question)
    assert [text for _, _, text, _ in view.choices] == ["Affe", "Maus", "Zebra"]


@pytest.mark.parametrize(("order", "earned"), [
    ([0, 1, 2, 3], 4), ([1, 0, 2, 3], 1), ([1, 2, 3, 0], 2), ([3, 0, 1, 2], 2), ([3, 2, 1, 0], 0), ([0, 1, 3, 2], 2),
])
def test_an_entry_is_right_behind_the_one_that_comes_right_before_it(order: list[int], earned: float) -> None:
    assert score("order", STEPS, {"order": order}, points="4") == earned
    assert score("order", STEPS, {"order": order}, points="4", scoring="all") == (4 if earned == 4 else 0)


@pytest.mark.parametrize("shuffle", ["yes", "no"])
def test_nobody_begins_with_the_right_order(shuffle: str) -> None:
    question = item("order", "Was?\n1. a\n2. b\n3. c", shuffle=shuffle)
    for number in range(MOST_VARIANTS):
        view: Any = KINDS["order"].view(question, number)
        assert [entry.html for entry in view.entries] != ["a", "b", "c"]


def test_an_arrow_moves_one_entry_and_keeps_the_focus_on_its_button() -> None:
    question = item("order", STEPS)
    kind, keys = KINDS["order"], [entry.key for entry in question.entries]
    held = kind.held(question, {"order": keys, "move": [f"down-{keys[1]}"]})
    assert held
    assert held["order"] == [0, 2, 1, 3]
    html = draw(kind.view(question, 0, held))
    assert re.findall(r'value="(\w+-\w+)"[^>]* autofocus', html) == [f"down-{keys[1]}"]
    assert "“suchen” is now in place 3 of 4." in html
    for move in (f"up-{keys[0]}", f"down-{keys[3]}", "sideways", "up-x", ""):
        held = kind.held(question, {"order": keys, "move": [move]})
        assert held
        assert held["order"] == [0, 1, 2, 3]


@pytest.mark.parametrize("wrong", [[], ["x"], [0, 0, 1, 2], [0, 1, 2], [0, 1, 2, 3, 3]])
def test_an_order_must_hold_every_entry_once(wrong: list[Any]) -> None:
    question = item("order", STEPS)
    form = {"order": [question.entries[key].key if isinstance(key, int) else key for key in wrong]}
    assert KINDS["order"].held(question, form) is None
    with pytest.raises(ResponseError):
        KINDS["order"].read(question, form)
