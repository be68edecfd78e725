"""A course or a module to look at, for a launch that does not say who came (LTI Core 1.3, 5.3.6.1).

The launch session has no person. Its `preview` names what may be seen: an edition, and a module or None for the whole course. Where it
also has `preview_items`, only these questions of the module.
"""

from dataclasses import replace

from flask import Blueprint, abort, render_template, session

from core import db
from courses import service as courses
from modules import laws, service
from modules.presenters import presenter
from modules.views import edition_language

bp = Blueprint("preview", __name__, url_prefix="/preview")


@bp.get("")
def course() -> str:
    """The modules of the course."""
    edition_id, only = _granted()
    if only is not None:
        abort(404)
    return render_template("modules/preview_course.html", edition=service.parsed(edition_id), chosen=edition_language(edition_id))


@bp.get("/<module>")
def page(module: str) -> str:
    """A module: text and questions as learners see them first. Nothing can be answered."""
    edition_id, only = _granted()
    if only not in (None, module):
        abort(404)
    chosen = edition_language(edition_id)
    try:
        text = service.page(edition_id, module, chosen)
    except LookupError:
        abort(404)
    if "preview_items" in session:
        text = replace(text, pieces=tuple(("block", item) for item in session["preview_items"]), headings=())
    return render_template(
        "modules/preview_page.html", edition=service.parsed(edition_id), module=module, chosen=chosen, text=text,
        blocks={**presenter().preview(edition_id, module, chosen), **laws.draw(text.laws)}, whole=only is None,
    )


def _granted() -> tuple[int, str | None]:
    """The edition that this session may look at, and the only module of it; the database session acts for its organisation."""
    if "preview" not in session:
        abort(404 if "_user_id" in session else 401)
    db.act_for(session["organisation_id"])
    edition_id, module = session["preview"]
    if not courses.has_edition(edition_id):
        abort(404)
    return edition_id, module
