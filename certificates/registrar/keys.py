"""Keys of an organisation's registrars, and what was asked with them. Only a hash is kept; a key is shown once."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from certificates.models import RegistrarKey, RegistrarRequest
from core import access_keys, db, jobs
from core.access_keys import FreshKey
from core.days import day_of

MARK = "lotse-registrar-"
MOST_DAYS = 730
LONGEST_NAME = 100
REQUESTS_KEPT = timedelta(days=400)
SHOWN = 50                 # of the newest requests, on the page


@dataclass(frozen=True)
class Registrar:
    """On whose behalf a program asks."""

    key_id: int
    organisation_id: int
    names: bool


def make(name: str, days: int, *, names: bool) -> tuple[RegistrarKey, str]:
    """A new key of the organisation acted for: its row, and the key itself this once. A transaction of its own."""
    fresh = FreshKey.make(MARK)
    with db.transaction() as tx:
        row = RegistrarKey(name=name.strip()[:LONGEST_NAME], names=names, expires_at=db.now() + timedelta(days=min(max(1, days), MOST_DAYS)), **fresh.columns)
        tx.add(row)
    return row, fresh.secret


def listed() -> list[RegistrarKey]:
    """All keys of the organisation acted for, the newest first: what was asked with one names it for as long as that is kept."""
    return list(db.session.scalars(select(RegistrarKey).order_by(RegistrarKey.id.desc())))


def revoke(key_id: int) -> bool:
    """End a key for good; False when the organisation has no such key."""
    with db.transaction() as tx:
        row = tx.scalars(select(RegistrarKey).where(RegistrarKey.id == key_id)).one_or_none()
        if row is not None:
            access_keys.revoke(row)
    return row is not None


def registrar(secret: str) -> Registrar | None:
    """Whose key this is, if it is valid now; the session acts for their organisation from here on."""
    row = access_keys.find(RegistrarKey, secret) if secret.startswith(MARK) else None
    if row is None:
        return None
    db.act_for(row.organisation_id)
    moment = db.now()
    if row.used_at is None or day_of(row.used_at) != day_of(moment):
        access_keys.note_use(row, moment)
    return Registrar(row.id, row.organisation_id, row.names)


def note_request(asking: Registrar, action: str, subject: str | None, status: int) -> None:
    """Write down what was asked. A transaction of its own."""
    with db.transaction() as tx:
        tx.add(RegistrarRequest(key_id=asking.key_id, action=action, subject=subject, status=status))


def requests() -> list[RegistrarRequest]:
    """The newest of what was asked in the organisation acted for."""
    return list(db.session.scalars(select(RegistrarRequest).order_by(RegistrarRequest.id.desc()).limit(SHOWN)))


def forget_old_requests() -> None:
    """What was asked long ago is nobody's business any more."""
    with db.unscoped(), db.transaction() as tx:  # The sweep tidies up for all organisations.
        tx.execute(delete(RegistrarRequest).where(RegistrarRequest.asked_at < db.now() - REQUESTS_KEPT).execution_options(synchronize_session=False))


jobs.tidied(forget_old_requests)
