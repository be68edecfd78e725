"""For those who teach a course, and those who administer the organisation: when modules are due, and who gets more time in tests."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import to_user_timezone, to_utc
from flask_login import login_required
from werkzeug.wrappers import Response

from accounts.models import Role
from accounts.signin import person
from assessments import due, sittings, terms
from core.i18n import language
from core.typed import whole
from courses import service as courses
from courses.policy import teaches
from courses.service import AnyPart
from courses.tools import Tool
from modules.course import ModuleSource
from modules.service import ParsedEdition, parsed

bp = Blueprint("times", __name__)
YEARS = range(2000, 2101)
Page = str | Response | tuple[str, int]


class Due(NamedTuple):
    """A module's line in the form: what is chosen, what the course says, and what is wrong with what was typed."""

    source: ModuleSource
    typed: str
    said: datetime | None
    row: Any
    error: str


def tools(part: AnyPart) -> list[Tool]:
    """The way there from the course page."""
    return [Tool(_("Due dates and extra time"), url_for("times.overview", run_id=part.run_id), "clock")]


@bp.get("/class/<int:run_id>/times")
@login_required
def overview(run_id: int) -> Page:
    """When modules are due in this class, whose test is running, and who was given more time."""
    return _page(run_id, _edition_of(run_id))


@bp.post("/class/<int:run_id>/times/due")
@login_required
def set_due(run_id: int) -> Page:
    """Take the dates of all modules; nothing is changed when one of them cannot be read."""
    edition = _edition_of(run_id)
    typed = {module: request.form.get(f"due-{module}", "").strip() for module in edition.module_ids}
    wanted = {module: _moment(text) for module, text in typed.items()}
    if any(typed[module] and moment is None for module, moment in wanted.items()):
        return _page(run_id, edition, typed), 422
    for module, moment in wanted.items():
        due.set_date(run_id, module, moment, person().id)
    flash(_("The due dates are saved."), "success")
    return redirect(url_for(".overview", run_id=run_id), 303)


@bp.post("/class/<int:run_id>/times/extra")
@login_required
def give(run_id: int) -> Page:
    """Give somebody more time; 0 takes it back."""
    edition = _edition_of(run_id)
    unit, amount, who = request.form.get("unit", ""), whole(request.form.get("amount", ""), 9), whole(request.form.get("person", ""), 9)
    most = {"percent": sittings.MOST_PERCENT, "minutes": sittings.MOST_MINUTES}.get(unit)
    if most is None or who is None or amount is None or amount > most:
        return _page(run_id, edition, error=_("Please choose a person, and a whole number: at most %(percent)s percent or %(minutes)s minutes.", percent=sittings.MOST_PERCENT, minutes=sittings.MOST_MINUTES)), 422
    try:
        sittings.give(run_id, who, amount if unit == "percent" else 0, amount if unit == "minutes" else 0, person().id)
    except LookupError:
        abort(404)
    flash(_("The extra time is saved. It holds for all tests of this course, also for one that is running now."), "success")
    return redirect(url_for(".overview", run_id=run_id, _anchor="extra"), 303)


def _page(run_id: int, edition: ParsedEdition, typed: dict[str, str] | None = None, error: str = "") -> str:
    chosen = edition.spoken(language())
    dates = due.dates(run_id)
    lines = [_line(edition.module(module, chosen), dates.get(module), typed) for module in edition.module_ids]
    limits = [line.source for line in lines if line.source.time_limit]
    return render_template(
        "assessments/times.html", run_id=run_id, edition=edition, chosen=chosen, lines=lines, limits=limits, given=sittings.given(run_id), error=error,
        learners=sittings.learners(run_id), running=sittings.running(run_id) if limits else (), titles={line.source.id: line.source.title for line in lines},
        picked=whole(request.values.get("person", ""), 9), unit=request.form.get("unit", "percent"), amount=request.form.get("amount", "25"),
    )


def _line(source: ModuleSource, row: Any, typed: dict[str, str] | None) -> Due:
    kept = to_user_timezone(row.at).strftime("%Y-%m-%dT%H:%M") if row else ""
    text = typed[source.id] if typed is not None else kept
    error = _("Please enter a date and a time.") if text and _moment(text) is None else ""
    return Due(source, text, terms.due_in_course(source), row, error)


def _edition_of(run_id: int) -> ParsedEdition:
    """What the class learns from now, for those who may come here: 404 for strangers, 403 for those who learn."""
    me, run = person(), courses.run(run_id)
    part = courses.part(run_id, me.id)
    as_student = session.get("launch_run") == run_id and session["launch_role"] == Role.LEARNER
    if run is None or (part is None and not me.administers):
        abort(404)
    if as_student or not (me.administers or (part is not None and teaches(part))):
        abort(403)
    return parsed(courses.newest_edition(run.course_id).id)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return to_utc(found).replace(tzinfo=UTC) if found.tzinfo is None and found.year in YEARS else None
    except (ValueError, OverflowError):
        return None
