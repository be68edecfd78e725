"""From a frame into a window of its own, and out of a launch."""

import secrets
from typing import cast

from flask import (
    Blueprint,
    Response,
    abort,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts import signin
from core import sessions
from core.sessions import Session
from core.web import Problem, csrf, own_path
from lti.service import windows
from lti.views import arrivals

bp = Blueprint("lti_windows", __name__, url_prefix="/lti")


@bp.post("/window")
def window() -> Response | str:
    """Make a ticket for the page that is open. The script takes it as JSON; without one a second button opens the window."""
    path = own_path(request.form.get("path", "")) or "/"
    ticket = windows.make_ticket(session, _launch().row_id or "", path)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(ticket=ticket)
    return render_template("lti/windows/window.html", ticket=ticket, action=_outside("lti_windows.arrive"), back=request.script_root + path)


@bp.post("/ticket")
@csrf.exempt
def arrive() -> BaseResponse:
    """In the new window: the ticket becomes a launch session of its own.

    There is no session yet that could hold a CSRF token. Another site could have a ticket of its own user's opened here, so that
    a person would go on as somebody else: hence only Lotse's own pages may send one.
    """
    if not arrivals.sent_by_lotse():
        abort(403)
    known = arrivals.browser()
    browser = known or secrets.token_urlsafe(24)
    try:
        arrival = windows.use_ticket(request.form.get("ticket", ""), browser)
    except windows.TicketError as error:
        raise _spent() from error
    onward = make_response(redirect(f"/l/{arrival.launch_id}{arrival.path}", 303))
    if known is None:
        arrivals.remember(onward, browser)
    return onward


@bp.get("/ticket")
def no_ticket() -> str:
    """The address of the new window, opened once more."""
    raise _spent()


@bp.post("/leave")
def leave() -> str:
    """End this launch, in a frame or in a window: afterwards nobody at this computer can go on as this person."""
    launch = _launch()
    g.frame_ancestors, back = session.get("frame_ancestors"), session.get("return_url")
    sessions.end_launches(launch)
    signin.end()
    return render_template("lti/windows/left.html", back=back)


def _launch() -> Session:
    """The session of this launch. Answers 401 when there is none."""
    current = cast(Session, session._get_current_object())  # type: ignore[attr-defined]
    if not request.script_root:
        abort(404)
    if not current.row_id:
        signin.unauthorized()
    return current


def _outside(endpoint: str) -> str:
    """The address of a page outside of this launch."""
    return url_for(endpoint).removeprefix(request.script_root)


def _spent() -> Problem:
    return Problem(
        403, _("This new window cannot be opened any more"),
        _("It works once, and for a minute only. Please go back to your learning platform and press “New window” there again, or open the link in your course again."),
    )
