"""Item analysis and regrading, for those who teach a run, and for trainers of the whole course."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from accounts.signin import person
from assessments import corrections, item_analysis, regrading
from assessments.item_analysis import Line
from assessments.item_figures import CERTAIN, ENOUGH, FEWEST
from assessments.kinds import KINDS
from assessments.kinds.item import Item
from assessments.models import How
from assessments.regrading import MeanwhileError, Place, RegradeError, Wish
from assessments.scopes import EditionUse, Scope, editions, scope_or_refuse
from core.i18n import language
from courses.service import AnyPart
from courses.tools import Tool
from modules.service import parsed

bp = Blueprint("analysis", __name__)
Page = str | Response | tuple[str, int]


def tools(part: AnyPart) -> list[Tool]:
    """The way there from the course page."""
    return [Tool(_("Item analysis"), url_for("analysis.overview", run_id=part.run_id), "gauge")]


@bp.get("/courses/<int:run_id>/analysis")
@bp.get("/analysis/<slug>")
@login_required
def overview(run_id: int | None = None, slug: str | None = None) -> Page:
    """The questions of an edition, or of one of its modules; what needs a look comes first."""
    scope = scope_or_refuse(run_id, slug)
    edition, uses = _edition(scope)
    found = item_analysis.lines(scope, edition.id, language())
    module = request.args.get("module", "")
    titles = {each.id: _titled(edition.id, each.id) for each in parsed(edition.id).course.modules}
    shown = [line for line in found if not module or line.module == module]
    return render_template(
        "assessments/analysis/overview.html", lines=shown, titles=titles, module=module, kinds=KINDS,
        regrades=regrading.all_made(scope), **_frame(scope, edition, uses),
    )


@bp.get("/courses/<int:run_id>/analysis/table.csv")
@bp.get("/analysis/<slug>/table.csv")
@login_required
def table(run_id: int | None = None, slug: str | None = None) -> Response:
    """The same as a file, with the options of all questions."""
    scope = scope_or_refuse(run_id, slug)
    edition, _uses = _edition(scope)
    text = item_analysis.as_csv(item_analysis.lines(scope, edition.id, language()), edition.number)
    headers = {"Content-Disposition": f'attachment; filename="item-analysis-{scope.slug}-{edition.number}.csv"', "Cache-Control": "no-store"}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


@bp.get("/courses/<int:run_id>/analysis/<module>/<item>")
@bp.get("/analysis/<slug>/<module>/<item>")
@login_required
def question(module: str, item: str, run_id: int | None = None, slug: str | None = None) -> Page:
    """One question: its figures, what they say, who chose which option, and how it was regraded."""
    scope = scope_or_refuse(run_id, slug)
    edition, uses = _edition(scope)
    line = _line(scope, edition, module, item)
    return render_template(
        "assessments/analysis/question.html", line=line, kind=KINDS[line.item.kind], module_title=_titled(edition.id, module),
        regrades=regrading.made(scope, Place(edition.id, module, item)), **_frame(scope, edition, uses),
    )


@bp.route("/courses/<int:run_id>/analysis/<module>/<item>/regrade", methods=["GET", "POST"])
@bp.route("/analysis/<slug>/<module>/<item>/regrade", methods=["GET", "POST"])
@login_required
def regrade(module: str, item: str, run_id: int | None = None, slug: str | None = None) -> Page:
    """What a regrade would change; a POST asks for it."""
    scope = scope_or_refuse(run_id, slug)
    edition, uses = _edition(scope)
    place = Place(edition.id, module, item)
    if request.method == "GET":
        return _regrade(scope, edition, uses, place)
    try:
        regrading.ask(scope, place, _wish(scope, place), request.form.get("reason", ""), person().id, request.form.get("seen", -1, type=int))
    except RegradeError as error:
        return _regrade(scope, edition, uses, place, _(str(error))), 422
    except MeanwhileError:
        return _regrade(scope, edition, uses, place, _("The question was regraded meanwhile: nothing was done now. Please look at it once more.")), 409
    except LookupError:
        abort(404)
    flash(_("The question is graded anew. Learners read your reason at the question and on the course page."), "success")
    return redirect(url_for(".question", module=module, item=item, edition=edition.number, **scope.address), 303)


def _regrade(scope: Scope, edition: EditionUse, uses: list[EditionUse], place: Place, error: str = "") -> str:
    try:
        item = place.text(language())
        keys = regrading.keys(scope, place, language())
        wish = _wish(scope, place, keys)
        preview = regrading.preview(scope, place, wish)
    except LookupError:
        abort(404)
    key = next((key for key in keys if key.edition_id == wish.by), None)
    return render_template(
        "assessments/analysis/regrade.html", item=item, module=place.module, text=item_analysis.plain(item.text), keys=keys, wish=wish, key=key, preview=preview, error=error,
        changes=_changes(item, corrections.corrected(item, place.module, wish.by)) if wish.by else [],
        seen=regrading.number(place), reason=request.form.get("reason", ""), gradable=corrections.gradable(item), most=regrading.MOST_REASON, **_frame(scope, edition, uses),
    )


def _wish(scope: Scope, place: Place, keys: list[regrading.Key] | None = None) -> Wish:
    """What the form says; at first the newest key that fits, else full points. Raises LookupError."""
    given = request.values.get("how", "")
    if not given and keys is not None:
        given = f"key-{keys[0].edition_id}" if keys else How.FULL
    how, _dash, by = given.partition("-")
    if how not in How.__members__.values() or (by and not (by.isascii() and by.isdecimal() and len(by) < 10)):
        raise LookupError(given)
    return Wish(How(how), int(by or 0), request.values.get("lower") == "yes")


def _changes(item: Item, other: Item) -> list[tuple[str, str, bool, bool]]:
    """What was right and what is: label, text, and both."""
    old, new = ({(offer.part, offer.value): offer for offer in KINDS[each.kind].offers(each)} for each in (item, other))
    found = []
    for place in {**old, **new}:
        offer = new.get(place) or old[place]
        was, will = place in old and old[place].right, place in new and new[place].right
        if was != will:
            found.append((offer.label, offer.html, was, will))
    return found


def _line(scope: Scope, edition: EditionUse, module: str, item: str) -> Line:
    try:
        return item_analysis.line(scope, edition.id, module, item, language())
    except LookupError:
        abort(404)


def _edition(scope: Scope) -> tuple[EditionUse, list[EditionUse]]:
    """The edition that is asked for by its number, else that of whoever teaches the run; for a course the one with the most answers."""
    uses = editions(scope)
    number = request.args.get("edition", 0, type=int)
    if number:
        found = next((use for use in uses if use.number == number), None)
    elif scope.run_id is None or not any(use.answers for use in uses if use.id == scope.edition_id):
        found = max(uses, key=lambda use: (use.answers, use.number))
    else:
        found = next(use for use in uses if use.id == scope.edition_id)
    if found is None:
        abort(404)
    return found, uses


def _titled(edition_id: int, module: str) -> str:
    edition = parsed(edition_id)
    return edition.module(module, edition.spoken(language())).title


def _frame(scope: Scope, edition: EditionUse, uses: list[EditionUse]) -> dict[str, Any]:
    return {
        "scope": scope, "edition": edition, "uses": [use for use in uses if use.answers or use.id == edition.id], "course_title": scope.title,
        "fewest": FEWEST, "enough": ENOUGH, "certain": CERTAIN,
    }
