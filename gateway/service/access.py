"""Learners' short-lived keys for tools of their own. Only a hash is kept; a key is shown once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from core import db
from courses import service as courses
from gateway.models import AccessKey
from gateway.service.policies import run_models

MARK = "lotse-"
LONGEST_HOURS = 7 * 24
MOST_KEYS = 5              # of one person in one run at a time
SHOWN = 4
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
    secret = MARK + secrets.token_urlsafe(32)
    with db.transaction() as tx:
        if sum(map(is_valid, keys(person_id, run_id))) >= MOST_KEYS:
            raise TooManyKeys
        row = AccessKey(
            person_id=person_id, run_id=run_id, digest=_digest(secret), ending=secret[-SHOWN:],
            expires_at=db.now() + timedelta(hours=min(max(1, hours), LONGEST_HOURS)),
        )
        tx.add(row)
    return row, secret


def keys(person_id: int, run_id: int) -> list[AccessKey]:
    """Somebody's keys in a run, the newest first; those that have been over for long are left out."""
    return list(db.session.scalars(
        select(AccessKey).where(AccessKey.person_id == person_id, AccessKey.run_id == run_id, AccessKey.expires_at > db.now() - KEPT)
        .order_by(AccessKey.id.desc())
    ))


def is_valid(key: AccessKey) -> bool:
    """Whether a key is neither ended nor expired."""
    return key.revoked_at is None and key.expires_at > db.now()


def revoke(person_id: int, run_id: int, key_id: int) -> bool:
    """End a key for good; False when it is nobody's of this person. Ending it twice changes nothing."""
    with db.transaction() as tx:
        row = tx.scalars(select(AccessKey).where(
            AccessKey.id == key_id, AccessKey.person_id == person_id, AccessKey.run_id == run_id,
        )).one_or_none()
        if row is not None and row.revoked_at is None:
            row.revoked_at = db.now()
        return row is not None


def holder(secret: str) -> Holder | None:
    """Whose key this is, if it is valid now; the session acts for their organisation from here on.

    A key dies with the enrolment, when its owner's account is joined into another, and when the course no longer offers keys.
    """
    if not secret.startswith(MARK):
        return None
    with db.unscoped():
        row = db.session.scalars(select(AccessKey).where(AccessKey.digest == _digest(secret))).one_or_none()
    moment = db.now()
    if row is None or not is_valid(row):
        return None
    db.act_for(row.organisation_id)
    if courses.part(row.run_id, row.person_id) is None or not run_models(row.run_id).own_tools:
        return None
    _note_use(row.id, row.used_at, moment)
    return Holder(row.id, row.person_id, row.run_id)


def _note_use(key_id: int, used_at: datetime | None, moment: datetime) -> None:
    """To the minute: a write for each request would be in everybody's way."""
    if used_at is None or used_at < moment - NOTE_USE_EVERY:
        with db.transaction() as tx:
            tx.execute(update(AccessKey).where(AccessKey.id == key_id).values(used_at=moment).execution_options(synchronize_session=False))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
