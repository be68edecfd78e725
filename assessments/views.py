"""Answering: the form's target, and the questions of a page as this learner may see them."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from markupsafe import Markup
from werkzeug.wrappers import Response

from assessments import service
from assessments.kinds.item import ResponseError
from assessments.pages import draw_one
from core.i18n import language as page_language
from core.web import Problem
from modules.presenters import Points
from modules.views import content_language, part_or_404, points_bar

bp = Blueprint("assessments", __name__)


@bp.post("/courses/<int:run_id>/<module>/<item>/answer")
@login_required
def answer(run_id: int, module: str, item: str) -> str | Response:
    """Take an answer. With htmx the question comes back as it now stands; without, the page does, at this question."""
    part = part_or_404(run_id)
    language = content_language(part)
    error, status = "", 200
    try:
        number = int(request.form.get("attempt", "1"))
        service.submit(part, module, item, language, number, request.form.to_dict(flat=False))
    except ResponseError as reason:
        error, status = _(reason.message) % reason.values, 422
    except service.StaleError:
        pass  # The first click or the other tab has counted; what it led to is shown.
    except service.ClosedError:
        error, status = _("No further answer is taken here: you have all the points, or no attempt is left."), 409
    except (LookupError, ValueError):
        abort(404)
    if error:
        return refused(run_id, module, item, error, status)
    if request.headers.get("HX-Request"):
        return answered(*draw_one(part, module, item, language))
    return redirect(question_url(run_id, module, item), 303)


def answered(question: Markup, points: Points) -> str:
    """What htmx puts in the question's place, and the points of the module beside it."""
    bar = points_bar(points.score, points.maximum, page_language())
    return f'{question}<section id="module-points" hx-swap-oob="true">{bar}</section>'


def refused(run_id: int, module: str, item: str, error: str, status: int) -> Response:
    """Say why beside the form, which keeps what was chosen and typed; without htmx on a page with the way back."""
    if not request.headers.get("HX-Request"):
        raise Problem(status, _("Your answer was not counted"), error, links=[(_("Back to the question"), question_url(run_id, module, item))])
    message = render_template("assessments/_error.html", error=error)
    return Response(message, status, {"HX-Retarget": f"#q-{item}-alert", "HX-Reswap": "innerHTML"}, content_type="text/html")


def question_url(run_id: int, module: str, item: str) -> str:
    """The address of a question on its page."""
    return url_for("modules.page", run_id=run_id, module=module, _anchor=f"q-{item}")


