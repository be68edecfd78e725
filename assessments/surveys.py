"""Surveys: sums instead of answers, and what of them may be seen (docs/decisions/0032).

With the person stays only that they have answered. What they answered is added to sums in the same moment and kept nowhere else. What
people see follows in steps of FEWEST people, so that two looks never differ by one person's answer.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import render_template
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from assessments import items
from assessments.kinds import KINDS
from assessments.kinds.asked import AskedItem
from assessments.kinds.item import Item, Offer, Response
from assessments.models import SurveyCount, SurveyText
from core import db
from courses.service import TEACHING, AnyPart
from modules.service import parsed

FEWEST = 5
_PEOPLE = "people"


@dataclass(frozen=True)
class Bar:
    """How often one option or step was chosen. `share` is that of those who answered this part, from 0 to 100."""

    html: str
    count: int
    share: float
    start: float                       # where its piece of a stacked bar begins


@dataclass(frozen=True)
class Row:
    """One statement (empty for a question with options) with its bars."""

    label: str
    answers: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Result:
    """What may be seen of a survey: of how many people, the counts, and texts. Nothing as long as there are too few."""

    item: Item
    module: str
    people: int
    rows: tuple[Row, ...]
    texts: tuple[str, ...]
    fewest: int = FEWEST


def count(part: AnyPart, module: str, item: Item, response: Response) -> None:
    """Add an answer to the sums. Whoever teaches may try a survey out and is not counted. Call in the transaction that notes that they answered."""
    if part.role in TEACHING:
        return
    key = {"run_id": part.run_id, "edition_id": part.edition_id, "module": module, "item": item.id}
    people = _add(key, _PEOPLE)        # first: so that two at once wait for each other here
    for choice in KINDS[item.kind].choices(item, response):
        _add(key, f"{choice.part}:{choice.value}")
    if "text" in response:
        db.session.add(SurveyText(id=secrets.randbits(62), text=response["text"], **key))
        db.session.flush()
    if people % FEWEST == 0:
        db.session.execute(update(SurveyCount).filter_by(**key).values(shown=SurveyCount.count).execution_options(synchronize_session=False))
        db.session.execute(update(SurveyText).filter_by(**key).values(shown=True).execution_options(synchronize_session=False))


def _add(key: Mapping[str, object], place: str) -> int:
    """One more at this place; gives the sum."""
    more = update(SurveyCount).filter_by(**key, place=place).values(count=SurveyCount.count + 1).execution_options(synchronize_session=False)
    if db.changed(more) == 0:
        try:
            with db.session.begin_nested():
                db.session.add(SurveyCount(**key, place=place, count=1))
        except IntegrityError:  # The first ones of two people at once.
            db.changed(more)
        else:
            return 1
    return db.session.scalars(select(SurveyCount.count).filter_by(**key, place=place)).one()


def result(run_id: int, edition_id: int, module: str, item: Item) -> Result:
    """What may be seen of a survey in a run."""
    key = {"run_id": run_id, "edition_id": edition_id, "module": module, "item": item.id}
    shown: dict[str, int] = {row.place: row.shown for row in db.session.execute(select(SurveyCount.place, SurveyCount.shown).filter_by(**key))}
    texts = db.session.scalars(select(SurveyText.text).filter_by(**key, shown=True).order_by(SurveyText.id))
    people = shown.get(_PEOPLE, 0)
    return Result(item, module, people, _rows(KINDS[item.kind].offers(item), shown, people) if people else (), tuple(texts))


def _rows(offers: Iterable[Offer], shown: Mapping[str, int], people: int) -> tuple[Row, ...]:
    parts: dict[str, list[Offer]] = {}
    for offer in offers:
        parts.setdefault(offer.part, []).append(offer)
    return tuple(_row(list(offered), shown, people) for offered in parts.values())


def _row(offered: list[Offer], shown: Mapping[str, int], people: int) -> Row:
    counts = [shown.get(f"{offer.part}:{offer.value}", 0) for offer in offered]
    whole = sum(counts) if offered[0].label else people     # Of several options people may have chosen more than one.
    bars, start = [], 0.0
    for offer, number in zip(offered, counts, strict=True):
        share = 100 * number / whole if whole else 0.0
        bars.append(Bar(offer.html, number, round(share, 2), round(start, 2)))
        start += share
    return Row(offered[0].label, whole, tuple(bars))


def has_any(edition_id: int) -> bool:
    """Whether an edition has surveys."""
    return bool(_asked(edition_id, parsed(edition_id).languages[0]))


def results(run_id: int, edition_id: int, language: str) -> list[Result]:
    """All surveys of an edition, as far as they may be seen, in the order of the text."""
    known = parsed(edition_id).languages
    return [result(run_id, edition_id, module, item) for module, item in _asked(edition_id, language if language in known else known[0])]


def _asked(edition_id: int, language: str) -> list[tuple[str, Item]]:
    return [
        (module, item) for module in parsed(edition_id).module_ids for item in items.items(edition_id, module, language).values()
        if KINDS[item.kind].anonymous
    ]


def draw(part: AnyPart, module: str, item: Item) -> str:
    """The results for a learner who has answered, where the author wants them to be seen."""
    if not isinstance(item, AskedItem) or not item.results:
        return ""
    return render_template("assessments/surveys/_result.html", result=result(part.run_id, part.edition_id, module, item), id=f"q-{item.id}")
