"""A model's opinion of an attempt by one criterion: asked for by a click, given by a task, never points.

A row stands for the question from the click on, so that two clicks ask once. It waits for its turn before the model's server as tries do.
"""

import zlib
from collections.abc import Sequence

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from assessments import turns
from assessments.after_acts import completions, item_of
from assessments.models import Attempt, Judgement
from assessments.running import BROKEN, MOST_TRIES
from assessments.tries import LEASE
from core import db, jobs
from core.i18n import N_
from core.jobs import WorkState
from courses.models import Enrolment
from exercises import judging
from exercises.judging import Opinion
from gateway import service as gateway
from gateway.abilities import SCHEMA
from gateway.client import Message
from gateway.faults import GatewayError
from gateway.service.line import Place
from modules.easy import written_in

log = structlog.get_logger("opinions")
MOST_TOKENS = 250
NO_JUDGE = N_("No model is there just now that could say what it thinks.")
_GIVE = jobs.queue.signature("assessments.give_opinion")


def cause(judgement_id: int) -> str:
    """What the call for an opinion is booked for."""
    return f"judgement {judgement_id}"


def of(attempt_id: int) -> dict[int, Judgement]:
    """The opinions that were asked for in an attempt, by the criterion's position."""
    return {row.position: row for row in db.session.scalars(select(Judgement).where(Judgement.attempt_id == attempt_id))}


def at_work(row: Judgement) -> bool:
    """Whether the opinion is still to come."""
    return row.state in (WorkState.DUE, WorkState.RUNNING)


def place(row: Judgement) -> Place | None:
    """Where an opinion that is still to come stands in the line; None: in none."""
    return turns.place(cause(row.id)) if row.state == WorkState.DUE else None


def ask(attempt: Attempt, position: int) -> None:
    """Let a model be asked what it thinks by one criterion: once, unless it failed. Raises LookupError."""
    if not 0 <= position < len(item_of(attempt).exercise.judges) or any(row.recorded for row in completions(attempt.id)):
        raise LookupError(position)
    try:
        with db.transaction() as tx:
            row = Judgement(attempt_id=attempt.id, position=position)
            tx.add(row)
            tx.flush()
            jobs.hint(_GIVE, row.id)
    except IntegrityError:
        _ask_again(attempt.id, position)


def _ask_again(attempt_id: int, position: int) -> None:
    """Only what has failed: what is being asked, or was said, stays as it is."""
    with db.transaction() as tx:
        found = tx.scalars(
            update(Judgement)
            .where(Judgement.attempt_id == attempt_id, Judgement.position == position, Judgement.state == WorkState.FAILED)
            .values(state=WorkState.DUE, due_at=db.now(), tries=0, error=None)
            .returning(Judgement.id).execution_options(synchronize_session=False)
        ).one_or_none()
        if found is not None:
            jobs.hint(_GIVE, found)


def give(judgement_id: int) -> None:
    """Ask the model and write down what it thinks, exactly once. A killed process leaves the row to the sweep."""
    row = jobs.claim(Judgement, judgement_id, LEASE)
    if row is None:
        return
    if row.tries > 1:
        gateway.release(cause(row.id))
    try:
        with jobs.held(row, LEASE):
            _give_or_say_why(row)
    except jobs.LostLeaseError:
        log.warning("opinion_taken_over", judgement=judgement_id)


def _give_or_say_why(row: Judgement) -> None:
    if row.tries > MOST_TRIES:
        _fail(row, BROKEN)
        return
    try:
        _give(row)
    except GatewayError as error:
        log.warning("opinion_failed", judgement=row.id, reason=error.kind)
        _fail(row, error.message)


def _fail(row: Judgement, reason: str) -> None:
    with db.transaction():
        jobs.fail(row, reason)


def _give(row: Judgement) -> None:
    attempt, enrolment = db.session.execute(
        select(Attempt, Enrolment).join(Enrolment, Enrolment.id == Attempt.enrolment_id).where(Attempt.id == row.attempt_id)
    ).one()
    criterion = item_of(attempt).exercise.judges[row.position]
    prompt, answer = str(attempt.response["prompt"]), "\n\n".join(found.answer for found in completions(attempt.id))
    model = gateway.model(enrolment.run_id, role="judge")
    db.session.commit()  # Reads are over; nothing is open while the model thinks.
    if model is None:
        _fail(row, NO_JUDGE)
        return
    with turns.at_turn(row, enrolment.person_id, cause(row.id), [model]) as at_turn:
        if at_turn:
            asker = gateway.Asker(enrolment.person_id, enrolment.run_id, cause(row.id), "judge")
            text = _answer(model, asker, judging.question(criterion, prompt, answer, written_in(attempt.language)))
            _finish(row, model.label, judging.read(text, prompt, answer))


def _answer(model: gateway.Model, asker: gateway.Asker, messages: Sequence[Message]) -> str:
    schema = judging.SCHEMA if SCHEMA in model.abilities else None
    seed = zlib.crc32(asker.cause.encode()) >> 1
    said = gateway.ask(model, asker, messages, max_tokens=MOST_TOKENS, temperature=0, seed=seed, stopped=lambda: False, schema=schema)
    return "".join(piece for piece in said if isinstance(piece, str))


def _finish(row: Judgement, model: str, said: Opinion) -> None:
    """Only while the row is still ours."""
    with db.transaction():
        jobs.finish(row)
        row.model, row.opinion, row.reason, row.quote, row.quote_found = model, said.opinion, said.reason, said.quote, said.found
