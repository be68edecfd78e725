"""Learners' short-lived keys for tools of their own. Only a hash is kept; a key is shown once."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from core import access_keys, db
from core.access_keys import FreshKey
from courses import service as courses
from gateway.models import AccessKey
from gateway.service.policies import run_models

MARK = "lotse-"
LONGEST_HOURS = 7 * 24
MOST_KEYS = 5              # of one person in one run at a time
NOTE_USE_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=30)  # keys that are over stay in the list so long


class TooManyKeys(Exception):  # noqa: N818 - it is no error of the program
    """Somebody has as many keys as they may."""


@dataclass(frozen=True)
class Holder:
    """On whose account a key asks."""

    key_id: int
    person_id: int
    run_id: int


def make(person_id: int, run_id: int, hours: int) -> tuple[AccessKey, str]:
    """A new key: its row, and the key itself this once. Raises TooManyKeys. A transaction of its own."""
    key = FreshKey.make(MARK)
    with db.transaction() as tx:
        if sum(known.is_valid for known in keys(person_id, run_id)) >= MOST_KEYS:
            raise TooManyKeys
        row = AccessKey(
            person_id=person_id, run_id=run_id, **key.columns, expires_at=db.now() + timedelta(hours=min(max(1, hours), LONGEST_HOURS)),
        )
        tx.add(row)
    return row, key.secret


def keys(person_id: int, run_id: int) -> list[AccessKey]:
    """Somebody's keys in a run, the newest first; those that have been over for long are left out."""
    return list(db.session.scalars(
        select(AccessKey).where(AccessKey.person_id == person_id, AccessKey.run_id == run_id, AccessKey.expires_at > db.now() - KEPT)
        .order_by(AccessKey.id.desc())
    ))


def revoke(person_id: int, run_id: int, key_id: int) -> bool:
    """End a key for good; False when it is nobody's of this person. Ending it twice changes nothing."""
    with db.transaction() as tx:
        row = tx.scalars(select(AccessKey).where(
            AccessKey.id == key_id, AccessKey.person_id == person_id, AccessKey.run_id == run_id,
        )).one_or_none()
        if row is not None:
            access_keys.revoke(row)
        return row is not None


def holder(secret: str) -> Holder | None:
    """Whose key this is, if it is valid now; the session acts for their organisation from here on.

    A key dies with the enrolment, when its owner's account is joined into another, and when the course no longer offers keys.
    """
    if not secret.startswith(MARK):
        return None
    row = access_keys.find(AccessKey, secret)
    if row is None:
        return None
    db.act_for(row.organisation_id)
    if courses.part(row.run_id, row.person_id) is None or not run_models(row.run_id).own_tools:
        return None
    _note_use(row)
    return Holder(row.id, row.person_id, row.run_id)


def _note_use(row: AccessKey) -> None:
    """To the minute: a write for each request would be in everybody's way."""
    moment = db.now()
    if row.used_at is None or row.used_at < moment - NOTE_USE_EVERY:
        access_keys.note_use(row, moment)
