"""Tell platforms about scores: rows in the outbox, many under one lease, one learner and line item after the other."""

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from flask_babel import gettext as _
from sqlalchemy import func, select, update

from core import db, jobs
from core.config import settings
from core.i18n import LANGUAGES, in_language
from core.jobs import WorkState
from lti import outbox
from lti.admission import Admitted
from lti.connection import LaterError
from lti.lanes import Lanes
from lti.models import Participant, ResourceLink, ScorePush
from lti.outbox import Lane, Packed, Taken
from lti.service.delivery import Delivery, Failure, delivery

log = structlog.get_logger("lti")
PUSH = "lti.push"
MOST_TRIES = 80                        # with the usual back-off about three days
BATCH = 50
TURN_SECONDS = 10                      # then a thread looks at what else there is to do
_lanes = Lanes()


def note_grade(enrolment_id: int, module: str) -> None:
    """A grade was given: put the score into the outbox. Call in the transaction of the grade."""
    hint(outbox.note(enrolment_id, module))


def catch_up(admitted: Admitted) -> None:
    """Tell the platform what was earned before this link listened. Call in the transaction of the launch."""
    if admitted.moved:
        outbox.forget_sent(admitted.link_id)
    if admitted.rescheduled:
        hint(outbox.replan(admitted.link_id))
    elif admitted.moved or admitted.joined:
        hint(outbox.catch_up(admitted.link_id, None if admitted.moved else admitted.participant_id))


def became_learner(enrolment_id: int) -> None:
    """Tell all links of somebody who is a learner now, and was none, what they have. Call in the transaction that says so."""
    for row in db.session.execute(select(Participant.id, Participant.link_id).where(Participant.enrolment_id == enrolment_id)).all():
        hint(outbox.catch_up(row.link_id, row.id))


def resend() -> int:
    """Try everything again that has finally failed; returns how much that is."""
    with db.unscoped(), db.transaction() as tx:  # The operator looks after all tenants.
        failed = list(tx.scalars(select(ScorePush.id).where(ScorePush.state == WorkState.FAILED)))
        tx.execute(
            update(ScorePush).where(ScorePush.id.in_(failed)).values(state=WorkState.DUE, due_at=db.now(), tries=0)
            .execution_options(synchronize_session=False)
        )
        hint(failed)
    return len(failed)


def failed_by_platform() -> dict[int, int]:
    """How many learners' last scores have finally failed, by platform of the organisation acted for."""
    rows = db.session.execute(
        select(ResourceLink.platform_id, func.count()).select_from(ScorePush).join(ScorePush.participant).join(Participant.link)
        .where(ScorePush.state == WorkState.FAILED, outbox.NEWEST).group_by(ResourceLink.platform_id)
    )
    return {row[0]: row[1] for row in rows}


def hint(push_ids: Iterable[int]) -> None:
    """Let a worker look at these rows once they are durable. Call in a transaction."""
    for push_id in push_ids:
        jobs.hint(jobs.queue.tasks[PUSH], push_id)


# --- Sending ----------------------------------------------------------------------------------------------------------

def deliver(push_id: int) -> None:
    """Send a row of the outbox and all that is due at its platform; nothing when others are at it."""
    lane = outbox.lane_of(push_id)
    if lane is not None and _lanes.enter(lane.platform_id):
        unfinished = False
        try:
            with db.scoped(lane.organisation_id):
                unfinished = drain(lane)
        finally:
            asked = _lanes.leave(lane.platform_id)
        if unfinished or asked:
            _call_again(lane)


def drain(lane: Lane) -> bool:
    """Send what is due at a platform, batch after batch; whether there may be more for which it is worth coming back at once."""
    end = time.monotonic() + TURN_SECONDS
    with delivery(lane.platform_id) as platform:
        while send_batch(lane, platform):
            if time.monotonic() > end:
                return True
    return False


def send_batch(lane: Lane, platform: Delivery) -> bool:
    """Take, send and settle some rows; whether to go on: not when nothing was due, or nothing works there at present."""
    with db.transaction():
        taken = outbox.take(lane.platform_id, BATCH)
    if not taken.ids:
        return False
    packed = _pack(taken)
    delivered = platform.send_all({push_id: row.parcel for push_id, row in packed.items() if row.parcel})
    _settle(taken, packed, delivered.failures)
    return not delivered.trouble


def _pack(taken: Taken) -> dict[int, Packed]:
    rows = outbox.rows_of(taken)
    last = outbox.last_seconds(rows)
    packed = {row.id: _pack_one(row, last[row.id]) for row in rows}
    db.session.rollback()  # Only read so far; sending takes its time.
    return packed


def _pack_one(row: Any, last: int) -> Packed:
    try:
        return outbox.pack(row, last, _comment)
    except Exception:  # A course that cannot be read must not keep other courses' scores.
        log.exception("score_broken", push=row.id)
        return Packed(row.id, row.participant_id, row.tries, None, broken=True)


def _settle(taken: Taken, packed: Mapping[int, Packed], failures: Mapping[int, Failure | None]) -> None:
    """One transaction for the whole batch. What another worker has taken over meanwhile is not touched."""
    with db.transaction():
        outbox.record(
            taken, {push_id: packed[push_id] for push_id, failure in failures.items() if failure is None},
            [row.push_id for row in packed.values() if row.parcel is None and not row.broken],
        )
        for fate, push_ids in _fates(packed, failures).items():
            _settle_failed(taken, push_ids, fate)


class _Fate(NamedTuple):
    """What keeps a score back, and whether it is given up."""

    error: str
    delay: timedelta | None
    tries: int
    over: bool


def _fates(packed: Mapping[int, Packed], failures: Mapping[int, Failure | None]) -> dict[_Fate, list[int]]:
    found: dict[_Fate, list[int]] = {}
    for row in packed.values():
        failure = LaterError("broken") if row.broken else failures.get(row.push_id)
        if failure is not None:
            later = isinstance(failure, LaterError)
            delay = failure.delay if isinstance(failure, LaterError) else None
            found.setdefault(_Fate(str(failure), delay, row.tries, not later or row.tries >= MOST_TRIES), []).append(row.push_id)
    return found


def _settle_failed(taken: Taken, push_ids: list[int], fate: _Fate) -> None:
    if fate.over:
        kept = jobs.settle_all(ScorePush, taken.lease, push_ids, WorkState.FAILED, error=fate.error)
        log.warning("scores_failed", count=len(kept), first=min(kept, default=None), tries=fate.tries, reason=fate.error)
        return
    wait = jobs.backoff(fate.tries) if fate.delay is None else fate.delay
    kept = jobs.settle_all(ScorePush, taken.lease, push_ids, WorkState.DUE, error=fate.error, due_at=db.now() + wait)
    log.info("scores_postponed", count=len(kept), first=min(kept, default=None), tries=fate.tries, reason=fate.error)


def _call_again(lane: Lane) -> None:
    with db.scoped(lane.organisation_id):
        waiting = db.session.scalar(
            outbox.one_of_each_lane(jobs.claimable(ScorePush)).where(ResourceLink.platform_id == lane.platform_id)
        )
        db.session.rollback()
    if waiting is not None:
        jobs.send(jobs.queue.tasks[PUSH], waiting)


def _comment(points: float, maximum: float, language: str | None) -> str:
    """In the learner's language, who reads it in the gradebook."""
    with in_language(language if language in LANGUAGES else settings().language):
        return str(_("Lotse: %(points)s of %(maximum)s points", points=_short(points), maximum=_short(maximum)))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
