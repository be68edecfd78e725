"""What it costs to grade: twenty questions of mixed kinds, sent one after the other as learners send them."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from assessments import items, service
from assessments.kinds import KINDS
from assessments.kinds.item import Form, Item
from bench import house
from bench.report import Figure
from core import db
from courses import service as courses

QUESTIONS = 20
ROUNDS = 15
MODULE = "eins"

# How a form looks that answers a question of each kind, with some of it wrong.
FORMS: Mapping[str, Callable[[Any], Form]] = {
    "single": lambda item: {"answer": [item.options[0].key]},
    "multi": lambda item: {"answer": [option.key for option in item.options[1:]]},
    "short": lambda item: {"answer": ["another spelling"]},
    "numeric": lambda item: {"answer": ["41,5"]},
    "cloze": lambda item: {f"gap-{number}": [gap.keys[0] if gap.options else "token"] for number, gap in enumerate(item.gaps, 1)},
    "match": lambda item: {f"pair-{number}": [item.choices[0].key] for number in range(1, len(item.pairs) + 1)},
    "order": lambda item: {"order": [entry.key for entry in reversed(item.entries)]},
    "matrix": lambda item: {f"row-{number}": [item.keys[0]] for number in range(1, len(item.rows) + 1)},
}


def figures() -> list[Figure]:
    """Processor time of reading forms and grading them; and of all that a submission is, with its rows. The least of several rounds counts."""
    kinds = [list(FORMS)[number % len(FORMS)] for number in range(QUESTIONS)]
    blocks = "\n".join(f"::: {kind} {{#frage-{number} points=1}}\n{KINDS[kind].sample['en']}\n:::\n" for number, kind in enumerate(kinds, 1))
    with house.house(ROUNDS, blocks) as built:
        parts = [courses.part(built.run_id, person.id) for person in built.learners]
        assert parts[0]
        asked = [items.item(parts[0].edition_id, MODULE, f"frage-{number}", "de") for number in range(1, QUESTIONS + 1)]
        forms = [FORMS[item.kind](item) for item in asked]
        graded = [_taken(partial(_grade, asked, forms)) for _ in range(ROUNDS)]
        submitted = [_taken(partial(_submit, part, asked, forms)) for part in parts]
        db.session.rollback()
    return [
        Figure("20 questions of 8 kinds: forms read and graded", min(graded), "ms CPU", 20, at_least=False),
        Figure("the same as submissions, with their rows", min(submitted), "ms CPU"),
    ]


def _grade(asked: list[Item], forms: list[Form]) -> None:
    for item, form in zip(asked, forms, strict=True):
        kind = KINDS[item.kind]
        kind.grade(item, kind.read(item, form))


def _submit(part: Any, asked: list[Item], forms: list[Form]) -> None:
    for item, form in zip(asked, forms, strict=True):
        service.submit(part, MODULE, item.id, item.language, 1, form)


def _taken(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)
