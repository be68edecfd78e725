"""Keeps what is typed and chosen in a question's form before it is sent: for the next visit, on whichever device."""

from flask import Blueprint, abort, request
from flask_login import login_required

from accounts.signin import each_person
from assessments import drafts, items
from assessments.places import Place
from assessments.views import shown_with
from core.typed import whole
from core.web import limiter
from modules.views import module_text, part_or_404

bp = Blueprint("drafts", __name__)
OFTEN = "120 per minute"


@bp.post("/courses/<int:run_id>/<module>/<item>/typed")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/typed")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/typed")
@login_required
@limiter.limit(OFTEN, key_func=each_person)
def keep(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> tuple[str, int]:
    """Keep a form as it is now. Nothing is graded, and nothing counts."""
    part = part_or_404(run_id)
    number = whole(request.form.get("attempt", ""), 5)
    if number is None:
        abort(404)
    try:
        shown_with(Place(run_id, module, draw, only), part, item)
        asked = items.item(part.edition_id, module, item, module_text(part, module))
        if drafts.keeps(asked):
            drafts.keep(part, module, asked, number, request.form.to_dict(flat=False))
    except LookupError:
        abort(404)
    except drafts.TooMuchError:
        return "", 413
    return "", 204
