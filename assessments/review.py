"""What somebody has answered, to read: every attempt at every question, with its grade. Nothing in it can be sent.

Drawn anew each time, apart from the kept pieces that can be answered (as the preview is).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy import bindparam, select

from assessments import afterwards, corrections, drawing, items, prompts, service, terms
from assessments.grading import Verdict
from assessments.kinds import KINDS
from assessments.kinds.item import Item, Response, variant, version, versioned
from assessments.models import Attempt, Grade
from assessments.pages import State, verdict_of
from assessments.service import Standing
from assessments.terms import Terms
from core.direct import Read
from core.jobs import WorkState
from courses.service import AnyPart

_ATTEMPTS = Read(
    select(
        Attempt.id, Attempt.edition_id, Attempt.item, Attempt.number, Attempt.language, Attempt.submitted_at, Attempt.state, Attempt.counts,
        Attempt.response, Grade.id.label("grade_id"), Grade.verdict,
    )
    .outerjoin(Grade, Grade.attempt_id == Attempt.id)
    .where(Attempt.enrolment_id == bindparam("enrolment_id"), Attempt.module == bindparam("module"))
    .order_by(Attempt.number, Grade.id)
)


@dataclass(frozen=True)
class Reviewed:
    """One attempt: when, what it was worth (None: not graded, or not shown to the learner), and how it looks."""

    number: int
    submitted_at: datetime
    verdict: Verdict | None
    pending: bool
    counts: bool
    html: Markup
    late: bool = False                 # it came after the due date


@dataclass(frozen=True)
class Question:
    """A question of the module with all attempts at it in their order; none when it was not answered."""

    id: str
    kind: str
    number: int
    points: float
    attempts: tuple[Reviewed, ...]


def review(part: AnyPart, module: str, language: str, *, key: bool, only: Collection[str] | None = None) -> list[Question]:
    """The questions of a module as somebody answered them.

    `key`: with all marks and right answers, for whoever teaches; else what the learner may see now. `only`: these questions.
    Raises LookupError when the edition has no such module.
    """
    found = items.items(part.edition_id, module, language)
    stands, now = service.standings(part.id, module), terms.of(part, module)
    latest: dict[int, Any] = {row.id: row for row in _ATTEMPTS(enrolment_id=part.id, module=module)}  # The latest grade is valid.
    held = {edition: corrections.in_force(edition, part.run_id) for edition in {row.edition_id for row in latest.values()}}
    answered = {row.item for row in latest.values()}
    mine = drawing.own_items(part.edition_id, module, str(part.id))
    order = [found[item] for item in (*mine, *(item for item in found if item in answered and item not in mine))]
    return [
        Question(item.id, item.kind, number, item.points, tuple(
            _reviewed(part, module, row, stands[item.id], number, now, held[row.edition_id], key=key) for row in latest.values() if row.item == item.id
        ))
        for number, item in enumerate(order, 1) if only is None or item.id in only
    ]


def _reviewed(
    part: AnyPart, module: str, row: Any, standing: Standing, number: int, now: Terms, held: Mapping[corrections.Key, corrections.Correction], *, key: bool,
) -> Reviewed:
    item = corrections.as_it_stands(held, module, _item(row, module))
    item = versioned(item, version(item, str(part.id)))
    verdict = verdict_of(item, row.response, row.verdict)
    may = now.showing(item, is_closed=standing.closed(item, now))
    shown = verdict if key or may.marks else None
    waiting = row.state == WorkState.WAITING
    pending = waiting or row.state in (WorkState.DUE, WorkState.RUNNING)
    given, told, after = row.response, None, ""
    if prompts.asks(item):
        told = prompts.told(row.id, item)
        given, after = prompts.with_answers(item, given, told), afterwards.draw(part, item, row.id, closed=True, told=key or may.marks)
    html = _draw(item, part, given, shown, reveal=key or may.solution, state=State(
        number=number, attempt=row.number, closed=True, verdict=shown, saved=verdict is not None and shown is None, pending=pending, waiting=waiting, told=told, after=after,
    ))
    late = now.due_at is not None and row.submitted_at > now.due_at
    return Reviewed(row.number, row.submitted_at, shown, pending, row.counts, html, late)


def _item(row: Any, module: str) -> Item:
    """The question in the text that was answered."""
    return items.item_in(row.edition_id, module, row.item, row.language)


def _draw(item: Item, part: AnyPart, given: Response, shown: Verdict | None, *, reveal: bool, state: State) -> Markup:
    kind, order = KINDS[item.kind], variant(item, str(part.id))
    view = kind.review(item, order, given, shown, reveal=reveal) if shown else kind.view(item, order, given)
    view = replace(view, id=f"{item.id}-{state.attempt}")  # Several attempts stand on one page.
    return Markup(render_template("assessments/reviewed.html", view=view, state=state))  # noqa: S704 - our template
