"""Use cases of answering: submit, grade, show how one stands, count points, notice when a course is achieved."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from accounts.joining import BOTH, CannotJoinError, husk
from assessments import corrections, drawing, due, items, surveys, terms
from assessments.grading import Verdict, attempts_left, kept, unseen, waits
from assessments.kinds import KINDS
from assessments.kinds.item import Form, Item, Response, ResponseError, version, versioned
from assessments.models import Attempt, Grade
from assessments.terms import Terms
from core import db, direct
from core.direct import Read
from core.i18n import N_
from core.jobs import WorkState
from core.signals import completed, graded
from courses import service as courses
from courses.models import Enrolment
from courses.service import AnyPart
from modules.presenters import Points, total
from modules.service import parsed
from modules.thresholds import thresholds

SOLVED = 1 - 1e-9
_ATTEMPTS = (
    select(
        Attempt.id, Attempt.item, Attempt.number, Attempt.state, Attempt.counts, Grade.id.label("grade_id"), Grade.score,
        Grade.score_maximum,
    )
    .outerjoin(Grade, Grade.attempt_id == Attempt.id)
    .where(Attempt.enrolment_id == bindparam("enrolment_id"), Attempt.module == bindparam("module"))
    .order_by(Attempt.number, Grade.id)
)
_IN_MODULE = Read(_ATTEMPTS)
_IN_COURSE = Read(
    select(
        Attempt.module, Attempt.id, Attempt.item, Attempt.number, Attempt.state, Attempt.counts, Grade.id.label("grade_id"), Grade.score,
        Grade.score_maximum,
    )
    .outerjoin(Grade, Grade.attempt_id == Attempt.id)
    .where(Attempt.enrolment_id == bindparam("enrolment_id")).order_by(Attempt.number, Grade.id)
)
_AT_ITEM = Read(_ATTEMPTS.where(Attempt.item == bindparam("item")))
_OUTCOME = Read(
    select(Attempt.response, Grade.verdict)
    .outerjoin(Grade, and_(Grade.attempt_id == Attempt.id, Grade.id == bindparam("grade_id")))
    .where(Attempt.id == bindparam("attempt_id"))
)
_ALL_IN_RUN = (
    select(Attempt.enrolment_id, Attempt.id, Attempt.module, Attempt.item, Attempt.number, Grade.score, Grade.score_maximum)
    .join(Grade, Grade.attempt_id == Attempt.id).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .where(Enrolment.run_id == bindparam("run_id"), Attempt.counts | (Grade.score_maximum == 0)).order_by(Grade.id)
)
_GRADES = (
    select(Attempt.id, Attempt.module, Attempt.item, Attempt.number, Grade.score, Grade.score_maximum)
    .join(Grade, Grade.attempt_id == Attempt.id)
    # A recorded answer takes no attempt (counts is False), and its grade of 0 out of 0 takes the item out of the maximum.
    .where(Attempt.enrolment_id == bindparam("enrolment_id"), Attempt.counts | (Grade.score_maximum == 0))
    .order_by(Grade.id)
)
_ALL_GRADES = Read(_GRADES)
_GRADES_UNTIL = Read(_GRADES.where(Attempt.submitted_at <= bindparam("until", type_=Attempt.submitted_at.type)))


class ClosedError(RuntimeError):
    """No further answer is taken for this item: all points are earned, or no attempt is left. `message` is a message id."""

    message = N_("No further answer is taken here: you have all the points, or no attempt is left.")


class WaitingError(ClosedError):
    """No further answer is taken before the last one is marked."""

    message = N_("Your last text waits for marking; you can answer again afterwards.")


class TimeOverError(ClosedError):
    """The time of the test is over."""

    message = N_("The time of this test is over, so this answer was not taken. What you had answered before counts.")


class ToldError(ClosedError):
    """The due date has come, and the answer is shown."""

    message = N_("The due date has come and the answer is shown, so no further answer is taken here.")


class StaleError(RuntimeError):
    """The form was about an attempt that has been made already, in another tab or by a second click."""


@dataclass(frozen=True, slots=True)
class Last:
    """A learner's last attempt at an item. `grade_id` is None until it is graded."""

    id: int
    number: int
    state: WorkState
    grade_id: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a learner stands at one item."""

    used: int = 0
    best: float = 0.0
    maximum: float | None = None       # None until something is graded
    last: Last | None = None
    grades: tuple[tuple[int, float, float], ...] = ()  # attempt, score, maximum, in the order of the attempts

    def left(self, item: Item) -> int | None:
        """Attempts that remain; None when there is no limit."""
        return attempts_left(item.attempts, self.used)

    def closed(self, item: Item, now: Terms) -> bool:
        """Whether no further answer is taken."""
        return now.closed(item, self.used, solved=bool(self.maximum) and self.best >= (self.maximum or 0) * SOLVED)

    def kept(self, keep: str) -> tuple[float, float]:
        """The score and the maximum that count."""
        return kept([(score, maximum) for _, score, maximum in self.grades], keep)


NONE = Standing()


def standings(enrolment_id: int, module: str) -> dict[str, Standing]:
    """How a learner stands at each item of a module that they have answered, by item id."""
    return _standings(_IN_MODULE(enrolment_id=enrolment_id, module=module))


def all_standings(enrolment_id: int) -> dict[str, dict[str, Standing]]:
    """The same for all modules, by module id."""
    by_module: dict[str, list[Any]] = {}
    for row in _IN_COURSE(enrolment_id=enrolment_id):
        by_module.setdefault(row.module, []).append(row)
    return {module: _standings(rows) for module, rows in by_module.items()}


def _standings(rows: Iterable[Any]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for row in {row.id: row for row in rows}.values():  # Of several grades of one attempt the latest is valid.
        before = found.get(row.item, NONE)
        best, maximum, grades = before.best, before.maximum, before.grades
        if row.score is not None and (row.counts or row.score_maximum == 0):
            best, maximum = _better(before, row.score, row.score_maximum)
            grades = (*grades, (row.id, row.score, row.score_maximum))
        found[row.item] = Standing(before.used + row.counts, best, maximum, Last(row.id, row.number, row.state, row.grade_id), grades)
    return found


def outcome(attempt_id: int, grade_id: int | None) -> tuple[Response, Mapping[str, Any] | None]:
    """What was answered, and the stored verdict if there is one."""
    row = _OUTCOME.one(attempt_id=attempt_id, grade_id=grade_id)
    return row.response, row.verdict


def error_of(attempt_id: int) -> str:
    """Why an attempt was given back, as a message id; empty for others."""
    return db.session.scalars(select(Attempt.error).where(Attempt.id == attempt_id)).one() or ""


def _better(before: Standing, score: float, maximum: float) -> tuple[float, float]:
    return max(before.best, score), maximum if before.maximum is None else max(before.maximum, maximum)


class Made(NamedTuple):
    """An attempt that was just written: what its grade has to know of it."""

    id: int
    edition_id: int
    module: str


def submit(part: AnyPart, module: str, item_id: str, language: str, number: int, form: Form) -> None:
    """Take a learner's answer and grade it at once.

    `number` is the attempt that the form was for, so that a second click or another tab counts nothing twice. Answer,
    grade and everything that follows from it (score to the LMS, certificate) are one transaction.

    What people mark waits for them (assessments.marking); of surveys only that there is an answer is kept with the learner.

    Raises LookupError (no such item), ResponseError (wrong shape; nothing counts), StaleError, ClosedError, WaitingError.
    """
    item = items.item(part.edition_id, module, item_id, language)
    kind = KINDS[item.kind]
    if kind.deferred and not kind.by_people:
        raise LookupError(item_id)  # It is answered by prompts.submit, which also asks for tokens.
    item, response = _read(part, module, item, form)
    verdict = None if kind.by_people or kind.anonymous else kind.grade(item, response)
    number = free_number(part, module, item, number)
    try:
        with db.transaction():
            state = WorkState.WAITING if kind.by_people else WorkState.DONE
            made = add_attempt(part, module, item, number, {} if kind.anonymous else response, state)
            if kind.anonymous:
                surveys.count(part, module, item, response)
            elif verdict:
                record_grade(made, part, item, verdict)
    except IntegrityError as error:  # The same attempt arrived twice at the same moment; the other one counts.
        raise StaleError from error


def _read(part: AnyPart, module: str, item: Item, form: Form) -> tuple[Item, Response]:
    """The question as this learner has it now, and their response to it.

    A form that was opened before the key was corrected is read by the text that it shows: positions are the same in both.
    """
    number = version(item, str(part.id))
    now = versioned(_as_it_stands(part, module, item), number)
    try:
        return now, KINDS[item.kind].read(now, form)
    except ResponseError:
        return now, KINDS[item.kind].read(versioned(item, number), form)


def _as_it_stands(part: AnyPart, module: str, item: Item) -> Item:
    return corrections.as_it_stands(corrections.in_force(part.edition_id, part.run_id), module, item)


def is_step(part: AnyPart, module: str, item_id: str, language: str, form: Form) -> bool:
    """Whether a form was sent by one of its own buttons, which change it and are no answer. Raises LookupError."""
    steps = KINDS[items.item(part.edition_id, module, item_id, language).kind].steps
    return bool(steps) and steps in form


def held(part: AnyPart, module: str, item_id: str, language: str, form: Form) -> Response | None:
    """What a form holds that is no answer, for kinds whose fields alone do not say how it looks. Raises LookupError."""
    item = _as_it_stands(part, module, items.item(part.edition_id, module, item_id, language))
    return KINDS[item.kind].held(item, form)


def free_number(part: AnyPart, module: str, item: Item, number: int) -> int:
    """The number of the attempt that a form was for. Raises StaleError, ClosedError, and LookupError for a test that was not begun.

    Asked before the transaction, so that others write meanwhile: whoever takes the number first, the table lets only one.
    """
    standing = _standings(_AT_ITEM(enrolment_id=part.id, module=module, item=item.id)).get(item.id, NONE)
    made = standing.last.number if standing.last else 0
    if number <= made:
        raise StaleError
    now = terms.of(part, module)
    if not now.begun:
        raise LookupError(item.id)
    if now.over:
        raise TimeOverError
    if standing.last and standing.last.state == WorkState.WAITING:
        raise WaitingError
    if standing.closed(item, now):
        raise ToldError if item.show == "after-due" and now.past_due and standing.left(item) != 0 else ClosedError
    return made + 1


def add_attempt(
    part: AnyPart, module: str, item: Item, number: int, response: Response, state: WorkState = WorkState.DUE,
) -> Made:
    """Write an answer down, which is still to be graded. Call in a transaction. Raises IntegrityError when the number is taken."""
    written = direct.add(
        Attempt, enrolment_id=part.id, edition_id=part.edition_id, module=module, item=item.id, number=number,
        language=item.language, response=response, state=state,
    )
    return Made(written, part.edition_id, module)


def record_grade(attempt: Attempt | Made, part: AnyPart, item: Item, verdict: Verdict, *, marker_id: int | None = None) -> None:
    """Add a grade and tell the rooms above. Call in the transaction that makes the attempt done. `marker_id`: who gave it, if somebody did."""
    correction = corrections.in_force(attempt.edition_id, part.run_id).get((attempt.module, item.id))
    add_grade(attempt.id, correction.by if correction and correction.by else attempt.edition_id, item, corrections.valued(correction, verdict), marker_id)
    if item.show == "after-due":
        now = terms.of(part, attempt.module)
        if now.waits(item) and now.due_at:
            due.expect(part.run_id, attempt.module, now.due_at)
    tell(part, attempt.module)


def add_grade(attempt_id: int, edition_id: int, item: Item, verdict: Verdict, marker_id: int | None = None) -> int:
    """Write a grade down, by the text of the item in this edition, and give its id. Call in a transaction, and `tell` afterwards."""
    written: int = direct.add(
        Grade, attempt_id=attempt_id, edition_id=edition_id, item_revision=item.revision, score=verdict.score,
        score_maximum=verdict.maximum, verdict=verdict.as_dict(), marker_id=marker_id,
    )
    return written


def tell(part: AnyPart, module: str) -> None:
    """Let the rooms above hear that somebody's grades in a module are others now, and look whether they have enough. In the same transaction."""
    graded.send("assessments", part=part, module=module)
    _notice_achievement(part)


