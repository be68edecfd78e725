"""What a learner does with the answers of an attempt: vote between them, do the follow-up."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assessments import prompts, service, terms
from assessments.kinds.item import Form, Response, ResponseError
from assessments.kinds.prompt import FOLLOWED, KIND, PromptItem
from assessments.models import Attempt, Completion, FollowUp, Vote
from core import db
from core.i18n import N_
from core.jobs import WorkState
from courses.models import Enrolment
from exercises import followup

NONE_BETTER = "none"
MOST_TYPED = 4000


def item_of(attempt: Attempt) -> PromptItem:
    """The exercise of an attempt whose answers are there. Raises LookupError."""
    item = prompts.asking_item(attempt.edition_id, attempt.module, attempt.item, attempt.language)
    if not isinstance(item, PromptItem) or attempt.state != WorkState.DONE:
        raise LookupError(attempt.item)
    return item


def completions(attempt_id: int) -> Sequence[Completion]:
    """The answers of an attempt in the order of asking."""
    return db.session.scalars(select(Completion).where(Completion.attempt_id == attempt_id).order_by(Completion.position)).all()


def vote(attempt: Attempt, form: Form) -> None:
    """Count a learner's vote in a blind comparison, once. Raises LookupError and ResponseError."""
    item = item_of(attempt)
    rows = [row for row in completions(attempt.id) if not row.recorded]
    by_arm = {row.arm: prompts.key_of(row) for row in rows}
    if not item.exercise.blind or not rows:
        raise LookupError(attempt.item)
    choice = _one(form, "choice")
    if choice not in (*by_arm, NONE_BETTER):
        raise ResponseError(N_("Please choose an answer, or that none is better."))
    reasons = [number for number in form.get("reasons", ()) if number.isdigit() and int(number) < len(item.exercise.rubric)]
    try:
        with db.transaction() as tx:
            tx.add(Vote(enrolment_id=attempt.enrolment_id, attempt_id=attempt.id, module=attempt.module, item=attempt.item,
                        model=by_arm.get(choice, ""), reasons={"chosen": sorted(set(reasons)), "arm": choice}))
    except IntegrityError:
        return  # Voted before, in another tab or by a second click: the first vote stays.


def follow(attempt: Attempt, enrolment: Enrolment, form: Form) -> None:
    """Take a follow-up and add its points: another grade, once. Raises LookupError, ResponseError and TimeOverError."""
    item = item_of(attempt)
    task = item.exercise.then
    if task is None:
        raise LookupError(attempt.item)
    if terms.of(enrolment, attempt.module).over:
        raise service.TimeOverError
    rows = completions(attempt.id)
    answers = [row.answer for row in rows]
    response = _follow_up(task, form, answers)
    whole = {**KIND.complete(item, attempt.response, answers), FOLLOWED: response}
    try:
        with db.transaction() as tx:
            tx.add(FollowUp(attempt_id=attempt.id, response=response))
            tx.flush()
            if not any(row.recorded for row in rows):
                service.record_grade(attempt, enrolment, item, KIND.grade(item, whole))
    except IntegrityError:
        return  # Done before: the first one stays.


def _follow_up(task: followup.FollowUp, form: Form, answers: Sequence[str]) -> Response:
    if task.kind == "facts":
        text = _one(form, "facts")
        if not followup.facts(text):
            raise ResponseError(N_("Please list at least one fact, each on a line of its own."))
        return {"facts": text}
    if task.kind == "missed":
        return {"ticked": [str(at) for at in range(len(task.points)) if str(at) in form.get("ticked", ())]}
    count = len(followup.claims(answers))
    marks = {str(at): _one(form, f"mark-{at}") for at in range(count)}
    if any(mark not in followup.MARKS for mark in marks.values()):
        raise ResponseError(N_("Please mark each entry as real or invented."))
    return {"marks": marks, "links": {str(at): _one(form, f"link-{at}")[:500] for at in range(count)}}


def _one(form: Mapping[str, Sequence[str]], name: str) -> str:
    values = form.get(name, ())
    text = values[0].strip() if len(values) == 1 else ""
    if len(text) > MOST_TYPED or "\x00" in text:
        raise ResponseError(N_("Your answer is too long: at most %(most)s characters."), most=MOST_TYPED)
    return text
