"""Running one try, from the claimed row to the grade, whatever kind of exercise it is of."""

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import structlog
from sqlalchemy import select

from assessments import code_run, items, prompt_run
from assessments.models import Attempt
from assessments.tries import LEASE, Event, Try, cause, give_back
from core import db, jobs
from core.i18n import N_
from courses.models import Enrolment
from exercises.program_check import SandboxError
from gateway import service as gateway
from gateway.faults import GatewayError

log = structlog.get_logger("tries")
MOST_TRIES = 3             # Of running it, when processes die over it.
BROKEN = N_("Something went wrong on our side.")
RUNNERS: Mapping[str, Callable[[Try[Any]], Iterator[Event]]] = {"python": code_run.carry_out}  # The other kinds ask models.


def run_try(attempt_id: int) -> Generator[Event, None, None]:
    """Carry a try out and record the grade, all exactly once; yields what happens meanwhile.

    Whatever is not the learner's fault gives the try back with a reason. A killed process leaves the row to the sweep.
    """
    attempt = jobs.claim(Attempt, attempt_id, LEASE)
    if attempt is None:
        yield Event("later")
        return
    if attempt.tries > 1:
        gateway.release(cause(attempt_id))
    try:
        with jobs.held(attempt, LEASE):
            yield from _run_or_give_back(_load(attempt))
    except jobs.LostLeaseError:
        log.warning("try_taken_over", attempt=attempt_id)
        yield Event("later")
    else:
        yield Event("done")


def _load(attempt: Attempt) -> Try[Any]:
    enrolment = db.session.scalars(select(Enrolment).where(Enrolment.id == attempt.enrolment_id)).one()
    item = items.item(attempt.edition_id, attempt.module, attempt.item, attempt.language)
    db.session.commit()  # Reads are over; nothing is open while the model thinks.
    return Try(attempt, enrolment, item)


def _run_or_give_back(this: Try[Any]) -> Iterator[Event]:
    if this.attempt.tries > MOST_TRIES:
        give_back(this.attempt, BROKEN)
        return
    try:
        yield from RUNNERS.get(this.item.kind, prompt_run.carry_out)(this)
    except GatewayError as error:
        log.warning("try_given_back", attempt=this.attempt.id, reason=error.kind)
        give_back(this.attempt, error.message)
    except SandboxError as error:
        log.warning("try_given_back", attempt=this.attempt.id, reason="sandbox")
        give_back(this.attempt, str(error))