# --- Points -----------------------------------------------------------------------------------------------------------

Without = Callable[[str, bool | None], bool]
"""Which questions to leave out, by their `show` and whether the due date has passed (None: nothing is due)."""


def nothing(_show: str, _due_passed: bool | None) -> bool:
    """Leave no question out."""
    return False


def points_in(
    part: AnyPart, module: str, stands: Mapping[str, Standing], shown: Collection[str], now: Terms, held: Mapping[corrections.Key, corrections.Correction],
) -> Points:
    """The points in these items of a module that a learner may see, from how they stand at them, and what regrades are in force."""
    hidden = _left_out(part.edition_id, module, now, unseen)
    counting = {item: standing.kept(now.keep) for item, standing in stands.items() if standing.grades}
    possible = {item: points for item, points in items.points(part.edition_id)[module].items() if item in shown and item not in hidden}
    return _points(possible, counting, _void_of(held)(module))


def scores(part: AnyPart) -> dict[str, Points]:
    """A learner's points by module, as far as they may see them."""
    return _by_module(part, _kept_grades(part), unseen)


def scores_in_run(run_id: int, editions: Mapping[int, int]) -> dict[int, dict[str, Points]]:
    """The points of many people of a run at once, by module, for those who teach. `editions` are their editions by enrolment."""
    graded: dict[int, list[Any]] = {}
    for row in db.session.execute(_ALL_IN_RUN, {"run_id": run_id}):
        graded.setdefault(row.enrolment_id, []).append(row)
    void = {edition_id: _void_in(edition_id, run_id) for edition_id in set(editions.values())}
    keeps = {edition_id: terms.keeps(edition_id) for edition_id in set(editions.values())}
    return {
        enrolment_id: _in_modules(
            drawing.own_points(edition_id, str(enrolment_id)), _kept_of(graded.get(enrolment_id, ()), keeps[edition_id]), void[edition_id],
        )
        for enrolment_id, edition_id in editions.items()
    }


