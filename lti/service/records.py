"""What became of launches: kept when they are refused, and found again with the reference that the person saw."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from accounts import service as accounts
from core import db
from lti import registration
from lti.models import LaunchRecord, Platform
from lti.refusals import REASONS, Refused

PAGE = 50
MOST_PAGES = 10_000                    # a larger number is none that a database counts to
LONGEST = 300
# What an LMS administrator compares. login_hint and lti_message_hint are about people, and stay out.
COMPARED = {"iss": "issuer", "client_id": "client_id", "lti_deployment_id": "deployment_id", "target_link_uri": "target_link_uri"}
TOLD = ("deployment_id", "came", "wanted", "kid")
# Anybody can send launches of unknown platforms; more than these tell nothing new.
MOST_UNKNOWN = 20


def record_refusal(platform: Platform | None, reference: str, refused: Refused, initiation: Mapping[str, str] | None = None) -> None:
    """Keep the reason of a refused launch for whoever is asked with the reference."""
    organisation_id = platform.organisation_id if platform else _only_organisation()
    if organisation_id is None:
        return
    with db.scoped(organisation_id), db.transaction() as tx:
        if platform is None and _many_unknown():
            return
        tx.add(LaunchRecord(
            platform_id=platform.id if platform else None, reference=reference, reason=refused.code, details=_details(refused, initiation or {}),
        ))
        if platform is not None and refused.code == "deployment_unknown":
            registration.note_pending(platform.id, refused.values["deployment_id"])


def _details(refused: Refused, initiation: Mapping[str, str]) -> dict[str, Any]:
    said = {COMPARED[name]: initiation[name] for name in COMPARED if initiation.get(name)}
    told = {name: refused.values[name] for name in TOLD if refused.values.get(name) is not None}
    return {name: str(value)[:LONGEST] for name, value in {**said, **told}.items()}


def _only_organisation() -> int | None:
    """Where a launch of an unknown platform belongs: with several tenants to nobody, and it stands in the log only."""
    found = accounts.organisations()
    return found[0].id if len(found) == 1 else None


def _many_unknown() -> bool:
    lately = select(func.count()).select_from(LaunchRecord).where(LaunchRecord.platform_id.is_(None), LaunchRecord.at > db.now() - timedelta(minutes=1))
    return (db.session.scalar(lately) or 0) >= MOST_UNKNOWN


def search(reference: str = "", platform_id: int | None = None, outcome: str = "", page: int = 1) -> tuple[list[LaunchRecord], bool]:
    """Launches of the organisation acted for, the newest first, and whether there are more. `outcome`: refused, admitted or all."""
    query = select(LaunchRecord).order_by(LaunchRecord.id.desc())
    if reference:
        query = query.where(LaunchRecord.reference == reference.strip().casefold())
    if platform_id:
        query = query.where(LaunchRecord.platform_id == platform_id)
    if outcome in ("refused", "admitted"):
        among = LaunchRecord.reason.in_(list(REASONS))
        query = query.where(among if outcome == "refused" else ~among)
    found = list(db.session.scalars(query.offset((max(page, 1) - 1) * PAGE).limit(PAGE + 1)))
    return found[:PAGE], len(found) > PAGE


def of_reference(reference: str) -> list[LaunchRecord]:
    """The launches with this reference, of whichever organisation: for the operator."""
    with db.unscoped():  # The operator looks after all tenants.
        return search(reference)[0]
