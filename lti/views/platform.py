"""The addresses that platforms know: login initiation, launch, deep linking, key set."""

from collections.abc import Mapping
from typing import Any

import structlog
from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from core.web import Problem, csrf
from lti.models import Platform
from lti.refusals import Refused
from lti.service import launches, login, records, tool_keys
from lti.views import arrivals, storage

bp = Blueprint("lti", __name__, url_prefix="/lti")
log = structlog.get_logger("lti")
LONGEST_VALUE = 8192
COOKIE_ASKED = "cookie_asked"

Page = BaseResponse | tuple[str, int] | str


@bp.route("/login", methods=["GET", "POST"])
@csrf.exempt
def begin() -> Page:
    """A platform begins a login; the browser goes on to the platform's authentication endpoint, always by GET.

    ILIAS keeps its session cookie SameSite=Lax in many places, so a form that posts there would lose the session.
    """
    initiation = request.values.to_dict()
    platform = None
    try:
        _check_values(initiation)
        platform = login.platform_of(initiation)
        browser = arrivals.browser()
        if browser is None and COOKIE_ASKED in initiation and not storage.offered(initiation):
            raise Refused("cookie_missing")
        started = login.begin(initiation, browser)
    except Refused as refused:
        return _refuse(refused, platform, initiation)
    if browser is None and COOKIE_ASKED in initiation:
        return storage.keep(platform, initiation, started, _again(initiation))
    if browser is None and _in_frame():
        onward = make_response(redirect(_again(initiation, ask_for_cookie=True), 303))
    else:
        onward = make_response(redirect(started.url, 302))
    if browser is None:
        arrivals.remember(onward, started.browser)
    return onward


@bp.route("/deep-link", methods=["GET", "POST"])
@bp.route("/launch", methods=["GET", "POST"])
@csrf.exempt
def launch() -> Page:
    """A platform's answer: the signed launch. Whoever is admitted goes on inside a launch session of their own.

    There are two addresses because ILIAS posts a deep linking request to the address that it is about, and keeps one for each
    kind of message. The token says which kind it is, so both take all.

    By GET come people who reload the page or kept its address; they are told to open the link again.
    """
    platform = None
    initiation: Mapping[str, str] = {}
    try:
        begun = launches.login_of(request.form.get("state"))
        platform, initiation = begun.platform, begun.initiation
        if "error" in request.form:
            raise Refused("platform_error")
        browser = arrivals.browser()
        kept = storage.brought(initiation)
        if not browser and not kept and storage.offered(initiation) and storage.KEPT not in request.form:
            return storage.ask(platform, initiation, _again(initiation))
        admitted = launches.admit(begun, request.form.get("id_token"), browser or kept, g.reference)
    except Refused as refused:
        return _refuse(refused, platform, initiation)
    if browser is None:
        return storage.go_on_in_a_window(platform, admitted)
    return arrivals.go_on(admitted)


@bp.get("/jwks")
def jwks() -> Response:
    """The public keys with which platforms check what Lotse signs."""
    response = jsonify(keys=tool_keys.published())
    response.headers["Cache-Control"] = "public, max-age=600"
    return response


def _check_values(initiation: Mapping[str, str]) -> None:
    if any(len(value) > LONGEST_VALUE or not value.isprintable() for value in initiation.values()):
        raise Refused("login_incomplete")


# --- Browsers that keep no cookie in a frame ------------------------------------------------------------------------------

def _in_frame() -> bool:
    return request.headers.get("Sec-Fetch-Dest") == "iframe"


def _again(initiation: Mapping[str, str], *, ask_for_cookie: bool = False) -> str:
    """The address that repeats a login initiation.

    `ask_for_cookie`: now the browser must bring the cookie. In a frame that is not certain, and Moodle's message hint
    works once: after the authentication request it would be spent, and a login in a new window would fail there
    (auth-variants.json). So the cookie is asked for before the platform is.
    """
    values: dict[str, Any] = {name: initiation[name] for name in login.INITIATION if name in initiation}
    if ask_for_cookie:
        values[COOKIE_ASKED] = "1"
    return url_for("lti.begin", **values)


# --- Refusals -------------------------------------------------------------------------------------------------------------

def _refuse(refused: Refused, platform: Platform | None, initiation: Mapping[str, str]) -> Page:
    """Say why and what to do, inside the platform's frame where the platform is known; keep the reason for the operator."""
    log.info("launch_refused", reason=refused.code, platform=platform.id if platform else None)
    records.record_refusal(platform, g.reference, refused, initiation)
    if platform is not None:  # Also one that waits for approval shows the page that says so.
        g.frame_ancestors = launches.frame_ancestors(platform.organisation_id, (platform.issuer, platform.auth_url))
    else:
        g.frame_ancestors = ["*"]  # Whose frame it is is not known, and the page shows nothing of anybody: better than a blank one.
    if refused.code == "cookie_missing":
        return render_template("lti/windows/cookie_missing.html", again=_again(initiation)), refused.reason.status
    raise Problem(refused.reason.status, _(refused.reason.title), _(refused.reason.advice, **refused.values))
