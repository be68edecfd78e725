"""The course page, the module page, and the pictures in them."""

from flask import Blueprint, Response, abort, render_template
from flask_login import login_required

from accounts.signin import person
from core.i18n import language
from courses import service as courses
from courses.models import Enrolment
from modules import service
from modules.media import media_response
from modules.presenters import presenter, total

bp = Blueprint("modules", __name__)


def content_language(enrolment: Enrolment) -> str:
    """The page's language where the course has it, else the course's first."""
    available = service.parsed(enrolment.edition_id).languages
    return language() if language() in available else available[0]


@bp.get("/courses/<int:run_id>")
@login_required
def course(run_id: int) -> str:
    """A course: its modules, how far one is, and how to reach the certificate."""
    enrolment = courses.enrolment(run_id, person().id)
    if enrolment is None:
        abort(404)
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
    edition = service.parsed(enrolment.edition_id)
    chosen = content_language(enrolment)
    try:
        text = service.page(enrolment.edition_id, module, chosen)
    except LookupError:
        abort(404)
    if not seen:
        courses.visit(enrolment, module)
    return render_template(
        "modules/page.html", enrolment=enrolment, run_id=run_id, edition=edition, module=module, chosen=chosen, text=text,
        drawn=presenter().draw(enrolment, module, chosen),
    )


@bp.get("/media/<digest>/<path:path>")
def media(digest: str, path: str) -> Response:
    """A picture or recording of an edition. The digest in the address is the permission; it never changes."""
    content = service.media(digest, path)
    if content is None:
        abort(404)
    return media_response(content, path)


