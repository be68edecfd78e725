"""Use cases of prompt exercises: send a prompt, stop the model, show what it answered. assessments.prompt_run does the asking."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from assessments import items, service, turns
from assessments.kinds import KINDS
from assessments.kinds.asking import AskingKind
from assessments.kinds.item import Form, Item, Response
from assessments.models import Attempt, Completion
from assessments.tries import cause
from core import db, jobs
from core.config import settings
from core.jobs import WorkState
from courses.models import Enrolment
from courses.service import AnyPart
from exercises.secrets import secret
from gateway import service as gateway
from gateway.faults import MESSAGES
from gateway.personal import personal_data
from gateway.service import line
from modules.answer import answer_html

ANYWAY = "anyway"     # The form's box: "send it all the same".
_RUN = jobs.queue.signature("assessments.run_try")


class PersonalDataError(ValueError):
    """The prompt seems to hold personal data and the learner has not confirmed it. `found` are message ids."""

    def __init__(self, found: tuple[str, ...]) -> None:
        super().__init__("personal data")
        self.found = found


class NoTokensError(RuntimeError):
    """What may still be used today does not suffice for this exercise. `message` is a message id that says whose tokens."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.message = MESSAGES[kind]


@dataclass(frozen=True)
class Told:
    """What a model answered in an attempt, ready for the page. `error` is a message id: why the try was given back."""

    answers: tuple[Markup, ...]        # in the order of the plan
    by_arm: Mapping[str, str]          # the model of each arm of a comparison
    raw: tuple[str, ...]               # as the models wrote them
    models: tuple[str, ...]            # as people read them: external ones say that they are
    tokens: int
    recorded: bool
    stopped: bool
    cut: bool
    error: str


def asks(item: Item) -> bool:
    """Whether the item is of a kind that asks models."""
    return isinstance(KINDS[item.kind], AskingKind)


def asking(item: Item) -> AskingKind[Any]:
    """The item's kind. Raises LookupError when it asks no model."""
    kind = KINDS[item.kind]
    if not isinstance(kind, AskingKind):
        raise LookupError(item.id)
    return kind


def cost(item: Item, response: Response) -> int:
    """The most tokens that a try with this response can take."""
    return sum(gateway.cost(call.messages, call.max_tokens) for call in asking(item).plan(item, response, 0))


def asking_item(edition_id: int, module: str, item_id: str, language: str) -> Item:
    """An exercise that asks models. Raises LookupError when there is none of this id."""
    item = items.item(edition_id, module, item_id, language)
    asking(item)
    return item


def submit(part: AnyPart, module: str, item_id: str, language: str, number: int, *, form: Form, live: bool) -> int:
    """Take a learner's prompt and give the attempt's id; the model is asked afterwards.

    With `live` the learner's browser fetches the answer at once (prompt_live); else, or when that never comes, a task does
    the asking. Raises LookupError, ResponseError, PersonalDataError, NoTokensError, StaleError and ClosedError; then
    nothing counts and nothing was asked.
    """
    item = asking_item(part.edition_id, module, item_id, language)
    response = asking(item).read(item, form)
    found = personal_data("\n".join([response["prompt"], *response.get("fields", {}).values()]))
    if found and ANYWAY not in form:
        raise PersonalDataError(found)
    lacking = gateway.lacking(part.person_id, part.run_id, cost(item, response))
    if lacking and gateway.model(part.run_id):
        raise NoTokensError(lacking)
    number = service.free_number(part, module, item, number)
    response |= _drawn(part, item)
    try:
        with db.transaction():
            attempt = service.add_attempt(part, module, item, number, response)
            if not live:
                jobs.hint(_RUN, attempt.id)
    except IntegrityError as error:  # The same attempt arrived twice at the same moment; the other one counts.
        raise service.StaleError from error
    return attempt.id


def _drawn(part: AnyPart, item: Item) -> Response:
    """What a try needs that is drawn once, so that a repeated run has the same."""
    wants, found = asking(item).wants(item), {}
    if wants.sides > 1:
        offered = [gateway.model(part.run_id, name) for name in wants.models] if wants.models else gateway.models(part.run_id)
        names = list(dict.fromkeys(model.key for model in offered if model))[: wants.sides]
        if wants.mixed:
            SystemRandom().shuffle(names)
        found["drawn"] = names
    if wants.secret:
        return {**found, "secret": secret(settings().secret_key, f"{part.id} {item.id}")}
    return found


def hand_over(attempt_id: int) -> None:
    """Let a task do the asking."""
    with db.transaction():
        jobs.hint(_RUN, attempt_id)


def own_attempt(attempt_id: int, person_id: int) -> tuple[Attempt, Enrolment] | None:
    """An attempt and its enrolment, if it is this person's."""
    found = db.session.execute(
        select(Attempt, Enrolment).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Attempt.id == attempt_id, Enrolment.person_id == person_id)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def stop(attempt_id: int) -> None:
    """Ask whoever runs the try to stop; what has come by then is kept. Too late does no harm."""
    with db.transaction() as tx:
        tx.execute(
            update(Attempt).where(Attempt.id == attempt_id, Attempt.state.in_((WorkState.DUE, WorkState.RUNNING))).values(stopped=True)
            .execution_options(synchronize_session=False)
        )
        if line.look(cause(attempt_id)):
            turns.call(cause(attempt_id))  # One who waits is told at once; one who is answered looks for it.


def told(attempt_id: int, item: Item) -> Told:
    """What is known of an attempt's answers."""
    rows = db.session.scalars(select(Completion).where(Completion.attempt_id == attempt_id).order_by(Completion.position)).all()
    return Told(
        tuple(_shown(row.answer) for row in rows), names_by_arm(rows) if any(row.arm for row in rows) else {}, tuple(row.answer for row in rows),
        models=tuple(_named(row) for row in {row.model: row for row in rows if row.model}.values()),
        tokens=sum(row.prompt_tokens + row.completion_tokens for row in rows),
        recorded=any(row.recorded for row in rows), stopped=any(row.finish == "stopped" for row in rows),
        cut=any(row.finish == "length" for row in rows), error=service.error_of(attempt_id),
    )


def key_of(row: Completion) -> str:
    """Which model of which server answered (gateway.Model.key); empty for a recorded answer."""
    return str(row.parameters.get("key") or row.model or "")


def names_by_arm(rows: Sequence[Completion]) -> dict[str, str]:
    """What people read of the model of each arm."""
    names = gateway.names_of(key_of(row) for row in rows)
    return {row.arm: names[key_of(row)] for row in rows}


def _named(row: Completion) -> str:
    name = row.model or ""
    return str(_("%(name)s (external)", name=name)) if row.parameters.get("external") else name


def with_answers(item: Item, response: Response, told: Told) -> Response:
    """A response with what the models answered, for its page."""
    return {**asking(item).complete(item, response, told.answers), "raw": told.raw}


def _shown(answer: str) -> Markup:
    """A model's words as safe HTML: Markdown, unless they are data, whose line breaks and quotation marks matter."""
    if _is_data(answer):
        return Markup("<pre><code>{}</code></pre>").format(answer)
    if not answer.strip():
        return Markup("")
    return Markup(answer_html(answer))  # noqa: S704 - sanitised there


def _is_data(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
