"""The course page, the module page, and the pictures in them."""

from functools import lru_cache, partial

from flask import Blueprint, Response, abort, render_template, request
from flask_login import login_required

from accounts.signin import person
from core import kept
from core.i18n import language
from courses import service as courses
from courses.models import Enrolment
from modules import service
from modules.media import media_response
from modules.presenters import Points, presenter, total

bp = Blueprint("modules", __name__)


def content_language(enrolment: Enrolment) -> str:
    """The page's language where the course has it, else the course's first."""
    available = service.parsed(enrolment.edition_id).languages
    return language() if language() in available else available[0]


def enrolment_or_404(run_id: int) -> Enrolment:
    """The signed-in person's part in this run; nobody learns whether a foreign run exists."""
    found = courses.enrolment(run_id, person().id)
    if found is None:
        abort(404)
    return found


@bp.get("/courses/<int:run_id>")
@login_required
def course(run_id: int) -> str:
    """A course: its modules, how far one is, and how to reach the certificate."""
    enrolment = enrolment_or_404(run_id)
    edition = service.parsed(enrolment.edition_id)
    scores = presenter().scores(enrolment)
    return render_template(
        "modules/course.html", enrolment=enrolment, run_id=run_id, edition=edition, chosen=content_language(enrolment),
        visited=courses.visited(enrolment.id), scores=scores, total=total(scores),
    )


@bp.get("/courses/<int:run_id>/<module>")
@login_required
def page(run_id: int, module: str) -> str:
    """A module: text and questions in their order, each question as this learner stands."""
    enrolment, seen = courses.arrive(run_id, person().id, module)
    if enrolment is None:
        abort(404)
    chosen = content_language(enrolment)
    try:
        service.page(enrolment.edition_id, module, chosen)
    except LookupError:
        abort(404)
    if not seen:
        courses.visit(enrolment, module)
    drawn = presenter().draw(enrolment, module, chosen)
    draw = _frame if kept.may_keep() else _frame.__wrapped__
    frame = draw(
        enrolment.edition_id, module, chosen, language(), run_id=run_id, organisation_id=enrolment.organisation_id,
        named=person().display_name is not None, framed=bool(request.script_root),
    )
    return frame.fill({**drawn.blocks, "points": _points(drawn.points.score, drawn.points.maximum, language())})


@lru_cache(maxsize=service.PAGES_KEPT)
def _frame(
    edition_id: int, module: str, chosen: str, page_language: str, *, run_id: int, organisation_id: int, named: bool, framed: bool,
) -> kept.Frame:
    """A module's page without what differs between people. The arguments are all that it depends on, here or in base.html."""
    text = service.page(edition_id, module, chosen)
    blocks = {piece: kept.hole(piece) for kind, piece in text.pieces if kind == "block"}
    return kept.draw(partial(
        render_template, "modules/page.html", run_id=run_id, edition=service.parsed(edition_id), module=module, chosen=chosen, text=text,
        blocks=blocks, points=kept.hole("points"),
    ))


@lru_cache(maxsize=1024)
def _points(score: float, maximum: float, _language: str) -> str:
    """The bar of points, which looks the same for all who have as many."""
    return render_template("modules/_points.html", points=Points(score, maximum))


@bp.get("/media/<digest>/<path:path>")
def media(digest: str, path: str) -> Response:
    """A picture or recording of an edition. The digest in the address is the permission; it never changes."""
    content = service.media(digest, path)
    if content is None:
        abort(404)
    return media_response(content, path)


