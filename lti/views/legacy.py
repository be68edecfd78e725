"""LTI 1.1 launches of old platforms, where the operator has switched them on."""

import structlog
from flask import Blueprint, abort, g, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core.config import settings
from core.web import Problem, csrf
from lti import oauth
from lti.models import Platform
from lti.oauth import FORM, Form
from lti.refusals import Refused
from lti.service import launches, legacy, records
from lti.views import arrivals

bp = Blueprint("lti_legacy", __name__, url_prefix="/lti/1p1")
log = structlog.get_logger("lti")
COOKIE_ASKED = "lotse_cookie=asked"

Page = BaseResponse | tuple[str, int] | str


@bp.route("/launch", methods=["GET", "POST"])
@csrf.exempt
def launch() -> Page:
    """A signed launch in one form. It opens nothing unless the browser brings Lotse's cookie along.

    1.1 has no login before the launch in which a cookie could be set. So the browser is asked to post the same form once more,
    with the cookie (307 keeps the form); the launch counts only then, and once.
    """
    if not legacy.switched_on():
        abort(404)
    consumer, posted = None, None
    try:
        posted = oauth.received(_address(), request.get_data() if request.mimetype == FORM else b"")
        consumer = legacy.consumer_of(posted)
        message = legacy.verify(consumer, posted)
        browser = arrivals.browser()
        if browser is None:
            return _ask_for_cookie()
        admitted = legacy.admit(consumer, posted, message, browser, g.reference)
    except Refused as refused:
        return _refuse(refused, consumer, posted)
    return arrivals.go_on(admitted)


def _ask_for_cookie() -> Page:
    if COOKIE_ASKED in _query():
        raise Refused("cookie_missing")
    again = make_response(redirect(f"{legacy.PATH}?{'&'.join([*_query(), COOKIE_ASKED])}", 307))
    arrivals.remember(again)
    return again


def _query() -> list[str]:
    return [part for part in request.query_string.decode("ascii", "replace").split("&") if part]


def _address() -> str:
    """The address as the platform knows it and has signed it, whatever a proxy has made of it."""
    query = "&".join(part for part in _query() if part != COOKIE_ASKED)
    return settings().base_url + legacy.PATH + (f"?{query}" if query else "")


def _refuse(refused: Refused, consumer: Platform | None, posted: Form | None) -> Page:
    """Say why and what to do, also in a frame; keep the reason for the operator."""
    log.info("launch_refused", reason=refused.code, platform=consumer.id if consumer else None)
    records.record_refusal(consumer, g.reference, refused, {"client_id": posted.fields["oauth_consumer_key"]} if posted else None)
    # Whose frame it is is not known of a key that nobody has; the page shows nothing of anybody.
    g.frame_ancestors = launches.frame_ancestors(consumer.organisation_id) if consumer else ["*"]
    if refused.code == "cookie_missing" and posted is not None:
        page = render_template("lti/legacy_window.html", action=posted.address, fields=posted.fields)
        return page, refused.reason.status
    raise Problem(refused.reason.status, _(refused.reason.title), _(refused.reason.advice, **refused.values))
