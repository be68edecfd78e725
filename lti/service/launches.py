"""Admit a launch: verify it, and let the person in."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import current_app
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError, PendingRollbackError

from assessments.drawing import shown_items
from core import db, direct
from core.direct import Read
from core.sessions import DatabaseSessions, digest
from lti import admission, registration
from lti.claims import DEEP_LINK, RESOURCE_LINK, SUBMISSION_REVIEW, Claims, Message, read
from lti.landing import Landing, session_of
from lti.launch import Expected, verify
from lti.models import LaunchRecord, LoginState, Platform
from lti.platforms import profile_at
from lti.refusals import Refused
from lti.service import choosing, reviews, scores, upgrades
from lti.service.login import own_origin
from lti.service.platform_keys import key_of

_LOGIN = Read(
    select(
        LoginState.state, LoginState.nonce, LoginState.browser, LoginState.initiation, LoginState.expires_at, LoginState.used_at, LoginState.platform_id,
    ).where(LoginState.state == bindparam("state")), everywhere=True,  # The login tells the tenant.
)
_PLATFORM = select(Platform).where(Platform.id == bindparam("id"))  # Built once: building it costs as much as running it.


@dataclass(frozen=True)
class Begun:
    """A login that was begun, as LoginState holds it: state, nonce and browser are hashes."""

    state: str
    nonce: str
    browser: str
    initiation: Mapping[str, str]
    expires_at: datetime
    used_at: datetime | None
    platform: Platform


@dataclass(frozen=True)
class Admission:
    """The session of an admitted launch, and where it leads."""

    launch_id: str
    landing: Landing


def login_of(state: str | None) -> Begun:
    """The login that a launch answers to, with its platform. Raises Refused."""
    if not state:
        raise Refused("state_missing")
    found = _LOGIN.one(state=digest(state))
    if found is None:
        raise Refused("state_unknown")
    with db.unscoped():  # The login tells the tenant.
        platform = db.session.scalars(_PLATFORM, {"id": found.platform_id}).one()
    return Begun(found.state, found.nonce, found.browser, found.initiation, found.expires_at, found.used_at, platform)


def admit(login: Begun, token: str | None, browser: str | None, reference: str) -> Admission:
    """Verify a launch and let the person in: one transaction makes all rows, the session included. Raises Refused.

    A launch without a person (LTI Core 1.3, 5.3.6.1) gets a session in which one may look, and no other rows.
    """
    _check_login(login, browser)
    if not token:
        raise Refused("token_missing")
    platform = login.platform
    with db.scoped(platform.organisation_id):
        claims = verify(token, _expected(login), lambda kid: key_of(platform, kid))
        message = read(claims)
        return let_in(platform, message, cast(str, browser), reference, lambda: _use(login, message, claims))


def _use(login: Begun, message: Message, claims: Claims) -> None:
    admission.use(login.state)
    upgrades.carry(login.platform, message, claims)


def let_in(platform: Platform, message: Message, browser: str, reference: str, spend: Callable[[], None]) -> Admission:
    """Let a verified launch in, acting for the platform's organisation. `spend` uses up what opens one launch only. Raises Refused."""
    try:
        return _enter(platform, message, browser, reference, spend)
    except (IntegrityError, PendingRollbackError):
        # The same person opened two links at the same moment and both made their rows; now those are there.
        return _enter(platform, message, browser, reference, spend)


def _check_login(login: Begun, browser: str | None) -> None:
    if not login.platform.active:
        raise Refused("platform_unknown")
    if login.platform.waiting:
        raise Refused("platform_waiting")
    if login.used_at is not None:
        raise Refused("state_used")
    if login.expires_at < db.now():
        raise Refused("state_expired")
    if not browser:
        raise Refused("cookie_missing")
    if digest(browser) != login.browser:
        raise Refused("other_browser")


def _expected(login: Begun) -> Expected:
    return Expected(login.platform.issuer, login.platform.client_id, login.nonce, own_origin(), db.now().timestamp())


def _enter(platform: Platform, message: Message, browser: str, reference: str, spend: Callable[[], None]) -> Admission:
    with db.transaction():
        spend()
        deployment_id = registration.approved_deployment(platform.id, message.deployment_id)
        landing = _OPENINGS[message.type](platform, deployment_id, message)
        direct.add(LaunchRecord, platform_id=platform.id, reference=reference, reason=landing.outcome)
        launch_id = _open_session(landing.session, platform, message, browser)
    return Admission(launch_id, landing)


def _open_link(platform: Platform, deployment_id: int, message: Message) -> Landing:
    """A learner's or lecturer's way in; a launch without a person may look only (LTI Core 1.3, 5.3.6.1)."""
    person = profile_at(platform.family, message).person(message)
    if person is None:
        return _preview(message)
    admitted = admission.enter(platform, deployment_id, message, person)
    scores.catch_up(admitted)
    return Landing(*_page_of(admitted), session_of(admitted.person_id, admitted.role, admitted.part.run_id, admitted.link_id))


def _page_of(admitted: admission.Admitted) -> tuple[str, dict[str, Any]]:
    opened, run = admitted.opened, {"run_id": admitted.part.run_id}
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "course": ("modules.course", run),
        "module": ("modules.page", {**run, "module": opened.module}),
        "quiz": ("excerpts.quiz", {**run, "module": opened.module, "draw": opened.draw or 0}),
        "exercise": ("excerpts.exercise", {**run, "module": opened.module, "only": opened.item}),
        "certificate": ("certificates.of_course", run),
    }
    return pages[opened.kind]


def _preview(message: Message) -> Landing:
    """Let somebody in who is nobody: to look, and only at this."""
    edition_id, opened = admission.to_preview(message)
    endpoint, values = ("preview.page", {"module": opened.module}) if opened.module else ("preview.course", {})
    only: dict[str, Any] = {}
    if opened.module and opened.kind in ("quiz", "exercise"):
        only["preview_items"] = shown_items(edition_id, opened.module, only=opened.item, draw=opened.draw, seed="preview")
    return Landing(endpoint, values, {"preview": [edition_id, opened.module], **only}, outcome="anonymous")


_OPENINGS: Mapping[str, Callable[[Platform, int, Message], Landing]] = {
    RESOURCE_LINK: _open_link, DEEP_LINK: choosing.begin, SUBMISSION_REVIEW: reviews.begin,
}


def _open_session(own: Mapping[str, Any], platform: Platform, message: Message, browser: str) -> str:
    """The launch id of a session with what all launches have, and what only this one has."""
    language = admission.language_of(message)
    data = {
        **own, "csrf_token": secrets.token_hex(20), "organisation_id": platform.organisation_id,
        "frame_ancestors": _frames(platform, message), "return_url": message.return_url,
        **({"language": language} if language else {}),
    }
    return cast(DatabaseSessions, current_app.session_interface).create(data, browser)


def _frames(platform: Platform, message: Message) -> list[str]:
    return sorted({*registration.origins(), *profile_at(platform.family, message).frames(message)})


def frame_ancestors(organisation_id: int, further: Iterable[str] = ()) -> list[str]:
    """Who may show pages of this organisation in a frame, and the origins of further addresses."""
    with db.scoped(organisation_id):
        return registration.origins(further)
