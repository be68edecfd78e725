"""What models were used for: one's own use, a course's for its lecturers, the organisation's for its administrators."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import format_date, format_decimal
from flask_babel import gettext as _
from flask_login import login_required

from accounts.models import Role
from accounts.policy import needs
from accounts.signin import person
from core.i18n import N_, language
from core.spreadsheet import cell
from courses.policy import lecturer_part
from courses.service import AnyPart
from courses.tools import Tool
from gateway import figures
from gateway.figures import FEW, Bar, Line, Sum
from gateway.service import budgets, usage

bp = Blueprint("gateway_usage", __name__)
SPANS = (7, 30, 90)
USUAL_SPAN = 30
PURPOSES = {
    "exercise": N_("Prompt exercises"), "code": N_("Python exercises"), "judge": N_("A model's opinion of an answer"), "probe": N_("Looking into models"),
    "tool": N_("Tools of one's own"),
}


def tools(part: AnyPart) -> list[Tool]:
    """The way to a course's use, for the course page."""
    return [Tool(_("Use of AI models"), url_for("gateway_usage.course", run_id=part.run_id), "gauge")]


@bp.get("/me/models")
@login_required
def mine() -> str:
    """What one has used oneself, and what is left today."""
    first, last, days = _span()
    rows = usage.sums(first, person_id=person().id)
    names = usage.titles(language())
    here = [(names[run_id], budgets.accounts(person().id, run_id)[1]) for run_id in sorted({row.run_id for row in rows})]
    return render_template(
        "gateway/usage/mine.html", **_common(days, figures.bars(rows, first, last), figures.total(rows)), own=budgets.of_person(person().id),
        here=[(title, account) for title, account in here if account.limit is not None],
        courses=_named(figures.lines(rows, lambda row: row.run_id), names), models=_models(rows), purposes=_purposes(rows),
    )


@bp.get("/courses/<int:run_id>/usage")
@login_required
def course(run_id: int) -> str:
    """What a course has used, without names, and without figures that stand for fewer than five people."""
    lecturer_part(run_id)
    first, last, days = _span()
    rows = usage.sums(first, run_id=run_id)
    whole = figures.total(rows)
    shown = rows if whole.people >= FEW else ()
    return render_template(
        "gateway/usage/course.html", **_common(days, figures.bars(_in_one(shown), first, last, FEW), whole), run_id=run_id, few=FEW,
        enough=whole.people >= FEW, account=budgets.of_run(run_id), of_learner=budgets.learners_limit(run_id),
        models=_models(shown, FEW), purposes=_purposes(shown, FEW),
    )


@bp.get("/admin/usage")
@needs(Role.ADMINISTRATOR)
def organisation() -> str:
    """What the whole organisation has used, by day, course and model."""
    first, last, days = _span()
    rows, names = usage.sums(first, apart=False), usage.titles(language())
    return render_template(
        "gateway/usage/organisation.html", **_common(days, figures.bars(rows, first, last), figures.total(rows)), account=budgets.of_organisation(),
        courses=_named(figures.lines(rows, lambda row: row.run_id), names), models=_models(rows), purposes=_purposes(rows),
        external=sum(row.tokens for row in rows if row.external),
    )


@bp.get("/admin/usage.csv")
@needs(Role.ADMINISTRATOR)
def export() -> Response:
    """The same for spreadsheets: a line for each day, course, model and purpose."""
    first, last, _days = _span()
    names, out = usage.titles(language()), io.StringIO()
    write = csv.writer(out, delimiter=";" if language() == "de" else ",", lineterminator="\r\n")
    write.writerow([_("Day"), _("Course"), _("Model"), _("Purpose"), _("External"), _("Tokens used"), _("Calls"), _("Failures")])
    for row in usage.sums(first, apart=False):
        write.writerow([cell(value) for value in (
            row.day.isoformat(), names.get(row.run_id, ""), row.model, _purpose(row.purpose), _("yes") if row.external else _("no"),
            row.tokens, row.calls, row.failures,
        )])
    name = f"lotse-usage-{last.isoformat()}.csv"
    return Response(
        out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _span() -> tuple[date, date, int]:
    """First and last day, and how many days: what the address asks for, if that is offered."""
    asked = request.args.get("days", "")
    days = next((span for span in SPANS if str(span) == asked), USUAL_SPAN)
    last = budgets.today()
    return last - timedelta(days=days - 1), last, days


def _common(days: int, bars: Sequence[Bar], whole: Line) -> dict[str, Any]:
    return {"spans": SPANS, "days": days, "bars": bars, "most": _round_up(max((bar.tokens for bar in bars), default=0)), "whole": whole,
            "day_name": lambda day: format_date(day, "short"), "number": format_decimal}


def _round_up(tokens: int) -> int:
    """A figure that reads well at the top of a chart: 1, 2 or 5 with zeros."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if tokens <= factor * step and factor * step >= 10:
                return factor * step
        step *= 10


def _in_one(rows: Sequence[Sum]) -> list[Sum]:
    """Without telling external models apart: on most days, fewer than five people use one."""
    return [row._replace(external=False) for row in rows]


def _named(found: Sequence[Line], names: Any) -> list[tuple[str, Line]]:
    return [(names.get(line.key, "") if line.key is not None else _("Others"), line) for line in found]


def _models(rows: Sequence[Sum], few: int = 1) -> list[tuple[str, Line]]:
    found = figures.lines(rows, lambda row: (row.model, row.external), few)
    return [(_("Others") if line.key is None else _model(*line.key), line) for line in found]  # type: ignore[misc]


def _model(name: str, external: bool) -> str:
    return str(_("%(name)s (external)", name=name)) if external else name


def _purposes(rows: Sequence[Sum], few: int = 1) -> list[tuple[str, Line]]:
    return [(_("Others") if line.key is None else _purpose(str(line.key)), line) for line in figures.lines(rows, lambda row: row.purpose, few)]


def _purpose(name: str) -> str:
    return str(_(PURPOSES.get(name, name)))
