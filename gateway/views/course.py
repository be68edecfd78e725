"""For lecturers: which models a course uses, and how much."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from courses.policy import lecturer_part
from courses.service import AnyPart
from courses.tools import Tool
from gateway import service
from gateway.forms.admin import RunForm
from gateway.service import policies
from gateway.views.admin import ABILITY_NAMES

bp = Blueprint("gateway_course", __name__)


def tools(part: AnyPart) -> list[Tool]:
    """The way here from the course page."""
    return [Tool(_("AI models"), url_for("gateway_course.models", run_id=part.run_id), "compass")]


@bp.route("/courses/<int:run_id>/models", methods=["GET", "POST"])
@login_required
def models(run_id: int) -> str | Response | tuple[str, int]:
    """Which models this course uses. A POST changes what holds here."""
    lecturer_part(run_id)
    form = RunForm(obj=policies.run_models(run_id))
    form.say_what_the_organisation_allows(policies.policy().external)
    if form.validate_on_submit():
        policies.set_run_models(run_id, **{name: form[name].data for name in form.data if name != "csrf_token"})
        flash(_("The rules of this course are saved."), "success")
        return redirect(url_for("gateway_course.models", run_id=run_id), 303)
    text = render_template(
        "gateway/course.html", form=form, run_id=run_id, models=service.models(run_id), ability_names=ABILITY_NAMES,
    )
    return (text, 422) if form.errors else text
