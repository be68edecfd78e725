"""A connection to a platform's services, with Lotse's key and the tokens of this process."""

import httpx2
import structlog

from core import db
from core.config import settings
from lti import keys
from lti.connection import STRIKES, Connection, LaterError, TokenCache
from lti.models import Platform
from lti.service import tool_keys

log = structlog.get_logger("lti")
tokens = TokenCache()


def connection(http: httpx2.Client, platform: Platform) -> Connection:
    """Speak to a platform. Have no transaction open: a platform takes its time."""
    return Connection(http, platform.client_id, platform.token_url, _sign, tokens, platform.organisation_id)


def _sign(claims: dict[str, object]) -> str:
    try:
        with db.transaction():
            tool_keys.make_missing()  # The first token may be asked for before anybody has fetched the keys.
            return keys.sign(claims, settings().secret_key)
    except keys.KeyTroubleError as error:
        log.error("key_trouble", reason=str(error))
        raise LaterError("key_trouble", strikes=STRIKES) from error
