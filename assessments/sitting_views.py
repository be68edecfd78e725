"""Tests with a time limit: the button that begins one, and what the clock says."""

from typing import Any

from flask import Blueprint, abort, jsonify, redirect, request
from flask_babel import format_datetime
from flask_login import login_required
from werkzeug.wrappers import Response

from assessments import sittings, terms
from assessments.places import Place
from core.i18n import language
from modules.views import part_or_404

bp = Blueprint("tests", __name__)


@bp.post("/courses/<int:run_id>/<module>/begin")
@login_required
def begin(run_id: int, module: str) -> Response:
    """Let the clock run, and show the questions on the page where the button was pressed."""
    part = part_or_404(run_id)
    try:
        sittings.begin(part, module)
    except LookupError:
        abort(404)
    return redirect(Place.seen(run_id, module, request.form.get("page", "")).address(), 303)


@bp.get("/courses/<int:run_id>/<module>/clock")
@login_required
def clock(run_id: int, module: str) -> Any:
    """The seconds that are left, for a page that shows them: extra time may have been given meanwhile."""
    part = part_or_404(run_id)
    try:
        now = terms.of(part, module)
    except LookupError:
        abort(404)
    if now.test is None or now.test.ends_at is None:
        abort(404)
    return jsonify(left=now.test.left, end=format_datetime(now.test.ends_at, "short"), language=language())
