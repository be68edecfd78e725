"""A real mail server of the tests' own: keeps what it is given, and can be in a bad mood."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from flask import Flask

from core import config
from core.config import replace_settings

PASSWORD = "sesam oeffne dich"


@dataclass
class Delivered:
    """A mail that the server has taken."""

    sender: str
    recipients: list[str]
    content: bytes
    session: int

    @property
    def mail(self) -> EmailMessage:
        """The message, read by Python's own parser."""
        found = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def part(self, subtype: str) -> str:
        """Its text or its HTML."""
        found = self.mail.get_body((subtype,))
        assert found is not None
        return str(found.get_content())


@dataclass
class MailServer:
    """`answers`: what is said to each mail in turn, at RCPT ("rcpt 550 …"), MAIL ("mail 550 …"), after DATA ("451 …") or "cut"; then all goes well."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    mails: list[Delivered] = field(default_factory=list)
    tries: int = 0
    sessions: int = 0
    signed_in: list[str] = field(default_factory=list)

    def _next(self, step: str) -> str | None:
        """The answer that is planned for this step of this mail."""
        if self.answers and (self.answers[0].partition(" ")[0] == step):
            return self.answers.pop(0).partition(" ")[2]
        return None

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        self.tries += 1
        if said := self._next("mail"):
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if said := self._next("rcpt"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers and self.answers[0] in ("cut", "cut after"):
            if self.answers.pop(0) == "cut after":
                self._keep(session, envelope)
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "421 gone"
        if said := self._next("data"):
            return said
        self._keep(session, envelope)
        return "250 taken"

    def _keep(self, session: Session, envelope: Envelope) -> None:
        assert isinstance(envelope.original_content, bytes)
        self.mails.append(Delivered(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content, id(session)))

    def connected(self, **given: Any) -> SMTP:
        """A new connection's other end."""
        self.sessions += 1
        return SMTP(self, hostname="mail.test", loop=asyncio.get_running_loop(), **given)

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        """Let in whoever knows the password."""
        assert isinstance(data, LoginPassword)
        good = data.password == PASSWORD.encode()
        if good:
            self.signed_in.append(data.login.decode())
        return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, implicit: bool = False, smtputf8: bool = True, auth: bool = False) -> Iterator[MailServer]:
    """Run it, in a thread with a loop of its own: another test in this process may have left one in the main thread."""
    place, loop, ready = MailServer(), asyncio.new_event_loop(), threading.Event()
    given: dict[str, Any] = {"enable_SMTPUTF8": smtputf8}
    if auth:
        given |= {"authenticator": place.authenticate, "auth_required": True}
    if tls and not implicit:
        given |= {"tls_context": tls, "require_starttls": True}

    async def begin() -> asyncio.Server:
        server = await loop.create_server(lambda: place.connected(**given), "127.0.0.1", 0, ssl=tls if implicit else None)
        place.port = server.sockets[0].getsockname()[1]
        return server

    async def end(server: asyncio.Server) -> None:
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def work() -> None:
        server = loop.run_until_complete(begin())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(end(server))
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(10)
    try:
        yield place
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def use(app: Flask, server: MailServer, **changes: Any) -> None:
    """Let the house send its mails by this server."""
    chosen: config.Settings = app.extensions["settings"]
    config.connect(app, replace_settings(chosen, **{
        "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none", "mail_from": "Lotse <lotse@uni.example>",
        "base_url": "https://lotse.uni.example", **changes,
    }))
