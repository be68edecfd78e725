"""Commands for operators: try the mail server out, look at the outbox."""

import secrets
from urllib.parse import urlsplit

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from core import db
from core.config import settings
from core.i18n import in_language
from core.post import letter as letters
from core.post import outbox
from core.post.addresses import UnusableAddressError, mailbox
from core.post.letter import Letter, Link
from core.post.message import envelope, sender
from core.post.relay import LaterError, RefusedError, RelayTroubleError, port, relay

mail = AppGroup("mail", help="E-mail: try the mail server out, look at the outbox. See docs/operators/mail.md.")


@mail.command("test")
@click.argument("address")
def test(address: str) -> None:
    """Send a test mail to ADDRESS now, and say what the mail server says."""
    chosen = settings()
    try:
        to = mailbox(address)
        message_id = f"<{secrets.token_hex(16)}@{urlsplit(chosen.base_url).hostname}>"
        letter = _trial()
        content = envelope(
            chosen, to, subject=letter.subject, text=letters.plain(letter), html=letters.html(letter), language=letter.language, unsubscribe="",
            message_id=message_id, written_at=db.now(),
        )
        with relay(chosen, sender(chosen).addr_spec) as connection:
            connection.hand_over(to.spec, content, international=to.international)
    except UnusableAddressError as error:
        raise click.ClickException(str(error)) from error
    except (RelayTroubleError, LaterError, RefusedError) as error:
        raise click.ClickException(f"not sent: {error}") from error
    click.echo(f"{chosen.smtp_host}:{port(chosen)} has taken it, Message-ID {message_id}")


def _trial() -> Letter:
    with in_language(settings().language):
        return Letter(
            language=settings().language, subject=_("Test mail from Lotse"), greeting=_("Good day,"),
            paragraphs=(_("this mail was sent to try out whether Lotse reaches its mail server. There is nothing to do."),),
            link=Link(_("To Lotse"), settings().base_url), after=(), sender="Lotse", small=(_("Somebody who runs Lotse has sent it to this address."),),
        )


@mail.command("status")
def status() -> None:
    """How many mails were sent, wait, or were refused, and why. Nobody's address is shown."""
    if not outbox.ready():
        click.echo("No mail server is configured (LOTSE_SMTP_HOST): Lotse sends no mail.")
    found = outbox.figures()
    click.echo(f"sent {found.sent}, waiting {found.waiting}, refused {found.refused}")
    if found.oldest:
        click.echo(f"the oldest that waits was written at {found.oldest:%Y-%m-%d %H:%M} UTC")
    for reason, count in found.reasons:
        click.echo(f"{count} × {reason}")


@mail.command("retry")
def retry() -> None:
    """Try all mails again that were refused, for example after a mistake in the mail server's settings."""
    click.echo(f"{outbox.retry()} to be tried again")
