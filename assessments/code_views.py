"""Python exercises: try a program out and watch what it prints, hand it in, keep what was typed."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import each_person
from assessments import code, code_live, drafts
from assessments.code import Trial, Turn
from assessments.kinds.item import ResponseError
from assessments.kinds.python import PythonItem
from assessments.pages import draw_one
from assessments.places import Place
from assessments.prompt_place import Standing, standing_of
from assessments.service import ClosedError, StaleError
from assessments.views import answered, refused, shown_with
from core.web import limiter
from courses.service import Part
from exercises.program_check import SandboxError
from exercises.sandbox.explain import explain
from gateway.service import Asker
from modules.views import module_text, part_or_404

bp = Blueprint("code", __name__)
MOST_FIELD = 30_000
OFTEN = "120 per minute"       # A page that waits for a place asks again up to twice a second.


@bp.post("/courses/<int:run_id>/<module>/<item>/code")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/code")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/code")
@login_required
@limiter.limit(OFTEN, key_func=each_person)
def send(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> str | BaseResponse:
    """Take a program: tried out without being graded, or handed in. Which of both, the pressed button says."""
    part, place = part_or_404(run_id), Place(run_id, module, draw, only)
    language, live = module_text(part, module), "HX-Request" in request.headers
    try:
        shown = shown_with(place, part, item)
        if request.form.get("do") == "run":
            return _tried_page(part, place, item)
        number = int(request.form.get("attempt", "1"))
        attempt_id = code.submit(part, module, item, language, number, form=request.form.to_dict(flat=False), live=live)
    except ResponseError as error:
        return refused(place, item, _(error.message) % error.values, 422)
    except ClosedError as error:
        return refused(place, item, _(error.message), 409)
    except StaleError:
        pass  # The first click or the other tab has counted; what it led to is shown.
    except (LookupError, ValueError):
        abort(404)
    else:
        if not live:
            return redirect(url_for("prompts.look", attempt_id=attempt_id, **place.query), 303)
    if live:
        return answered(place, *draw_one(part, module, item, language, shown))
    return redirect(place.url(item), 303)


def _tried_page(part: Part, place: Place, item_id: str) -> BaseResponse:
    """For browsers without scripts: the program runs while the page is waited for. What was typed stays in the form."""
    item = code.python_item(part.edition_id, place.module, item_id, module_text(part, place.module))
    program, stdin = code.read_trial(item, request.form.to_dict(flat=False))
    trial, problem = None, ""
    with code_live.a_place(part.person_id) as watched:
        turn = code.take_turn(_asker(part), item, program) if watched else None
        if watched is None or turn is None or not turn.place.turn:
            problem = f"{_waiting(turn)} {_('Please press “Run” again in a moment.')}"
        else:
            try:
                trial = code.try_out(turn, item, program, stdin, on_output=None, is_gone=watched.is_gone, said=_)
            except SandboxError as error:
                problem = _(str(error))
    page = render_template(
        "assessments/code_tried.html", item=item, code=program, stdin=stdin, back=place.url(item_id), action=request.script_root + request.path,
        attempt=request.form.get("attempt", "1"), outcome=outcome(trial, item) if trial else "", printed=trial.result.output if trial else (),
        problem=problem,
    )
    return Response(page, 503 if problem else 200)


@bp.post("/courses/<int:run_id>/<module>/<item>/run")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/run")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/run")
@login_required
@limiter.limit(OFTEN, key_func=each_person)
def run(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> BaseResponse:
    """Try a program out. The answer is a line of JSON for each piece of output, and a last one with the page's piece of HTML.

    202 with words: others come first, ask again.
    """
    part = part_or_404(run_id)
    try:
        shown_with(Place(run_id, module, draw, only), part, item)
        found = code.python_item(part.edition_id, module, item, module_text(part, module))
        program, stdin = code.read_trial(found, request.form.to_dict(flat=False))
    except ResponseError as error:
        return jsonify(error=_(error.message) % error.values), 422  # type: ignore[return-value]
    except LookupError:
        abort(404)

    watched = code_live.begin(part.person_id)
    if watched is None:
        return jsonify(wait=_waiting(None)), 202  # type: ignore[return-value]
    try:
        turn = code.take_turn(_asker(part), found, program)
    except BaseException:
        watched.close()
        raise
    if not turn.place.turn:
        watched.close()
        return jsonify(wait=_waiting(turn)), 202  # type: ignore[return-value]

    def work(watched: code_live.Watched) -> str:
        return outcome(code.try_out(turn, found, program, stdin, on_output=watched.printed, is_gone=watched.is_gone, said=_), found)

    lines = code_live.watch(watched, part.organisation_id, work)
    return Response(lines, content_type="application/x-ndjson", headers={"X-Accel-Buffering": "no"})


def _waiting(turn: Turn | None) -> str:
    if turn is None:
        return str(_("Many programs are running just now. Yours is next in a moment."))
    standing: Standing = standing_of(running=False, place=turn.place)
    return " ".join(filter(None, (str(_("Your program waits for the model.")), standing.words, standing.seconds)))


def outcome(trial: Trial, item: PythonItem) -> str:
    """What came of a trial, as a piece of the page."""
    words = explain(trial.result, item.program.limits)
    return render_template(
        "assessments/code_outcome.html", result=trial.result, words=words, tests=[test.as_dict() for test in trial.tests], id=f"q-{item.id}",
        share=round(100 * trial.result.used.fuel / item.program.limits.fuel, 1),
    )


def _asker(part: Part) -> Asker:
    return Asker(part.person_id, part.run_id, f"trial {part.person_id}", "code")


@bp.get("/courses/<int:run_id>/<module>/<item>/draft")
@bp.get("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/draft")
@bp.get("/courses/<int:run_id>/exercise/<only>/<module>/<item>/draft")
@login_required
def draft(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> BaseResponse:
    """What was typed last, on whichever device."""
    part = part_or_404(run_id)
    _known(part, Place(run_id, module, draw, only), item)
    found = drafts.saved(part, module, item)
    return jsonify(fields=found.fields if found else {}, version=found.version if found else 0)


@bp.post("/courses/<int:run_id>/<module>/<item>/draft")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/draft")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/draft")
@login_required
def save(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> Any:
    """Keep what was typed. 409 with what stands there when another tab or device was later."""
    part = part_or_404(run_id)
    _known(part, Place(run_id, module, draw, only), item)
    fields = {name: value for name, value in request.form.items() if name in ("code", "stdin")}
    version = request.form.get("version", "0")
    if not (version.isascii() and version.isdigit() and len(version) < 9) or any(len(value) > MOST_FIELD for value in fields.values()):
        return jsonify(error=_("This cannot be kept: it is too long.")), 422
    try:
        return jsonify(version=drafts.save(part, module, item, fields, int(version)))
    except drafts.OlderError as error:
        return jsonify(fields=error.saved.fields, version=error.saved.version), 409


def _known(part: Part, place: Place, item: str) -> None:
    try:
        shown_with(place, part, item)
        code.python_item(part.edition_id, place.module, item, module_text(part, place.module))
    except LookupError:
        abort(404)
