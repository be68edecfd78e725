"""One try of a prompt exercise, from the claimed row to the grade. Whoever runs it just follows the events."""

import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import select

from assessments import prompts, service
from assessments.grading import Verdict
from assessments.kinds import KINDS
from assessments.kinds.prompt import PromptItem
from assessments.models import Attempt, Completion
from core import db, jobs
from core.i18n import N_
from courses.models import Enrolment
from exercises.prompt import Ask, messages
from gateway import service as gateway
from gateway.faults import GatewayError

log = structlog.get_logger("prompts")
MOST_TRIES = 3             # Of running it, when processes die over it.
LEASE = timedelta(seconds=30)  # A learner is watching: what a killed process was at is taken up again soon.
LOOK_FOR_STOP = 0.25       # Seconds; each look is a query.
NO_MODEL = N_("No model is available just now, and this exercise has no recorded answer.")
STOPPED = N_("You stopped before an answer began.")
BROKEN = N_("Something went wrong on our side.")


@dataclass(frozen=True)
class Event:
    """What a watching browser is told: answer (one begins), text (a piece of it), done, or later (somebody else runs it)."""

    name: str
    data: Any = None


@dataclass
class _Try:
    attempt: Attempt
    enrolment: Enrolment
    item: PromptItem
    completions: list[Completion] = field(default_factory=list)

    @property
    def prompt(self) -> str:
        return str(self.attempt.response["prompt"])


def run_try(attempt_id: int) -> Generator[Event, None, None]:
    """Ask the model, check its answers and record the grade, all exactly once; yields what happens meanwhile.

    Whatever is not the learner's fault gives the try back with a reason. A killed process leaves the row to the sweep.
    """
    attempt = jobs.claim(Attempt, attempt_id, LEASE)
    if attempt is None:
        yield Event("later")
        return
    if attempt.tries > 1:
        gateway.release(_cause(attempt_id))
    try:
        with jobs.held(attempt, LEASE):
            yield from _run_or_give_back(_load(attempt))
    except jobs.LostLeaseError:
        log.warning("try_taken_over", attempt=attempt_id)
        yield Event("later")
    else:
        yield Event("done")


def _load(attempt: Attempt) -> _Try:
    enrolment = db.session.scalars(select(Enrolment).where(Enrolment.id == attempt.enrolment_id)).one()
    item = prompts.prompt_item(attempt.edition_id, attempt.module, attempt.item, attempt.language)
    db.session.commit()  # Reads are over; nothing is open while the model thinks.
    return _Try(attempt, enrolment, item)


def _run_or_give_back(this: _Try) -> Iterator[Event]:
    try:
        yield from _run(this)
    except GatewayError as error:
        log.warning("try_given_back", attempt=this.attempt.id, reason=error.kind)
        _give_back(this.attempt, error.message)


def _run(this: _Try) -> Iterator[Event]:
    if this.attempt.tries > MOST_TRIES:
        _give_back(this.attempt, BROKEN)
        return
    model = gateway.model()
    if model is None:
        _play_recorded(this)
        return
    calls = prompts.calls(this.item)
    for position, (_, ask) in enumerate(calls):
        yield Event("answer", {"number": position + 1, "of": len(calls), "ask": ask.text})
        yield from _ask(this, model, position, ask)
        if this.completions[-1].finish == "stopped":
            break
    if any(completion.answer for completion in this.completions):
        _finish(this, _verdict(this))
    else:
        _give_back(this.attempt, STOPPED)


def _ask(this: _Try, model: gateway.Model, position: int, ask: Ask) -> Iterator[Event]:
    """One call: the pieces of its answer, and a Completion when it is there."""
    with db.transaction():
        jobs.renew(this.attempt, LEASE)
    exercise = this.item.exercise
    # Each run draws anew, and a run that has to be repeated draws the same.
    sampling = {"temperature": this.attempt.response["temperature"], "seed": zlib.crc32(f"{this.attempt.id}/{position}".encode()) >> 1,
                "max_tokens": exercise.max_tokens}
    asker = gateway.Asker(this.enrolment.person_id, this.enrolment.run_id, _cause(this.attempt.id))
    pieces: list[str] = []
    answer = gateway.ask(model, asker, messages(exercise, this.prompt, ask), **sampling, stopped=_stop_flag(this.attempt.id))
    with closing(answer):
        for piece in answer:
            if isinstance(piece, str):
                pieces.append(piece)
                yield Event("text", piece)
            else:
                this.completions.append(Completion(
                    attempt_id=this.attempt.id, position=position, ask=ask.text, answer="".join(pieces), model=piece.model,
                    parameters=sampling, prompt_tokens=piece.prompt_tokens, completion_tokens=piece.completion_tokens, finish=piece.finish,
                ))


def _cause(attempt_id: int) -> str:
    return f"attempt {attempt_id}"


def _stop_flag(attempt_id: int) -> Callable[[], bool]:
    """Whether the learner has asked to stop; looks into the database a few times a second."""
    seen, looked = False, 0.0

    def stopped() -> bool:
        nonlocal seen, looked
        if not seen and monotonic() - looked >= LOOK_FOR_STOP:
            looked = monotonic()
            seen = bool(db.session.scalar(select(Attempt.stopped).where(Attempt.id == attempt_id)))
            db.session.commit()
        return seen

    return stopped


# --- How a try ends ----------------------------------------------------------------------------------------------------

def _verdict(this: _Try) -> Verdict:
    """The machine checks over the answers of each ask."""
    asks = [at for at, _ in prompts.calls(this.item)]
    answers: list[list[str]] = [[] for _ in this.item.exercise.asks]
    for completion in this.completions:
        answers[asks[completion.position]].append(completion.answer)
    return KINDS[this.item.kind].grade(this.item, {**this.attempt.response, "answers": answers})


def _play_recorded(this: _Try) -> None:
    """No model: the recorded answers with their checks as a demonstration. It takes no try, and 0 out of 0 points take the
    exercise out of what can be reached, so that nobody gains or loses by a model that is not there.
    """
    if not this.item.exercise.recorded:
        _give_back(this.attempt, NO_MODEL)
        return
    this.completions = [
        Completion(attempt_id=this.attempt.id, position=position, ask=ask.text, answer=ask.recorded, model=None, parameters={}, recorded=True)
        for position, (_, ask) in enumerate(prompts.calls(this.item))
    ]
    shown = _verdict(this)
    _finish(this, Verdict(0, 0, shown.state, shown.parts), counts=False)


def _finish(this: _Try, verdict: Verdict, *, counts: bool = True) -> None:
    """Answers, grade and all that follows from it: one transaction, and only while the row is still ours."""
    with db.transaction() as tx:
        jobs.finish(this.attempt)
        this.attempt.counts = counts
        tx.add_all(this.completions)
        tx.flush()
        service.record_grade(this.attempt, this.enrolment, this.item, verdict)


def _give_back(attempt: Attempt, reason: str) -> None:
    """The try takes none of the learner's attempts; the page says why."""
    with db.transaction():
        jobs.fail(attempt, reason)
        attempt.counts = False
