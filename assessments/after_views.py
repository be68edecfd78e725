"""After a model's answer: vote, do the follow-up, ask for an opinion."""

from collections.abc import Callable

from flask import Blueprint, abort, redirect, request
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from assessments import after_acts, afterwards, opinions, prompts
from assessments.kinds.item import ResponseError
from assessments.models import Attempt
from assessments.pages import draw_one
from assessments.places import Place
from assessments.service import TimeOverError
from assessments.views import answered, refused, shown_with
from courses.models import Enrolment
from modules.views import module_text

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
def ask(attempt_id: int, position: int) -> str | BaseResponse:
    """Let a model say what it thinks by one criterion. With htmx comes back how that stands."""
    attempt, enrolment = _own(attempt_id)
    try:
        opinions.ask(attempt, position)
    except LookupError:
        abort(404)
    return opinion(attempt_id, position, fresh=True) if _scripted() else redirect(_place(attempt, enrolment).url(attempt.item), 303)


@bp.get("/attempts/<int:attempt_id>/opinion/<int:position>")
@login_required
def opinion(attempt_id: int, position: int, *, fresh: bool = False) -> str | BaseResponse:
    """What the model thinks, for a page that asks every other second; nothing (204) while that is what it shows already."""
    attempt, enrolment = _own(attempt_id)
    if not _scripted():
        return redirect(_place(attempt, enrolment).url(attempt.item))
    address, shown = f"{request.script_root}/attempts/{attempt_id}", request.args.get("shown", "")
    try:
        piece = afterwards.draw_opinion(attempt, enrolment.run_id, position, address, shown=shown, fresh=fresh)
    except LookupError:
        abort(404)
    return piece or BaseResponse(status=204)


def _act(attempt_id: int, act: Callable[[Attempt, Enrolment], None]) -> str | BaseResponse:
    """Do it for one's own attempt and show the question as it then stands."""
    attempt, enrolment = _own(attempt_id)
    place = _place(attempt, enrolment)
    try:
        shown = shown_with(place, enrolment, attempt.item)
        act(attempt, enrolment)
    except ResponseError as error:
        return refused(place, attempt.item, _(error.message) % error.values, 422)
    except TimeOverError as error:
        return refused(place, attempt.item, _(error.message), 409)
    except LookupError:
        abort(404)
    if not _scripted():
        return redirect(place.url(attempt.item), 303)
    return answered(place, *draw_one(enrolment, place.module, attempt.item, module_text(enrolment, place.module), shown))


def _own(attempt_id: int) -> tuple[Attempt, Enrolment]:
    """The signed-in person's attempt; nobody learns whether a foreign one exists."""
    found = prompts.own_attempt(attempt_id, person().id)
    if found is None:
        abort(404)
    return found


def _place(attempt: Attempt, enrolment: Enrolment) -> Place:
    """The page that the learner is on: named by the address where a page in between carries it along, else by the browser."""
    if request.args.get("draw") or request.args.get("only"):
        return Place.asked(enrolment.run_id, attempt.module, request.args)
    return Place.seen(enrolment.run_id, attempt.module, request.headers.get("HX-Current-URL") or request.referrer or "")


def _scripted() -> bool:
    return "HX-Request" in request.headers
