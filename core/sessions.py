"""Sessions in the database, and many launches side by side in one browser.

The cookie holds an opaque id, the row holds the data. There are two kinds:

* direct: somebody signed in on Lotse's own pages. Cookie SameSite=Lax; the cookie's value selects the row.
* launch: an LMS opened Lotse, perhaps in a frame. The address begins with `/l/<launch id>`; that id selects the row, and
  the browser's launch cookie (SameSite=None; Partitioned) must be the one that was there at the launch. So two tabs, two
  courses and a teacher's preview stay apart, and an address that is passed on opens nothing.

`/l/<launch id>` is moved to SCRIPT_NAME, so that views know nothing of it and `url_for` keeps it.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import CallbackDict

from core import db, direct
from core.config import Settings
from core.direct import Read

DIRECT_COOKIE = "__Host-lotse"
BROWSER_COOKIE = "__Host-lotse-launch"
LAUNCH_PATH = re.compile(r"^/l/([A-Za-z0-9_-]{22})(/.*|)$")
LAUNCH_KEY = "lotse.launch"


class BrowserSession(db.Base):
    """One sign-in or one launch. `id` is a hash: a copy of the database lets nobody in."""

    __tablename__ = "browser_session"
    id: Mapped[str] = mapped_column(primary_key=True)
    browser: Mapped[str | None]                       # hash of the launch cookie; None for a direct sign-in
    data: Mapped[dict[str, Any]]
    person_id: Mapped[int | None] = mapped_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


_OPEN = Read(
    select(BrowserSession.id, BrowserSession.browser, BrowserSession.data)
    .where(BrowserSession.id == bindparam("id"), BrowserSession.expires_at > bindparam("now"))
)


class Session(CallbackDict[str, Any], SessionMixin):
    """Flask's `session`. `row_id` is None until there is something to keep."""

    def __init__(self, data: dict[str, Any] | None = None, row_id: str | None = None) -> None:
        def on_update(_: CallbackDict[str, Any]) -> None:
            self.modified = True

        super().__init__(data or {}, on_update)
        self.row_id = row_id
        self.new = row_id is None
        self.modified = False
        self.tried = False


class DatabaseSessions(SessionInterface):
    """Opens and keeps sessions; see the module's text."""

    def __init__(self, lifetime: timedelta) -> None:
        self.lifetime = lifetime

    def open_session(self, app: Flask, request: Request) -> Session:
        """The session that belongs to this request, or an empty one."""
        launch = request.environ.get(LAUNCH_KEY)
        secret = launch or request.cookies.get(DIRECT_COOKIE)
        if not secret:
            return Session()
        row = _OPEN.one(id=digest(secret), now=db.now())
        browser = request.cookies.get(BROWSER_COOKIE) if launch else None
        if row is None or row.browser != (digest(browser) if browser else None):
            return Session()
        return Session(dict(row.data), row.id)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed. A session gets its row and cookie only when there is something to keep."""
        if not isinstance(session, Session) or not session.modified or session.tried:
            return
        session.tried = True  # The page about a failure to write must not wait for the same failure again.
        try:
            self._keep(session, response)
        except OperationalError:
            if request.method != "GET":
                raise
            db.session.rollback()  # Locked or full: what was only to be read is shown all the same.

    def _keep(self, session: Session, response: Response) -> None:
        if session.row_id:
            with db.transaction() as tx:
                row = tx.get(BrowserSession, session.row_id)
                if row is None:
                    return
                row.data = dict(session)
                row.person_id = _person_id(session)
        elif session:
            set_cookie(response, DIRECT_COOKIE, self.create(session))

    def create(self, data: dict[str, Any], browser: str | None = None, until: datetime | None = None) -> str:
        """Store a new session and return its secret id (cookie value, or launch id in the path).

        `until`: it comes from another one and ends with that.
        """
        secret = secrets.token_urlsafe(16)
        with db.transaction():
            direct.add(
                BrowserSession, id=digest(secret), browser=digest(browser) if browser else None, data=dict(data),
                person_id=_person_id(data), expires_at=until or db.now() + self.lifetime,
            )
        return secret


def digest(secret: str) -> str:
    """What the database keeps of a secret that has enough randomness of its own."""
    return hashlib.sha256(secret.encode()).hexdigest()


def renew(session: Session) -> None:
    """Give a session that changes hands (sign-in, sign-out) a new id, so that an id fixed beforehand is worth nothing."""
    if session.row_id:
        with db.transaction() as tx:
            tx.execute(delete(BrowserSession).where(BrowserSession.id == session.row_id))
    session.row_id = None
    session.modified = True


def ends_at(row_id: str) -> datetime | None:
    """When a session ends by itself; None when it is over."""
    row = db.session.get(BrowserSession, row_id, populate_existing=True)
    return row.expires_at if row and row.expires_at > db.now() else None


def end_launches(session: Session) -> None:
    """End a launch and, on a shared computer, whatever else the same person has opened in the same browser."""
    with db.transaction() as tx:
        row = tx.get(BrowserSession, session.row_id) if session.row_id else None
        if row is None:
            return
        others = [BrowserSession.browser == row.browser, BrowserSession.person_id == row.person_id]
        tx.execute(delete(BrowserSession).where(*others if row.person_id else [BrowserSession.id == row.id]))
    session.row_id = None


def end_all_of(person_id: int) -> None:
    """End every session of a person, signed in and launched. Call in a transaction."""
    db.session.execute(delete(BrowserSession).where(BrowserSession.person_id == person_id))


def sweep_expired() -> None:
    """Remove sessions that have ended."""
    with db.transaction() as tx:
        tx.execute(delete(BrowserSession).where(BrowserSession.expires_at <= db.now()))


def set_cookie(response: Response, name: str, value: str, *, launch: bool = False, max_age: int | None = None) -> None:
    """Set a `__Host-` cookie: this host only, https only (or localhost), not for scripts.

    A launch cookie must come back inside an LMS's frame: SameSite=None, and Partitioned (CHIPS), so that browsers which
    block third-party cookies keep it in a jar of that LMS alone.
    """
    response.set_cookie(
        name, value, max_age=max_age, path="/", secure=True, httponly=True,
        samesite="None" if launch else "Lax", partitioned=launch,
    )


def _person_id(data: dict[str, Any]) -> int | None:
    user = data.get("_user_id")
    return int(user) if user else None


StartResponse = Callable[..., Any]


class LaunchPaths:
    """WSGI: move `/l/<launch id>` from the path to SCRIPT_NAME."""

    def __init__(self, wsgi: Callable[[dict[str, Any], StartResponse], Iterable[bytes]]) -> None:
        self.wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        found = LAUNCH_PATH.match(environ.get("PATH_INFO", ""))
        if found:
            environ[LAUNCH_KEY] = found[1]
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + f"/l/{found[1]}"
            environ["PATH_INFO"] = found[2] or "/"
        return self.wsgi(environ, start_response)


def connect(app: Flask, settings: Settings) -> None:
    """Use these sessions in the app."""
    app.session_interface = DatabaseSessions(timedelta(hours=settings.session_hours))
    app.wsgi_app = LaunchPaths(app.wsgi_app)  # type: ignore[method-assign]
