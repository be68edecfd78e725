"""Use cases of regrading: what it would change, asking for it, and the work (docs/decisions/0037).

A regrade is a row that holds from its first moment. The work adds a grade beside the old one for each attempt whose worth or marks become
others, and notes both; so it may be killed anywhere, and each attempt is looked at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from accounts.models import Person, Role
from accounts.notices import Notice, notify
from assessments import corrections, items, regrade_notes, service
from assessments.corrections import Correction
from assessments.grading import NEARLY, Part, Verdict
from assessments.kinds import KINDS
from assessments.kinds.item import Item, version, versioned
from assessments.models import Attempt, Grade, How, Regrade, Regraded
from assessments.scopes import Scope
from core import db, direct, jobs
from core.i18n import N_
from core.jobs import WorkState
from core.post.letter import Link, address_of
from courses.models import Edition, Enrolment, Run
from modules.service import parsed

AT_ONCE = 50               # attempts in one transaction: other writers come in between
SECOND_LOOK = timedelta(minutes=1)
"""An answer that was graded in the moment of the regrade may not have been seen by either: so the work looks again a little later."""
MOST_REASON = 1000
_working = jobs.queue.signature("assessments.regrade")
_LaterOne = aliased(Regrade)


class RegradeError(ValueError):
    """A regrade cannot be. The first argument is a message id."""


class MeanwhileError(RuntimeError):
    """The question was regraded since the preview was looked at; nothing was written."""


@dataclass(frozen=True)
class Place:
    """The question of an edition whose answers are regraded."""

    edition_id: int
    module: str
    item: str

    def text(self, language: str) -> Item:
        """The question in a language, or in the edition's first. Raises LookupError."""
        return items.item_in(self.edition_id, self.module, self.item, language)


@dataclass(frozen=True)
class Wish:
    """What is to be done. `by` is the edition whose key is to hold, 0 where that is not asked."""

    how: How
    by: int
    may_lower: bool

    @property
    def correction(self) -> Correction:
        """The same as what holds afterwards."""
        return Correction(0, self.how, self.by)


@dataclass(frozen=True)
class Preview:
    """What a regrade would change: answers that gain and lose points, those that would lose some and keep them, and whose they are."""

    answers: int
    up: int
    down: int
    spared: int
    learners: int
    changed_learners: int


@dataclass(frozen=True)
class Key:
    """An edition whose key could hold."""

    edition_id: int
    number: int
    own: bool                          # the edition of the answers itself: what an earlier regrade did is taken back
    reworded: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Made:
    """A regrade that was asked for, and how far it is."""

    regrade: Regrade
    by_name: str | None
    by_number: int | None              # of the edition whose key holds
    seen: int
    up: int
    down: int


# --- Before -----------------------------------------------------------------------------------------------------------

def keys(scope: Scope, place: Place, language: str) -> list[Key]:
    """The editions by whose key answers can be graded, the newest first; their own only where another one holds."""
    item = place.text(language)
    if not corrections.gradable(item):
        return []
    found = []
    changed = bool(made(scope, place))
    for row in db.session.execute(select(Edition.id, Edition.number).where(Edition.course_id == scope.course_id).order_by(Edition.number.desc())):
        other = _other(row.id, place, language)
        own = row.id == place.edition_id
        if other is None or not corrections.fits(item, other) or (own and not changed) or (not own and other.revision == item.revision):
            continue
        found.append(Key(row.id, row.number, own, corrections.reworded(item, other)))
    return found


def _other(edition_id: int, place: Place, language: str) -> Item | None:
    try:
        return replace(place, edition_id=edition_id).text(language)
    except LookupError:
        return None


def number(place: Place) -> int:
    """How often the question was regraded, in any run: whoever asks for another must have seen that many."""
    return db.session.scalar(
        select(func.count()).select_from(Regrade).where(Regrade.edition_id == place.edition_id, Regrade.module == place.module, Regrade.item == place.item)
    ) or 0


def preview(scope: Scope, place: Place, wish: Wish) -> Preview:
    """What would change now. Raises RegradeError and LookupError."""
    _check(scope, place, wish)
    up, down, spared, people, changed = 0, 0, 0, set(), set()
    rows = _graded(db.session.scalars(_answers(scope, place)).all())
    for attempt, before in rows:
        after = _again(attempt, before, place, wish)
        people.add(attempt.enrolment_id)
        better, worse = _compared(before, after)
        spared += worse and not wish.may_lower
        if better or (worse and wish.may_lower):
            changed.add(attempt.enrolment_id)
        up, down = up + better, down + (worse and wish.may_lower)
    return Preview(len(rows), up, down, spared, len(people), len(changed))


def _compared(before: Grade, after: Verdict) -> tuple[bool, bool]:
    if after.maximum == 0:             # It leaves the sum: who had all of it loses by that, who had nothing gains.
        return before.score_maximum > 0 and before.score <= 0, before.score > 0
    return after.score > before.score + NEARLY, after.score < before.score - NEARLY


