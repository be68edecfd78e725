"""A connection to a platform's services, with Lotse's key and the tokens of this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import structlog

from core import db
from core.config import settings
from core.http import client
from lti import keys
from lti.connection import STRIKES, Connection, LaterError, TokenCache
from lti.models import Platform
from lti.service import tool_keys

log = structlog.get_logger("lti")
tokens = TokenCache()


@contextmanager
def connected(platform: Platform) -> Iterator[Connection]:
    """Speak to a platform. Have no transaction open: a platform takes its time."""
    with client(settings()) as http:
        yield connection(http, platform)


def connection(http: httpx2.Client, platform: Platform) -> Connection:
    """How Lotse speaks to a platform, by a client that is there already."""
    return Connection(http, platform.client_id, platform.token_url, sign, tokens, platform.organisation_id)


def sign(claims: dict[str, object]) -> str:
    """An assertion, signed with Lotse's present key. Raises LaterError."""
    try:
        with db.transaction():
            tool_keys.make_missing()  # The first token may be asked for before anybody has fetched the keys.
            return keys.sign(claims, settings().secret_key)
    except keys.KeyTroubleError as error:
        log.error("key_trouble", reason=str(error))
        raise LaterError("key_trouble", strikes=STRIKES) from error
