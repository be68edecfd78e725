"""The outbox: write a mail down, call it off, look at it, clear it."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from core import db, jobs
from core.config import settings
from core.jobs import WorkState
from core.post import letter as letters
from core.post.addresses import mailbox
from core.post.letter import Letter
from core.post.models import Mail

CALLED_OFF = "called off"
_CLEARED = {"recipient": None, "subject": "", "text": "", "html": "", "unsubscribe": ""}
_sending = jobs.queue.signature("core.post")


def ready() -> bool:
    """Whether mails can be sent at all: an operator has named a mail server."""
    return bool(settings().smtp_host)


def write(organisation_id: int, key: str, addressee: str, to: str, letter: Letter) -> bool:
    """Add a mail; False when there is one with this key already, or no mail server is configured. Call in a transaction.

    Raises UnusableAddressError.
    """
    if not ready():
        return False
    recipient = mailbox(to).spec
    if db.session.scalar(select(Mail.id).where(Mail.organisation_id == organisation_id, Mail.key == key)) is not None:
        return False
    mail = Mail(
        organisation_id=organisation_id, key=key, addressee=addressee, recipient=recipient, language=letter.language, subject=letter.subject,
        text=letters.plain(letter), html=letters.html(letter), unsubscribe=letter.unsubscribe.address if letter.unsubscribe else "",
        message_id=f"<{secrets.token_hex(16)}@{urlsplit(settings().base_url).hostname}>",
    )
    with suppress(IntegrityError):  # Somebody tells the same at the same moment: theirs is as good as ours.
        with db.session.begin_nested():
            db.session.add(mail)
        jobs.hint(_sending, mail.id)
        return True
    return False


def call_off(organisation_id: int, *, addressee: str = "", about: str = "") -> None:
    """Send nothing any more of what has not left: to this addressee, or with a key that begins like this. Call in a transaction."""
    which = Mail.addressee == addressee if addressee else Mail.key.startswith(about, autoescape=True)
    db.session.execute(
        update(Mail).where(Mail.organisation_id == organisation_id, which, Mail.state.in_([WorkState.DUE, WorkState.FAILED]))
        .values(state=WorkState.DONE, error=CALLED_OFF, **_CLEARED).execution_options(synchronize_session=False)
    )


def forget_old() -> None:
    """Clear mails that have had their time: to whom they went and what they said."""
    before = db.now() - timedelta(days=settings().mail_days)
    with db.unscoped(), db.transaction() as tx:  # By age alone, whosever they are.
        tx.execute(
            update(Mail).where(
                Mail.recipient.is_not(None), Mail.state.in_([WorkState.DONE, WorkState.FAILED]), func.coalesce(Mail.sent_at, Mail.written_at) < before,
            )
            .values(_CLEARED).execution_options(synchronize_session=False)
        )


# --- Operators --------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Figures:
    """How the outbox stands. `reasons`: of those that wait or were refused, how often each was given."""

    sent: int
    waiting: int
    refused: int
    oldest: datetime | None
    reasons: tuple[tuple[str, int], ...]


def figures() -> Figures:
    """All mails of the installation, counted; nobody's address."""
    with db.unscoped():  # Operators look at the whole installation.
        count = dict(db.session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all())
        sent = db.session.scalar(select(func.count()).where(Mail.sent_at.is_not(None))) or 0
        open_ = Mail.state.in_([WorkState.DUE, WorkState.RUNNING])
        oldest = db.session.scalar(select(Mail.written_at).where(open_).order_by(Mail.written_at).limit(1))
        reasons = db.session.execute(
            select(Mail.error, func.count()).where(Mail.error.is_not(None), Mail.state != WorkState.DONE)
            .group_by(Mail.error).order_by(func.count().desc(), Mail.error).limit(10)
        ).all()
    return Figures(
        sent, count.get(WorkState.DUE, 0) + count.get(WorkState.RUNNING, 0), count.get(WorkState.FAILED, 0), oldest,
        tuple((reason or "", number) for reason, number in reasons),
    )


def retry() -> int:
    """Try all again that were refused and still say something; how many."""
    with db.unscoped(), db.transaction() as tx:  # As above.
        ids = tx.scalars(
            update(Mail).where(Mail.state == WorkState.FAILED, Mail.recipient.is_not(None))
            .values(state=WorkState.DUE, due_at=db.now(), written_at=db.now(), tries=0, error=None)
            .returning(Mail.id).execution_options(synchronize_session=False)
        ).all()
        for mail_id in ids[:1]:  # One message is enough: whoever begins takes all that are due.
            jobs.hint(_sending, mail_id)
    return len(ids)
