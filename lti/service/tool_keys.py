"""Lotse's own keys: make the first ones, publish them, exchange them."""

from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from core import db
from core.config import settings
from lti import keys
from lti.models import ToolKey

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