def score_of(
    part: AnyPart, module: str | None = None, items_: Collection[str] | None = None, *, keep: str = "course", until: datetime | None = None,
    without: Without = nothing,
) -> Points:
    """A learner's points in one module, in some of its items, or in the whole course.

    `keep`: which attempt counts at each item (`grading.KEEPS`), or as the course says. `until`: attempts submitted later do not
    count. `without`: questions that are neither counted nor asked for, such as those of which the learner may not hear yet.
    """
    grades = _kept_grades(part, keep, until)
    if module is None or items_ is None:
        by_module = _by_module(part, grades, without)
        return total(by_module) if module is None else by_module.get(module, Points(0, 0))
    hidden = _left_out(part.edition_id, module, terms.of(part, module), without) if items.hiding(part.edition_id).get(module) else ()
    possible = {item: points for item, points in items.points(part.edition_id).get(module, {}).items() if item in items_ and item not in hidden}
    return _points(possible, {item: grade for (where, item), grade in grades.items() if where == module}, _void(part)(module))


_Grades = Mapping[tuple[str, str], tuple[float, float]]
"""(score, maximum) by (module, item)."""
_Void = Callable[[str], Collection[str]]
"""The items of a module that do not count."""


def _void(part: AnyPart) -> _Void:
    return _void_in(part.edition_id, part.run_id)


