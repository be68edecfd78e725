"""For lecturers: who is in the class, how far they are, and one learner's submission."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import format_date, format_decimal
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from core import db
from core.i18n import N_, language
from core.spreadsheet import cell
from courses import service as courses
from courses.policy import lecturer_part, teaches
from courses.service import AnyPart
from courses.tools import Tool
from lti import classroom
from lti.classroom import Choice, Learner, Row, Standing
from lti.roster import Trouble
from lti.service import reviews, rosters
from modules.service import parsed
from modules.views import content_language

bp = Blueprint("lti_people", __name__, url_prefix="/lti/class")

STANDINGS = {
    Standing.WAITING: (N_("not begun"), "", "circle"),
    Standing.BEHIND: (N_("behind"), "warning", "warning"),
    Standing.AT_WORK: (N_("at work"), "info", "half-circle"),
    Standing.PASSED: (N_("passed"), "success", "check-circle"),
}
SHOWN = {
    "all": N_("All"), "waiting": N_("Not begun"), "behind": N_("Behind"), "passed": N_("Passed"), "left": N_("No longer in the LMS course"),
}
TROUBLES = {
    Trouble.UNREACHABLE: N_("The learning platform did not answer, or reported an error of its own. Please try again in some minutes."),
    Trouble.FORBIDDEN: N_(
        "The learning platform does not let Lotse read the list. Please ask its administrators to allow the service “Names and Roles” for Lotse."
    ),
    Trouble.GONE: N_("The learning platform does not know this course any more. Please open Lotse once from the course as it is there now."),
    Trouble.UNREADABLE: N_("The learning platform's answer cannot be read. Please tell the people who run Lotse."),
}
LONGEST_ID = 12


def tools(part: AnyPart) -> list[Tool]:
    """The way to the class, for the course page."""
    return [Tool(_("Class"), url_for("lti_people.overview", run_id=part.run_id), "person")]


# --- The class --------------------------------------------------------------------------------------------------------

@bp.get("/<int:run_id>")
@login_required
def overview(run_id: int) -> str:
    """The class of a run: a summary, and everybody who learns in it."""
    part = lecturer_part(run_id)
    choice = Choice.of(request.args)
    seen, rows = _class(part)
    shown = classroom.chosen(rows, choice)
    visible, number, count = classroom.page_of(shown, choice.page)
    return render_template(
        "lti/people/class.html", part=part, run_id=run_id, edition=parsed(part.edition_id), chosen=content_language(part), seen=seen,
        trouble=_(TROUBLES[seen.trouble]) if seen.trouble else "", summary=classroom.summary(rows), rows=visible, matches=len(shown),
        number=number, count=count, choice=choice, shown=SHOWN, standings=STANDINGS, label=label_of, address=_address(run_id, choice),
        teachers=rosters.teachers(run_id), groups=seen.roster.groups if seen.roster else (),
    )


@bp.post("/<int:run_id>/refresh")
@login_required
def refresh(run_id: int) -> BaseResponse:
    """Ask the learning platform again. What goes wrong stands on the page itself."""
    lecturer_part(run_id)
    seen = rosters.look(run_id, person().id, anew=True)
    if seen.roster and not seen.trouble:
        flash(_("The list of the learning platform is up to date."), "success")
    return redirect(url_for(".overview", run_id=run_id), 303)


@bp.get("/<int:run_id>/export")
@login_required
def export(run_id: int) -> Response:
    """What the page shows, as a table for spreadsheets."""
    part = lecturer_part(run_id)
    _seen, rows = _class(part)
    text = _table(part, classroom.chosen(rows, Choice.of(request.args)))
    name = f"lotse-{run_id}-{format_date(db.now(), 'yyyy-MM-dd')}.csv"
    return Response(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.post("/<int:run_id>/people/<int:enrolment_id>/learns")
@login_required
def learns(run_id: int, enrolment_id: int) -> BaseResponse:
    """Let somebody who taught here take part as a learner from now on."""
    part = lecturer_part(run_id)
    if enrolment_id == part.id:
        abort(403)
    try:
        rosters.make_learner(run_id, enrolment_id)
    except LookupError:
        abort(404)
    flash(_("Takes part as a learner from now on."), "success")
    return redirect(url_for(".overview", run_id=run_id), 303)


def _class(part: AnyPart) -> tuple[rosters.Seen, list[Row]]:
    seen = rosters.look(part.run_id, person().id)
    return seen, classroom.rows_of(rosters.learners(part.run_id, seen), db.now())


def label_of(learner: Learner) -> str:
    """The name, or where the platform withholds it how the platform calls them."""
    return learner.name or neutral(learner.user_id)


def neutral(user_id: str) -> str:
    """A label for somebody without a name."""
    short = user_id if len(user_id) <= LONGEST_ID else f"{user_id[:LONGEST_ID]}…"
    return str(_("Learner %(id)s", id=short or "–"))


def _address(run_id: int, choice: Choice) -> Any:
    """Addresses of the page with something else chosen; what is chosen besides stays, except for the page."""
    kept, usual = {"show": choice.show, "group": choice.group, "sort": choice.sort}, {"show": "all", "sort": "name", "page": 1}

    def address(endpoint: str = ".overview", **changes: Any) -> str:
        values = {name: value for name, value in {**kept, **changes}.items() if value not in ("", usual.get(name))}
        return url_for(endpoint, run_id=run_id, **values)

    return address


# --- For spreadsheets -------------------------------------------------------------------------------------------------

def _table(part: AnyPart, rows: Sequence[Row]) -> str:
    edition, chosen = parsed(part.edition_id), content_language(part)
    titles = [edition.module(module, chosen).title for module in edition.module_ids]
    out = io.StringIO()
    # What a spreadsheet in the page's language takes for columns: in German a comma stands inside numbers.
    write = csv.writer(out, delimiter=";" if language() == "de" else ",", lineterminator="\r\n")
    head = [_("Name"), _("Standing"), _("In the LMS course"), _("Modules opened"), *titles, _("Points"), _("Possible points"), _("Last activity")]
    write.writerow([cell(text) for text in head])
    for row in rows:
        write.writerow([cell(value) for value in _line(row, edition.module_ids)])
    return out.getvalue()


def _line(row: Row, modules: Sequence[str]) -> list[str]:
    learner = row.learner
    points = [_decimal(learner.scores[module].score) if module in learner.scores else "" for module in modules]
    came = [_decimal(learner.total.score), _decimal(learner.total.maximum)] if learner.enrolment_id else ["", ""]
    return [
        label_of(learner), _(STANDINGS[row.standing][0]), _("no") if learner.left else _("yes"), str(learner.opened), *points, *came,
        _day(learner.last),
    ]


def _decimal(number: float) -> str:
    return str(format_decimal(round(number, 2), "0.##"))


def _day(moment: datetime | None) -> str:
    return str(format_date(moment, "yyyy-MM-dd")) if moment else ""


# --- One learner ------------------------------------------------------------------------------------------------------

@bp.get("/<int:run_id>/learners/<int:enrolment_id>")
@login_required
def learner(run_id: int, enrolment_id: int) -> str:
    """One learner's answers: for those who teach with the key, for the learner as far as they may see."""
    mine = courses.part(run_id, person().id)
    if mine is None:
        abort(404)
    teaching = teaches(mine)
    if not teaching and enrolment_id != mine.id:
        abort(403)
    found = reviews.submission(run_id, enrolment_id, language(), link_id=session.get("review_link"), key=teaching)
    if found is None:
        abort(404)
    return render_template(
        "lti/people/learner.html", run_id=run_id, found=found, teaching=teaching, own=enrolment_id == mine.id,
        label=found.name or neutral(found.user_id), in_lms="review_link" in session,
    )


@bp.get("/<int:run_id>/learners/none")
@login_required
def nobody(run_id: int) -> str:
    """The gradebook asked for somebody who has not come yet."""
    lecturer_part(run_id)
    return render_template("lti/people/nobody.html", run_id=run_id)
