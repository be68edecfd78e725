"""The results of surveys, for those who teach a course."""

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required

from assessments import surveys
from core.i18n import language
from courses.policy import lecturer_part
from courses.service import AnyPart
from courses.tools import Tool
from modules.service import parsed

bp = Blueprint("surveys", __name__)


def tools(part: AnyPart) -> list[Tool]:
    """The way there from the course page, where the course has surveys."""
    return [Tool(_("Surveys"), url_for("surveys.page", run_id=part.run_id), "gauge")] if surveys.has_any(part.edition_id) else []


@bp.get("/courses/<int:run_id>/surveys")
@login_required
def page(run_id: int) -> str:
    """Every survey with a chart and a table, as far as groups are large enough."""
    part = lecturer_part(run_id)
    course = parsed(part.edition_id).course
    return render_template(
        "assessments/surveys/page.html", run_id=run_id, results=surveys.results(run_id, part.edition_id, language()), fewest=surveys.FEWEST,
        course_title=course.titled(language()),
    )
