"""One try of a prompt exercise: ask the model, check its answers. Whoever runs it just follows the events (assessments.running)."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from time import monotonic

from sqlalchemy import select

from assessments import prompts
from assessments.grading import Verdict
from assessments.kinds import KINDS
from assessments.kinds.prompt import PromptItem
from assessments.models import Attempt, Completion
from assessments.tries import LEASE, Event, Try, cause, finish, give_back
from core import db, jobs
from core.i18n import N_
from exercises.prompt import Ask, messages
from gateway import service as gateway

LOOK_FOR_STOP = 0.25       # Seconds; each look is a query.
NO_MODEL = N_("No model is available just now, and this exercise has no recorded answer.")
STOPPED = N_("You stopped before an answer began.")


def carry_out(this: Try[PromptItem]) -> Iterator[Event]:
    """Ask for every answer that the exercise wants, and grade them. Raises GatewayError."""
    model = gateway.model(this.enrolment.run_id)
    if model is None:
        _play_recorded(this)
        return
    calls = prompts.calls(this.item)
    completions: list[Completion] = []
    for position, (_, ask) in enumerate(calls):
        yield Event("answer", {"number": position + 1, "of": len(calls), "ask": ask.text})
        yield from _ask(this, model, position, ask, completions)
        if completions[-1].finish == "stopped":
            break
    if any(completion.answer for completion in completions):
        finish(this, _verdict(this, completions), completions)
    else:
        give_back(this.attempt, STOPPED)


def _ask(this: Try[PromptItem], model: gateway.Model, position: int, ask: Ask, completions: list[Completion]) -> Iterator[Event]:
    """One call: the pieces of its answer, and a Completion when it is there."""
    with db.transaction():
        jobs.renew(this.attempt, LEASE)
    exercise = this.item.exercise
    # Each run draws anew, and a run that has to be repeated draws the same.
    sampling = {"temperature": this.attempt.response["temperature"], "seed": zlib.crc32(f"{this.attempt.id}/{position}".encode()) >> 1,
                "max_tokens": exercise.max_tokens}
    asker = gateway.Asker(this.enrolment.person_id, this.enrolment.run_id, cause(this.attempt.id))
    pieces: list[str] = []
    answer = gateway.ask(model, asker, messages(exercise, str(this.attempt.response["prompt"]), ask), **sampling, stopped=_stop_flag(this.attempt.id))
    with closing(answer):
        for piece in answer:
            if isinstance(piece, str):
                pieces.append(piece)
                yield Event("text", piece)
            else:
                completions.append(Completion(
                    attempt_id=this.attempt.id, position=position, ask=ask.text, answer="".join(pieces), model=piece.model,
                    parameters=sampling, prompt_tokens=piece.prompt_tokens, completion_tokens=piece.completion_tokens, finish=piece.finish,
                ))


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


def _verdict(this: Try[PromptItem], completions: list[Completion]) -> Verdict:
    """The machine checks over the answers of each ask."""
    asks = [at for at, _ in prompts.calls(this.item)]
    answers: list[list[str]] = [[] for _ in this.item.exercise.asks]
    for completion in completions:
        answers[asks[completion.position]].append(completion.answer)
    return KINDS[this.item.kind].grade(this.item, {**this.attempt.response, "answers": answers})


def _play_recorded(this: Try[PromptItem]) -> None:
    """No model: the recorded answers with their checks as a demonstration. It takes no try, and 0 out of 0 points take the
    exercise out of what can be reached, so that nobody gains or loses by a model that is not there.
    """
    if not this.item.exercise.recorded:
        give_back(this.attempt, NO_MODEL)
        return
    completions = [
        Completion(attempt_id=this.attempt.id, position=position, ask=ask.text, answer=ask.recorded, model=None, parameters={}, recorded=True)
        for position, (_, ask) in enumerate(prompts.calls(this.item))
    ]
    shown = _verdict(this, completions)
    finish(this, Verdict(0, 0, shown.state, shown.parts), completions, counts=False)
