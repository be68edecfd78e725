"""What learners send: a right, a partly right or a wrong answer to any question, made from its key."""

from collections.abc import Callable
from typing import Any

from assessments.kinds.answers import first_text
from assessments.kinds.cloze import ClozeItem, Gap
from assessments.kinds.item import Item
from assessments.kinds.match import MatchItem
from assessments.kinds.matrix import MatrixItem, Row
from assessments.kinds.numeric import NumericItem
from assessments.kinds.options import ChoiceItem
from assessments.kinds.order import OrderItem
from assessments.kinds.short import ShortItem
from assessments.kinds.write import WriteItem

Fields = dict[str, list[str]]
ALL, SOME, NONE = "right", "partly", "wrong"


def answer(item: Item, how: str) -> Fields:
    """The fields of the form. A kind that knows no half gives a wrong answer for `partly`."""
    write: Callable[[Any, str], Fields] = _KINDS[item.kind]
    return write(item, how)


def _single(item: ChoiceItem, how: str) -> Fields:
    return {"answer": [next(option.key for option in item.options if option.right == (how == ALL))]}


def _multi(item: ChoiceItem, how: str) -> Fields:
    right = [option.key for option in item.options if option.right]
    wrong = [option.key for option in item.options if not option.right]
    return {"answer": {ALL: right, SOME: right[:1], NONE: wrong}[how]}


def _cloze(item: ClozeItem, how: str) -> Fields:
    return {f"gap-{number}": [_gap(gap, how == ALL or (how == SOME and number == 1))] for number, gap in enumerate(item.gaps, 1)}


def _gap(gap: Gap, right: bool) -> str:
    if not gap.options:
        return gap.solution if right else "Donaudampfschifffahrt"
    return gap.keys[gap.right if right else gap.right - 1]


def _matrix(item: MatrixItem, how: str) -> Fields:
    return {f"row-{number}": _row(item, row, how == ALL or (how == SOME and number == 1)) for number, row in enumerate(item.rows, 1)}


def _row(item: MatrixItem, row: Row, right: bool) -> list[str]:
    return [item.keys[column if right else column - 1] for column in row.right]


def _numeric(item: NumericItem, how: str) -> Fields:
    best = max(item.lines, key=lambda line: line.weight)
    return {"answer": [str(best.accepted.low) if how == ALL else "987654"]}


def _short(item: ShortItem, how: str) -> Fields:
    best = max(item.lines, key=lambda line: line.weight)
    return {"answer": [first_text(best.answers) if how == ALL else "Donaudampfschifffahrt"]}


def _match(item: MatchItem, how: str) -> Fields:
    right = [how == ALL or (how == SOME and number == 0) for number in range(len(item.pairs))]
    return {f"pair-{number + 1}": [item.choices[pair.right if right[number] else pair.right - 1].key] for number, pair in enumerate(item.pairs)}


def _order(item: OrderItem, how: str) -> Fields:
    keys = [entry.key for entry in item.entries]
    return {"order": {ALL: keys, SOME: [*keys[1:], keys[0]], NONE: keys[::-1]}[how]}


def _write(_item: WriteItem, how: str) -> Fields:
    """A text has no key: this one gives nobody away, but says nothing of the matter either."""
    return {"text": ["Donaudampfschifffahrt" if how == NONE else "Ein Text von mehr als zehn Wörtern, der ganz gewiss keinen einzigen Menschen verrät."]}


_KINDS: dict[str, Callable[[Any, str], Fields]] = {
    "single": _single, "multi": _multi, "cloze": _cloze, "matrix": _matrix, "numeric": _numeric, "short": _short,
    "match": _match, "order": _order, "write": _write,
}
