"""The way to the mail server: one connection for many mails (SMTP, stdlib)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from core.config import Settings

SECONDS = 15.0
_LATER = 421                                               # "closing the connection": about all mails, not about this one


class RelayTroubleError(RuntimeError):
    """The server cannot be used now, or not as it is configured: all mails wait. The text is for operators."""


class LaterError(RuntimeError):
    """The server does not take this mail now (4xx)."""


class RefusedError(RuntimeError):
    """The server does not take this mail (5xx)."""


class Relay:
    """An open connection to the mail server."""

    def __init__(self, smtp: smtplib.SMTP, sender: str) -> None:
        self._smtp = smtp
        self._sender = sender

    def hand_over(self, recipient: str, content: bytes, *, international: bool = False) -> None:
        """Give the server a mail. Returns when it has taken it. Raises LaterError, RefusedError and RelayTroubleError."""
        if international and not self._smtp.has_extn("smtputf8"):
            raise RefusedError("the mail server takes no addresses with letters such as ä before the @ (SMTPUTF8)")
        try:
            code, reply = self._smtp.mail(self._sender, ["SMTPUTF8"] if international else [])
            if code != 250:
                raise RelayTroubleError(f"the mail server does not let {self._sender} send: {_words(code, reply)}")
            code, reply = self._smtp.rcpt(recipient)
            if code not in (250, 251):
                self._refused(code, reply)
            code, reply = self._smtp.data(content)
            if code != 250:
                self._refused(code, reply)
        except smtplib.SMTPDataError as error:
            self._refused(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            raise RelayTroubleError(f"the connection to the mail server broke off ({_reason(error)})") from error

    def _refused(self, code: int, reply: bytes | str) -> NoReturn:
        if code == _LATER:
            raise RelayTroubleError(f"the mail server closes the connection: {_words(code, reply)}")
        with suppress(smtplib.SMTPException, OSError):  # The next command would say so, too.
            self._smtp.rset()
        raise (LaterError if 400 <= code < 500 else RefusedError)(_words(code, reply))


@contextmanager
def relay(settings: Settings, sender: str) -> Iterator[Relay]:
    """Open the connection as the settings say. Raises RelayTroubleError."""
    try:
        smtp = _open(settings)
    except UnicodeError as error:
        raise RelayTroubleError("the name or the password for the mail server has letters beyond ASCII in it, please take others") from error
    except (smtplib.SMTPException, OSError) as error:
        raise RelayTroubleError(f"the mail server {settings.smtp_host}:{port(settings)} cannot be used ({_reason(error)})") from error
    try:
        yield Relay(smtp, sender)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        smtp.close()


def port(settings: Settings) -> int:
    """The port: what is set, or the usual one."""
    return settings.smtp_port or {"starttls": 587, "tls": 465, "none": 25}[settings.smtp_security]


def _open(settings: Settings) -> smtplib.SMTP:
    if not settings.smtp_host:
        raise RelayTroubleError("no mail server is configured (LOTSE_SMTP_HOST)")
    # Our own name instead of one that smtplib looks up in the DNS, which may take long.
    own, where = urlsplit(settings.base_url).hostname, (settings.smtp_host, port(settings))
    if settings.smtp_security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, local_hostname=own, timeout=SECONDS, context=_trust(settings))
    else:
        smtp = smtplib.SMTP(*where, local_hostname=own, timeout=SECONDS)
    try:
        if settings.smtp_security == "starttls":
            smtp.starttls(context=_trust(settings))
        if settings.smtp_user:
            smtp.login(settings.smtp_user, _password(settings))
        else:
            smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.smtp_ca_file or None)


def _password(settings: Settings) -> str:
    if settings.smtp_password_file:
        return Path(settings.smtp_password_file).read_text(encoding="utf-8").rstrip("\r\n")
    return settings.smtp_password


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    return str(error) or type(error).__name__


def _words(code: int, reply: bytes | str) -> str:
    said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(said.split())}"[:300]
