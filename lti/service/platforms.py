"""Register platforms by hand, approve them and their deployments, switch them on and off, and see how they are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from core import db
from core.config import settings
from lti import legacy, registration
from lti.models import Deployment, LaunchRecord, Platform
from lti.refusals import REASONS, Refused
from lti.registration import PlatformData


@dataclass(frozen=True)
class Standing:
    """A platform, and what an administrator wants to know of it at one glance."""

    platform: Platform
    last_launch: datetime | None
    waiting_deployments: int


def add_platform(organisation_id: int, data: PlatformData) -> Platform:
    """Register an LMS, or bring its registration up to date; twice changes nothing. Raises RegistrationError."""
    data.check(settings())
    with db.scoped(organisation_id), db.transaction():
        return registration.store(data)


def approve(platform: Platform, *deployment_ids: str) -> None:
    """Let launches from these deployments in; without any, from the one of the registration. The platform waits no longer."""
    with db.scoped(platform.organisation_id), db.transaction() as tx:
        tx.refresh(platform)
        registration.approve(platform, deployment_ids or _of_the_registration(platform))
        platform.waiting = False
        _go_on_from_lti11(platform)


def _of_the_registration(platform: Platform) -> Collection[str]:
    named = (platform.registered or {}).get("deployment_id")
    return [named] if named else []


def _go_on_from_lti11(platform: Platform) -> None:
    """Links and people of the LTI 1.1 consumer that this platform was, once somebody has approved it."""
    told = dict(platform.registered or {})
    consumer = db.session.get(Platform, told.pop("consumer", None) or 0)
    if consumer is None or not told.get("deployment_id"):
        return
    try:
        deployment_id = registration.approved_deployment(platform.id, told["deployment_id"])
    except Refused:
        return  # Another deployment was approved; this one's turn comes when it is.
    legacy.carry_over(consumer, platform, deployment_id)
    platform.registered = told


def withdraw(platform: Platform, deployment_id: str) -> None:
    """Refuse launches from a deployment from now on; nothing is deleted."""
    with db.scoped(platform.organisation_id), db.transaction() as tx:
        tx.execute(update(Deployment).where(Deployment.platform_id == platform.id, Deployment.deployment_id == deployment_id).values(approved=False))


def set_active(platform: Platform, active: bool) -> None:
    """Switch a platform on or off. Off: no launches, and scores wait; sessions that are open end by themselves."""
    with db.scoped(platform.organisation_id), db.transaction() as tx:
        tx.execute(update(Platform).where(Platform.id == platform.id).values(active=active))


def all_platforms() -> list[Platform]:
    """All platforms of the installation, for the operator."""
    with db.unscoped():  # The operator looks after all tenants.
        return list(db.session.scalars(select(Platform).order_by(Platform.organisation_id, Platform.id)))


def platform(platform_id: int) -> Platform | None:
    """A platform of the organisation acted for."""
    return db.session.scalars(select(Platform).where(Platform.id == platform_id)).one_or_none()


def standings() -> list[Standing]:
    """The platforms of the organisation acted for, those that wait first."""
    rows = db.session.scalars(select(Platform).order_by(Platform.waiting.desc(), Platform.active.desc(), Platform.name, Platform.id)).all()
    came = _by_platform(select(LaunchRecord.platform_id, func.max(LaunchRecord.at)).where(LaunchRecord.reason.not_in(list(REASONS))).group_by(LaunchRecord.platform_id))
    wait = _by_platform(select(Deployment.platform_id, func.count()).where(Deployment.approved.is_(False)).group_by(Deployment.platform_id))
    return [Standing(row, came.get(row.id), 0 if row.waiting else wait.get(row.id, 0)) for row in rows]


def _by_platform(query: Any) -> dict[int, Any]:
    return {key: value for key, value in db.session.execute(query) if key is not None}


def deployments(platform: Platform) -> list[Deployment]:
    """Where the platform has Lotse, the approved ones first."""
    with db.scoped(platform.organisation_id):
        return list(db.session.scalars(
            select(Deployment).where(Deployment.platform_id == platform.id).order_by(Deployment.approved.desc(), Deployment.id)
        ))
