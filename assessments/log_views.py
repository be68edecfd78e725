"""The prompt log: a learner's own entries, and files of them."""

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from assessments import log
from core import db
from courses.service import AnyPart
from courses.tools import Tool
from modules.views import part_or_404

bp = Blueprint("logs", __name__)
_TYPES = {"md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8", "json": "application/json"}


@bp.get("/courses/<int:run_id>/log")
@bp.get("/courses/<int:run_id>/quiz/<int:draw>/log")
@bp.get("/courses/<int:run_id>/exercise/<only>/log")
@login_required
def page(run_id: int, draw: int | None = None, only: str | None = None) -> str:
    """What one has asked models in this course. Nobody sees anybody else's.

    A question links here relative to whichever page it stands on, as its kept piece serves them all.
    """
    part, module = part_or_404(run_id), request.args.get("module", "")
    found = log.entries(part, module)
    return render_template(
        "assessments/log.html", run_id=run_id, entries=found, uses=log.uses(found), modules=log.modules_of(part), module=module, today=db.now().date(),
    )


@bp.get("/courses/<int:run_id>/log/log.<ending>")
@login_required
def export(run_id: int, ending: str) -> Response:
    """The same as a file."""
    part = part_or_404(run_id)
    if ending not in _TYPES:
        abort(404)
    found = log.entries(part, request.args.get("module", ""))
    if ending == "md":
        text = render_template("assessments/log_file.html", entries=found, uses=log.uses(found), fenced=log.fenced, today=db.now().date())
    else:
        text = log.as_csv(found) if ending == "csv" else log.as_json(found)
    headers = {"Content-Disposition": f'attachment; filename="prompt-log.{ending}"', "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(text, content_type=_TYPES[ending], headers=headers)


def tools(part: AnyPart) -> list[Tool]:
    """The way to the log, on the course page of those who learn."""
    return [Tool(_("Prompt log"), url_for("logs.page", run_id=part.run_id), "chat")]
