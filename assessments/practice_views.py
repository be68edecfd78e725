"""Practice: a module's questions once more, outside of everything that counts."""

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from accounts.signin import each_person
from assessments import practice
from assessments.grading import Verdict
from assessments.kinds import KINDS
from assessments.kinds.item import Form, Item, ResponseError, variant
from assessments.pages import State
from assessments.refilling import refilled
from core.typed import whole
from core.web import limiter
from courses.service import AnyPart
from modules.service import parsed
from modules.views import module_text, part_or_404

bp = Blueprint("practice", __name__)
OFTEN = "120 per minute"


@bp.get("/courses/<int:run_id>/practice/<module>")
@login_required
def begin(run_id: int, module: str) -> BaseResponse:
    """Draw anew."""
    part_or_404(run_id)
    return redirect(url_for(".questions", run_id=run_id, seed=practice.new_seed(), module=module), 303)


@bp.get("/courses/<int:run_id>/practice/<int:seed>/<module>")
@login_required
def questions(run_id: int, seed: int, module: str) -> str:
    """The questions of a draw that may be practised now."""
    part = part_or_404(run_id)
    language = module_text(part, module)
    try:
        found = practice.draw(part, module, language, seed)
    except LookupError:
        abort(404)
    drawn = [_drawn(item, module, seed, number) for number, item in enumerate(found.questions, 1)]
    return render_template("assessments/practice.html", questions=drawn, held_back=found.held_back, **_frame(part, module, language))


@bp.post("/courses/<int:run_id>/practice/<int:seed>/<module>/<item>/answer")
@login_required
@limiter.limit(OFTEN, key_func=each_person)
def answer(run_id: int, seed: int, module: str, item: str) -> str | BaseResponse:
    """Say at once what an answer is worth, and what is right. With htmx in the question's place, else on a page of its own."""
    part = part_or_404(run_id)
    language, form = module_text(part, module), request.form.to_dict(flat=False)
    try:
        asked = practice.question(part, module, item, language, seed)
    except LookupError:
        abort(404)
    number = whole(request.form.get("number", ""), 4)
    number = 1 if number is None else number
    if KINDS[asked.kind].steps in form and KINDS[asked.kind].steps:
        return _shown(part, module, language, seed, _drawn(asked, module, seed, number, held=form))
    try:
        response, verdict = practice.answer(asked, form)
    except ResponseError as error:
        return _refused(part, module, language, seed, asked, number, _(error.message) % error.values, form)
    return _shown(part, module, language, seed, _drawn(asked, module, seed, number, given=response, verdict=verdict))


def _drawn(
    item: Item, module: str, seed: int, number: int, *, given: dict[str, Any] | None = None, verdict: Verdict | None = None, held: Form | None = None,
) -> str:
    """A question as HTML: to answer, or answered with all that there is to tell."""
    kind, order = KINDS[item.kind], variant(item, f"practice {seed}")
    if verdict is not None and given is not None:
        view = kind.review(item, order, given, verdict, reveal=True)
    else:
        view = kind.view(item, order, kind.held(item, held) if held else None)
    state = State(number=number, closed=verdict is not None, verdict=verdict, fresh=verdict is not None)
    return render_template(
        "assessments/question.html", view=view, state=state, action=f"{module}/{item.id}/answer", tokens=None, sandbox="", looks=False, practice=True,
    )


def _shown(part: AnyPart, module: str, language: str, seed: int, question: str, error: str = "", status: int = 200) -> str | Response:
    if request.headers.get("HX-Request"):
        return question
    back = url_for(".questions", run_id=part.run_id, seed=seed, module=module)
    html = refilled(question, {}, lambda address: f"{back.removesuffix(module)}{address}") if not error else question
    page = render_template("assessments/practised.html", question=Markup(html), error=error, back=back, **_frame(part, module, language))  # noqa: S704 - our template
    return Response(page, status)


def _refused(part: AnyPart, module: str, language: str, seed: int, item: Item, number: int, error: str, form: Form) -> str | Response:
    if request.headers.get("HX-Request"):
        message = render_template("assessments/_error.html", error=error)
        return Response(message, 422, {"HX-Retarget": f"#q-{item.id}-alert", "HX-Reswap": "innerHTML"})
    back = url_for(".questions", run_id=part.run_id, seed=seed, module=module).removesuffix(module)
    question = refilled(_drawn(item, module, seed, number, held=form), form, lambda address: f"{back}{address}")
    return _shown(part, module, language, seed, question, error, 422)


def _frame(part: AnyPart, module: str, language: str) -> dict[str, Any]:
    edition = parsed(part.edition_id)
    return {"run_id": part.run_id, "module": module, "edition": edition, "chosen": language, "source": edition.module(module, language)}
