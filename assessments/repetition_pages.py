"""A card's question as HTML: to be answered, and answered. Drawn anew each time, apart from the kept pieces that count."""

from dataclasses import replace
from typing import Any

from flask import render_template
from markupsafe import Markup

from assessments import cards
from assessments.cards import Known
from assessments.kinds import KINDS
from assessments.kinds.item import Response, View
from assessments.pages import State
from assessments.repeating import Answered
from core import kept

MOST_WORDS = 120


def draw_asked(known: Known, language: str, number: int, *, action: str, held: Response | None = None, error: str = "") -> Markup:
    """The question as a form, in this turn's version and order. `held`: what the form holds already. Raises LookupError."""
    item, order = cards.in_turn(known.card, cards.question(known, language))
    return _draw(KINDS[item.kind].view(item, order, held), State(number=number), known, action=action, error=error)


def draw_answered(known: Known, done: Answered, number: int) -> Markup:
    """The answer with all marks, the right answer and the explanation. Points are left out: nothing counts here."""
    view = KINDS[done.item.kind].review(done.item, done.order, done.response, done.verdict, reveal=True)
    return _draw(view, State(number=number, closed=True, verdict=replace(done.verdict, score=0, maximum=0), fresh=True), known)


def words_of(known: Known, language: str) -> str:
    """The question in a few words, or its id where it is not there."""
    if known.place is None:
        return known.card.item
    text = " ".join(Markup(cards.question(known, language).text).striptags().split())  # noqa: S704 - safe HTML of the item, and only its words are kept
    return f"{text[:MOST_WORDS].rstrip()}…" if len(text) > MOST_WORDS else text or known.card.item


def _draw(view: View, state: State, known: Known, **more: Any) -> Markup:
    html = render_template("assessments/repetition/question.html", view=replace(view, points=0), state=state, turn=known.card.turn, **more)
    return Markup(kept.fill(html))  # noqa: S704 - our template