def _void_in(edition_id: int, run_id: int) -> _Void:
    return _void_of(corrections.in_force(edition_id, run_id))


def _void_of(held: Mapping[corrections.Key, corrections.Correction]) -> _Void:
    found = corrections.void(held)
    return lambda module: frozenset(item for where, item in found if where == module)


def _by_module(part: AnyPart, grades: _Grades, without: Without) -> dict[str, Points]:
    own = drawing.own_points(part.edition_id, str(part.id))
    if _may_hide(part.edition_id, without):
        left_out = {module: _left_out(part.edition_id, module, now, without) for module, now in terms.of_all(part).items()}
        own = {module: {item: worth for item, worth in points.items() if item not in left_out[module]} for module, points in own.items()}
    return _in_modules(own, grades, _void(part))


def _in_modules(own: Mapping[str, Mapping[str, float]], grades: _Grades, void: _Void) -> dict[str, Points]:
    return {
        module: _points(points, {item: grade for (where, item), grade in grades.items() if where == module}, void(module))
        for module, points in own.items()
    }


def _may_hide(edition_id: int, without: Without) -> bool:
    return without is not nothing and any(items.hiding(edition_id).values())


def _left_out(edition_id: int, module: str, now: Terms, without: Without) -> Collection[str]:
    return {item for item, show in items.hiding(edition_id)[module].items() if without(show, now.past_due)}


