"""Use cases of tests with a time limit: begin one, and give somebody extra time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from accounts.models import Person, Role
from assessments import terms
from assessments.models import ExtraTime, Sitting
from core import db
from courses.models import Enrolment
from courses.service import TEACHING, AnyPart
from modules.service import parsed

MOST_PERCENT = 300
MOST_MINUTES = 600


@dataclass(frozen=True)
class Given:
    """Extra time that somebody was given, by whom and when; `valid`: it is what counts now."""

    enrolment_id: int
    person: str | None
    percent: int
    minutes: int
    giver: str | None
    row: ExtraTime
    valid: bool


def begin(part: AnyPart, module: str) -> None:
    """Let the clock of a test run. Whoever has begun goes on with the same clock; who teaches may try a test again that is over.

    Raises LookupError for a module without a time limit.
    """
    now = terms.of(part, module)
    if now.test is None:
        raise LookupError(module)
    if now.test.started_at is None:
        _start(part, module)
    elif now.over and part.role in TEACHING:
        with db.transaction() as tx:
            tx.execute(update(Sitting).where(Sitting.enrolment_id == part.id, Sitting.module == module).values(started_at=db.now()).execution_options(synchronize_session=False))


def _start(part: AnyPart, module: str) -> None:
    edition = parsed(part.edition_id)
    limit = edition.module(module, edition.languages[0]).time_limit
    try:
        with db.transaction() as tx:
            tx.add(Sitting(enrolment_id=part.id, module=module, minutes=limit))
    except IntegrityError:
        return  # A second click or another device: the first one counts.


def give(run_id: int, enrolment_id: int, percent: int, minutes: int, giver_id: int) -> None:
    """Let somebody who learns in a run take longer in all of its tests, from now on; also in one that is running. 0 and 0: no longer.

    The same again changes nothing. Raises LookupError when nobody of this number learns in the run, or it is the giver.
    """
    found = db.session.scalars(
        select(Enrolment).where(Enrolment.id == enrolment_id, Enrolment.run_id == run_id, Enrolment.role == Role.LEARNER)
    ).one_or_none()
    if found is None or found.person_id == giver_id:
        raise LookupError(enrolment_id)
    with db.transaction() as tx:
        last = tx.scalars(select(ExtraTime).where(ExtraTime.enrolment_id == enrolment_id).order_by(ExtraTime.id.desc()).limit(1)).one_or_none()
        if (last.percent, last.minutes) != (percent, minutes) if last else (percent or minutes):
            tx.add(ExtraTime(enrolment_id=enrolment_id, percent=percent, minutes=minutes, giver_id=giver_id))


def given(run_id: int) -> list[Given]:
    """All extra time that was given in a run, by name and the latest first."""
    giver = aliased(Person)
    rows = db.session.execute(
        select(ExtraTime, Person.name, giver.name).join(Enrolment, Enrolment.id == ExtraTime.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id).join(giver, giver.id == ExtraTime.giver_id)
        .where(Enrolment.run_id == run_id).order_by(Person.name, ExtraTime.enrolment_id, ExtraTime.id.desc())
    ).all()
    seen: set[int] = set()
    found = []
    for row, name, by in rows:
        found.append(Given(row.enrolment_id, name, row.percent, row.minutes, by, row, row.enrolment_id not in seen))
        seen.add(row.enrolment_id)
    return found


def learners(run_id: int) -> Sequence[tuple[int, str | None]]:
    """Who learns in a run: the enrolment and the name, by name."""
    rows = db.session.execute(
        select(Enrolment.id, Person.name).join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.run_id == run_id, Enrolment.role == Role.LEARNER).order_by(Person.name, Enrolment.id)
    )
    return [(row[0], row[1]) for row in rows]


def running(run_id: int) -> list[tuple[str | None, str, terms.Terms]]:
    """Whose test is running now: the name, the module, and how it stands; who ends first comes first."""
    rows = db.session.execute(
        select(Enrolment, Person.name, Sitting.module).join(Sitting, Sitting.enrolment_id == Enrolment.id)
        .join(Person, Person.id == Enrolment.person_id).where(Enrolment.run_id == run_id, Enrolment.role == Role.LEARNER)
    ).all()
    found = [(name, module, terms.of(part, module)) for part, name, module in rows if module in parsed(part.edition_id).module_ids]
    at_work = [each for each in found if each[2].test and each[2].test.left]
    return sorted(at_work, key=lambda each: each[2].test.left if each[2].test else 0)
