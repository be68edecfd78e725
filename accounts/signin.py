"""Who is at the other end: Flask-Login on our own sessions, and the tenant that follows from the person."""

from dataclasses import dataclass

from flask import Flask, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import bindparam, select
from werkzeug.wrappers import Response

from accounts.models import Grant, Person, Role
from core import db, sessions
from core.direct import Read
from core.web import Problem

manager = LoginManager()
manager.session_protection = None  # The session's id is a server-side secret; a phone that changes network stays in.
_ADMINISTERS = select(Grant.id).where(Grant.person_id == Person.id, Grant.role == Role.ADMINISTRATOR).exists()
_PERSON = Read(select(Person.id, Person.organisation_id, Person.name, _ADMINISTERS.label("administers")).where(Person.id == bindparam("id"), Person.joined_into.is_(None)))


@dataclass(frozen=True, slots=True)
class SignedIn(UserMixin):
    """Who is signed in: what every page needs to know of a person."""

    id: int
    organisation_id: int
    name: str | None
    administers: bool = False          # the whole organisation


def connect(app: Flask) -> None:
    """Let Flask-Login load people from the session."""
    manager.init_app(app)


@manager.user_loader
def load(user_id: str) -> SignedIn | None:
    """The person of this session; the database session acts for their organisation from here on."""
    organisation_id = session.get("organisation_id")
    if organisation_id is None:
        return None
    db.act_for(organisation_id)
    found = _PERSON.one(id=int(user_id))
    return SignedIn(*found) if found else None


@manager.unauthorized_handler
def unauthorized() -> Response:
    """Send people to the sign-in page, and back afterwards; inside a launch, say where to begin again."""
    if request.script_root and sessions.BROWSER_COOKIE not in request.cookies:
        raise Problem(
            401, _("Your browser has no cookie of Lotse here"),
            _(
                "So Lotse cannot tell that it is you. Please open the link in your learning platform again. If this page comes back at once, "
                "allow cookies for this address in the settings of your browser, or use another one."
            ),
        )
    if request.script_root:
        raise Problem(
            401, _("This page was open for too long"),
            _("Please open the link in your learning platform again. Your answers are saved."),
        )
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))


def begin(person: Person) -> None:
    """Sign a person in on Lotse's own pages, in a session with a new id."""
    current = session._get_current_object()  # type: ignore[attr-defined]
    sessions.renew(current)
    current.clear()
    session["organisation_id"] = person.organisation_id
    login_user(SignedIn(person.id, person.organisation_id, person.name))


def end() -> None:
    """Sign out: the session is gone from the database too."""
    logout_user()
    current = session._get_current_object()  # type: ignore[attr-defined]
    current.clear()
    sessions.renew(current)


def each_person() -> str:
    """For limits that each signed-in person has for themselves: the name under which their requests are counted."""
    return f"person {person().id}"


def person() -> SignedIn:
    """The signed-in person, for views behind `login_required`."""
    found: SignedIn = current_user._get_current_object()
    return found