def _kept_grades(part: AnyPart, keep: str = "course", until: datetime | None = None) -> _Grades:
    rows = _ALL_GRADES(enrolment_id=part.id) if until is None else _GRADES_UNTIL(enrolment_id=part.id, until=until)
    keeps = terms.keeps(part.edition_id)
    return _kept_of(rows, keeps if keep == "course" else dict.fromkeys(keeps, keep))


def _kept_of(rows: Iterable[Any], keeps: Mapping[str, str]) -> _Grades:
    """The grade that counts at each item; of several grades of one attempt the latest is valid."""
    latest = {row.id: row for row in rows}
    attempts: dict[tuple[str, str], list[Any]] = {}
    for row in latest.values():
        attempts.setdefault((row.module, row.item), []).append(row)
    return {
        key: kept([(row.score, row.score_maximum) for row in sorted(made, key=_number)], keeps.get(key[0], "best")) if len(made) > 1 else (made[0].score, made[0].score_maximum)
        for key, made in attempts.items()
    }


_number = attrgetter("number")


def _points(possible: Mapping[str, float], best: Mapping[str, tuple[float, float]], void: Collection[str]) -> Points:
    """An item whose grade has maximum 0 (only a recorded answer was there) neither helps nor harms, nor does one that does not count."""
    counted = {item: points for item, points in possible.items() if (best[item][1] > 0 if item in best else item not in void)}
    return Points(sum(best[item][0] for item in counted if item in best), sum(counted.values()))


# --- Thresholds -------------------------------------------------------------------------------------------------------

def notice(part: AnyPart) -> None:
    """Note what somebody has reached by the thresholds that hold now. Within a transaction."""
    _notice_achievement(part)
    notice_participation("assessments", part=part)


def _notice_achievement(part: AnyPart) -> None:
    if part.achieved_at is not None:
        return
    points = score_of(part)
    if any(items.hiding(part.edition_id).values()):
        points = Points(score_of(part, without=waits).score, points.maximum)  # What waits for a due date is possible, but not earned yet.
    if points.share * 100 >= thresholds(part.edition_id).achievement - 1e-9:
        _reach(part.id, "achieved_at", "achievement")


def notice_participation(sender: str, *, part: AnyPart) -> None:
    """Receiver of `progressed`: enough of the content has been opened."""
    if part.participated_at is not None:
        return
    modules = parsed(part.edition_id).module_ids
    opened = courses.visited(part.id) & set(modules)
    if len(opened) * 100 >= thresholds(part.edition_id).participation * len(modules):
        _reach(part.id, "participated_at", "participation")


def _reach(enrolment_id: int, column: str, award: str) -> None:
    """Note that a threshold is reached, and say so exactly once even when two answers reach it together."""
    field = getattr(Enrolment, column)
    moment = db.now()
    taken = db.changed(
        update(Enrolment).where(Enrolment.id == enrolment_id, field.is_(None)).values({column: moment})
        .execution_options(synchronize_session=False)
    )
    if taken == 1:
        completed.send("assessments", enrolment=courses.enrolment(enrolment_id), award=award)


# --- Joined accounts ----------------------------------------------------------------------------------------------------

def follow_join(sender: str, *, kept: int, vanishing: int) -> None:
    """Receiver of `joined`: what one person has done is the other's now.

    Where both take part in a run, the part with answers stays and the empty one is left behind; a lecturer's role is kept.
    Raises CannotJoinError when both have answers there.
    """
    mine = {enrolment.run_id: enrolment for enrolment in courses.parts_of(kept)}
    for theirs in courses.parts_of(vanishing):
        own = mine.get(theirs.run_id)
        if own is not None and not _leave_behind(own, theirs):
            continue
        theirs.person_id = kept
    db.session.flush()


def _leave_behind(own: Enrolment, theirs: Enrolment) -> bool:
    """Whether `theirs` is the part that stays; then the own one goes to nobody."""
    if not _has_attempts(theirs.id):
        own.role = theirs.role if theirs.role in courses.TEACHING else own.role
        return False
    if _has_attempts(own.id):
        raise CannotJoinError(BOTH)
    theirs.role = own.role if own.role in courses.TEACHING else theirs.role
    own.person_id = husk(own.person_id)
    db.session.flush()
    return True


def _has_attempts(enrolment_id: int) -> bool:
    return db.session.scalar(select(Attempt.id).where(Attempt.enrolment_id == enrolment_id).limit(1)) is not None