def _check(scope: Scope, place: Place, wish: Wish) -> None:
    from_course = db.session.scalar(select(Edition.course_id).where(Edition.id == place.edition_id))
    if from_course != scope.course_id:
        raise LookupError(place.edition_id)
    item = place.text(parsed(place.edition_id).languages[0])
    if not corrections.countable(item):
        raise LookupError(place.item)
    if (wish.how is How.KEY) != bool(wish.by):
        raise LookupError(wish.by)
    if wish.how is How.KEY and wish.by not in {key.edition_id for key in keys(scope, place, item.language)}:
        raise LookupError(wish.by)


def _answers(scope: Scope, place: Place) -> Select[*tuple[Any, ...]]:
    """The answers that are there and were graded; see `_graded`."""
    return (
        select(Attempt).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            scope.mine, Attempt.edition_id == place.edition_id, Attempt.module == place.module, Attempt.item == place.item,
            Attempt.state == WorkState.DONE,
        )
        .order_by(Attempt.id)
    )


def _graded(attempts: Sequence[Attempt]) -> list[tuple[Attempt, Grade]]:
    """Each with the grade that counts; what has none is left out."""
    latest: dict[int, Grade] = {}
    for start in range(0, len(attempts), 500):
        ids = [attempt.id for attempt in attempts[start : start + 500]]
        latest |= {grade.attempt_id: grade for grade in db.session.scalars(select(Grade).where(Grade.attempt_id.in_(ids)).order_by(Grade.id))}
    return [(attempt, latest[attempt.id]) for attempt in attempts if attempt.id in latest]


def _again(attempt: Attempt, before: Grade, place: Place, wish: Wish) -> Verdict:
    """What an answer is worth by the wish alone, whether or not it may fall."""
    if wish.how is How.KEY:
        item = _item(attempt, place, wish)
        return KINDS[item.kind].grade(item, attempt.response)
    stored = before.verdict
    parts = tuple(Part(part["name"], part["mark"], checks=tuple(part["checks"])) for part in stored["parts"])
    maximum = before.score_maximum or _item(attempt, place, wish).points
    return corrections.valued(wish.correction, Verdict(before.score, maximum, stored["state"], parts))


def _item(attempt: Attempt, place: Place, wish: Wish) -> Item:
    item = corrections.corrected(place.text(attempt.language), place.module, wish.by)
    return versioned(item, version(item, str(attempt.enrolment_id)))


# --- Asking -----------------------------------------------------------------------------------------------------------

def ask(scope: Scope, place: Place, wish: Wish, reason: str, person_id: int, seen: int) -> Regrade:
    """Let it hold from now on, and grade what is there in the background. `seen` is the number of regrades that the asking person knew.

    Raises RegradeError, LookupError and MeanwhileError.
    """
    reason = reason.strip()
    if not reason:
        raise RegradeError(N_("Please give a reason: learners read it."))
    if len(reason) > MOST_REASON:
        raise RegradeError(N_("The reason is too long."))
    _check(scope, place, wish)
    if number(place) != seen:
        raise MeanwhileError
    try:
        with db.transaction() as tx:
            regrade = Regrade(
                edition_id=place.edition_id, run_id=scope.run_id, module=place.module, item=place.item, number=seen + 1, how=wish.how,
                by_edition_id=wish.by or None, may_lower=wish.may_lower, reason=reason, person_id=person_id,
            )
            tx.add(regrade)
            tx.flush()
            jobs.hint(_working, regrade.id)
    except IntegrityError as error:  # The second of two clicks.
        raise MeanwhileError from error
    return regrade


def made(scope: Scope, place: Place) -> list[Made]:
    """The regrades of a question that concern those in the scope, the last one first."""
    return [found for found in all_made(scope) if (found.regrade.edition_id, found.regrade.module, found.regrade.item) == (place.edition_id, place.module, place.item)]


def all_made(scope: Scope) -> list[Made]:
    """The regrades of a course that concern those in the scope, the last one first."""
    before, after = aliased(Grade), aliased(Grade)
    better = after.score > before.score
    up = func.count().filter(and_(Enrolment.id.is_not(None), better))
    down = func.count().filter(and_(Enrolment.id.is_not(None), after.score < before.score))
    rows = db.session.execute(
        select(Regrade, func.count(Enrolment.id).label("seen"), up.label("up"), down.label("down"))
        .join(Edition, Edition.id == Regrade.edition_id)
        .outerjoin(Regraded, Regraded.regrade_id == Regrade.id).outerjoin(before, before.id == Regraded.before_id).outerjoin(after, after.id == Regraded.after_id)
        .outerjoin(Attempt, Attempt.id == Regraded.attempt_id).outerjoin(Enrolment, and_(Enrolment.id == Attempt.enrolment_id, scope.mine))
        .where(Edition.course_id == scope.course_id, corrections.concerning(scope.run_id)).group_by(Regrade.id).order_by(Regrade.id.desc())
    ).all()
    people = {row.Regrade.person_id for row in rows}
    names: dict[int, str | None] = {row.id: row.name for row in db.session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))} if people else {}
    numbers: dict[int, int] = {row.id: row.number for row in db.session.execute(select(Edition.id, Edition.number).where(Edition.course_id == scope.course_id))} if rows else {}
    return [
        Made(row.Regrade, names.get(row.Regrade.person_id), numbers.get(row.Regrade.by_edition_id or 0), row.seen, row.up, row.down) for row in rows
    ]


