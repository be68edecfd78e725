"""The key sets of platforms: kept in the database, fetched when a launch names a key that is not in them."""

import threading
from collections import defaultdict
from datetime import timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy import or_, update

from core import db
from core.config import settings
from core.http import OutgoingError, client, fetch
from lti.models import Platform
from lti.platform_keys import acceptable, find
from lti.refusals import Refused

log = structlog.get_logger("lti")
KEYS_FRESH = timedelta(days=1)
REFETCH_AFTER = timedelta(seconds=30)
_fetching: dict[int, threading.Lock] = defaultdict(threading.Lock)


def key_of(platform: Platform, kid: str) -> RSAPublicKey:
    """The platform's key of this name; an unknown name makes Lotse fetch the key set once more. Raises Refused."""
    key = find(platform.jwks, kid)
    if key is None or _stale(platform):
        with _fetching[platform.id]:  # The others of this process wait for the one that fetches.
            with db.transaction() as tx:
                tx.refresh(platform)
            if find(platform.jwks, kid) is None or _stale(platform):
                _fetch_keys(platform)
        key = find(platform.jwks, kid)
    if key is None:
        raise Refused("kid_unknown" if platform.jwks else "keys_unreachable", kid=kid)
    return key


def _stale(platform: Platform) -> bool:
    """Looked at again once a day, so that a key that the platform has withdrawn ends here too."""
    return platform.jwks_fetched_at is None or platform.jwks_fetched_at < db.now() - KEYS_FRESH


def _fetch_keys(platform: Platform) -> None:
    """Fetch the key set, at most once in half a minute whatever is asked for; what is known stays when that fails."""
    moment = db.now()
    rested = or_(Platform.jwks_tried_at.is_(None), Platform.jwks_tried_at < moment - REFETCH_AFTER)
    with db.transaction():
        if db.changed(update(Platform).where(Platform.id == platform.id, rested).values(jwks_tried_at=moment)) != 1:
            return
    try:
        with client(settings()) as http:
            answer = fetch(http, "GET", platform.jwks_url, headers={"Accept": "application/json"})
        document = answer.json() if answer.status == 200 else None
    except OutgoingError as error:
        log.warning("platform_keys", platform=platform.id, reason=error.reason)
        return
    if not acceptable(document):
        log.warning("platform_keys", platform=platform.id, reason="no key set", status=answer.status)
        return
    with db.transaction() as tx:
        tx.execute(update(Platform).where(Platform.id == platform.id).values(jwks=document, jwks_fetched_at=moment))
        tx.refresh(platform)
