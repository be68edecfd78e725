"""Begin a login: answer a platform's login initiation with an authentication request."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import delete

from core import db, direct
from core.config import settings
from core.sessions import digest
from lti import registration
from lti.addresses import origin_of
from lti.models import LaunchRecord, LoginState, Platform
from lti.refusals import Refused

LOGIN_LIFE = timedelta(minutes=10)
LOGINS_KEPT = timedelta(days=1)
RECORDS_KEPT = timedelta(days=30)
INITIATION = ("iss", "target_link_uri", "login_hint", "lti_message_hint", "client_id", "lti_deployment_id", "lti_storage_target")


@dataclass(frozen=True)
class Login:
    """Where the browser goes next, and the secret that it must bring along to the launch of this state."""

    url: str
    browser: str
    state: str


def begin(initiation: Mapping[str, str], browser: str | None) -> Login:
    """Answer a login initiation (Security Framework 5.1.1.1) with an authentication request. Raises Refused."""
    platform = platform_of(initiation)
    if platform.waiting:
        raise Refused("platform_waiting")
    if not initiation.get("login_hint") or not initiation.get("target_link_uri"):
        raise Refused("login_incomplete")
    if origin_of(initiation["target_link_uri"]) != own_origin():
        raise Refused("target_foreign", address=launch_url())
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    browser = browser or secrets.token_urlsafe(24)
    with db.scoped(platform.organisation_id), db.transaction():
        direct.add(
            LoginState, state=digest(state), nonce=digest(nonce), browser=digest(browser), platform_id=platform.id,
            initiation={name: initiation[name] for name in INITIATION if name in initiation}, expires_at=db.now() + LOGIN_LIFE,
        )
    return Login(_authentication_request(platform, initiation, state, nonce), browser, state)


def forget_old() -> None:
    """Remove logins and records of launches that nobody will ask for any more."""
    moment = db.now()
    with db.unscoped(), db.transaction() as tx:  # By age alone, whosever they are.
        tx.execute(delete(LoginState).where(LoginState.expires_at < moment - LOGINS_KEPT))
        tx.execute(delete(LaunchRecord).where(LaunchRecord.at < moment - RECORDS_KEPT))


def platform_of(initiation: Mapping[str, str]) -> Platform:
    """The platform that begins a login. Raises Refused."""
    if not initiation.get("iss"):
        raise Refused("login_incomplete")
    platform = registration.platform_for(initiation["iss"], initiation.get("client_id"), initiation.get("lti_deployment_id"))
    if platform is None:
        raise Refused("platform_unknown")
    return platform


def _authentication_request(platform: Platform, initiation: Mapping[str, str], state: str, nonce: str) -> str:
    values = {
        "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
        "client_id": platform.client_id, "redirect_uri": _redirect_uri(initiation["target_link_uri"]), "state": state, "nonce": nonce,
        "login_hint": initiation["login_hint"],
    }
    if "lti_message_hint" in initiation:
        values["lti_message_hint"] = initiation["lti_message_hint"]
    return f"{platform.auth_url}{'&' if '?' in platform.auth_url else '?'}{urlencode(values)}"


def _redirect_uri(target_link_uri: str) -> str:
    """Where the answer is to be posted. ILIAS posts deep linking requests to the target itself, so the two must be the same.

    Moodle wants one that is registered, to the letter (auth-variants.json); the target may have a query.
    """
    return deep_link_url() if target_link_uri.partition("?")[0] == deep_link_url() else launch_url()


def deep_link_url() -> str:
    """The address to which platforms post when a lecturer is to choose what a link opens."""
    return f"{settings().base_url}/lti/deep-link"


def launch_url() -> str:
    """The address to which platforms post launches, as it is registered there."""
    return f"{settings().base_url}/lti/launch"


def own_origin() -> str:
    """Lotse's own origin."""
    return origin_of(settings().base_url) or settings().base_url
