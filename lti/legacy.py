"""LTI 1.1 platforms ("consumers"): key and secret, and the way to 1.3 without losing people, links and progress.

A consumer is a Platform of protocol 1.1: its client id is the consumer key, its issuer `lti1p1:<key>`, for whoever knows the
secret names the people. Functions that write are called in a transaction.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from accounts import service as accounts
from assessments import repeating
from core import db
from core.cipher import CipherError, decrypt, encrypt
from courses import service as courses
from lti.claims import LTI, is_id
from lti.models import Deployment, Participant, Platform, ResourceLink

PROTOCOL = "1.1"
DEPLOYMENT = "1"                       # 1.1 knows no deployments: a consumer is one place
LTI1P1 = LTI + "lti1p1"
_ISSUER = "lti1p1:"
_PURPOSE = "lotse lti consumer secret"


class SecretTroubleError(RuntimeError):
    """The shared secret cannot be read; the text says what to do."""


# --- Consumers --------------------------------------------------------------------------------------------------------

def add_consumer(name: str, url: str, secret_key: str) -> tuple[Platform, str]:
    """A new consumer of the organisation acted for, and its secret, which is shown this once.

    `url` is the platform's address: from there it may show Lotse in a frame.
    """
    key = secrets.token_hex(8)
    consumer = Platform(
        issuer=_ISSUER + key, client_id=key, name=name or url, protocol=PROTOCOL, auth_url=url, token_url="", jwks_url="",
    )
    secret = new_secret(consumer, secret_key)
    db.session.add(consumer)
    db.session.flush()
    db.session.add(Deployment(platform_id=consumer.id, deployment_id=DEPLOYMENT, approved=True))
    db.session.flush()
    return consumer, secret


def new_secret(consumer: Platform, secret_key: str) -> str:
    """Give a consumer another secret; the old one opens nothing any more."""
    secret = secrets.token_urlsafe(24)
    consumer.secret = encrypt(secret.encode(), secret_key, _PURPOSE)
    return secret


def secret_of(consumer: Platform, secret_key: str) -> str:
    """The shared secret. Raises SecretTroubleError."""
    try:
        return decrypt(consumer.secret or "", secret_key, _PURPOSE).decode()
    except CipherError as error:
        raise SecretTroubleError(
            f"LOTSE_SECRET_KEY is not the one that encrypted the secret. Restore it, or run: ./lotse lti new-secret {consumer.id}"
        ) from error


def consumer_for(key: str) -> Platform | None:
    """The active consumer with this key, of whichever organisation: the key tells the tenant."""
    with db.unscoped():
        return db.session.scalars(_named(key).where(Platform.active.is_(True))).one_or_none()


def own_consumer(key: str) -> Platform | None:
    """The consumer with this key, if it is one of the organisation acted for."""
    return db.session.scalars(_named(key)).one_or_none()


def _named(key: str) -> Any:
    return select(Platform).where(Platform.issuer == _ISSUER + key, Platform.client_id == key, Platform.protocol == PROTOCOL)


# --- Proofs that a 1.3 platform is a known consumer -------------------------------------------------------------------

@dataclass(frozen=True)
class Earlier:
    """What a 1.3 launch was called in 1.1 (LTI 1.3 migration, claim `lti1p1`); None where the ids have stayed."""

    key: str
    sign: str
    user_id: str | None
    link_id: str | None
    context_id: str | None


def earlier(claims: Mapping[str, Any]) -> Earlier | None:
    """The migration claim; None when it is missing, proves nothing, or is not usable."""
    claim = claims.get(LTI1P1)
    if not isinstance(claim, dict):
        return None
    names = ("oauth_consumer_key", "oauth_consumer_key_sign", "user_id", "resource_link_id", "context_id")
    key, sign, user_id, link_id, context_id = (value if is_id(value := claim.get(name)) else None for name in names)
    return Earlier(key, sign, user_id, link_id, context_id) if key and sign else None


def signed_by(secret: str, found: Earlier, claims: Mapping[str, Any]) -> bool:
    """Whether the migration claim was signed with the consumer's secret (LTI 1.3 migration, `oauth_consumer_key_sign`).

    `claims` are those of a verified launch. The signed text joins key, deployment, issuer, client, expiry and nonce.
    """
    audience = claims.get("aud")
    client = audience[0] if isinstance(audience, list) and len(audience) == 1 else claims.get("azp") or audience
    parts = (found.key, claims.get(LTI + "deployment_id"), claims.get("iss"), client, claims.get("exp"), claims.get("nonce"))
    expected = hmac.new(secret.encode(), "&".join(map(str, parts)).encode(errors="replace"), hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(expected), found.sign.encode())


def signed_for_upgrade(secret: str, key: str, nonce: str, sign: str) -> bool:
    """Whether a platform that turns its 1.1 tool into 1.3 knows the secret: Moodle's `oauth_consumer` in a registration.

    See registration-upgrade-from-lti1p1.http: SHA-256 in hexadecimal over key, secret and nonce.
    """
    expected = hashlib.sha256(f"{key}{secret}{nonce}".encode(errors="replace")).hexdigest()
    return hmac.compare_digest(expected.encode(), sign.casefold().encode(errors="replace"))


# --- The way to 1.3 ---------------------------------------------------------------------------------------------------

def carry_over(consumer: Platform, platform: Platform, deployment_id: int) -> None:
    """Let a 1.3 deployment go on where a consumer was: all its links, runs and people. For platforms whose ids stay.

    Whoever still comes by 1.1 is the same person. Doing it twice changes nothing.
    """
    for old_deployment in _deployments(consumer):
        for link in db.session.scalars(select(ResourceLink).where(ResourceLink.deployment_id == old_deployment)).all():
            _carry_link(link, platform, deployment_id, link.resource_link_id)
        for key in courses.run_keys(f"lti:{old_deployment}:"):
            courses.rename_run(key, f"lti:{deployment_id}:{key.removeprefix(f'lti:{old_deployment}:')}")
    for subject in accounts.subjects_of(consumer.issuer):
        carry_person(consumer, subject, platform, subject)


def carry_launch(consumer: Platform, found: Earlier, platform: Platform, deployment_id: int, *, subject: str, link_id: str, context_id: str | None) -> None:
    """Let one 1.3 launch go on where its link, course and person were in 1.1. For platforms that send `lti1p1`.

    `subject`, `link_id` and `context_id` are those of the 1.3 launch.
    """
    old_link = found.link_id or link_id
    old_context, context_id = found.context_id or context_id or f"link {old_link}", context_id or f"link {link_id}"
    for old_deployment in _deployments(consumer):
        known = select(ResourceLink).where(ResourceLink.deployment_id == old_deployment, ResourceLink.resource_link_id == old_link)
        link = db.session.scalars(known).one_or_none()
        if link is not None:
            _carry_link(link, platform, deployment_id, link_id)
        for course in courses.course_ids():  # As admission names runs.
            courses.rename_run(f"lti:{old_deployment}:{old_context}:{course}", f"lti:{deployment_id}:{context_id}:{course}")
    carry_person(consumer, found.user_id or subject, platform, subject)


def carry_person(consumer: Platform, subject: str, platform: Platform, new_subject: str) -> None:
    """Let a person of a consumer be known to a 1.3 platform, with all that they have done."""
    two = accounts.also_known_as(consumer.issuer, subject, platform.issuer, new_subject)
    if two is not None:
        courses.hand_over(*two)
        repeating.follow_join("lti", kept=two[1], vanishing=two[0])


def _deployments(consumer: Platform) -> list[int]:
    return list(db.session.scalars(select(Deployment.id).where(Deployment.platform_id == consumer.id)))


def _carry_link(link: ResourceLink, platform: Platform, deployment_id: int, link_id: str) -> None:
    """Its scores wait until the next launch names the line item; then all are sent there."""
    taken = select(ResourceLink.id).where(ResourceLink.deployment_id == deployment_id, ResourceLink.resource_link_id == link_id)
    if db.session.scalar(taken) is not None:
        return  # It has been opened by 1.3 already, and has learners of its own.
    link.platform_id, link.deployment_id, link.resource_link_id = platform.id, deployment_id, link_id
    link.lineitem, link.lineitems, link.scopes = None, None, []
    db.session.execute(update(Participant).where(Participant.link_id == link.id).values(sourcedid=None))
    db.session.flush()
