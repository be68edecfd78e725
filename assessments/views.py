"""Answering: the form's target, and the questions of a page as this learner may see them."""

from flask import Blueprint, abort, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import login_required
from markupsafe import Markup
from werkzeug.wrappers import Response

from assessments import service, terms
from assessments.kinds.item import ResponseError
from assessments.pages import draw_one
from assessments.places import Place
from assessments.refilling import refilled
from core.i18n import language as page_language
from courses.service import AnyPart
from modules.presenters import Points
from modules.views import module_text, part_or_404, points_bar

bp = Blueprint("assessments", __name__)


@bp.post("/courses/<int:run_id>/<module>/<item>/answer")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/answer")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/answer")
@login_required
def answer(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> str | Response:
    """Take an answer. With htmx the question comes back as it now stands; without, the page does, at this question."""
    part, place = part_or_404(run_id), Place(run_id, module, draw, only)
    language = module_text(part, module)
    error, status = "", 200
    try:
        shown = shown_with(place, part, item)
        number, form = int(request.form.get("attempt", "1")), request.form.to_dict(flat=False)
        if service.is_step(part, module, item, language, form):
            return _stepped(place, part, item, shown)
        service.submit(part, module, item, language, number, form)
    except ResponseError as reason:
        error, status = _(reason.message) % reason.values, 422
    except service.StaleError:
        pass  # The first click or the other tab has counted; what it led to is shown.
    except service.ClosedError as closed:
        error, status = _(closed.message), 409
    except (LookupError, ValueError):
        abort(404)
    if error:
        return refused(place, item, error, status)
    if request.headers.get("HX-Request"):
        return answered(place, *draw_one(part, module, item, language, shown))
    return redirect(place.url(item), 303)


def _stepped(place: Place, part: AnyPart, item: str, shown: tuple[str, ...]) -> str:
    """The form after one of its own buttons; without htmx on a page with the question alone, as it is on its way there."""
    question, _points = _held(place, part, item, shown)
    if request.headers.get("HX-Request"):
        return str(question)
    return render_template("assessments/stepped.html", question=_resolved(place, str(question)), back=place.url(item))


def _held(place: Place, part: AnyPart, item: str, shown: tuple[str, ...]) -> tuple[Markup, Points]:
    """The question with what its form held, as far as its fields alone do not say that."""
    language = module_text(part, place.module)
    held = service.held(part, place.module, item, language, request.form.to_dict(flat=False))
    return draw_one(part, place.module, item, language, shown, fresh=False, held=held)


def _resolved(place: Place, html: str) -> Markup:
    return Markup(refilled(html, request.form.to_dict(flat=False), place.resolve))  # noqa: S704 - our template


def shown_with(place: Place, part: AnyPart, item: str) -> tuple[str, ...]:
    """The questions of a page, one of which is this one. Raises LookupError, also while a test is not begun."""
    shown = place.shown(part)
    if item not in shown or not terms.begun(part, place.module):
        raise LookupError(item)
    return shown


def answered(place: Place, question: Markup, points: Points) -> str:
    """What htmx puts in the question's place, and the points of the page beside it."""
    whole = place.draw is None and place.only is None
    bar = points_bar(points.score, points.maximum, page_language()) if whole else excerpt_bar(points, page_language())
    return f'{question}<section id="module-points" hx-swap-oob="true">{bar}</section>'


def excerpt_bar(points: Points, seen_in: str) -> str:
    """The bar of points on a page that shows only some questions."""
    return points_bar(points.score, points.maximum, seen_in, _("Your points"))


def refused(place: Place, item: str, error: str, status: int) -> Response:
    """Say why beside the form, which keeps what was chosen and typed; without htmx on a page with the question alone."""
    message = render_template("assessments/_error.html", error=error)
    if not request.headers.get("HX-Request"):
        return Response(_shown_again(place, item, error, message, open=status != 409), status, content_type="text/html")
    return Response(message, status, {"HX-Retarget": f"#q-{item}-alert", "HX-Reswap": "innerHTML"}, content_type="text/html")


def _shown_again(place: Place, item: str, error: str, message: str, *, open: bool) -> str:
    part = part_or_404(place.run_id)
    question, _points = _held(place, part, item, shown_with(place, part, item))
    alert = f'<div id="q-{item}-alert" role="alert">'
    html = _resolved(place, str(question)).replace(Markup(alert), Markup(alert + message), 1)  # noqa: S704 - our templates
    return render_template("assessments/refused.html", error=error, open=open, question=html, back=place.url(item))
