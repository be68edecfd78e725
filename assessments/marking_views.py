"""Marking, for those who teach a course: what waits, one text after the other, or several at once."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from accounts.signin import person
from assessments import marking
from assessments.kinds.essay import MarkError
from assessments.marking import Marks, MeanwhileError, Sheet
from assessments.models import Marking
from core.i18n import language
from courses.policy import lecturer_part
from courses.service import AnyPart
from courses.tools import Tool
from modules.service import parsed

bp = Blueprint("marking", __name__)
MOST_AT_ONCE = 500
Page = str | Response | tuple[str, int]


def tools(part: AnyPart) -> list[Tool]:
    """The way there from the course page, where the course has something to mark."""
    if not marking.is_marked(part.edition_id):
        return []
    count = marking.waiting(part.run_id)
    warning = ngettext("%(num)s text waits", "%(num)s texts wait", count) if count else ""
    return [Tool(_("Marking"), url_for("marking.overview", run_id=part.run_id), "check-circle", warning)]


@bp.get("/courses/<int:run_id>/marking")
@login_required
def overview(run_id: int) -> Page:
    """The exercises that people mark. Where there is only one, its texts."""
    part = lecturer_part(run_id)
    tasks = marking.tasks(run_id, language())
    if len(tasks) == 1:
        return redirect(url_for(".texts", run_id=run_id, module=tasks[0].module, item=tasks[0].item.id))
    return render_template("assessments/marking/overview.html", tasks=tasks, **_course(part))


@bp.get("/courses/<int:run_id>/marking/<module>/<item>")
@login_required
def texts(run_id: int, module: str, item: str) -> Page:
    """All texts of an exercise, with names only where they are asked for."""
    return _texts(lecturer_part(run_id), module, item, Marks((), ""))


@bp.post("/courses/<int:run_id>/marking/<module>/<item>")
@login_required
def give_all(run_id: int, module: str, item: str) -> Page:
    """Give those that are ticked the same marks."""
    part = lecturer_part(run_id)
    task = _task(run_id, module, item)
    marks = _marks(len(task.item.maxima))
    known = {str(text.attempt_id) for text in marking.texts(run_id, module, item) if text.waiting}
    ticked = [int(number) for number in request.form.getlist("text")[:MOST_AT_ONCE] if number in known]
    if not ticked:
        return _texts(part, module, item, marks, _("Nothing was chosen: tick at least one text that waits.")), 422
    try:
        given, left_out = marking.give_all(run_id, ticked, person().id, marks, language())
    except MarkError as error:
        return _texts(part, module, item, marks, _(error.message) % error.values), 422
    flash(ngettext("%(num)s text is marked.", "%(num)s texts are marked.", given), "success")
    if left_out:
        flash(ngettext("%(num)s text was left out: somebody is marking it.", "%(num)s texts were left out: somebody is marking them.", left_out), "warning")
    return redirect(url_for(".texts", run_id=run_id, module=module, item=item, **_names()), 303)


@bp.get("/courses/<int:run_id>/marking/texts/<int:attempt_id>")
@login_required
def text(run_id: int, attempt_id: int) -> Page:
    """One text beside its rubric."""
    part, found = lecturer_part(run_id), _sheet(run_id, attempt_id)
    written = found.marking
    return _text(part, found, Marks(tuple(written.points), written.comment) if written else Marks(("",) * len(found.item.maxima), ""))


@bp.post("/courses/<int:run_id>/marking/texts/<int:attempt_id>")
@login_required
def mark(run_id: int, attempt_id: int) -> Page:
    """Keep a draft, or let the marks count and go on to the next text."""
    part, found = lecturer_part(run_id), _sheet(run_id, attempt_id)
    marks, draft = _marks(len(found.item.maxima)), request.form.get("do") == "draft"
    act = marking.save if draft else marking.give
    try:
        act(found, person().id, marks, request.form.get("version", 0, type=int))
    except MarkError as error:
        return _text(part, found, marks, error=_(error.message) % error.values), 422
    except MeanwhileError as error:
        return _text(part, _sheet(run_id, attempt_id), marks, other=error.saved), 409
    if draft:
        flash(_("The draft is saved. It does not count yet, and the learner does not see it."), "success")
        return redirect(url_for(".text", run_id=run_id, attempt_id=attempt_id, **_names()), 303)
    flash(_("The marks count now, and the learner sees them."), "success")
    return redirect(_next(run_id, found), 303)


def _next(run_id: int, found: Sheet) -> str:
    attempt = found.attempt
    following = marking.next_waiting(run_id, attempt.module, attempt.item, attempt.id) if request.form.get("do") == "next" else None
    if following is not None:
        return url_for(".text", run_id=run_id, attempt_id=following, **_names())
    return url_for(".texts", run_id=run_id, module=attempt.module, item=attempt.item, **_names())


def _texts(part: AnyPart, module: str, item: str, marks: Marks, error: str = "") -> str:
    return render_template(
        "assessments/marking/texts.html", task=_task(part.run_id, module, item), texts=marking.texts(part.run_id, module, item),
        named=bool(_names()), marks=marks, error=error, ticked=request.form.getlist("text"), **_course(part),
    )


def _text(part: AnyPart, found: Sheet, marks: Marks, *, error: str = "", other: Marking | None = None) -> str:
    return render_template(
        "assessments/marking/text.html", sheet=found, item=found.item, marks=marks, error=error, other=other, named=bool(_names()),
        number=_number(part.run_id, found), **_course(part),
    )


def _number(run_id: int, found: Sheet) -> int:
    listed = marking.texts(run_id, found.attempt.module, found.attempt.item)
    return next(text.number for text in listed if text.attempt_id == found.attempt.id)


def _task(run_id: int, module: str, item: str) -> marking.Task:
    found = next((task for task in marking.tasks(run_id, language()) if (task.module, task.item.id) == (module, item)), None)
    if found is None:
        abort(404)
    return found


def _sheet(run_id: int, attempt_id: int) -> Sheet:
    try:
        return marking.sheet(run_id, attempt_id, language())
    except LookupError:
        abort(404)


def _marks(count: int) -> Marks:
    return marking.typed([request.form.get(f"points-{at}", "") for at in range(count)], request.form.get("comment", ""), count)


def _names() -> dict[str, Any]:
    """What an address carries along while names are shown."""
    return {"names": "yes"} if request.args.get("names") == "yes" else {}


def _course(part: AnyPart) -> dict[str, object]:
    course = parsed(part.edition_id).course
    return {"run_id": part.run_id, "course_title": course.titled(language())}
