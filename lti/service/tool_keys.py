"""Lotse's own keys: make the first ones, publish them, exchange them."""

from datetime import datetime
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import case, select
from sqlalchemy.exc import IntegrityError

from core import db
from core.config import settings
from lti import keys
from lti.models import KeyState, ToolKey

log = structlog.get_logger("lti")


def published() -> list[dict[str, Any]]:
    """What stands in /lti/jwks; makes the first keys when there are none."""
    found = keys.published()
    if not found:
        make_missing()
        found = keys.published()
    return found


def make_missing() -> None:
    """Make the keys that are missing. Two processes that begin at the same moment end with the same keys."""
    try:
        with db.transaction():
            keys.make_missing(settings().secret_key)
    except IntegrityError:
        log.info("keys_made_elsewhere")


def rotate(*, at_once: bool = False) -> ToolKey:
    """Sign with the next key from now on. Raises keys.KeyTroubleError."""
    make_missing()
    with db.transaction():
        return keys.rotate(settings().secret_key, at_once=at_once)


def overview() -> list[ToolKey]:
    """The key that signs, the next one, and then those that have had their time, the last one first."""
    make_missing()
    order = case((ToolKey.state == KeyState.ACTIVE, 0), (ToolKey.state == KeyState.NEXT, 1), else_=2)
    return list(db.session.scalars(select(ToolKey).order_by(order, ToolKey.retired_at.desc()).limit(10)))


def next_ready_at() -> datetime:
    """When the next key will have been public for long enough to sign. Call after `overview`."""
    return db.session.scalars(select(ToolKey.created_at).where(ToolKey.state == KeyState.NEXT)).one() + keys.PUBLISHED_BEFORE


def public_pem() -> str:
    """The public key that signs, for platforms that take no key set URL."""
    key = next(key for key in overview() if key.state == KeyState.ACTIVE)
    public = jwt.algorithms.RSAAlgorithm.from_jwk(key.public_jwk)
    assert isinstance(public, RSAPublicKey)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
