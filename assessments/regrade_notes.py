"""What learners are told about regrades: at the question, and on the page of the course."""

from dataclasses import dataclass
from typing import Any

from flask import render_template
from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from assessments import drawing, items, terms
from assessments.corrections import Correction
from assessments.grading import unseen
from assessments.kinds.item import Item
from assessments.models import Attempt, Grade, How, Regrade, Regraded
from core.direct import Read
from courses.service import AnyPart
from modules.service import parsed

_Before, _After = aliased(Grade), aliased(Grade)
_DECISION = Read(select(Regrade.reason, Regrade.asked_at, Regrade.how).where(Regrade.id == bindparam("regrade_id")))
_MINE = (
    select(
        Regraded.regrade_id, Attempt.module, Attempt.item, Regrade.how, Regrade.reason, Regrade.asked_at,
        _Before.score.label("before"), _Before.score_maximum.label("before_of"), _After.score.label("after"), _After.score_maximum.label("after_of"),
    )
    .select_from(Regraded).join(Attempt, Attempt.id == Regraded.attempt_id).join(Regrade, Regrade.id == Regraded.regrade_id)
    .join(_Before, _Before.id == Regraded.before_id).join(_After, _After.id == Regraded.after_id)
    .where(Attempt.enrolment_id == bindparam("enrolment_id")).order_by(Regraded.regrade_id, Attempt.number)
)
_ALL_MINE = Read(_MINE)
_MINE_BY = Read(_MINE.where(Regraded.regrade_id == bindparam("regrade_id")))


@dataclass(frozen=True)
class Told:
    """A regrade of a question that somebody has answered: the points of their best attempt before and after."""

    module: str
    item: str
    number: int                        # of the question in its module
    title: str                         # of the module
    how: How
    reason: str
    before: tuple[float, float]
    after: tuple[float, float]

    @property
    def changed(self) -> bool:
        """Whether they have other points by it."""
        return self.before != self.after


def at_question(part: AnyPart, module: str, item: Item, correction: Correction) -> str:
    """The note above a question that was regraded, as HTML."""
    decision = _DECISION.one(regrade_id=correction.id)
    rows = [] if kept_back(part, module, item.id) else _MINE_BY(enrolment_id=part.id, regrade_id=correction.id)
    before, after = _points(rows) if rows else (None, None)
    return render_template("assessments/regraded.html", decision=decision, how=correction.how, before=before, after=after, item=item)


def on_course_page(part: AnyPart, language: str) -> str:
    """What was regraded among somebody's answers, as HTML; nothing where nothing was."""
    told = of_learner(part, language)
    return render_template("assessments/regraded_course.html", run_id=part.run_id, told=told) if told else ""


def of_learner(part: AnyPart, language: str) -> list[Told]:
    """What was regraded among somebody's answers, the last one first."""
    rows: dict[int, list[Any]] = {}
    for row in _ALL_MINE(enrolment_id=part.id):
        rows.setdefault(row.regrade_id, []).append(row)
    return [found for mine in rows.values() if (found := _told(part, mine, language))][::-1]


def kept_back(part: AnyPart, module: str, item: str) -> bool:
    """Whether a learner may not hear (yet) what an answer to this question was worth, and so not what it is worth now."""
    show = items.hiding(part.edition_id).get(module, {}).get(item)
    return show is not None and unseen(show, terms.of(part, module).past_due)


def _told(part: AnyPart, rows: list[Any], language: str) -> Told | None:
    row = rows[0]
    if kept_back(part, row.module, row.item):
        return None
    edition = parsed(part.edition_id)
    known = edition.languages
    chosen = language if language in known else known[0]
    try:
        shown, title = drawing.own_items(part.edition_id, row.module, str(part.id)), edition.module(row.module, chosen).title
        number = shown.index(row.item) + 1
    except (LookupError, ValueError):  # The learner's edition has no such question any more.
        return None
    before, after = _points(rows)
    return Told(row.module, row.item, number, title, row.how, row.reason, before, after)


def _points(rows: list[Any]) -> tuple[tuple[float, float], tuple[float, float]]:
    return max((row.before, row.before_of) for row in rows), max((row.after, row.after_of) for row in rows)
