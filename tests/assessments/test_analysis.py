"""What was chosen how often."""

from typing import Any

import pytest

from assessments.analysis import counted
from assessments.kinds import KINDS
from tests.assessments.samples import BODIES, item
from tests.assessments.test_kinds_pages import RESPONSES


@pytest.mark.parametrize(("kind", "responses", "counts"), [
    ("single", [{"chosen": [0]}, {"chosen": [0]}, {"chosen": [1]}], [[("Wahrheit", 2, False), ("Wahrscheinlichkeit", 1, True), ("Bedeutung", 0, False)]]),
    ("multi", [{"chosen": [0, 2]}], [[("Alpha", 1, True), ("Beta", 0, True), ("Gamma", 1, False), ("Delta", 0, False)]]),
    ("matrix", [{"rows": [[0], [0]]}], [[("grün", 1, True), ("rot", 0, False)], [("grün", 1, False), ("rot", 0, True)]]),
    ("match", [{"pairs": [0, 2]}], [[("Alpha", 1, True), ("Beta", 0, False), ("Gamma", 0, False)], [("Alpha", 0, False), ("Beta", 0, True), ("Gamma", 1, False)]]),
    ("likert", [{"steps": [4, None]}, {"steps": [4, 0]}], None),
])
def test_every_option_is_counted_also_those_that_nobody_chose(kind: str, responses: list[dict[str, Any]], counts: Any) -> None:
    question = item(kind, BODIES[kind])
    found = [[(one.offer.html, one.count, one.offer.right) for one in part.options] for part in counted(question, responses)]
    if counts is None:
        assert [[count for _, count, _ in part] for part in found] == [[0, 0, 0, 0, 2], [1, 0, 0, 0, 0]]
    else:
        assert found == counts


def test_texts_that_nobody_foresaw_are_counted_too() -> None:
    (part,) = counted(item("short", BODIES["short"]), [{"text": "kivo"}, {"text": "Grundgesetz"}, {"text": " GRUNDGESETZ "}])
    assert [(one.offer.html, one.count) for one in part.options] == [("KIVO", 1), ("AIACT", 0), ("DSGVO", 0)]
    assert part.others == (("grundgesetz", 2),)


@pytest.mark.parametrize("kind", ["single", "multi", "cloze", "numeric", "short", "matrix", "match", "order"])
def test_whatever_is_offered_as_right_is_graded_as_right(kind: str) -> None:
    question = item(kind, BODIES[kind])
    assert KINDS[kind].choices(question, RESPONSES[kind])
    assert any(offer.right for offer in KINDS[kind].offers(question))
    assert sum(one.count for part in counted(question, [RESPONSES[kind]]) for one in part.options) + sum(
        count for part in counted(question, [RESPONSES[kind]]) for _, count in part.others
    ) == len(KINDS[kind].choices(question, RESPONSES[kind]))
