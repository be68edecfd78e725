"""From a frame into a window of its own: a ticket carries a launch over, once and within a minute.

The cookie of a frame is kept in the learning platform's partition of the browser, so that a window of its own has none. The
ticket travels in the body of a form, never in an address: no history, log, `Referer`, prefetch or scanner of links meets it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy import delete, update

from core import db, direct, sessions
from core.sessions import BrowserSession, DatabaseSessions, digest
from lti.models import Ticket
from lti.service.login import LOGIN_LIFE

TICKET_LIFE = timedelta(seconds=60)
# What belongs to one page or one frame, and is made anew.
_LEFT_BEHIND = ("csrf_token", "_flashes", "frame_ancestors")


class TicketError(ValueError):
    """The ticket opens nothing: unknown, used, too old, or the launch that it comes from is over."""


@dataclass(frozen=True)
class Arrival:
    """The launch in the new window, and the page to open there."""

    launch_id: str
    path: str


def make_ticket(session: Mapping[str, Any], row_id: str, path: str, life: timedelta = TICKET_LIFE) -> str:
    """A ticket for this launch session; `path` is the page that is open. Gives the secret, of which only a hash is kept."""
    secret = secrets.token_urlsafe(32)
    data = {name: value for name, value in session.items() if name not in _LEFT_BEHIND}
    with db.scoped(session["organisation_id"]), db.transaction():
        direct.add(Ticket, secret=digest(secret), data={"from": row_id, "session": data}, path=path, expires_at=db.now() + life)
    return secret


def ticket_of_launch(launch_id: str, path: str) -> str:
    """A ticket for a launch whose frame keeps no cookie: it has nothing else, so it may take its time, as a login may."""
    row = db.session.get_one(BrowserSession, digest(launch_id))
    return make_ticket(row.data, row.id, path, LOGIN_LIFE)


def use_ticket(secret: str, browser: str) -> Arrival:
    """Open the launch once more, for this browser, as a session that ends with the first one. Raises TicketError."""
    with db.unscoped():  # The ticket tells the tenant.
        ticket = db.session.get(Ticket, digest(secret))
    if ticket is None:
        raise TicketError("unknown")
    with db.scoped(ticket.organisation_id), db.transaction():
        _spend(ticket)
        until = sessions.ends_at(ticket.data["from"])
        if until is None or ticket.data["session"].get("organisation_id") != ticket.organisation_id:
            raise TicketError("over")
        # It is in no frame, and nobody may put it into one.
        data = {**ticket.data["session"], "csrf_token": secrets.token_hex(20), "frame_ancestors": []}
        interface = cast(DatabaseSessions, current_app.session_interface)
        return Arrival(interface.create(data, browser, until), ticket.path)


def _spend(ticket: Ticket) -> None:
    """Of several uses at the same moment exactly one gets past this line."""
    unused = update(Ticket).where(Ticket.secret == ticket.secret, Ticket.used_at.is_(None), Ticket.expires_at > db.now())
    if db.changed(unused.values(used_at=db.now())) != 1:
        raise TicketError("used or too old")


def forget_old() -> None:
    """Remove tickets that open nothing any more."""
    with db.unscoped(), db.transaction() as tx:  # By age alone, whosever they are.
        tx.execute(delete(Ticket).where(Ticket.expires_at < db.now()))
