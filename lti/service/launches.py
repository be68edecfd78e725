"""Admit a launch: verify it, and let the person in."""

from dataclasses import dataclass
from typing import Any, cast

from flask import current_app
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import contains_eager

from core import db, direct
from core.sessions import DatabaseSessions, digest
from lti import admission, registration
from lti.claims import Message, read
from lti.launch import Expected, verify
from lti.models import LaunchRecord, LoginState, Platform
from lti.platforms import profile_of
from lti.refusals import Refused
from lti.service import scores
from lti.service.login import own_origin
from lti.service.platform_keys import key_of

# Built once, because building a statement costs as much as running it.
_LOGIN = (
    select(LoginState).join(LoginState.platform).options(contains_eager(LoginState.platform))
    .where(LoginState.state == bindparam("state"))
)


@dataclass(frozen=True)
class Admission:
    """Where an admitted launch leads. `launch_id` is None for an anonymous one, which has no session."""

    launch_id: str | None
    run_id: int = 0
    module: str | None = None


def login_of(state: str | None) -> LoginState:
    """The login that a launch answers to, with its platform. Raises Refused."""
    if not state:
        raise Refused("state_missing")
    with db.unscoped():  # The login tells the tenant.
        found = db.session.scalars(_LOGIN, {"state": digest(state)}).one_or_none()
    if found is None:
        raise Refused("state_unknown")
    return found


def admit(login: LoginState, token: str | None, browser: str | None, reference: str) -> Admission:
    """Verify a launch and let the person in: one transaction makes all rows, the session included. Raises Refused."""
    _check_login(login, browser)
    if not token:
        raise Refused("token_missing")
    platform = login.platform
    with db.scoped(platform.organisation_id):
        claims = verify(token, _expected(login), lambda kid: key_of(platform, kid))
        message = read(claims)
        try:
            return _enter(login, platform, message, cast(str, browser), reference)
        except (IntegrityError, PendingRollbackError):
            # The same person opened two links at the same moment and both made their rows; now those are there.
            return _enter(login, platform, message, cast(str, browser), reference)


def _check_login(login: LoginState, browser: str | None) -> None:
    if not login.platform.active:
        raise Refused("platform_unknown")
    if login.used_at is not None:
        raise Refused("state_used")
    if login.expires_at < db.now():
        raise Refused("state_expired")
    if not browser:
        raise Refused("cookie_missing")
    if digest(browser) != login.browser:
        raise Refused("other_browser")


def _expected(login: LoginState) -> Expected:
    return Expected(login.platform.issuer, login.platform.client_id, login.nonce, own_origin(), db.now().timestamp())


def _enter(login: LoginState, platform: Platform, message: Message, browser: str, reference: str) -> Admission:
    person = profile_of(message.family or platform.family).person(message)
    with db.transaction():
        admission.use(login)
        deployment_id = registration.approved_deployment(platform.id, message.deployment_id)
        direct.add(LaunchRecord, platform_id=platform.id, reference=reference, reason="admitted" if person else "anonymous")
        if person is None:
            return Admission(None)
        admitted = admission.enter(platform, deployment_id, message, person)
        scores.catch_up(admitted)
        sessions = cast(DatabaseSessions, current_app.session_interface)
        launch_id = sessions.create(_session_data(admitted, message, platform.organisation_id), browser)
    return Admission(launch_id, admitted.part.run_id, admitted.module)


def _session_data(admitted: admission.Admitted, message: Message, organisation_id: int) -> dict[str, Any]:
    data = {
        "_user_id": str(admitted.person_id), "_fresh": True, "organisation_id": organisation_id, "lti_link": admitted.link_id,
        "frame_ancestors": registration.origins(), "return_url": message.return_url,
    }
    return data | ({"language": admitted.language} if admitted.language else {})


def record_refusal(platform: Platform, reference: str, refused: Refused) -> None:
    """Keep the reason of a refused launch for whoever is asked with the reference."""
    with db.scoped(platform.organisation_id), db.transaction() as tx:
        tx.add(LaunchRecord(platform_id=platform.id, reference=reference, reason=refused.code))
        if refused.code == "deployment_unknown":
            registration.note_pending(platform.id, refused.values["deployment_id"])


def frame_ancestors(organisation_id: int) -> list[str]:
    """Who may show pages of this organisation in a frame."""
    with db.scoped(organisation_id):
        return registration.origins()
