"""What an administrator asks when "it does not open": can Lotse and the learning platform reach and understand each other?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
from sqlalchemy import select

from core import db
from core.config import settings
from core.http import Answer, OutgoingError, client, fetch
from core.i18n import N_
from lti import keys
from lti.connection import assertion_of, token_request
from lti.grades import SCORES
from lti.models import KeyState, LaunchRecord, LoginState, Platform, ToolKey
from lti.platform_keys import acceptable, find
from lti.refusals import Refused
from lti.service import tool_keys
from lti.service.login import LOGIN_LIFE

PATIENCE = 8.0                         # seconds for each question to a platform
GOOD_CLOCK, USABLE_CLOCK = timedelta(seconds=5), timedelta(seconds=60)
OLD_KEY = timedelta(days=400)
ASKED_FOR = ("login_hint", "target_link_uri", "client_id", "lti_message_hint", "lti_deployment_id", "lti_storage_target")
# What OAuth 2.0 lets a token endpoint say (RFC 6749, section 5.2); other words may be anything.
_OAUTH = {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `tone` as in the page's alerts; `text` is a gettext id whose places `values` fill."""

    name: str
    tone: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LastLogin:
    """The newest login that a platform has begun: what it sent (names only), and whether it came to an end."""

    at: datetime
    sent: list[str]
    missing: list[str]
    finished: bool
    outcome: str | None


def platforms() -> list[Platform]:
    """The organisation's platforms of LTI 1.3 that are switched on."""
    query = select(Platform).where(Platform.active.is_(True), Platform.protocol == "1.3").order_by(Platform.name, Platform.id)
    return list(db.session.scalars(query))


def last_login(platform: Platform) -> LastLogin | None:
    """What the last login initiation of a platform had; after a day it is forgotten."""
    found = db.session.scalars(
        select(LoginState).where(LoginState.platform_id == platform.id).order_by(LoginState.expires_at.desc()).limit(1)
    ).one_or_none()
    if found is None:
        return None
    outcome = db.session.scalars(
        select(LaunchRecord.reason).where(LaunchRecord.platform_id == platform.id).order_by(LaunchRecord.id.desc()).limit(1)
    ).one_or_none()
    sent = [name for name in ASKED_FOR if found.initiation.get(name)]
    return LastLogin(
        found.expires_at - LOGIN_LIFE, sent, [name for name in ASKED_FOR if name not in sent], found.used_at is not None, outcome,
    )


def check(platform_id: int) -> list[Finding]:
    """Ask a platform of the organisation what Lotse needs of it. Raises LookupError."""
    platform = db.session.scalars(select(Platform).where(Platform.id == platform_id, Platform.protocol == "1.3")).one_or_none()
    if platform is None:
        raise LookupError(platform_id)
    tool_keys.make_missing()
    own = _own_key()
    assertion = keys.sign(assertion_of(platform.client_id, platform.token_url), settings().secret_key)
    db.session.rollback()  # Nothing is held open while a platform takes its time.
    with client(settings()) as http:
        return [*_key_set(http, platform.jwks_url), _token(http, platform.token_url, assertion), own]


def _key_set(http: httpx2.Client, url: str) -> Iterator[Finding]:
    name = N_("Keys of the platform")
    try:
        answer = fetch(http, "GET", url, seconds=PATIENCE, headers={"Accept": "application/json"})
    except OutgoingError as error:
        yield Finding(name, "danger", N_(
            "Lotse cannot fetch them from %(url)s: %(reason)s. Without them no launch can be checked. Look at the address, at the firewall "
            "between the two servers, and at the certificate of the platform."
        ), {"url": url, "reason": error.reason})
        return
    yield _keys_in(answer, name, url)
    yield _clock(answer)


def _keys_in(answer: Answer, name: str, url: str) -> Finding:
    try:
        document = answer.json() if answer.status == 200 else None
    except OutgoingError:
        document = None
    if not isinstance(document, dict) or not acceptable(document):
        return Finding(name, "danger", N_("At %(url)s there is no key set (answer %(status)s). Compare the address with what the platform shows."), {"url": url, "status": answer.status})
    usable = [key for key in document["keys"] if isinstance(key.get("kid"), str) and _usable(document, key["kid"])]
    if not usable:
        return Finding(name, "danger", N_("The key set holds no RSA key of 2048 bits or more with a name (kid). Let the platform make a new key."))
    return Finding(name, "success", N_("Lotse can fetch them, and they can be used (%(count)s)."), {"count": len(usable)})


def _usable(document: dict[str, Any], kid: str) -> bool:
    try:
        return find(document, kid) is not None
    except Refused:
        return False


def _clock(answer: Answer) -> Finding:
    name = N_("Clock of the platform")
    try:
        theirs = parsedate_to_datetime(answer.headers["Date"])
        apart = abs(theirs - db.now())
    except (KeyError, ValueError, TypeError):
        return Finding(name, "warning", N_("The platform does not say what time it has."))
    values = {"seconds": round(apart.total_seconds())}
    if apart <= GOOD_CLOCK:
        return Finding(name, "success", N_("It shows the same time as Lotse's (%(seconds)s seconds apart)."), values)
    tone = "warning" if apart <= USABLE_CLOCK else "danger"
    return Finding(name, tone, N_("It is %(seconds)s seconds away from Lotse's. Launches or scores may be refused. Set both clocks by network time (NTP)."), values)


def _token(http: httpx2.Client, url: str, assertion: str) -> Finding:
    name = N_("Access to the services of the platform")
    """Asked for as it is for scores."""
    try:
        answer = fetch(http, "POST", url, seconds=PATIENCE, data=token_request(assertion, [SCORES]), headers={"Accept": "application/json"})
    except OutgoingError as error:
        return Finding(name, "danger", N_("Lotse cannot reach %(url)s: %(reason)s. Launches work all the same, but no scores arrive."), {"url": url, "reason": error.reason})
    said = _said(answer)
    if answer.status == 200 and "access_token" in said:
        return Finding(name, "success", N_("The platform accepts Lotse's signature and gives access to the gradebook."))
    word = said.get("error")
    if word == "invalid_scope":
        return Finding(name, "warning", N_("The platform knows Lotse but does not let it send scores. Allow the grade service in the settings of the tool there."))
    return Finding(name, "danger", N_(
        "The platform gives no access (%(status)s%(word)s). Look whether the client ID is the same on both sides, whether the tool is active "
        "there, and whether the platform can fetch Lotse's key set from %(keys)s."
    ), {"status": answer.status, "word": f", {word}" if word in _OAUTH else "", "keys": f"{settings().base_url}/lti/jwks"})


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = answer.json()
    except OutgoingError:
        return {}
    return said if isinstance(said, dict) else {}


def _own_key() -> Finding:
    name = N_("Lotse's own key")
    active = db.session.scalars(select(ToolKey).where(ToolKey.state == KeyState.ACTIVE)).one()
    age = db.now() - active.created_at
    values = {"days": age.days}
    if age > OLD_KEY:
        return Finding(name, "warning", N_("It is %(days)s days old. Exchange it with: ./lotse lti rotate-key"), values)
    return Finding(name, "success", N_("It is %(days)s days old and public at /lti/jwks."), values)
