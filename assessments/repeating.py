"""Use cases of repeating: answer a card, say how well it went, let it rest. Nothing here is an attempt, a point or a score.

Each act names the turn that its form was for, so that a second click or another tab counts nothing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import null, select, true, update

from assessments import cards, items
from assessments.card_models import Card
from assessments.cards import Known
from assessments.grading import Verdict
from assessments.kinds import KINDS
from assessments.kinds.item import Form, Item, Response
from assessments.repetition import RATINGS, Memory, Rating, after, proposed
from assessments.revealing import Revealing
from core import db


@dataclass(frozen=True)
class Answered:
    """An answer that is not rated yet: the question in the text and version that was answered, and what came of it."""

    item: Item
    order: int
    response: Response
    verdict: Verdict
    choices: Mapping[Rating, Memory]   # when the question comes again, by each rating

    @property
    def proposed(self) -> Rating:
        """The rating that the result speaks for."""
        return proposed(self.verdict.state)


def answer(known: Known, language: str, turn: int, form: Form) -> None:
    """Take an answer, for this turn only and once. Raises LookupError (no question now) and ResponseError (wrong shape)."""
    card, place = known.card, known.place
    item, _order = cards.in_turn(card, cards.question(known, language))
    assert place is not None
    if known.rests:
        raise LookupError(card.item)
    response = KINDS[item.kind].read(item, form)
    edition_id = Revealing(place.part).edition_of(place.module, card.item)
    given = {"edition": edition_id, "module": place.module, "language": item.language, "response": response}
    _change(card, turn, Card.answer.is_(None), {"answer": given, "answered_at": db.now()})


def answered(card: Card) -> Answered | None:
    """What was answered in this turn; None where nothing is, or where its text is not there any more."""
    given = card.answer
    if given is None or card.answered_at is None:
        return None
    try:
        item, order = cards.in_turn(card, items.item_in(given["edition"], given["module"], card.item, given["language"]))
    except LookupError:
        return None
    response = given["response"]
    choices = {rating: after(_memory(card), rating, card.answered_at) for rating in RATINGS}
    return Answered(item, order, response, KINDS[item.kind].grade(item, response), choices)


def rate(card: Card, turn: int, rating: Rating) -> datetime | None:
    """Say how well it went; gives when the question comes again, and None where that was said before."""
    if card.answered_at is None or card.turn != turn:
        return None
    memory = after(_memory(card), rating, card.answered_at)
    changed = _change(card, turn, Card.answer.is_not(None), {
        "answer": null(), "turn": turn + 1, "due_at": memory.due, "seen_at": memory.seen, "stability": memory.stability, "difficulty": memory.difficulty,
    })
    return memory.due if changed else None


def forget_answer(card: Card) -> None:
    """Ask anew: the text of the answer that waits for a rating is gone."""
    _change(card, card.turn, Card.answer.is_not(None), {"answer": null(), "turn": card.turn + 1})


def rest(card: Card) -> None:
    """Let a question rest: it does not come again until the learner wants it."""
    _change(card, card.turn, Card.rests_at.is_(None), {"rests_at": db.now(), "answer": null()})


def resume(known: Known) -> None:
    """Let it come again. Where the right answer is another one by now, the memory of it begins anew."""
    card, place = known.card, known.place
    if place is None:
        return
    key = cards.fingerprint(cards.question(known, place.language))
    fresh: dict[str, Any] = {} if key == card.key else {
        "key": key, "due_at": db.now(), "seen_at": None, "stability": None, "difficulty": None, "answer": null(), "turn": card.turn + 1,
    }
    _change(card, card.turn, true(), {"rests_at": None, **fresh})


def _memory(card: Card) -> Memory:
    return Memory(card.due_at, card.seen_at, card.stability, card.difficulty)


def _change(card: Card, turn: int, condition: Any, values: Mapping[str, Any]) -> bool:
    with db.transaction():
        return db.changed(
            update(Card).where(Card.id == card.id, Card.turn == turn, condition).values(dict(values)).execution_options(synchronize_session=False)
        ) == 1


# --- Joined accounts -------------------------------------------------------------------------------------------------------

def follow_join(sender: str, *, kept: int, vanishing: int) -> None:
    """Receiver of `joined`: one person's cards are the other's now. Of two cards for a question the one that was repeated more often stays."""
    mine = {(card.course_id, card.item): card for card in db.session.scalars(select(Card).where(Card.person_id == kept))}
    for theirs in db.session.scalars(select(Card).where(Card.person_id == vanishing)).all():
        own = mine.get((theirs.course_id, theirs.item))
        if own is None:
            theirs.person_id = kept
            continue
        less, more = sorted((own, theirs), key=lambda card: card.turn)
        db.session.delete(less)
        db.session.flush()
        more.person_id = kept
    db.session.flush()
