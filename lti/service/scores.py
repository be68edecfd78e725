"""Tell platforms about scores: rows in the outbox, one delivery after the other."""

from datetime import timedelta

import structlog
from flask_babel import gettext as _
from sqlalchemy import CursorResult, or_, select, update

from core import db, jobs
from core.config import settings
from core.http import client
from core.jobs import WorkState
from lti import grades, keys, outbox
from lti.admission import Admitted
from lti.connection import Connection, LaterError, NeverError, TokenCache
from lti.grades import Address
from lti.models import Participant, ResourceLink, ScorePush
from lti.outbox import Packed
from lti.platforms import profile_of
from lti.service import tool_keys

log = structlog.get_logger("lti")
PUSH = "lti.push"
MOST_TRIES = 80                        # with the usual back-off about three days
AHEAD = 10                             # seconds that a score's timestamp may be ahead of the clock
MAKING = timedelta(minutes=3)
_tokens = TokenCache()


def note_grade(enrolment_id: int, module: str) -> None:
    """A grade was given: put the score into the outbox. Call in the transaction of the grade."""
    _hint(outbox.note(enrolment_id, module))


def catch_up(admitted: Admitted) -> None:
    """Tell the platform what was earned before this link listened. Call in the transaction of the launch."""
    if admitted.moved or admitted.joined:
        _hint(outbox.catch_up(admitted.link_id, None if admitted.moved else admitted.participant_id))


def became_learner(enrolment_id: int) -> None:
    """Tell all links of somebody who is a learner now, and was none, what they have. Call in the transaction that says so."""
    for row in db.session.execute(select(Participant.id, Participant.link_id).where(Participant.enrolment_id == enrolment_id)).all():
        _hint(outbox.catch_up(row.link_id, row.id))


def resend() -> int:
    """Try everything again that has finally failed; returns how much that is."""
    with db.unscoped(), db.transaction() as tx:  # The operator looks after all tenants.
        failed = list(tx.scalars(select(ScorePush.id).where(ScorePush.state == WorkState.FAILED)))
        tx.execute(
            update(ScorePush).where(ScorePush.id.in_(failed)).values(state=WorkState.DUE, due_at=db.now(), tries=0)
            .execution_options(synchronize_session=False)
        )
        _hint(failed)
    return len(failed)


def deliver(push_id: int) -> None:
    """Send one row of the outbox, unless it is done, in other hands, or an earlier one of the same learner goes first."""
    if outbox.must_wait(push_id):
        return
    push = jobs.claim(ScorePush, push_id)
    if push is None:
        return
    with db.transaction():
        packed = outbox.pack(push, _comment)
    try:
        if packed is not None:
            _send(packed)
    except LaterError as error:
        _try_again(push, str(error), error.delay)
    except NeverError as error:
        _give_up(push, str(error))
    else:
        _finish(push, packed)


def _send(packed: Packed) -> None:
    """Speak to the platform, with no transaction open. Raises LaterError or NeverError."""
    parcel = packed.parcel
    ahead = parcel.second - db.now().timestamp()
    if ahead > AHEAD:
        # A timestamp in the future would block later scores until then (ags-score.http).
        raise LaterError("Scores follow each other faster than one in a second.", timedelta(seconds=ahead - AHEAD))
    platform = packed.participant.link.platform
    with client(settings()) as http:
        connection = Connection(http, platform.client_id, platform.token_url, _sign, _tokens)
        lineitem = parcel.address.lineitem or _make_line_item(connection, parcel.address)
        grades.send(connection, profile_of(platform.family), lineitem, parcel)


def _sign(claims: dict[str, object]) -> str:
    try:
        with db.transaction():
            tool_keys.make_missing()  # The first token may be asked for before anybody has fetched the keys.
            return keys.sign(claims, settings().secret_key)
    except keys.KeyTroubleError as error:
        raise LaterError(str(error)) from error


def _make_line_item(connection: Connection, address: Address) -> str:
    """The link's own line item, made once: of several workers one makes it and the others come back."""
    moment = db.now()
    free = or_(ResourceLink.making_until.is_(None), ResourceLink.making_until < moment)
    with db.transaction() as tx:
        taken = tx.execute(
            update(ResourceLink).where(ResourceLink.id == address.link, ResourceLink.lineitem.is_(None), free)
            .values(making_until=moment + MAKING)
        )
        if not isinstance(taken, CursorResult) or taken.rowcount != 1:
            raise LaterError("The line item is being made.", timedelta(seconds=1))
    try:
        lineitem = grades.make_line_item(connection, address)
    except (LaterError, NeverError):
        _keep_line_item(address.link, None)
        raise
    _keep_line_item(address.link, lineitem)
    return lineitem


def _keep_line_item(link_id: int, lineitem: str | None) -> None:
    with db.transaction() as tx:
        tx.execute(update(ResourceLink).where(ResourceLink.id == link_id).values(lineitem=lineitem, making_until=None))


def _finish(push: ScorePush, packed: Packed | None) -> None:
    with db.transaction():
        if packed is not None:
            outbox.record(packed, push)
        jobs.finish(push)
        _wake_next(push)


def _try_again(push: ScorePush, error: str, delay: timedelta | None) -> None:
    if push.tries >= MOST_TRIES:
        _give_up(push, error)
        return
    log.info("score_postponed", push=push.id, tries=push.tries, reason=error)
    with db.transaction():
        jobs.postpone(push, error, delay or jobs.backoff(push.tries))


def _give_up(push: ScorePush, error: str) -> None:
    log.warning("score_failed", push=push.id, tries=push.tries, reason=error)
    with db.transaction():
        jobs.fail(push, error)
        _wake_next(push)


def _wake_next(push: ScorePush) -> None:
    following = outbox.next_waiting(push)
    if following is not None:
        _hint([following])


def _hint(push_ids: list[int]) -> None:
    for push_id in push_ids:
        jobs.hint(jobs.queue.tasks[PUSH], push_id)


def _comment(points: float, maximum: float) -> str:
    return str(_("Lotse: %(points)s of %(maximum)s points", points=_short(points), maximum=_short(maximum)))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
