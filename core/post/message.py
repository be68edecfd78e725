"""A mail as it travels: headers and two forms of the text, the same bytes for every try."""

import hashlib
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import urlsplit

from core.config import Settings
from core.post import addresses
from core.post.addresses import Mailbox


def envelope(
    settings: Settings, to: Mailbox, *, subject: str, text: str, html: str, language: str, unsubscribe: str, message_id: str, written_at: datetime,
) -> bytes:
    """The whole message. EmailMessage refuses line breaks in headers; the subject's own are made spaces."""
    mail = EmailMessage(policy.SMTPUTF8 if to.international else policy.SMTP)
    mail["From"] = sender(settings)
    mail["To"] = to.spec if to.international else Address(username=to.local, domain=to.domain)
    if settings.mail_reply_to:
        mail["Reply-To"] = addresses.named(settings.mail_reply_to)
    mail["Subject"] = one_line(subject)
    mail["Date"] = written_at
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"              # RFC 3834: no holiday notices in answer to this
    mail["X-Auto-Response-Suppress"] = "All"               # the same to Exchange
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        if urlsplit(unsubscribe).scheme == "https":        # RFC 8058 asks for https
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text, cte="quoted-printable")
    if html:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
        mail.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
    mail["Content-Language"] = language  # Now: making two parts moves all Content-… headers into the first one.
    return mail.as_bytes()


def sender(settings: Settings) -> Address:
    """Whose name stands in the mails: LOTSE_MAIL_FROM."""
    return addresses.named(settings.mail_from)


def one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
