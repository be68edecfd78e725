"""Which questions become cards: those that were missed, those that the learner adds, and others of a pool."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assessments import drawing, items, service
from assessments.card_models import Card
from assessments.cards import fingerprint, first_language
from assessments.kinds.item import Item
from assessments.models import Attempt
from assessments.repetition import Memory, Rating, first
from assessments.revealing import Revealing
from assessments.service import SOLVED, Standing
from core import db
from courses import service as courses
from courses.models import Run
from courses.service import AnyPart


@dataclass(frozen=True)
class _Found:
    """A question that becomes a card."""

    course_id: int
    item: str
    key: str
    memory: Memory


# --- What was missed -----------------------------------------------------------------------------------------------------

def collect(person_id: int) -> None:
    """Make cards of what somebody has missed since the last look; nothing is written when there is nothing new."""
    known = _known(person_id)
    found: dict[tuple[int, str], _Found] = {}
    for part, _run, course in courses.enrolments(person_id):
        for each in _missed(part, course.id, known):
            found.setdefault((each.course_id, each.item), each)
    _write(person_id, "missed", list(found.values()))


def _missed(part: AnyPart, course_id: int, known: set[tuple[int, str]]) -> Iterator[_Found]:
    rules = Revealing(part)
    for module, stands in service.all_standings(part.id).items():
        for item_id, standing in stands.items():
            if (course_id, item_id) in known or not standing.maximum or _at_once(standing):
                continue
            key = _key(rules, module, item_id, standing)
            if key:
                rating = Rating.Hard if standing.best > 0 else Rating.Again
                yield _Found(course_id, item_id, key, first(rating, _answered(standing)))


def _at_once(standing: Standing) -> bool:
    """Whether it was right at the first try."""
    return standing.used == 1 and standing.best >= (standing.maximum or 0) * SOLVED


def _key(rules: Revealing, module: str, item_id: str, standing: Standing) -> str:
    """The fingerprint of a question whose answer may be shown to the learner by now; empty for all others."""
    try:
        item = rules.text(module, item_id, first_language(rules.part.edition_id))
    except LookupError:
        return ""
    return fingerprint(item) if rules.shown(module, item, standing) else ""


def _answered(standing: Standing) -> datetime:
    assert standing.last is not None
    return db.session.scalars(select(Attempt.submitted_at).where(Attempt.id == standing.last.id)).one()


def course_of(part: AnyPart) -> int:
    """The course that a part is in."""
    return db.session.scalars(select(Run.course_id).where(Run.id == part.run_id)).one()


# --- What the learner adds -------------------------------------------------------------------------------------------------

def add(part: AnyPart, module: str, item_id: str) -> Card:
    """Repeat a question that one has answered and whose answer may be shown; adding it twice changes nothing. Raises LookupError."""
    standing = service.standings(part.id, module).get(item_id)
    key = _key(Revealing(part), module, item_id, standing) if standing and standing.maximum else ""
    if standing is None or not key:
        raise LookupError(item_id)
    course_id, own = course_of(part), select(Card).where(Card.person_id == part.person_id, Card.item == item_id)
    _write(part.person_id, "chosen", [_Found(course_id, item_id, key, first(Rating.Good, _answered(standing)))])
    with db.transaction() as tx:
        card = tx.scalars(own.where(Card.course_id == course_id).execution_options(populate_existing=True)).one()
        card.rests_at = None
    return card


# --- Others of a pool --------------------------------------------------------------------------------------------------------

def others(part: AnyPart) -> list[tuple[str, str]]:
    """Further questions (module, id) of pools, as many as each pool draws at once, where all that was drawn from it is closed.

    None that is drawn for this learner anywhere in the course: those count, and stay what they are.
    """
    if not drawing.has_pools(part.edition_id):
        return []
    course_id = course_of(part)
    taken = {item for known, item in _known(part.person_id) if known == course_id} | _own(part.person_id, course_id)
    stands, rules = service.all_standings(part.id), Revealing(part)
    found: list[tuple[str, str]] = []
    for module in items.points(part.edition_id):
        drawn, here = drawing.pools_of(part.edition_id, module, str(part.id)), stands.get(module, {})
        for place in items.layout(part.edition_id, module):
            if isinstance(place, str) or not all(rules.shown(module, _item(part, module, item), here.get(item)) for item in drawn[place.id]):
                continue
            # What was answered as an exercise of its own counts, too.
            free = [item for item in place.candidates if item not in taken and item not in here and rules.may_show(module, _item(part, module, item))]
            more = drawing.drawn(free, place.pick, f"{part.id}\0{module}\0{place.id}\0more")
            taken.update(more)
            found += [(module, item) for item in more]
    return found


def add_others(part: AnyPart) -> int:
    """Repeat these, from now on; gives how many. They stand in no module, so nothing that counts changes."""
    course_id, now, rules, language = course_of(part), db.now(), Revealing(part), first_language(part.edition_id)
    found = [_Found(course_id, item, fingerprint(rules.text(module, item, language)), Memory(now)) for module, item in others(part)]
    _write(part.person_id, "pool", found)
    return len(found)


def _own(person_id: int, course_id: int) -> set[str]:
    """All questions that are drawn for somebody in any run of a course."""
    return {
        item for part, _run, course in courses.enrolments(person_id) if course.id == course_id
        for module in items.points(part.edition_id) for item in drawing.own_items(part.edition_id, module, str(part.id))
    }


def _item(part: AnyPart, module: str, item_id: str) -> Item:
    return items.item(part.edition_id, module, item_id, first_language(part.edition_id))


# --- Rows ----------------------------------------------------------------------------------------------------------------

def _known(person_id: int) -> set[tuple[int, str]]:
    rows = db.session.execute(select(Card.course_id, Card.item).where(Card.person_id == person_id))
    return {(row.course_id, row.item) for row in rows}


def _write(person_id: int, origin: str, found: Sequence[_Found]) -> None:
    """Add the cards that are not there yet; once more where another tab adds some at the same moment, which then are there."""
    if not found:
        return
    try:
        _add(person_id, origin, found)
    except IntegrityError:
        _add(person_id, origin, found)


def _add(person_id: int, origin: str, found: Sequence[_Found]) -> None:
    with db.transaction() as tx:
        known = _known(person_id)
        tx.add_all(
            Card(
                person_id=person_id, course_id=each.course_id, item=each.item, key=each.key, origin=origin, due_at=each.memory.due,
                seen_at=each.memory.seen, stability=each.memory.stability, difficulty=each.memory.difficulty,
            )
            for each in found if (each.course_id, each.item) not in known
        )
