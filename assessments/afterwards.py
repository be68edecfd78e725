"""What follows the answers of an attempt, as HTML: the vote and the class's result, the follow-up, opinions. Drawn anew each time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select

from assessments import opinions, prompts
from assessments.after_acts import completions, item_of
from assessments.kinds.item import Item
from assessments.kinds.prompt import PromptItem
from assessments.models import Attempt, Completion, FollowUp, Judgement, Vote
from assessments.prompt_place import Standing, standing_of
from core import db, kept
from core.jobs import WorkState
from courses.models import Enrolment
from courses.service import AnyPart
from exercises import followup
from gateway import service as gateway

FEWEST_VOTES = 3           # Of fewer, one could tell who voted how.


@dataclass(frozen=True)
class Bar:
    """One model in the class's result; an empty name means that none was better."""

    name: str
    count: int
    share: float                       # of the votes, 0 to 100


@dataclass(frozen=True)
class Result:
    """How the class has voted. `bars` are empty as long as there are too few votes."""

    votes: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Opinion:
    """A criterion, and what a model thinks: nothing yet, how the question to it stands, or what came of it."""

    position: int
    criterion: str
    said: Judgement | None
    standing: Standing | None


def draw(part: AnyPart, item: Item, attempt_id: int, *, closed: bool = False, told: bool = True) -> str:
    """What the learner may do now with the answers of this attempt, and what came of it (if it may be `told`); empty when there is nothing."""
    if not isinstance(item, PromptItem):
        return ""
    exercise = item.exercise
    attempt = db.session.scalars(select(Attempt).where(Attempt.id == attempt_id)).one()
    rows = completions(attempt_id)
    if attempt.state != WorkState.DONE or not rows or not (exercise.blind or exercise.then or exercise.judges):
        return ""
    recorded = any(row.recorded for row in rows)
    found = opinions.of(attempt_id)
    return render_template(
        "assessments/after.html", id=f"q-{item.id}" + (f"-{attempt.number}" if closed else ""), exercise=exercise, closed=closed, tells=told,
        address=f"{kept.ROOT}/attempts/{attempt_id}", recorded=recorded,
        vote=_vote(part, item, attempt, rows, recorded=recorded), follow=_follow(item, attempt_id, rows),
        opinions=[_opinion(at, criterion, found.get(at)) for at, criterion in enumerate(exercise.judges)],
        judge=bool(exercise.judges) and not closed and gateway.model(part.run_id, role="judge") is not None,
    )


def draw_opinion(attempt: Attempt, run_id: int, position: int, address: str, *, shown: str = "", fresh: bool = False) -> str:
    """What a model thinks by one criterion; empty while nothing is new on a page that shows `shown`. Raises LookupError."""
    criteria = item_of(attempt).exercise.judges
    if position >= len(criteria):
        raise LookupError(position)
    opinion = _opinion(position, criteria[position], opinions.of(attempt.id).get(position))
    if shown and opinion.standing and opinion.standing.key == shown:
        return ""
    return render_template(
        "assessments/opinion.html", opinion=opinion, id=f"q-{attempt.item}", address=address, closed=False, fresh=fresh,
        judge=gateway.model(run_id, role="judge") is not None,
    )


def _opinion(position: int, criterion: str, row: Judgement | None) -> Opinion:
    if row is None or not opinions.at_work(row):
        return Opinion(position, criterion, row, None)
    running = row.state == WorkState.RUNNING
    place = opinions.place(row)
    on_its_way = Standing(_("Your question is on its way to the model …"))
    return Opinion(position, criterion, row, standing_of(running, place) if running or place else on_its_way)


def _vote(part: AnyPart, item: PromptItem, attempt: Attempt, rows: Sequence[Completion], *, recorded: bool) -> dict[str, Any] | None:
    if not item.exercise.blind or recorded:
        return None
    by_arm = {row.arm: prompts.key_of(row) for row in rows}
    cast = db.session.scalars(select(Vote).where(Vote.enrolment_id == part.id, Vote.module == attempt.module, Vote.item == item.id)).one_or_none()
    if cast is None:
        return {"arms": tuple(by_arm), "cast": None}
    result = class_result(part.run_id, attempt.module, item.id, tuple(by_arm.values()))
    # A vote was for a model; in a later attempt it stands under another letter.
    mine = next((arm for arm, key in by_arm.items() if key and key == cast.model), None)
    return {"arms": tuple(by_arm), "cast": cast, "names": prompts.names_by_arm(rows), "mine": mine, "result": result,
            "reasons": [item.exercise.rubric[int(at)] for at in cast.reasons.get("chosen", ()) if int(at) < len(item.exercise.rubric)]}


def class_result(run_id: int, module: str, item: str, known: Sequence[str] = ()) -> Result:
    """The votes of everybody in a run: only counts, and only when there are enough."""
    found = Counter(db.session.scalars(
        select(Vote.model).join(Enrolment, Enrolment.id == Vote.enrolment_id)
        .where(Enrolment.run_id == run_id, Vote.module == module, Vote.item == item)
    ))
    votes = found.total()
    if votes < FEWEST_VOTES:
        return Result(votes, ())
    names = gateway.names_of(key for key in (*found, *known) if key)
    keys = sorted(names, key=lambda key: (-found[key], names[key]))
    return Result(votes, tuple(Bar(names.get(key, ""), found[key], 100 * found[key] / votes) for key in (*keys, "")))


def _follow(item: PromptItem, attempt_id: int, rows: Sequence[Completion]) -> dict[str, Any] | None:
    task = item.exercise.then
    if task is None:
        return None
    answers = [row.answer for row in rows]
    done = db.session.scalars(select(FollowUp).where(FollowUp.attempt_id == attempt_id)).one_or_none()
    return {
        "task": task, "claims": followup.claims(answers) if task.kind == "mark" else [],
        "outcome": followup.outcome(task, done.response, answers) if done else None,
    }
