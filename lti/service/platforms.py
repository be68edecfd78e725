"""Register platforms, approve deployments, switch platforms on and off."""

from sqlalchemy import select, update

from core import db
from core.config import settings
from lti import registration
from lti.models import Deployment, Platform
from lti.registration import PlatformData


def add_platform(organisation_id: int, data: PlatformData) -> Platform:
    """Register an LMS, or bring its registration up to date; twice changes nothing. Raises RegistrationError."""
    data.check(settings())
    with db.scoped(organisation_id), db.transaction():
        return registration.store(data)


def approve(platform: Platform, deployment_id: str) -> None:
    """Let launches from a deployment in."""
    with db.scoped(platform.organisation_id), db.transaction():
        registration.approve(platform, [deployment_id])


def set_active(platform: Platform, active: bool) -> None:
    """Switch a platform on or off. Off: no launches; sessions that are open end by themselves."""
    with db.scoped(platform.organisation_id), db.transaction() as tx:
        tx.execute(update(Platform).where(Platform.id == platform.id).values(active=active))


def all_platforms() -> list[Platform]:
    """All platforms of the installation, for the operator."""
    with db.unscoped():  # The operator looks after all tenants.
        return list(db.session.scalars(select(Platform).order_by(Platform.organisation_id, Platform.id)))


def deployments(platform: Platform) -> list[Deployment]:
    """Where the platform has Lotse, the approved ones first."""
    with db.scoped(platform.organisation_id):
        return list(db.session.scalars(
            select(Deployment).where(Deployment.platform_id == platform.id).order_by(Deployment.approved.desc(), Deployment.id)
        ))
