"""Background work: take what is due, some dozens at a time, and give it to the mail server over one connection.

Each mail is noted right after the server has taken it. Whoever is killed between the two leaves one mail that is sent again,
with the same Message-ID and the same bytes.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from email.errors import MessageError
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import ColumnElement, Select, func, select, text, update

from core import db, jobs
from core.config import settings
from core.jobs import WorkState
from core.post import outbox
from core.post.addresses import mailbox
from core.post.message import envelope, sender
from core.post.models import Mail
from core.post.relay import LaterError, RefusedError, Relay, RelayTroubleError, relay

log = structlog.get_logger("post")
BATCH = 40
MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(days=3)
"""How long a mail is tried. What it tells stands on pages, too; later it would only confuse."""
_LOCK = 4_126_700_311                                      # any number that nobody else takes
_outcomes = Counter("lotse_mails", "Mails by what became of a try", ["outcome"])


@jobs.queue.task(name="core.post")
def send_mails(_mail_id: int) -> None:
    """Send all that is due, as many as may leave now."""
    with db.unscoped():  # Mails of all organisations leave over the same connection.
        taken = _take()
        while taken and _send(*taken):
            taken = _take()


# --- Taking -----------------------------------------------------------------------------------------------------------

def _take() -> tuple[str, dict[int, Mail]] | None:
    """Due mails under one lease, no more than may leave in this minute; None when there are none."""
    with db.transaction() as tx:
        if db.dialect().name == "postgresql":  # Or two workers would both count the same minute. SQLite's writers take turns anyway.
            tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        lately = tx.scalar(select(func.count()).select_from(Mail).where(Mail.taken_at > db.now() - MINUTE)) or 0
        most = min(BATCH, settings().mail_per_minute - lately)
        if most <= 0:
            return None  # The sweep comes back.
        due = tx.scalars(select(Mail.id).where(jobs.claimable(Mail)).order_by(Mail.due_at, Mail.id).limit(most)).all()
        token, mine = jobs.claim_all(Mail, due)
        if not mine:
            return None
        tx.execute(update(Mail).where(Mail.id.in_(mine)).values(taken_at=db.now()).execution_options(synchronize_session=False))
        rows = tx.scalars(select(Mail).where(Mail.id.in_(mine)).order_by(Mail.id).execution_options(populate_existing=True)).all()
    return token, {row.id: row for row in rows}


# --- Sending ----------------------------------------------------------------------------------------------------------

def _send(token: str, mails: dict[int, Mail]) -> bool:
    """Send these mails; False when the server cannot be used now."""
    tried: Mail | None = None
    try:
        with relay(settings(), sender(settings()).addr_spec) as connection:
            while mails:
                tried = mails[min(mails)]
                changes = _try(connection, tried)
                del mails[tried.id]
                kept = _note(token, tried, changes, mails)
                mails = {mail_id: row for mail_id, row in mails.items() if mail_id in kept}
    except RelayTroubleError as trouble:
        log.error("mail_server", reason=str(trouble))
        _wait(token, mails, tried, str(trouble))
        return False
    return True


def _try(connection: Relay, mail: Mail) -> Mapping[str, Any]:
    """What the row shall say afterwards."""
    try:
        to = mailbox(mail.recipient or "")
        content = envelope(
            settings(), to, subject=mail.subject, text=mail.text, html=mail.html, language=mail.language, unsubscribe=mail.unsubscribe,
            message_id=mail.message_id, written_at=mail.written_at,
        )
        connection.hand_over(to.spec, content, international=to.international)
    except LaterError as error:
        return _later(mail, str(error))
    except (RefusedError, ValueError, MessageError) as error:  # An address or a text that makes no mail must not stop the others.
        return {"state": WorkState.FAILED, "error": _without(mail, str(error))}
    return {"state": WorkState.DONE, "sent_at": db.now()}


def _later(mail: Mail, reason: str) -> Mapping[str, Any]:
    """Another try after a while, or none any more."""
    reason = _without(mail, reason)
    if db.now() - mail.written_at > PATIENCE:
        return {"state": WorkState.FAILED, "error": f"given up after {PATIENCE.days} days: {reason}"}
    return {"state": WorkState.DUE, "error": reason, "due_at": db.now() + jobs.backoff(mail.tries, first=60)}


def _without(mail: Mail, reason: str) -> str:
    """A reason that does not name the recipient: servers like to repeat the address."""
    for part in (mail.recipient or "", (mail.recipient or "").partition("@")[0]):
        if len(part) > 2:
            reason = reason.replace(part, "…")
    return reason


def _note(token: str, mail: Mail, changes: Mapping[str, Any], rest: Collection[int]) -> set[int]:
    """Write down what became of a mail, and keep the others for longer; gives those that are still ours."""
    _outcomes.labels({WorkState.DONE: "sent", WorkState.FAILED: "refused"}.get(changes["state"], "later")).inc()
    if changes["state"] == WorkState.FAILED:
        log.warning("mail_refused", mail=mail.id, reason=changes["error"])
    with db.transaction() as tx:
        jobs.settle_all(Mail, token, [mail.id], **changes)
        if not rest:
            return set()
        kept = tx.scalars(
            update(Mail).where(Mail.id.in_(rest), Mail.lease == token).values(lease_until=db.now() + jobs.LEASE)
            .returning(Mail.id).execution_options(synchronize_session=False)
        )
        return set(kept)


def _wait(token: str, mails: Mapping[int, Mail], tried: Mail | None, reason: str) -> None:
    """The server cannot be used. Where it broke off at one mail, that one may be to blame: the others come soon, as if not tried."""
    with db.transaction():
        for mail in mails.values():
            if tried in (None, mail):
                jobs.settle_all(Mail, token, [mail.id], **_later(mail, reason))
            else:
                jobs.settle_all(Mail, token, [mail.id], WorkState.DUE, tries=Mail.tries - 1, due_at=db.now())


def _waiting(claimable: ColumnElement[bool]) -> Select[Any]:
    """One message for all that are due."""
    return select(func.min(Mail.id)).where(claimable).having(func.count() > 0)


jobs.swept(Mail, send_mails, _waiting)
jobs.tidied(outbox.forget_old)
