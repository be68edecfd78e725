"""Prompt exercises: send a prompt, watch the answer come, stop it, look whether it is there."""

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import person
from assessments import prompt_live, prompts, turns
from assessments.kinds.item import ResponseError
from assessments.models import Attempt
from assessments.pages import draw_one
from assessments.places import Place
from assessments.prompt_place import Standing, standing_of
from assessments.prompts import NoTokensError, PersonalDataError
from assessments.service import ClosedError, StaleError
from assessments.tries import cause
from assessments.views import answered, refused, shown_with
from core.jobs import WorkState
from courses.models import Enrolment
from courses.service import AnyPart
from modules.views import module_text, part_or_404

bp = Blueprint("prompts", __name__)


@bp.post("/courses/<int:run_id>/<module>/<item>/try")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/try")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/try")
@login_required
def send(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> str | BaseResponse:
    """Take a prompt. With htmx the question comes back with the place in which the answer will appear."""
    part, place = part_or_404(run_id), Place(run_id, module, draw, only)
    language = module_text(part, module)
    live = "HX-Request" in request.headers
    try:
        shown_with(place, part, item)
        number = int(request.form.get("attempt", "1"))
        attempt_id = prompts.submit(part, module, item, language, number, form=request.form.to_dict(flat=False), live=live)
    except PersonalDataError as warning:
        return _confirm(place, item, warning.found)
    except ResponseError as error:
        return refused(place, item, _(error.message) % error.values, 422)
    except NoTokensError as error:
        return refused(place, item, _(error.message), 429)
    except ClosedError as error:
        return refused(place, item, _(error.message), 409)
    except StaleError:
        # The first click or the other tab has counted; what it led to is shown.
        return _question(part, place, item) if live else redirect(place.url(item), 303)
    except (LookupError, ValueError):
        abort(404)
    return _question(part, place, item) if live else redirect(url_for("prompts.look", attempt_id=attempt_id, **place.query), 303)


def _confirm(place: Place, item: str, found: tuple[str, ...]) -> Response:
    """Ask before something personal is sent. What was typed stays."""
    if "HX-Request" in request.headers:
        page = render_template("assessments/prompt_warning.html", found=found)
        return Response(page, 422, {"HX-Retarget": f"#q-{item}-alert", "HX-Reswap": "innerHTML"})
    kept = {
        name: value for name, value in request.form.items()
        if name in ("attempt", "model", "temperature") or name.startswith(("field-", "predicted-"))
    }
    page = render_template(
        "assessments/prompt_confirm.html", found=found, kept=kept, prompt=request.form.get("prompt"),
        action=request.script_root + request.path, back=place.url(item),
    )
    return Response(page, 422)


def _question(part: AnyPart, place: Place, item: str, *, fresh: bool = True) -> str:
    return answered(place, *draw_one(part, place.module, item, module_text(part, place.module), shown_with(place, part, item), fresh=fresh))


def _own(attempt_id: int) -> tuple[Attempt, Enrolment]:
    """The signed-in person's attempt; nobody learns whether a foreign one exists."""
    found = prompts.own_attempt(attempt_id, person().id)
    if found is None:
        abort(404)
    return found


def _at_work(attempt: Attempt) -> bool:
    return attempt.state in (WorkState.DUE, WorkState.RUNNING)


@bp.get("/attempts/<int:attempt_id>")
@login_required
def look(attempt_id: int) -> str | BaseResponse:
    """For browsers without scripts: a page that looks again by itself, and leads back when the answer is there."""
    attempt, enrolment = _own(attempt_id)
    place = Place.asked(enrolment.run_id, attempt.module, request.args)
    back = place.url(attempt.item)
    if not _at_work(attempt):
        return redirect(back)
    return render_template(
        "assessments/prompt_waiting.html", attempt=attempt, back=back, place=place, told=_standing(attempt), program="code" in attempt.response,
    )


@bp.get("/attempts/<int:attempt_id>/place")
@login_required
def place_in_line(attempt_id: int) -> str | tuple[str, int]:
    """How the try stands, for a page that asks every other second; nothing (204) while that is what it shows already."""
    attempt, _enrolment = _own(attempt_id)
    standing = _standing(attempt)
    if not _at_work(attempt) or standing.key == request.args.get("shown"):
        return "", 204
    return render_template("assessments/prompt_place.html", live=request.path.removesuffix("/place"), told=standing)


def _standing(attempt: Attempt) -> Standing:
    """Where the try stands now."""
    place = turns.place(cause(attempt.id)) if attempt.state == WorkState.DUE else None
    return standing_of(attempt.state == WorkState.RUNNING, place)


@bp.get("/attempts/<int:attempt_id>/stream")
@login_required
def stream(attempt_id: int) -> Response:
    """The answer as it comes, as server-sent events. The first who listens starts it; others are told to look later."""
    attempt, _enrolment = _own(attempt_id)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    events = prompt_live.watch(app, attempt_id) if attempt.state == WorkState.DUE else None
    if events is None and attempt.state == WorkState.DUE:
        prompts.hand_over(attempt_id)
    # X-Accel-Buffering: nginx would collect the pieces.
    return Response(events or [prompt_live.LATER], content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@bp.get("/attempts/<int:attempt_id>/question")
@login_required
def question(attempt_id: int) -> str | tuple[str, int]:
    """The question once the try is over; until then nothing (204), so that the page stays as it is."""
    attempt, enrolment = _own(attempt_id)
    if _at_work(attempt):
        return "", 204
    place = Place.seen(enrolment.run_id, attempt.module, request.headers.get("HX-Current-URL", ""))
    try:
        return _question(enrolment, place, attempt.item, fresh="fresh" in request.args)
    except LookupError:
        abort(404)


@bp.post("/attempts/<int:attempt_id>/stop")
@login_required
def stop(attempt_id: int) -> BaseResponse:
    """Stop the model. What has come by then is kept and checked."""
    attempt, _enrolment = _own(attempt_id)
    prompts.stop(attempt.id)
    if "HX-Request" in request.headers:
        return Response(status=204)
    place = Place.asked(0, "", request.args)
    return redirect(url_for("prompts.look", attempt_id=attempt_id, **place.query), 303)
