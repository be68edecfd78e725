"""For lecturers: what was sent to the gradebook, and what was not."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from assessments import regrading
from core.i18n import language
from courses.policy import lecturer_part
from courses.service import AnyPart
from courses.tools import Tool
from lti.forms.scores import PolicyForm
from lti.service import gradebook
from lti.service.gradebook import LinkState
from lti.views.score_words import words_for

bp = Blueprint("lti_scores", __name__, url_prefix="/lti/scores")

LONGEST_NUMBER = 10                    # digits: as many as every database takes

Page = str | Response | tuple[str, int]


def tools(part: AnyPart) -> list[Tool]:
    """The way here from the course page, with a number when something needs a look."""
    failed = gradebook.failed_in_run(part.run_id)
    if failed is None:
        return []
    warning = ngettext("%(num)s not sent", "%(num)s not sent", failed) if failed else ""
    return [Tool(_("Scores in the gradebook"), url_for("lti_scores.overview", run_id=part.run_id), "send", warning)]


@bp.get("/<int:run_id>")
@login_required
def overview(run_id: int) -> Page:
    """All links of a run. Where there is only one, its page."""
    part = lecturer_part(run_id)
    links = gradebook.links(run_id)
    if len(links) == 1:
        return redirect(url_for("lti_scores.link", run_id=run_id, link_id=links[0].link.id))
    return render_template("lti/scores/overview.html", run_id=run_id, links=links, **words_for(part))


@bp.route("/<int:run_id>/<int:link_id>", methods=["GET", "POST"])
@login_required
def link(run_id: int, link_id: int) -> Page:
    """A link's rules, and how each learner's score stands. A POST changes the rules."""
    part, found = lecturer_part(run_id), _link(run_id, link_id)
    form = PolicyForm.of(found.link)
    if form.validate_on_submit():
        gradebook.set_policy(link_id, form.keep.data, form.send.data, form.due)
        flash(_("The rules are changed. What is another score by them is being sent."), "success")
        return _back(run_id, link_id)
    show = request.args.get("show", "all")
    page = gradebook.learners(link_id, show, request.args.get("page", 1, type=int))
    text = render_template(
        "lti/scores/link.html", run_id=run_id, found=found, form=form, show=show, learners=page,
        several=len(gradebook.links(run_id)) > 1, regraded=regrading.count_in_run(run_id), **words_for(part),
    )
    return (text, 422) if form.errors else text


@bp.get("/<int:run_id>/<int:link_id>/<int:participant_id>")
@login_required
def learner(run_id: int, link_id: int, participant_id: int) -> Page:
    """What was sent for one learner, and when."""
    part, found = lecturer_part(run_id), _link(run_id, link_id)
    known = gradebook.learner(link_id, participant_id)
    if known is None:
        abort(404)
    return render_template("lti/scores/learner.html", run_id=run_id, found=found, row=known[0], history=known[1], regraded=gradebook.regraded(participant_id, language()), **words_for(part))


@bp.post("/<int:run_id>/<int:link_id>/release")
@login_required
def release(run_id: int, link_id: int) -> Response:
    """Let the scores go."""
    lecturer_part(run_id)
    _link(run_id, link_id)
    gradebook.release(link_id)
    flash(_("The scores are released: they are on their way, and so is every later change."), "success")
    return _back(run_id, link_id)


@bp.post("/<int:run_id>/<int:link_id>/again")
@login_required
def again(run_id: int, link_id: int) -> Response:
    """Send once more: what has failed, everything, or one learner's score."""
    lecturer_part(run_id)
    _link(run_id, link_id)
    participant_id = _one_learner()
    if participant_id is not None and gradebook.learner(link_id, participant_id) is None:
        abort(404)
    count = gradebook.send_again(link_id, participant_id, everything="everything" in request.form)
    if count:
        flash(ngettext("%(num)s score is on its way once more.", "%(num)s scores are on their way once more.", count), "success")
    else:
        flash(_("There is nothing to send at present."))
    if participant_id is not None:
        return redirect(url_for("lti_scores.learner", run_id=run_id, link_id=link_id, participant_id=participant_id), 303)
    return _back(run_id, link_id)


def _one_learner() -> int | None:
    """The learner whom a form is about; None where it is about all. What is no row's number must not become a request for all."""
    number = request.form.get("participant", "")
    if not number:
        return None
    if not (number.isascii() and number.isdecimal() and len(number) < LONGEST_NUMBER):
        abort(404)
    return int(number)


def _link(run_id: int, link_id: int) -> LinkState:
    found = gradebook.link(run_id, link_id)
    if found is None:
        abort(404)
    return found


def _back(run_id: int, link_id: int) -> Response:
    return redirect(url_for("lti_scores.link", run_id=run_id, link_id=link_id), 303)
