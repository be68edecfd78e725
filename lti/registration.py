"""Which platforms and deployments an organisation trusts. Functions that write are called in a transaction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core import db
from core.config import Settings
from core.direct import Read
from core.i18n import N_
from lti.addresses import fault_of, origin_of, safe_origin
from lti.models import Deployment, Platform
from lti.platforms import family_at
from lti.refusals import Refused

TAKEN = N_("another organisation has registered this client ID, or another platform has it")


class RegistrationError(ValueError):
    """A platform cannot be registered like this; the text says why."""


@dataclass(frozen=True)
class PlatformData:
    """What an LMS shows to its administrator when Lotse is entered as an external tool."""

    issuer: str
    client_id: str
    auth_url: str
    token_url: str
    jwks_url: str
    deployments: tuple[str, ...] = ()
    name: str = ""

    def faults(self, settings: Settings) -> dict[str, str]:
        """What is wrong, by field, as gettext ids. Empty: it can be registered."""
        addresses = {"auth_url": self.auth_url, "token_url": self.token_url, "jwks_url": self.jwks_url}
        wrong = {name: fault for name, url in addresses.items() if (fault := fault_of(url, settings))}
        return {**wrong, **{name: N_("this is empty") for name in ("issuer", "client_id") if not getattr(self, name).strip()}}

    def check(self, settings: Settings) -> None:
        """Raises RegistrationError that lists every wrong value, for the command line."""
        wrong = [f"--{name.replace('_', '-')} {getattr(self, name)!r}: {fault}" for name, fault in self.faults(settings).items()]
        if wrong:
            raise RegistrationError("\n".join(wrong))


_DEPLOYMENT = Read(
    select(Deployment.id, Deployment.approved)
    .where(Deployment.platform_id == bindparam("platform_id"), Deployment.deployment_id == bindparam("deployment_id"))
)
# One that waits for approval may frame nothing yet.
_ACTIVE = Read(select(Platform.issuer, Platform.auth_url).where(Platform.active.is_(True), Platform.waiting.is_(False)))


def store(data: PlatformData) -> Platform:
    """The platform with these values, made or brought up to date; saying the same twice changes nothing.

    Raises RegistrationError when another organisation has registered it.
    """
    found = known(data.issuer, data.client_id)
    if found is None:
        found = Platform(issuer=data.issuer, client_id=data.client_id)
        db.session.add(found)
    bring_up_to_date(found, data)
    approve(found, data.deployments)
    return found


def known(issuer: str, client_id: str, *, by_link: bool = False) -> Platform | None:
    """The platform of the organisation acted for. Raises RegistrationError when another organisation has registered it.

    A client id belongs to one organisation, whatever the issuer, for all organisations sign with the same keys and Moodle checks
    neither audience nor issuer of an assertion (docs/decisions/0003). Who had Lotse sign as the client of another organisation,
    for a token endpoint of their own, could carry that signature to the other's Moodle and be let in to its gradebooks and rosters.
    Plain numbers may repeat: each self-hosted Canvas begins to count at the same one, and Canvas checks the audience.

    `by_link`: a platform that registers itself may not take the client id of another one of the same organisation either.
    """
    with db.unscoped():  # (issuer, client) tells the tenant at a login, so no two tenants may have the same.
        found = db.session.scalars(select(Platform).where(Platform.client_id == client_id)).all()
    foreign = [row for row in found if row.organisation_id != db.acting_for() or (by_link and row.issuer != issuer)]
    if any(row.issuer == issuer or not client_id.isdecimal() for row in foreign):
        raise RegistrationError(TAKEN)
    return next((row for row in found if row.issuer == issuer), None)


def bring_up_to_date(found: Platform, data: PlatformData) -> None:
    """Write what the platform is now; a key set from another address is fetched anew."""
    found.issuer, found.client_id = data.issuer, data.client_id
    if found.jwks_url != data.jwks_url:
        found.jwks, found.jwks_fetched_at, found.jwks_tried_at = None, None, None
    found.auth_url, found.token_url, found.jwks_url = data.auth_url, data.token_url, data.jwks_url
    found.family = found.family or family_at(data.auth_url)
    found.name = data.name or found.name or origin_of(data.issuer) or data.issuer
    db.session.flush()


def approve(platform: Platform, deployment_ids: Collection[str]) -> None:
    """Let launches from these deployments in. Who approves a deployment approves its platform, too."""
    platform.waiting = platform.waiting and not deployment_ids
    for deployment_id in deployment_ids:
        deployment = _deployment(platform.id, deployment_id)
        if deployment is None:
            db.session.add(Deployment(platform_id=platform.id, deployment_id=deployment_id, approved=True))
        elif not deployment.approved:
            deployment.approved = True
    db.session.flush()


def approved_deployment(platform_id: int, deployment_id: str) -> int:
    """The id of a launch's deployment. Raises Refused when nobody has approved it."""
    found = _DEPLOYMENT.one(platform_id=platform_id, deployment_id=deployment_id)
    if found is None or not found.approved:
        raise Refused("deployment_unknown", deployment_id=deployment_id)
    return int(found.id)


def note_pending(platform_id: int, deployment_id: str) -> None:
    """Remember an unknown deployment for the operator's list."""
    found = _deployment(platform_id, deployment_id)
    if found is None:
        db.session.add(Deployment(platform_id=platform_id, deployment_id=deployment_id))
    else:
        found.seen_at = db.now()


def _deployment(platform_id: int, deployment_id: str) -> Deployment | None:
    return db.session.scalars(
        select(Deployment).where(Deployment.platform_id == platform_id, Deployment.deployment_id == deployment_id)
    ).one_or_none()


def platform_for(issuer: str, client_id: str | None, deployment_id: str | None = None) -> Platform | None:
    """The active platform that a login names.

    Several tenants may share an issuer (every hosted Canvas does): without a client id the approved deployment must tell which of
    them it is, or the issuer must have one registration only. None: nobody is known. Raises Refused when several are, and
    nothing tells which.
    """
    with db.unscoped():  # The platform tells the tenant, not the other way round.
        query = select(Platform).where(Platform.issuer == issuer, Platform.active.is_(True), Platform.protocol == "1.3")
        found = db.session.scalars(query.where(Platform.client_id == client_id) if client_id else query).all()
        if len(found) > 1 and deployment_id:
            has_deployment = select(Deployment.platform_id).where(Deployment.deployment_id == deployment_id, Deployment.approved.is_(True))
            found = db.session.scalars(query.where(Platform.id.in_(has_deployment))).all() or found
    if len(found) > 1:
        raise Refused("platform_ambiguous")
    return found[0] if found else None


def origins(further: Iterable[str] = ()) -> list[str]:
    """Origins of the organisation's active platforms, and of further addresses: they may show Lotse in a frame."""
    return sorted({origin for url in (*further, *(url for row in _ACTIVE() for url in row)) if (origin := safe_origin(url))})
