"""For learners: that there is a newer edition, what it would mean, and moving to it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from courses.policy import teaches
from courses.service import AnyPart, part
from courses.tools import Notice
from modules.views import content_language, part_or_404
from studio import moving

bp = Blueprint("moving", __name__)


def notices(mine: AnyPart) -> list[Notice]:
    """The banner on the course page of those who learn with an older edition."""
    found = None if teaches(mine) else part(mine.run_id, mine.person_id)
    newest = moving.newer(found) if found else None
    if newest is None:
        return []
    return [Notice(
        _("There is a newer edition of this course"), _("You may stay with yours, or see what changes and move over."),
        url_for("moving.look", run_id=mine.run_id), _("See what changes"),
    )]


@bp.get("/courses/<int:run_id>/edition")
@login_required
def look(run_id: int) -> str | Response:
    """What moving would mean for oneself."""
    mine = part_or_404(run_id)
    newest = moving.newer(mine)
    if newest is None or teaches(mine):
        return redirect(url_for("modules.course", run_id=run_id), 303)
    return render_template("studio/moving.html", run_id=run_id, outlook=moving.outlook(mine, newest, content_language(mine)))


@bp.post("/courses/<int:run_id>/edition")
@login_required
def move(run_id: int) -> Response:
    """Move over."""
    mine = part_or_404(run_id)
    if not teaches(mine) and moving.move(mine, request.form.get("edition", 0, int), content_language(mine)):
        flash(_("You now have the newest edition. Your answers are kept."), "success")
        return redirect(url_for("modules.course", run_id=run_id), 303)
    return redirect(url_for(".look", run_id=run_id), 303)
