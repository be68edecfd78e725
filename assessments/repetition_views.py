"""Repeating: one question after the other, how well it went, and the list of all cards."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_login import login_required
from markupsafe import Markup
from werkzeug.wrappers import Response

from accounts.signin import person
from assessments import cards, collecting, repeating
from assessments.cards import Known, Today
from assessments.kinds import KINDS
from assessments.kinds.item import Form, ResponseError
from assessments.places import Place
from assessments.refilling import refilled
from assessments.repetition import MOST_A_DAY, Memory, Rating, days_until
from assessments.repetition_pages import draw_answered, draw_asked, words_of
from core import db
from core.i18n import N_, language
from core.typed import whole
from courses.service import AnyPart
from courses.tools import Tool
from modules.service import parsed
from modules.views import content_language, module_text, part_or_404

bp = Blueprint("repetition", __name__)
NAMES = {Rating.Again: N_("Again"), Rating.Hard: N_("Hard"), Rating.Good: N_("Good"), Rating.Easy: N_("Easy")}
EVERYWHERE = "all"


class _Scope(NamedTuple):
    """What is repeated: one course, or all of them. A question's page is always in its own run, for the links in its text."""

    run_id: int | None                 # where the learner came from; None on the page of all courses
    course_id: int | None              # None: all courses

    @property
    def query(self) -> dict[str, Any]:
        """What addresses carry along."""
        return {EVERYWHERE: "1"} if self.course_id is None else {}

    def today(self) -> Today:
        """What is due in it."""
        return cards.today(person().id, self.course_id)


def _scope(run_id: int) -> _Scope:
    part = part_or_404(run_id)
    return _Scope(run_id, None if EVERYWHERE in request.args else collecting.course_of(part))


# --- One question after the other ------------------------------------------------------------------------------------------

@bp.get("/repetition")
@login_required
def everywhere() -> str | Response:
    """All courses: the next question, or that nothing is due."""
    collecting.collect(person().id)
    scope = _Scope(None, None)
    return _next(scope, scope.today())


@bp.get("/courses/<int:run_id>/repetition")
@login_required
def page(run_id: int) -> str | Response:
    """One course likewise; with `all` the question of whichever course is due first, in the run to which it belongs."""
    scope = _scope(run_id)
    collecting.collect(person().id)
    return _next(scope, scope.today())


def _next(scope: _Scope, today: Today) -> str | Response:
    if not today.cards:
        return _end(scope, today)
    known = today.cards[0]
    run_id = _part(known).run_id
    if run_id != scope.run_id:
        return redirect(url_for("repetition.page", run_id=run_id, **scope.query))
    done = repeating.answered(known.card)
    if known.card.answer is not None and done is None:
        repeating.forget_answer(known.card)
        return redirect(url_for("repetition.page", run_id=run_id, **scope.query))
    question = draw_answered(known, done, today.number) if done else draw_asked(known, _language(known), today.number, action=_action(known, scope, "answer"))
    rating = {"names": NAMES, "days": {choice: days_until(memory, db.now()) for choice, memory in done.choices.items()}, "proposed": done.proposed} if done else None
    return _page(known, scope, today, question, rating=rating)


def _page(known: Known, scope: _Scope, today: Today, question: Markup, *, error: str = "", rating: Mapping[str, Any] | None = None) -> str:
    return render_template(
        "assessments/repetition/page.html", known=known, run_id=_part(known).run_id, everywhere=scope.course_id is None, today=today, question=question,
        error=error, rating=rating, rate=_action(known, scope, "rate"), rest=_action(known, scope, "rest"), written_in=_language(known), course=_title(known),
    )


def _end(scope: _Scope, today: Today) -> str:
    part = part_or_404(scope.run_id) if scope.run_id is not None and scope.course_id is not None else None
    return render_template(
        "assessments/repetition/end.html", run_id=part and part.run_id, course=part and parsed(part.edition_id).course.titled(content_language(part)), today=today, most=MOST_A_DAY,
        next_day=cards.next_day(person().id, scope.course_id), any=cards.has_any(person().id), others=len(collecting.others(part)) if part else 0,
    )


@bp.post("/courses/<int:run_id>/repetition/<int:card>/answer")
@login_required
def answer(run_id: int, card: int) -> str | Response | tuple[str, int]:
    """Take an answer; then the question stands there with its result."""
    scope, known = _scope(run_id), _own(card)
    form = request.form.to_dict(flat=False)
    try:
        item = cards.question(known, _language(known))
        kind = KINDS[item.kind]
        if kind.steps and kind.steps in form:
            return _again(known, scope, form)
        repeating.answer(known, _language(known), _turn(), form)
    except ResponseError as reason:
        return _again(known, scope, form, _(reason.message) % reason.values), 422
    except LookupError:
        flash(_("This question rests now."), "info")
    return redirect(url_for("repetition.page", run_id=run_id, **scope.query), 303)


def _again(known: Known, scope: _Scope, form: Form, error: str = "") -> str:
    """The form with what it held: after one of its own buttons, or because it is no answer yet."""
    item, _order = cards.in_turn(known.card, cards.question(known, _language(known)))
    today = scope.today()
    held = KINDS[item.kind].held(item, form)
    html = draw_asked(known, _language(known), today.number, action=_action(known, scope, "answer"), held=held, error=error)
    return _page(known, scope, today, Markup(refilled(str(html), form)), error=error)  # noqa: S704 - our template


