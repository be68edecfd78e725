"""For lecturers: what was sent to the gradebook, and what was not."""

from typing import Any, NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from assessments import items
from core import db
from core.i18n import language
from core.jobs import WorkState
from courses.policy import lecturer_part
from courses.service import AnyPart
from courses.tools import Tool
from lti.models import ResourceLink
from lti.offers import asked
from lti.score_forms import PolicyForm
from lti.score_policy import due_of
from lti.service import gradebook
from lti.service.gradebook import LinkState
from lti.troubles import told
from modules.service import parsed

bp = Blueprint("lti_scores", __name__, url_prefix="/lti/scores")

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
    return render_template("lti/scores/overview.html", run_id=run_id, links=links, **_texts(part))


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
        several=len(gradebook.links(run_id)) > 1, **_texts(part),
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
    return render_template("lti/scores/learner.html", run_id=run_id, found=found, row=known[0], history=known[1], **_texts(part))


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
    participant_id = request.form.get("participant", type=int)
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


def _link(run_id: int, link_id: int) -> LinkState:
    found = gradebook.link(run_id, link_id)
    if found is None:
        abort(404)
    return found


def _back(run_id: int, link_id: int) -> Response:
    return redirect(url_for("lti_scores.link", run_id=run_id, link_id=link_id), 303)


# --- In words ---------------------------------------------------------------------------------------------------------

def _texts(part: AnyPart) -> dict[str, Any]:
    """What the templates ask for words."""
    edition = parsed(part.edition_id)
    wanted = language() if language() in edition.languages else edition.languages[0]

    def opens(link: ResourceLink) -> str:
        title = edition.module(link.module, wanted).title if link.module in edition.module_ids else link.module
        texts: dict[str, str] = {
            "module": _("the module “%(title)s”", title=title), "quiz": _("the questions of “%(title)s”", title=title),
            "exercise": _("one question of “%(title)s”: “%(item)s”", title=title, item=_question(part.edition_id, link, wanted)), "certificate": _("the certificate"),
        }
        return texts.get(link.kind) or str(_("the whole course"))

    return {
        "course_title": edition.course.title[wanted], "opens": opens, "policy": _policy, "column": _COLUMNS, "state_of": _state,
        "name_of": _name, "told": told, "due_of": due_of, "history_state": _past,
    }


def _question(edition_id: int, link: ResourceLink, wanted: str) -> str:
    """What the link's only question asks, or its id where the course has none of it any more."""
    if link.module is None or link.item is None:
        return ""
    try:
        return asked(items.item(edition_id, link.module, link.item, wanted))
    except LookupError:
        return link.item


def _policy(link: ResourceLink) -> str:
    """A link's rules in a sentence."""
    keep = {
        "best": _("The best attempt counts."), "last": _("The last attempt counts."), "first": _("The first attempt counts."),
    }[link.keep]
    return f"{keep} {_leaving(link)}"


def _leaving(link: ResourceLink) -> str:
    due = due_of(link)
    if link.send == "release":
        if link.released_at:
            return str(_("You have released the scores on %(day)s; later changes are sent at once.", day=format_datetime(link.released_at, "short")))
        return str(_("Scores wait until you release them."))
    if link.send == "due" and due:
        return str(_("Scores are sent at the due date, %(day)s; attempts after it do not count.", day=format_datetime(due, "short")))
    if link.send == "due":
        return str(_("Scores wait for a due date, which nobody has named yet."))
    return str(_("Scores are sent at once."))


class _Column:
    """What to say about the column in the gradebook: asked in the reader's language."""

    def __getitem__(self, name: str) -> tuple[str, str]:
        """Tone, and text."""
        return {
            "there": ("success", _("There is a column in the gradebook.")),
            "to_be_made": ("info", _("Lotse makes a column in the gradebook with the first score.")),
            "none": ("warning", _("This link has no column in the gradebook: it was made without a grade, or its column was deleted. No scores are sent.")),
            "not_allowed": ("warning", _("Your learning platform has not allowed Lotse to send scores for this link. Whoever looks after it there can allow it; afterwards, open the link once.")),
            "no_score": ("info", _("This link has no score: it opens the certificate.")),
        }[name]


_COLUMNS = _Column()


class Shown(NamedTuple):
    """How a learner's score stands."""

    tone: str
    icon: str
    text: str
    detail: str = ""


def _state(row: Any, held: bool) -> Shown:
    """How a learner's score stands: the newest row decides."""
    if row.push_id is None:
        return Shown("", "circle", _("no points yet")) if row.sent_points is None else Shown("success", "check-circle", _("sent"))
    return _open(row, held) or (Shown("success", "check-circle", _("sent")) if row.sent_points is not None else Shown("", "circle", _("nothing to send")))


def _open(row: Any, held: bool) -> Shown | None:
    if row.state == WorkState.FAILED:
        return Shown("danger", "cross-circle", _("not sent"), _tried(row))
    if row.state == WorkState.DUE and row.error:
        return Shown("warning", "warning", _("not sent yet"), _tried(row))
    if row.state == WorkState.WAITING:
        return Shown("", "lock", _("waits for the release") if held else _("waits"))
    if row.state == WorkState.DUE and row.due_at > db.now():
        return Shown("", "clock", _("waits for the due date"), format_datetime(row.due_at, "short"))
    return Shown("info", "send", _("on its way")) if row.state in (WorkState.DUE, WorkState.RUNNING) else None


def _tried(row: Any) -> str:
    tries: str = ngettext("%(num)s try", "%(num)s tries", row.tries)
    if row.state == WorkState.FAILED:
        return tries
    return str(_("%(tries)s, the next at %(time)s", tries=tries, time=format_datetime(row.due_at, "short")))


def _past(row: Any) -> str:
    """What became of a row of the history."""
    if row.state == WorkState.DONE:
        return str(_("sent") if row.sent_at else _("the gradebook had this score already"))
    texts: dict[WorkState, str] = {WorkState.FAILED: _("not sent"), WorkState.WAITING: _("waits"), WorkState.RUNNING: _("on its way")}
    return texts.get(row.state) or str(_("waits for its turn"))


def _name(row: Any) -> str:
    """Names may be withheld."""
    return str(row.name or _("Person %(number)s", number=row.id))
