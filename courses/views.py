"""My courses, and beginning one of the organisation's open courses."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from accounts.signin import person
from courses import service
from courses.tools import tools_for_person

bp = Blueprint("courses", __name__)


@bp.get("/courses")
@login_required
def mine() -> str:
    """What one takes part in, and what one could begin."""
    me = person()
    return render_template("courses/mine.html", enrolments=service.enrolments(me.id), offers=service.open_offers(me.id), tools=tools_for_person(me.id))


@bp.post("/courses/begin/<slug>")
@login_required
def begin(slug: str) -> Response:
    """Enrol oneself in an open course."""
    course = service.course(slug)
    if course is None:
        abort(404)
    run = service.open_run(course.id, course.slug)
    service.enrol(run.id, person().id)
    return redirect(url_for("modules.course", run_id=run.id), 303)
