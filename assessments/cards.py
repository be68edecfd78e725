"""Whose card asks what now: the question behind a card as it stands today, what is due, and why a card rests."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import func, select

from assessments import items
from assessments.card_models import Card
from assessments.kinds import KINDS
from assessments.kinds.item import Item, variant, version, versioned
from assessments.repetition import MOST_A_DAY
from assessments.revealing import Revealing
from core import db
from core.days import day_of, zone
from core.i18n import N_
from core.once import once_each
from courses import service as courses
from courses.models import Course
from courses.service import AnyPart
from modules.service import parsed

RESTS = N_("You let it rest.")
GONE = N_("The question is not in the course any more, or its answer may not be shown now.")
CHANGED = N_("The right answer has changed.")


@dataclass(frozen=True)
class Place:
    """Where a card's question stands now for its learner. `language` is the edition's first."""

    part: AnyPart
    module: str
    language: str


@dataclass(frozen=True)
class Known:
    """A card with its course, the question's place (None: there is none now), and why it rests, as a message id (or empty)."""

    card: Card
    course: Course
    place: Place | None
    rests: str


@dataclass(frozen=True)
class Today:
    """The cards to answer now in their order, how many more are due that come on another day, and how many were answered today."""

    cards: tuple[Known, ...]
    later: int
    done: int

    @property
    def number(self) -> int:
        """Which question of the day comes now, from 1."""
        return self.done + 1


# --- Questions -----------------------------------------------------------------------------------------------------------

def first_language(edition_id: int) -> str:
    """The language by which a question is looked up where its words do not matter."""
    return parsed(edition_id).languages[0]


@once_each(items.EDITIONS_KEPT)
def modules_by_item(edition_id: int) -> dict[str, str]:
    """In which module each question of an edition stands; of several (pools) the first."""
    found: dict[str, str] = {}
    for module, worth in items.points(edition_id).items():
        for item in worth:
            found.setdefault(item, module)
    return found


def fingerprint(item: Item) -> str:
    """What is right, in a few letters: the same in every language and after a change of words alone."""
    kind = KINDS[item.kind]
    key = [item.kind, *(kind.structure(each) for each in item.versions or (item,))]
    return hashlib.blake2s(json.dumps(key, ensure_ascii=False, default=str).encode(), digest_size=8).hexdigest()


# --- A card's question ---------------------------------------------------------------------------------------------------

def of_person(person_id: int) -> list[Known]:
    """All cards of somebody, the next one first."""
    return _known(person_id, db.session.scalars(_cards(person_id)).all())


def one(person_id: int, card_id: int) -> Known:
    """A card of one's own. Raises LookupError."""
    found = _known(person_id, db.session.scalars(_cards(person_id).where(Card.id == card_id)).all())
    if not found:
        raise LookupError(card_id)
    return found[0]


def question(known: Known, language: str) -> Item:
    """The card's question in a language. Raises LookupError when it has no place now."""
    if known.place is None:
        raise LookupError(known.card.item)
    return Revealing(known.place.part).text(known.place.module, known.card.item, language)


def in_turn(card: Card, item: Item) -> tuple[Item, int]:
    """The version of a question in this turn, and the order of its options: other ones each time, and the same on every page."""
    seed = f"card {card.id} {card.turn}"
    return versioned(item, version(item, seed)), variant(item, seed)


def _cards(person_id: int) -> Any:
    return select(Card).where(Card.person_id == person_id).order_by(Card.due_at, Card.id).execution_options(populate_existing=True)


def _known(person_id: int, found: Sequence[Card]) -> list[Known]:
    if not found:
        return []
    parts: dict[int, list[Revealing]] = {}
    about: dict[int, Course] = {}
    for part, _run, course in courses.enrolments(person_id):  # The newest first.
        parts.setdefault(course.id, []).append(Revealing(part))
        about[course.id] = course
    return [_one(card, about, parts) for card in found if card.course_id in about]


def _one(card: Card, about: Mapping[int, Course], parts: Mapping[int, Sequence[Revealing]]) -> Known:
    for rules in parts[card.course_id]:
        part = rules.part
        module = modules_by_item(part.edition_id).get(card.item)
        if module is None:
            continue
        language = first_language(part.edition_id)
        item = rules.text(module, card.item, language)
        if rules.may_show(module, item):
            rests = RESTS if card.rests_at else CHANGED if fingerprint(item) != card.key else ""
            return Known(card, about[card.course_id], Place(part, module, language), rests)
    return Known(card, about[card.course_id], None, RESTS if card.rests_at else GONE)


# --- Today ---------------------------------------------------------------------------------------------------------------

def has_any(person_id: int) -> bool:
    """Whether somebody has cards at all."""
    return db.session.scalar(select(Card.id).where(Card.person_id == person_id).limit(1)) is not None


def today(person_id: int, course_id: int | None = None, at: datetime | None = None) -> Today:
    """What somebody has to repeat today, in all courses or in one. What is answered and not rated yet comes first."""
    at = at or db.now()
    begin, end = _bounds(at)
    cards = _cards(person_id).where(Card.rests_at.is_(None), Card.due_at < end)
    due = db.session.scalars(cards if course_id is None else cards.where(Card.course_id == course_id)).all()
    ready = [known for known in _known(person_id, due) if not known.rests]
    done = db.session.scalar(
        select(func.count()).select_from(Card).where(Card.person_id == person_id, Card.answered_at >= begin, Card.answer.is_(None))
    ) or 0
    unrated = [known for known in ready if known.card.answer is not None]
    rest = [known for known in ready if known.card.answer is None]
    left = max(0, MOST_A_DAY - done - len(unrated))
    return Today((*unrated, *rest[:left]), max(0, len(rest) - left), done)


def next_day(person_id: int, course_id: int | None = None) -> datetime | None:
    """When the next card after today is due; None when nothing comes."""
    _begin, end = _bounds(db.now())
    query = select(func.min(Card.due_at)).where(Card.person_id == person_id, Card.rests_at.is_(None), Card.due_at >= end)
    return cast("datetime | None", db.session.scalar(query if course_id is None else query.where(Card.course_id == course_id)))


def _bounds(at: datetime) -> tuple[datetime, datetime]:
    """The begin and the end of the day that people call today."""
    day = day_of(at)
    return datetime.combine(day, time(), zone()), datetime.combine(day + timedelta(days=1), time(), zone())
