"""Regrades in force: by which key a question is graded, what it counts, and how it stands on pages (docs/decisions/0037).

Learners stay on their edition; only a question whose key was corrected stands there as in the edition that corrected it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, bindparam, or_, select

from assessments import items
from assessments.grading import Verdict
from assessments.kinds import KINDS
from assessments.kinds.item import I, Item
from assessments.models import How, Regrade
from core.direct import Read

Key = tuple[str, str]
"""Module and item."""


class Correction(NamedTuple):
    """What a regrade says of a question. `by` is the edition whose key holds; 0: its own."""

    id: int
    how: How
    by: int


_IN_FORCE = Read(
    select(Regrade.id, Regrade.module, Regrade.item, Regrade.how, Regrade.by_edition_id)
    .where(Regrade.edition_id == bindparam("edition_id"), or_(Regrade.run_id.is_(None), Regrade.run_id == bindparam("run_id")))
    .order_by(Regrade.id)
)


def concerning(run_id: int | None) -> ColumnElement[bool]:
    """The regrades that concern a run; all of them, for whoever looks at all runs."""
    return Regrade.id.is_not(None) if run_id is None else Regrade.run_id.is_(None) | (Regrade.run_id == run_id)


def in_force(edition_id: int, run_id: int) -> Mapping[Key, Correction]:
    """What holds in a run for those who have this edition: of several regrades of a question the last one."""
    return {(row.module, row.item): Correction(row.id, row.how, row.by_edition_id or 0) for row in _IN_FORCE(edition_id=edition_id, run_id=run_id)}


def void(found: Mapping[Key, Correction]) -> frozenset[Key]:
    """The questions that do not count."""
    return frozenset(key for key, correction in found.items() if correction.how is How.VOID)


def corrected(item: I, module: str, by: int) -> I:
    """The question with the text and key of another edition; what it is worth and how often it may be answered stay. `by` 0: as it is."""
    return _like(item, _text(by, module, item)) if by else item


def _like(item: I, other: Item) -> I:
    kept: dict[str, Any] = {"points": item.points, "attempts": item.attempts, "show": item.show}
    return cast(I, replace(other, **kept, versions=tuple(replace(each, **kept) for each in other.versions)))


def _text(edition_id: int, module: str, item: Item) -> Item:
    return items.item_in(edition_id, module, item.id, item.language)


def as_it_stands(found: Mapping[Key, Correction], module: str, item: I) -> I:
    """The question by what is in force: with its key corrected where that was done."""
    correction = found.get((module, item.id))
    return corrected(item, module, correction.by if correction else 0)


def valued(correction: Correction | None, verdict: Verdict) -> Verdict:
    """What an answer is worth by a regrade that does not ask whether it is right."""
    if correction is None or correction.how is How.KEY:
        return verdict
    if correction.how is How.VOID:
        return replace(verdict, score=0.0, maximum=0.0, state="done")
    return replace(verdict, score=verdict.maximum, state="done") if verdict.score < verdict.maximum else verdict


def gradable(item: Item) -> bool:
    """Whether answers can be graded again from what is stored, at once and by program."""
    kind = KINDS[item.kind]
    return countable(item) and not kind.deferred


def countable(item: Item) -> bool:
    """Whether answers belong to somebody and earn points."""
    return not KINDS[item.kind].anonymous and item.points > 0


def fits(item: Item, other: Item) -> bool:
    """Whether responses to one text of a question can be graded by the other: the same kind, and as many of everything that they refer to."""
    if item.kind != other.kind or len(item.versions) != len(other.versions):
        return False
    shape = KINDS[item.kind].shape
    return all(shape(one) == shape(two) for one, two in zip(item.versions or (item,), other.versions or (other,), strict=True))


def reworded(item: Item, other: Item) -> list[tuple[str, str]]:
    """Options that read otherwise, as HTML: whether they mean the same is for people to say."""
    new = {(offer.part, offer.value): offer.html for offer in KINDS[other.kind].offers(other)}
    labels = {(offer.part, offer.value): offer.html for offer in KINDS[item.kind].offers(item)}
    return sorted({(text, new[place]) for place, text in labels.items() if new.get(place, text) != text})
