"""Views into a model: one question to it, and a piece of the page that shows what it said."""

import json

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import each_person
from assessments import looks
from assessments.kinds.item import ResponseError
from assessments.places import Place
from assessments.prompt_place import standing_of
from assessments.prompts import PersonalDataError
from assessments.views import refused, shown_with
from core.web import limiter
from gateway.faults import GatewayError
from modules.views import module_text, part_or_404

bp = Blueprint("looks", __name__)


@bp.post("/courses/<int:run_id>/<module>/<item>/look")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/look")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/look")
@limiter.limit("90 per minute", key_func=each_person)
@login_required
def look(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> str | BaseResponse:
    """Ask the model. With htmx a piece of the page comes back, else a page with the way back."""
    part, place = part_or_404(run_id), Place(run_id, module, draw, only)
    action = request.script_root + request.path
    try:
        shown_with(place, part, item)
        asked = looks.look_item(part.edition_id, module, item, module_text(part, module))
        found = looks.look(part, asked, request.form.to_dict(flat=False))
        piece = render_template("assessments/looks/found.html", template=found.template, explanation=asked.explanation, id=f"q-{item}", action=action, **found.values)
    except ResponseError as error:
        return refused(place, item, _(error.message) % error.values, 422)
    except PersonalDataError as warning:
        sorts = ", ".join(_(sort) for sort in warning.found)
        return refused(place, item, _("This looks like personal data (%(sorts)s). Please leave it out here.", sorts=sorts), 422)
    except looks.MissingError as error:
        return refused(place, item, _(str(error)) + " " + _("What was recorded is shown."), 409)
    except GatewayError as error:
        return refused(place, item, _(error.message), 503)
    except looks.WaitingError as error:
        values = json.dumps({name: value for name, value in request.form.items() if name != "attempt"})
        piece = render_template("assessments/looks/waiting.html", standing=standing_of(running=False, place=error.place), action=action, values=values)
    except LookupError:
        abort(404)
    if "HX-Request" in request.headers:
        return piece
    return Response(render_template("assessments/looked.html", found=piece, back=place.url(item), action=action))
