"""After a model's answer: vote, do the follow-up, ask for an opinion."""

from collections.abc import Callable

from flask import Blueprint, abort, redirect, request
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from assessments import after_acts, prompts
from assessments.after_acts import NoJudgeError
from assessments.kinds.item import ResponseError
from assessments.models import Attempt
from assessments.pages import draw_one
from assessments.places import Place
from assessments.views import answered, refused, shown_with
from courses.models import Enrolment
from gateway.faults import GatewayError
from modules.views import content_language

bp = Blueprint("after", __name__)


@bp.post("/attempts/<int:attempt_id>/vote")
@login_required
def vote(attempt_id: int) -> str | BaseResponse:
    """Which of the answers is best; then the names are shown."""
    return _act(attempt_id, lambda attempt, _part: after_acts.vote(attempt, request.form.to_dict(flat=False)))


@bp.post("/attempts/<int:attempt_id>/follow")
@login_required
def follow(attempt_id: int) -> str | BaseResponse:
    """What the learner made of the answers."""
    return _act(attempt_id, lambda attempt, part: after_acts.follow(attempt, part, request.form.to_dict(flat=False)))


@bp.post("/attempts/<int:attempt_id>/opinion/<int:position>")
@login_required
def opinion(attempt_id: int, position: int) -> str | BaseResponse:
    """What a model would say by one criterion."""
    return _act(attempt_id, lambda attempt, part: after_acts.judge(attempt, part, position))


def _act(attempt_id: int, act: Callable[[Attempt, Enrolment], None]) -> str | BaseResponse:
    """Do it for one's own attempt and show the question as it then stands."""
    found = prompts.own_attempt(attempt_id, person().id)
    if found is None:
        abort(404)
    attempt, enrolment = found
    place = Place.seen(enrolment.run_id, attempt.module, request.headers.get("HX-Current-URL") or request.referrer or "")
    try:
        act(attempt, enrolment)
    except ResponseError as error:
        return refused(place, attempt.item, _(error.message) % error.values, 422)
    except NoJudgeError:
        return refused(place, attempt.item, _("No model is there just now that could say what it thinks."), 409)
    except GatewayError as error:
        return refused(place, attempt.item, _(error.message), 503)
    except LookupError:
        abort(404)
    if "HX-Request" not in request.headers:
        return redirect(place.url(attempt.item), 303)
    language = content_language(enrolment)
    return answered(place, *draw_one(enrolment, place.module, attempt.item, language, shown_with(place, enrolment, attempt.item)))