@bp.post("/courses/<int:run_id>/repetition/<int:card>/rate")
@login_required
def rate(run_id: int, card: int) -> Response:
    """Take the learner's say, tell when the question comes again, and go on."""
    scope, known, said = _scope(run_id), _own(card), request.form.get("rating", "")
    if said not in {str(rating.value) for rating in Rating}:
        abort(404)
    due = repeating.rate(known.card, _turn(), Rating(int(said)))
    if due is not None:
        days = days_until(Memory(due), db.now())
        flash(ngettext("This question comes again in %(num)s day, on %(day)s.", "This question comes again in %(num)s days, on %(day)s.", days, day=format_date(due)), "success")
    return redirect(url_for("repetition.page", run_id=run_id, **scope.query), 303)


@bp.post("/courses/<int:run_id>/repetition/<int:card>/rest")
@login_required
def rest(run_id: int, card: int) -> Response:
    """Let the question rest, and go on."""
    scope = _scope(run_id)
    repeating.rest(_own(card).card)
    flash(_("This question rests now. You find it in the list of your questions."), "success")
    return redirect(url_for("repetition.page", run_id=run_id, **scope.query), 303)


# --- Adding ----------------------------------------------------------------------------------------------------------------

@bp.post("/courses/<int:run_id>/<module>/<item>/repeat")
@bp.post("/courses/<int:run_id>/quiz/<int:draw>/<module>/<item>/repeat")
@bp.post("/courses/<int:run_id>/exercise/<only>/<module>/<item>/repeat")
@login_required
def add(run_id: int, module: str, item: str, draw: int | None = None, only: str | None = None) -> Response:
    """Repeat a question that one has answered, though it was right."""
    try:
        card = collecting.add(part_or_404(run_id), module, item)
    except LookupError:
        abort(404)
    flash(_("You will repeat this question. It comes again on %(day)s.", day=format_date(max(card.due_at, db.now()))), "success")
    return redirect(Place(run_id, module, draw, only).url(item), 303)


@bp.post("/courses/<int:run_id>/repetition/more")
@login_required
def more(run_id: int) -> Response:
    """Repeat further questions of the pools from which one's own were drawn."""
    part = part_or_404(run_id)
    collecting.add_others(part)
    return redirect(url_for("repetition.page", run_id=run_id), 303)


# --- The list --------------------------------------------------------------------------------------------------------------

@bp.get("/repetition/questions")
@login_required
def questions() -> str:
    """All one's cards: when each comes again, and which rest."""
    collecting.collect(person().id)
    listed = [(known, words_of(known, _language(known)), _title(known)) for known in cards.of_person(person().id)]
    return render_template(
        "assessments/repetition/questions.html", coming=[each for each in listed if not each[0].rests], resting=[each for each in listed if each[0].rests],
        now=db.now(),
    )


@bp.get("/repetition/questions.json")
@login_required
def export() -> Response:
    """All that is stored about one's cards, to take along."""
    found = [_row(known) for known in cards.of_person(person().id)]
    headers = {"Content-Disposition": 'attachment; filename="repetition.json"', "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(json.dumps(found, ensure_ascii=False, indent=2), content_type="application/json", headers=headers)


def _row(known: Known) -> dict[str, Any]:
    card = known.card
    moments = {name: moment and moment.isoformat() for name, moment in (
        ("added_at", card.added_at), ("due_at", card.due_at), ("seen_at", card.seen_at), ("answered_at", card.answered_at), ("rests_at", card.rests_at),
    )}
    return {
        "course": known.course.slug, "question": card.item, "origin": card.origin, **moments, "stability": card.stability, "difficulty": card.difficulty,
        "repetitions": card.turn - 1, "unrated_answer": card.answer and card.answer["response"],
    }


@bp.post("/repetition/questions/<int:card>/<any(rest,resume):act>")
@login_required
def change(card: int, act: str) -> Response:
    """Let a question rest, or come again."""
    known = _own(card)
    if act == "rest":
        repeating.rest(known.card)
    else:
        repeating.resume(known)
    return redirect(url_for("repetition.questions", _anchor=f"card-{card}"), 303)


# --- Ways to it --------------------------------------------------------------------------------------------------------------

def tools(part: AnyPart) -> list[Tool]:
    """The way to repeating, on the course page of those who learn, with the number that is due today."""
    collecting.collect(part.person_id)
    due = len(cards.today(part.person_id, collecting.course_of(part)).cards)
    return [Tool(_label(due), url_for("repetition.page", run_id=part.run_id), "repeat")]


def tools_of(person_id: int) -> list[Tool]:
    """The same for all courses, on the page of those who have something to repeat."""
    collecting.collect(person_id)
    if not cards.has_any(person_id):
        return []
    return [Tool(_label(len(cards.today(person_id).cards)), url_for("repetition.everywhere"), "repeat")]


def _label(due: int) -> str:
    return str(ngettext("Repeat: %(num)s question today", "Repeat: %(num)s questions today", due) if due else _("Repeat questions"))


# --- Pieces ------------------------------------------------------------------------------------------------------------------

def _own(card_id: int) -> Known:
    try:
        return cards.one(person().id, card_id)
    except LookupError:
        abort(404)


def _part(known: Known) -> AnyPart:
    assert known.place is not None
    return known.place.part


def _language(known: Known) -> str:
    return str(module_text(known.place.part, known.place.module)) if known.place else ""


def _title(known: Known) -> str:
    titles = known.course.title
    return str(titles.get(content_language(known.place.part) if known.place else language()) or next(iter(titles.values())))


def _action(known: Known, scope: _Scope, act: str) -> str:
    return url_for(f"repetition.{act}", run_id=_part(known).run_id, card=known.card.id, **scope.query)


def _turn() -> int:
    return whole(request.form.get("turn", ""), 8) or 0
