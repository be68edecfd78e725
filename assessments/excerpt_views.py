"""Questions without the text around them: a module's as a quiz, or a single one. Links in an LMS lead here."""

from functools import partial

from flask import Blueprint, abort, render_template, request
from flask_login import login_required
from markupsafe import Markup

from accounts.signin import person
from assessments.pages import draw_some
from assessments.places import Place
from assessments.views import excerpt_bar
from core import kept
from core.i18n import language
from core.once import once_each
from modules import service
from modules.views import module_text, part_or_404

bp = Blueprint("excerpts", __name__)
FRAMES_KEPT = 512


@bp.get("/courses/<int:run_id>/quiz/<int:draw>/<module>")
@login_required
def quiz(run_id: int, draw: int, module: str) -> str:
    """A module's questions alone: all (0), or as many as are drawn for each learner."""
    return _page(Place(run_id, module, draw=draw))


@bp.get("/courses/<int:run_id>/exercise/<only>/<module>")
@login_required
def exercise(run_id: int, only: str, module: str) -> str:
    """One question or exercise alone."""
    return _page(Place(run_id, module, only=only))


def _page(place: Place) -> str:
    part, me, seen_in = part_or_404(place.run_id), person(), language()
    chosen = module_text(part, place.module)
    try:
        shown = place.shown(part)
    except LookupError:
        abort(404)
    drawn = draw_some(part, place.module, chosen, shown)
    draw = _frame if kept.may_keep() else _frame.make
    frame = draw(part.edition_id, place, len(shown), chosen, seen_in, me.organisation_id, me.name is not None, me.administers, bool(request.script_root))
    questions = "\n".join(drawn.blocks[item] for item in shown)
    return frame.fill(me.name, {"questions": questions, "points": excerpt_bar(drawn.points, seen_in), "note": drawn.note})


@once_each(FRAMES_KEPT)
def _frame(
    edition_id: int, place: Place, count: int, chosen: str, page_language: str, organisation_id: int, named: bool, administers: bool, framed: bool,
) -> kept.Frame:
    """The page without what differs between people. The arguments are all that it depends on, here or in base.html."""
    edition = service.parsed(edition_id)
    return kept.draw(partial(
        render_template, "assessments/excerpt.html", place=place, count=count, edition=edition, chosen=chosen,
        source=edition.module(place.module, chosen), questions=Markup(kept.hole("questions")), points=kept.hole("points"), note=kept.hole("note"),  # noqa: S704 - our own mark
    ))
