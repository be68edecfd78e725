"""Questions as HTML, as one learner may see them now.

Drawing a form costs much more than sending it, and most forms look the same for many people: so each drawn piece is kept,
by everything that it depends on (docs/decisions/0006). What differs between people who see the same piece, the CSRF token
and the address, stands in it as a mark that is filled in at the end.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import render_template, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from assessments import items, service
from assessments.grading import Part, Verdict, showing
from assessments.kinds import KINDS
from assessments.kinds.item import Item, Response, variant
from assessments.service import Standing
from core.i18n import language as page_language
from core.jobs import WorkState
from courses.models import Enrolment

KEPT_PIECES = 4096
_CSRF_MARK = f"csrf-{secrets.token_hex(8)}"
_ACTION_MARK = f"action-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class State:
    """What templates/assessments/question.html says about the attempts; see there."""

    number: int
    attempt: int = 1
    used: int = 0
    left: int | None = None
    closed: bool = False
    verdict: Verdict | None = None
    saved: bool = False
    pending: bool = False
    error: str = ""
    fresh: bool = False


def draw_all(enrolment: Enrolment, module: str, language: str) -> dict[str, Markup]:
    """Every question of a module by its id."""
    found = items.items(enrolment.edition_id, module, language)
    stands = service.standings(enrolment.id, module)
    return {
        item.id: _draw(enrolment, module, item, number, stands.get(item.id, Standing()))
        for number, item in enumerate(found.values(), 1)
    }


def draw_one(
    enrolment: Enrolment, module: str, item_id: str, language: str, *, error: str = "", draft: MultiDict[str, str] | None = None,
) -> Markup:
    """One question after it was answered, or with an error and what the learner had chosen."""
    found = items.items(enrolment.edition_id, module, language)
    standing = service.standings(enrolment.id, module).get(item_id, Standing())
    number = list(found).index(item_id) + 1
    return _draw(enrolment, module, found[item_id], number, standing, error=error, draft=draft, fresh=not error)


def _draw(
    enrolment: Enrolment, module: str, item: Item, number: int, standing: Standing, *, error: str = "",
    draft: MultiDict[str, str] | None = None, fresh: bool = False,
) -> Markup:
    last = standing.last
    given: Response | None = last.response if last else None
    piece = _piece(
        enrolment.edition_id, module, item.id, item.language, page_language(), variant(item, str(enrolment.id)),
        (number, last.number + 1 if last else 1, standing.used, standing.left(item), standing.closed(item)),
        json.dumps(given, sort_keys=True), json.dumps(last.verdict, sort_keys=True) if last else "null",
        last is not None and last.state in (WorkState.DUE, WorkState.RUNNING), error, fresh and last is not None,
    )
    base = url_for("modules.page", run_id=enrolment.run_id, module=module)
    return Markup(piece.replace(_ACTION_MARK, base).replace(_CSRF_MARK, generate_csrf()))  # noqa: S704 - drawn by our templates


@lru_cache(maxsize=KEPT_PIECES)
def _piece(
    edition_id: int, module: str, item_id: str, language: str, page_language: str, order: int,
    counts: tuple[int, int, int, int | None, bool], response: str, verdict: str, pending: bool, error: str, fresh: bool,
) -> str:
    item = items.item(edition_id, module, item_id, language)
    number, attempt, used, left, is_closed = counts
    given = json.loads(response)
    known = _verdict(item, given, json.loads(verdict))
    may = showing(item.show, is_closed=is_closed, due_passed=None)
    shown = known if known and may.marks else None
    kind = KINDS[item.kind]
    view = kind.review(item, order, given, shown, reveal=may.solution) if shown else kind.view(item, order, given)
    state = State(
        number=number, attempt=attempt, used=used, left=left, closed=is_closed, verdict=shown,
        saved=known is not None and shown is None, pending=pending, error=error, fresh=fresh,
    )
    return render_template(
        "assessments/question.html", view=view, state=state, action=f"{_ACTION_MARK}/{item.id}/answer", csrf_token=lambda: _CSRF_MARK,
    )


def _verdict(item: Item, response: Response | None, stored: Mapping[str, Any] | None) -> Verdict | None:
    """The stored grade with the feedback of the item's text: for most kinds by grading again, which is pure and quick."""
    if stored is None or response is None:
        return None
    kind = KINDS[item.kind]
    if not kind.deferred:
        return kind.grade(item, response)
    parts = tuple(Part(part["name"], part["mark"], checks=tuple(part["checks"])) for part in stored["parts"])
    return Verdict(stored["score"], stored["maximum"], stored["state"], parts)


def forget() -> None:
    """Throw kept pieces away (tests: another database may use the same numbers)."""
    _piece.cache_clear()
