"""The course page, the module page, and the pictures in them."""

from functools import lru_cache, partial

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from core import kept
from core.i18n import language
from core.once import once_each
from courses import service as courses
from courses.policy import teaches
from courses.service import AnyPart, Part
from courses.tools import notices_for, tools_for, tools_for_learners
from modules import laws, service
from modules.media import media_response
from modules.presenters import Points, presenter, total
from modules.thresholds import thresholds

bp = Blueprint("modules", __name__)
NOTE = "_note"   # No question has such an id.
EASY = "easy-language"  # In the session: whether somebody reads easy language where there is some.


def content_language(part: AnyPart) -> str:
    """The language in which somebody sees the course of their part."""
    return edition_language(part.edition_id)


def module_text(part: AnyPart, module: str) -> str:
    """The text of a module that somebody reads: the language, or easy language where they chose it and the module has it."""
    chosen = content_language(part)
    return (_easy_text(part, module, chosen) if session.get(EASY) else None) or chosen


def _easy_text(part: AnyPart, module: str, chosen: str) -> str | None:
    try:
        return service.parsed(part.edition_id).easy_text(module, chosen)
    except LookupError:
        return None


def edition_language(edition_id: int) -> str:
    """The page's language where the edition has it, else the edition's first."""
    available, wanted = service.parsed(edition_id).languages, language()
    return wanted if wanted in available else available[0]


def part_or_404(run_id: int) -> Part:
    """The signed-in person's part in this run; nobody learns whether a foreign run exists."""
    found = courses.part(run_id, person().id)
    if found is None:
        abort(404)
    return found


@bp.get("/courses/<int:run_id>")
@login_required
def course(run_id: int) -> str:
    """A course: its modules, how far one is, and how to reach the certificate."""
    part = part_or_404(run_id)
    edition = service.parsed(part.edition_id)
    scores = presenter().scores(part)
    return render_template(
        "modules/course.html", part=part, run_id=run_id, edition=edition, chosen=content_language(part),
        visited=courses.visited(part.id), thresholds=thresholds(part.edition_id), scores=scores, total=total(scores), learns=not teaches(part),
        notes=presenter().notes(part, content_language(part)), facts=presenter().facts(part),
        tools=tools_for(part) if teaches(part) else tools_for_learners(part), notices=notices_for(part),
    )


@bp.get("/courses/<int:run_id>/<module>")
@login_required
def page(run_id: int, module: str) -> str:
    """A module: text and questions in their order, each question as this learner stands."""
    me = person()
    part, seen = courses.arrive(run_id, me.id, module)
    if part is None:
        abort(404)
    chosen, seen_in = module_text(part, module), language()
    try:
        text = service.page(part.edition_id, module, chosen)
    except LookupError:
        abort(404)
    if not seen:
        courses.visit(part, module)
    drawn = presenter().draw(part, module, chosen)
    draw = _frame if kept.may_keep() else _frame.make
    frame = draw(part.edition_id, module, chosen, seen_in, run_id, me.organisation_id, me.name is not None, me.administers, bool(request.script_root))
    return frame.fill(me.name, {**drawn.blocks, **laws.draw(text.laws), "points": points_bar(drawn.points.score, drawn.points.maximum, seen_in), NOTE: drawn.note})


@bp.get("/courses/<int:run_id>/<module>/text/<text>")
@login_required
def choose_text(run_id: int, module: str, text: str) -> BaseResponse:
    """Choose easy language, or the usual text again, for all modules that have both."""
    part_or_404(run_id)
    session[EASY] = text == "easy"
    return redirect(url_for("modules.page", run_id=run_id, module=module), 303)


@once_each(service.PAGES_KEPT)
def _frame(
    edition_id: int, module: str, chosen: str, page_language: str, run_id: int, organisation_id: int, named: bool, administers: bool,
    framed: bool,
) -> kept.Frame:
    """A module's page without what differs between people. The arguments are all that it depends on, here or in base.html."""
    text, edition = service.page(edition_id, module, chosen), service.parsed(edition_id)
    blocks = {piece: kept.hole(piece) for kind, piece in text.pieces if kind != "prose"}
    return kept.draw(partial(
        render_template, "modules/page.html", run_id=run_id, edition=edition, module=module, chosen=chosen, text=text,
        easy=edition.easy_text(module, text.language), left_out=edition.left_out(module, chosen), blocks=blocks, points=kept.hole("points"), note=kept.hole(NOTE),
    ))


@lru_cache(maxsize=1024)
def points_bar(score: float, maximum: float, _language: str, label: str = "") -> str:
    """The bar of points, which looks the same for all who have as many. Without a label they are those of the module."""
    return render_template("modules/_points.html", points=Points(score, maximum), label=label)


@bp.get("/media/<digest>/<path:path>")
def media(digest: str, path: str) -> Response:
    """A picture or recording of an edition. The digest in the address is the permission; it never changes."""
    content = service.media(digest, path)
    if content is None:
        abort(404)
    return media_response(content, path)


