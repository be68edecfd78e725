"""Calls to a platform's services: with an access token, once more after a 401, and what the answers mean."""

import secrets
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx2

from core import db
from core.http import Answer, OutgoingError, fetch
from lti.dating import dated
from lti.troubles import stored

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = 300
TOKEN_MARGIN = 60
SLOWEST_RETRY = timedelta(hours=6)
RETRIED = {401, 408, 409, 425, 429}
STRIKES = 3                            # so many in a row say that the platform is in trouble, not one score


class LaterError(RuntimeError):
    """It did not work now, and may later. `code` is one of lti.troubles; `delay` is what the platform asked for.

    `strikes` weighs what it says about the platform: 0 nothing (another score may well be taken), STRIKES that nothing works there now.
    """

    def __init__(self, code: str, delay: timedelta | None = None, *, status: int = 0, strikes: int = 0) -> None:
        super().__init__(stored(code, status))
        self.delay = delay
        self.strikes = strikes


class NeverError(RuntimeError):
    """The platform does not take this. `code` is one of lti.troubles."""

    def __init__(self, code: str, *, status: int = 0) -> None:
        super().__init__(stored(code, status))


class Grant(NamedTuple):
    """What a token is for. Two organisations, or two clients of one issuer, never share one."""

    client_id: str
    token_url: str
    scopes: frozenset[str]
    organisation_id: int = 0


class Token(NamedTuple):
    """An access token, and until when it is used (a while before it ends)."""

    value: str
    until: float


@dataclass
class TokenCache:
    """The access tokens of this process. Of several threads that need a new one, one asks and the others wait for it."""

    _kept: dict[Grant, Token] = field(default_factory=dict)
    _locks: dict[Grant, threading.Lock] = field(default_factory=dict)

    def get(self, grant: Grant, ask: Callable[[], tuple[str, float]], refused: str | None = None) -> str:
        """A token that is not the one that was just refused; `ask` gives a new one with its life in seconds."""
        with self._locks.setdefault(grant, threading.Lock()):
            known = self._kept.get(grant)
            if known and known.value != refused and known.until > db.now().timestamp():
                return known.value
            value, seconds = ask()
            self._kept[grant] = Token(value, db.now().timestamp() + seconds - min(TOKEN_MARGIN, seconds / 2))
            return value

    def forget(self, grant: Grant, value: str) -> None:
        """The platform does not accept this token any more."""
        with self._locks.setdefault(grant, threading.Lock()):
            known = self._kept.get(grant)
            if known and known.value == value:
                del self._kept[grant]


@dataclass(frozen=True)
class Connection:
    """How Lotse speaks to one platform. Several threads may use it at once."""

    http: httpx2.Client
    client_id: str
    token_url: str
    sign: Callable[[dict[str, Any]], str]
    tokens: TokenCache
    organisation_id: int = 0

    def call(self, method: str, url: str, scopes: Collection[str], headers: dict[str, str], **options: Any) -> Answer:
        """One request with an access token; once more with a new token after a 401. Raises LaterError."""
        token = self.token(scopes)
        answer = self._call(method, url, token, headers, options)
        if answer.status == 401:
            token = self.token(scopes, refused=token)
            answer = self._call(method, url, token, headers, options)
        if answer.status == 401:
            self.tokens.forget(self._grant(scopes), token)
        return answer

    def token(self, scopes: Collection[str], refused: str | None = None) -> str:
        """An access token for these scopes, and not the one that was refused. Raises LaterError."""
        grant = self._grant(scopes)
        return self.tokens.get(grant, lambda: self._new_token(grant), refused)

    def _grant(self, scopes: Collection[str]) -> Grant:
        return Grant(self.client_id, self.token_url, frozenset(scopes), self.organisation_id)

    def _call(self, method: str, url: str, token: str, headers: dict[str, str], options: dict[str, Any]) -> Answer:
        return ask(self.http, method, url, headers={**headers, "Authorization": f"Bearer {token}"}, **options)

    def _new_token(self, grant: Grant) -> tuple[str, float]:
        """Client credentials with a signed assertion (Security Framework 4.1; RFC 7523)."""
        assertion = self.sign(assertion_of(self.client_id, self.token_url))
        answer = ask(self.http, "POST", self.token_url, data=token_request(assertion, grant.scopes), headers={"Accept": "application/json"})
        if answer.status != 200:
            raise LaterError("no_token", _asked_delay(answer), status=answer.status, strikes=STRIKES)
        return _token_in(answer)


def assertion_of(client_id: str, token_url: str) -> dict[str, Any]:
    """What Lotse signs to get an access token (RFC 7523, section 3)."""
    return {
        "iss": client_id, "sub": client_id, "aud": token_url, **dated(db.now().timestamp(), ASSERTION_LIFE), "jti": secrets.token_urlsafe(16),
    }


def token_request(assertion: str, scopes: Iterable[str]) -> dict[str, str]:
    """The form that asks for an access token (Security Framework 1.0, section 4.1.1)."""
    return {
        "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion,
        "scope": " ".join(sorted(scopes)),
    }


def _token_in(answer: Answer) -> tuple[str, float]:
    """The token, whatever content type the answer claims: Moodle says text/html (token.http)."""
    try:
        document = answer.json()
        token, seconds = document["access_token"], float(document.get("expires_in", 3600))
    except (OutgoingError, TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise LaterError("token_unreadable", strikes=STRIKES) from error
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise LaterError("token_unreadable", strikes=STRIKES)
    return token, seconds


# --- What answers mean ------------------------------------------------------------------------------------------------

def ask(http: httpx2.Client, method: str, url: str, **options: Any) -> Answer:
    """One request. Raises LaterError when there is no answer."""
    try:
        return fetch(http, method, url, **options)
    except OutgoingError as error:  # Also what only an operator can mend: then it works without losing a score.
        raise LaterError("unreachable" if error.retry else "forbidden_address", strikes=1 if error.retry else STRIKES) from error


def judge(answer: Answer, what: str) -> None:
    """Return when the platform has taken `what` (score, items, item …); else raise LaterError or NeverError."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status in RETRIED or status >= 500:
        strikes = STRIKES if status in (401, 429) else 1 if status >= 500 else 0
        delay = _asked_delay(answer)
        raise LaterError(f"{what}_later", delay, status=status, strikes=STRIKES if delay else strikes)
    raise NeverError(f"{what}_never", status=status)


def _asked_delay(answer: Answer) -> timedelta | None:
    """Retry-After in seconds or as a date (RFC 9110, section 10.2.3), within reason."""
    text = answer.headers.get("Retry-After", "")
    if text.isdecimal():
        return min(timedelta(seconds=int(text[:9])), SLOWEST_RETRY)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - db.now(), timedelta(0)), SLOWEST_RETRY)
