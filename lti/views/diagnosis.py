"""Does it work: in this browser, in this frame, and between the two servers?"""

from collections.abc import Sequence

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from accounts.models import Role
from accounts.policy import needs
from core import db
from core.i18n import N_
from core.web import limiter
from lti.addresses import origin_of
from lti.service import diagnosis
from lti.service.diagnosis import Finding
from lti.service.login import own_origin

bp = Blueprint("lti_diagnosis", __name__, url_prefix="/lti")
CHECKS = {"__Host-lotse-check": False, "__Host-lotse-check-partitioned": True}  # cookies: name → partitioned


@bp.get("/diagnose")
def diagnose() -> BaseResponse | str:
    """What works in this browser and in this frame, for anybody; for administrators also what the servers say to each other.

    Whether cookies are kept shows on the second request, as in a login.
    """
    if "asked" not in request.args:
        asking = redirect(url_for("lti_diagnosis.diagnose", asked=1), 303)
        for name, partitioned in CHECKS.items():
            asking.set_cookie(name, "1", max_age=300, secure=True, httponly=True, samesite="None", partitioned=partitioned)
        return asking
    return _diagnosis()


@bp.post("/diagnose/<int:platform_id>")
@needs(Role.ADMINISTRATOR)
@limiter.limit("20 per minute")
def check(platform_id: int) -> str:
    """Ask one platform."""
    try:
        findings = diagnosis.check(platform_id)
    except LookupError:
        abort(404)
    return _diagnosis(platform_id, findings)


def _diagnosis(checked: int | None = None, findings: Sequence[Finding] = ()) -> str:
    administers = current_user.is_authenticated and current_user.administers
    if not session:
        g.frame_ancestors = ["*"]  # Nothing here is anybody's, and it is asked for where a launch did not work.
    platforms = [(platform, diagnosis.last_login(platform)) for platform in diagnosis.platforms()] if administers else []
    return render_template(
        "lti/windows/diagnose.html", browser=_browser_findings(), platforms=platforms, checked=checked, findings=findings,
        administers=administers, moment=int(db.now().timestamp() * 1000),
    )


def _browser_findings() -> list[Finding]:
    """What the server sees of this browser."""
    kept = {partitioned for name, partitioned in CHECKS.items() if name in request.cookies}
    return [_cookies(kept), _address(), _destination()]


def _cookies(kept: set[bool]) -> Finding:
    name = N_("Cookies")
    if True in kept:
        return Finding(name, "success", N_("The browser keeps Lotse's cookies here."))
    if kept:
        return Finding(name, "warning", N_("The browser keeps cookies here, but not in a partition of their own. It is old: please update it."))
    return Finding(name, "danger", N_(
        "The browser keeps no cookie of Lotse here, so nobody can be recognised. Open Lotse in a new window (in the learning platform: set "
        "the link to “new window”), or allow cookies for this address."
    ))


def _address() -> Finding:
    name, came = N_("Address"), origin_of(request.host_url) or request.host_url
    values = {"came": came, "own": own_origin()}
    if came != own_origin():
        return Finding(name, "danger", N_(
            "You came by %(came)s, but Lotse calls itself %(own)s. Links and registrations must lead to the second one; or LOTSE_BASE_URL or "
            "LOTSE_TRUSTED_PROXIES is not set rightly."
        ), values)
    if not came.startswith("https:"):
        return Finding(name, "warning", N_("Lotse is reached by %(came)s, without https. Browsers allow that on this very computer only."), values)
    return Finding(name, "success", N_("Lotse is reached by %(came)s, encrypted."), values)


def _destination() -> Finding:
    name, said = N_("Frame"), request.headers.get("Sec-Fetch-Dest")
    if said == "iframe":
        return Finding(name, "info", N_("This page is in a frame of another page."))
    return Finding(name, "info", N_("This page is in a window of its own.") if said else N_("The browser does not say; it is rather old."))
