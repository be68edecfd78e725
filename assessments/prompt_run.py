"""One try of a kind that asks models: carry its plan out, check the answers. Whoever runs it just follows the events (assessments.running)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from time import monotonic
from typing import Any

from sqlalchemy import select

from assessments import prompts, turns
from assessments.grading import Verdict
from assessments.kinds import KINDS
from assessments.models import Attempt, Completion
from assessments.tries import LEASE, Event, Try, cause, finish, give_back
from core import db, jobs
from core.i18n import N_
from exercises.plan import PlannedCall
from gateway import service as gateway
from gateway.service import line

LOOK_FOR_STOP = 0.25       # Seconds; each look is a query.
NO_MODEL = N_("No model is available just now, and this exercise has no recorded answer.")
STOPPED = N_("You stopped before an answer began.")


def carry_out(this: Try[Any]) -> Iterator[Event]:
    """Ask for every answer of the plan, and grade them. Raises GatewayError."""
    if this.attempt.stopped:  # While they waited for their turn.
        line.withdraw(cause(this.attempt.id))
        give_back(this.attempt, STOPPED)
        return
    plan = _plan(this)
    found = {wanted: gateway.model(this.enrolment.run_id, wanted) for wanted in {call.model for call in plan}}
    models = {wanted: model for wanted, model in found.items() if model is not None}
    kind = prompts.asking(this.item)
    different = len({(model.server, model.name) for model in models.values()})
    if different < len(found) or not kind.answerable(this.item, this.attempt.response):
        _play_recorded(this, plan)
        return
    with turns.at_turn(this.attempt, this.enrolment.person_id, cause(this.attempt.id), models.values(), this.attempt.submitted_at) as at_turn:
        yield from _ask_all(this, plan, models) if at_turn else (Event("later"),)


def _ask_all(this: Try[Any], plan: Sequence[PlannedCall], models: Mapping[str, gateway.Model]) -> Iterator[Event]:
    completions: list[Completion] = []
    for call in plan:
        yield Event("answer", {"number": call.position + 1, "of": len(plan), "ask": call.ask, **({"arm": call.arm} if call.arm else {})})
        yield from _ask(this, models[call.model], call, completions)
        if completions[-1].finish == "stopped":
            break
    if any(completion.answer for completion in completions):
        finish(this, _verdict(this, completions), completions)
    else:
        give_back(this.attempt, STOPPED)


def _plan(this: Try[Any]) -> Sequence[PlannedCall]:
    return prompts.asking(this.item).plan(this.item, this.attempt.response, this.attempt.id)


def _ask(this: Try[Any], model: gateway.Model, call: PlannedCall, completions: list[Completion]) -> Iterator[Event]:
    """One call: the pieces of its answer, and a Completion when it is there."""
    with db.transaction():
        jobs.renew(this.attempt, LEASE)
    sampling: dict[str, Any] = {"temperature": call.temperature, "seed": call.seed, "max_tokens": call.max_tokens}
    asker = gateway.Asker(this.enrolment.person_id, this.enrolment.run_id, cause(this.attempt.id))
    pieces: list[str] = []
    answer = gateway.ask(model, asker, call.messages, **sampling, schema=call.schema, stopped=_stop_flag(this.attempt.id))
    with closing(answer):
        for piece in answer:
            if isinstance(piece, str):
                pieces.append(piece)
                if not (call.sealed or call.hidden):
                    yield Event("text", piece)
            else:
                if call.sealed and not call.hidden:
                    yield Event("text", "".join(pieces))
                completions.append(Completion(
                    attempt_id=this.attempt.id, position=call.position, ask=call.ask, answer="".join(pieces), model=piece.model,
                    parameters={**sampling, "external": model.external, "key": model.key}, prompt_tokens=piece.prompt_tokens,
                    completion_tokens=piece.completion_tokens, finish=piece.finish, arm=call.arm,
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


def _verdict(this: Try[Any], completions: Sequence[Completion]) -> Verdict:
    """The machine checks over the answers."""
    kind = prompts.asking(this.item)
    return KINDS[this.item.kind].grade(
        this.item, kind.complete(this.item, this.attempt.response, [completion.answer for completion in completions]),
    )


def _play_recorded(this: Try[Any], plan: Sequence[PlannedCall]) -> None:
    """No model: the recorded answers with their checks as a demonstration. It takes no try, and 0 out of 0 points take the
    exercise out of what can be reached, so that nobody gains or loses by a model that is not there.
    """
    recorded = prompts.asking(this.item).recorded(this.item, this.attempt.response)
    if not recorded:
        give_back(this.attempt, NO_MODEL)
        return
    completions = [
        Completion(attempt_id=this.attempt.id, position=call.position, ask=call.ask, answer=answer, model=None, parameters={}, recorded=True,
                   arm=call.arm)
        for call, answer in zip(plan, recorded, strict=True)
    ]
    shown = _verdict(this, completions)
    finish(this, Verdict(0, 0, shown.state, shown.parts), completions, counts=False)