def count_in_run(run_id: int) -> int:
    """How many questions of a run were regraded."""
    rows = db.session.execute(
        select(Regrade.edition_id, Regrade.module, Regrade.item).join(Edition, Edition.id == Regrade.edition_id).join(Run, Run.course_id == Edition.course_id)
        .where(Run.id == run_id, corrections.concerning(run_id)).distinct()
    )
    return len(rows.all())


# --- The work ---------------------------------------------------------------------------------------------------------

def work(claimed: Regrade) -> None:
    """Grade what is there. Raises jobs.LostLeaseError."""
    place = Place(claimed.edition_id, claimed.module, claimed.item)
    course_id = db.session.scalars(select(Edition.course_id).where(Edition.id == claimed.edition_id)).one()
    scope = Scope(course_id, "", claimed.run_id, claimed.edition_id)
    wish = Wish(claimed.how, claimed.by_edition_id or 0, claimed.may_lower)
    unseen = _answers(scope, place).where(
        Attempt.submitted_at <= claimed.asked_at + SECOND_LOOK, ~exists().where(Regraded.regrade_id == claimed.id, Regraded.attempt_id == Attempt.id),
        ~_decided_later(claimed),
    ).limit(AT_ONCE)
    last = 0
    while (found := _some(claimed, unseen.where(Attempt.id > last), place, wish)) is not None:
        last = found
    with db.transaction():
        if claimed.done_at is None:
            claimed.done_at = db.now()
            db.session.flush()
            jobs.again(claimed, claimed.asked_at + SECOND_LOOK)
        else:
            jobs.finish(claimed)


def _decided_later(claimed: Regrade) -> ColumnElement[bool]:
    """Another regrade has come after this one, for a learner's run or for all."""
    return exists().where(
        _LaterOne.edition_id == claimed.edition_id, _LaterOne.module == claimed.module, _LaterOne.item == claimed.item, _LaterOne.id > claimed.id,
        _LaterOne.run_id.is_(None) | (_LaterOne.run_id == Enrolment.run_id),
    )


def _some(claimed: Regrade, unseen: Select[*tuple[Any, ...]], place: Place, wish: Wish) -> int | None:
    """A few attempts in one transaction, in which nobody else works at this regrade: it holds the row. The last one; None when there is none."""
    with db.transaction() as tx:
        jobs.renew(claimed)
        attempts = tx.scalars(unseen).all()
        changed = {attempt.enrolment_id for attempt, before in _graded(attempts) if _regrade(claimed, attempt, before, place, wish)}
        for part in tx.scalars(select(Enrolment).where(Enrolment.id.in_(changed)).order_by(Enrolment.id)):
            service.tell(part, place.module)
            if part.role == Role.LEARNER and not regrade_notes.kept_back(part, place.module, place.item):
                _write_to(claimed, part)
    return attempts[-1].id if attempts else None


def _regrade(claimed: Regrade, attempt: Attempt, before: Grade, place: Place, wish: Wish) -> bool:
    """Note one attempt, with another grade where there is need for one; whether its points are others now."""
    verdict = _allowed(before, _again(attempt, before, place, wish), wish)
    after_id = before.id
    if verdict.as_dict() != before.verdict:
        after_id = service.add_grade(attempt.id, wish.by or before.edition_id, _item(attempt, place, wish), verdict)
    direct.add(Regraded, regrade_id=claimed.id, attempt_id=attempt.id, before_id=before.id, after_id=after_id)
    return (verdict.score, verdict.maximum) != (before.score, before.score_maximum)


def _allowed(before: Grade, after: Verdict, wish: Wish) -> Verdict:
    """Where nobody may lose, an answer keeps its points under the new marks."""
    _better, worse = _compared(before, after)
    return replace(after, score=before.score, maximum=before.score_maximum, state="done") if worse and not wish.may_lower else after


# --- Mail -------------------------------------------------------------------------------------------------------------

def _write_to(claimed: Regrade, part: Enrolment) -> None:
    person = db.session.scalars(select(Person).where(Person.id == part.person_id)).one()
    notify(person, f"regrade:{claimed.id}:{part.id}", partial(_notice, claimed, part))


def _notice(claimed: Regrade, part: Enrolment, language: str) -> Notice:
    title = parsed(part.edition_id).course.titled(language)
    return Notice(
        _("A question was graded again: %(course)s", course=title),
        (
            _("A question of the course “%(course)s” was graded again, and your points have changed.", course=title),
            _("The reason: %(reason)s", reason=claimed.reason),
            _("The question and the course page say what has changed. You need not do anything."),
        ),
        Link(_("To the course"), address_of("modules.course", run_id=part.run_id)),
    )
