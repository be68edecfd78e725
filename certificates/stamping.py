"""Timestamps that were missing when a certificate was sealed: asked for again until one comes, or for two weeks."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select

from certificates import files
from certificates.models import Certificate, MissingTimestamp
from certificates.organisations import issuer_of
from certificates.sealing.errors import SealError
from certificates.sealing.seal import stamp
from certificates.sealing.settings import sealer_of
from core import db, jobs
from core.config import settings
from core.jobs import WorkState

log = structlog.get_logger("certificates")
PATIENCE = timedelta(days=14)
FIRST, MOST = 600.0, 6 * 3600.0                            # seconds between tries


def note(certificate: Certificate, reason: str) -> None:
    """Write down that a certificate was sealed without the timestamp that is wanted. Call in the transaction that keeps its file."""
    row = db.session.scalars(select(MissingTimestamp).where(MissingTimestamp.certificate_id == certificate.id)).one_or_none()
    if row is None:
        row = MissingTimestamp(organisation_id=certificate.organisation_id, certificate_id=certificate.id)
        db.session.add(row)
    row.error, row.since = reason[:500], db.now()
    jobs.anew(row, jobs.backoff(1, first=FIRST))


def add_claimed(missing: MissingTimestamp) -> None:
    """Add the timestamp to a certificate whose row this worker has claimed. Raises jobs.LostLeaseError."""
    certificate = db.session.scalars(select(Certificate).where(Certificate.id == missing.certificate_id)).one()
    content = db.session.scalar(select(Certificate.pdf).where(Certificate.id == certificate.id))
    slug, before = issuer_of(certificate).slug, certificate.sha256
    db.session.commit()  # No transaction stays open while an authority is asked.
    if content is None or certificate.deleted_at:
        with db.transaction():
            jobs.finish(missing)  # The holder had it deleted.
        return
    try:
        stamped = _stamped(content, slug)
    except SealError as error:
        _later(missing, str(error))
        return
    with db.transaction() as tx:
        row = tx.scalars(
            select(Certificate).where(Certificate.id == certificate.id).with_for_update().execution_options(populate_existing=True)
        ).one()
        if row.deleted_at is None and row.sha256 == before:
            files.replace(row, stamped, hashlib.sha256(stamped).hexdigest())
        jobs.finish(missing)


def _stamped(content: bytes, slug: str) -> bytes:
    sealer = sealer_of(slug, settings().data_dir)
    if sealer is None:
        raise SealError("the organisation has no seal any more")
    return stamp(content, sealer, settings())


def _later(missing: MissingTimestamp, reason: str) -> None:
    with db.transaction():
        if db.now() - missing.since > PATIENCE:
            jobs.fail(missing, f"given up after {PATIENCE.days} days: {reason}"[:500])
        else:
            jobs.postpone(missing, reason[:500], jobs.backoff(missing.tries, first=FIRST, most=MOST))
    log.warning("no_timestamp", certificate=missing.certificate_id, reason=reason[:300])


# --- Operators --------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Figures:
    """How many timestamps are missing, since when, and why."""

    added: int
    waiting: int
    given_up: int
    oldest: datetime | None
    reasons: tuple[tuple[str, int], ...]


def figures() -> Figures:
    """The timestamps of all organisations, counted."""
    with db.unscoped():  # Operators look at the whole installation.
        count = dict(db.session.execute(select(MissingTimestamp.state, func.count()).group_by(MissingTimestamp.state)).all())
        open_ = MissingTimestamp.state != WorkState.DONE
        oldest = db.session.scalar(select(func.min(MissingTimestamp.since)).where(open_))
        reasons = db.session.execute(
            select(MissingTimestamp.error, func.count()).where(open_, MissingTimestamp.error.is_not(None))
            .group_by(MissingTimestamp.error).order_by(func.count().desc()).limit(5)
        ).all()
    return Figures(
        count.get(WorkState.DONE, 0), count.get(WorkState.DUE, 0) + count.get(WorkState.RUNNING, 0), count.get(WorkState.FAILED, 0), oldest,
        tuple((reason or "", number) for reason, number in reasons),
    )


def retry() -> int:
    """Ask again at once for all that are missing, also those that were given up; how many. The sweep takes them up."""
    with db.unscoped(), db.transaction() as tx:  # As above.
        rows = tx.scalars(select(MissingTimestamp).where(MissingTimestamp.state.in_([WorkState.DUE, WorkState.FAILED])).with_for_update()).all()
        for row in rows:
            row.since = db.now()
            jobs.anew(row)
    return len(rows)
