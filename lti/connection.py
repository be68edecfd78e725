"""Calls to a platform's services: with an access token, once more after a 401, and what the answers mean."""

import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx2

from core import db
from core.http import Answer, OutgoingError, fetch

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SET_BACK = 10                          # seconds; Moodle refuses an assertion that is 2 s ahead of its own clock
ASSERTION_LIFE = 300
TOKEN_MARGIN = 60
SLOWEST_RETRY = timedelta(hours=6)
RETRIED = {401, 408, 409, 425, 429}


class LaterError(RuntimeError):
    """It did not work now, and may later. The text is for lecturers; `delay` is what the platform asked for."""

    def __init__(self, text: str, delay: timedelta | None = None) -> None:
        super().__init__(text)
        self.delay = delay


class NeverError(RuntimeError):
    """The platform does not take this score. The text is for lecturers."""


class Grant(NamedTuple):
    """What a token is for. Two clients of one issuer never share one."""

    client_id: str
    token_url: str
    scopes: frozenset[str]


@dataclass
class TokenCache:
    """The access tokens of this process."""

    _kept: dict[Grant, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, grant: Grant) -> str | None:
        """A token that will live for another minute."""
        with self._lock:
            token, until = self._kept.get(grant, ("", 0.0))
        return token if until - TOKEN_MARGIN > db.now().timestamp() else None

    def keep(self, grant: Grant, token: str, seconds: float) -> None:
        """Remember a token for as long as it lives."""
        with self._lock:
            self._kept[grant] = (token, db.now().timestamp() + seconds)

    def forget(self, grant: Grant) -> None:
        """The platform does not accept this token any more."""
        with self._lock:
            self._kept.pop(grant, None)


@dataclass(frozen=True)
class Connection:
    """How Lotse speaks to one platform."""

    http: httpx2.Client
    client_id: str
    token_url: str
    sign: Callable[[dict[str, Any]], str]
    tokens: TokenCache

    def call(self, method: str, url: str, scopes: Collection[str], headers: dict[str, str], **options: Any) -> Answer:
        """One request with an access token; once more with a new token after a 401. Raises LaterError."""
        grant = Grant(self.client_id, self.token_url, frozenset(scopes))
        answer = self._call(method, url, self.tokens.get(grant) or self._new_token(grant), headers, options)
        if answer.status == 401:
            answer = self._call(method, url, self._new_token(grant), headers, options)
        if answer.status == 401:
            self.tokens.forget(grant)
        return answer

    def _call(self, method: str, url: str, token: str, headers: dict[str, str], options: dict[str, Any]) -> Answer:
        return _fetch(self.http, method, url, headers={**headers, "Authorization": f"Bearer {token}"}, **options)

    def _new_token(self, grant: Grant) -> str:
        """Client credentials with a signed assertion (Security Framework 4.1; RFC 7523)."""
        issued = int(db.now().timestamp()) - SET_BACK
        assertion = self.sign({
            "iss": self.client_id, "sub": self.client_id, "aud": self.token_url, "iat": issued, "exp": issued + ASSERTION_LIFE,
            "jti": secrets.token_urlsafe(16),
        })
        answer = _fetch(self.http, "POST", self.token_url, data={
            "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion,
            "scope": " ".join(sorted(grant.scopes)),
        }, headers={"Accept": "application/json"})
        if answer.status != 200:
            raise LaterError(f"The platform gives no access token ({answer.status}). Is Lotse's registration there active, with its key set?", _asked_delay(answer))
        token, seconds = _token_in(answer)
        self.tokens.keep(grant, token, seconds)
        return token


def _token_in(answer: Answer) -> tuple[str, float]:
    """The token, whatever content type the answer claims: Moodle says text/html (token.http)."""
    try:
        document = answer.json()
        token, seconds = document["access_token"], float(document.get("expires_in", 3600))
    except (OutgoingError, TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise LaterError("The platform's answer to the request for an access token cannot be read.") from error
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise LaterError("The platform's answer to the request for an access token cannot be read.")
    return token, seconds


# --- What answers mean ------------------------------------------------------------------------------------------------

def _fetch(http: httpx2.Client, method: str, url: str, **options: Any) -> Answer:
    try:
        return fetch(http, method, url, **options)
    except OutgoingError as error:  # Also what only an operator can mend: then it works without losing a score.
        raise LaterError(f"The platform cannot be reached: {error.reason}.") from error


def judge(answer: Answer, what: str) -> None:
    """Return when the platform has taken `what`; else raise LaterError or NeverError."""
    if 200 <= answer.status < 300:
        return
    if answer.status in RETRIED or answer.status >= 500:
        raise LaterError(f"The platform did not take {what} ({answer.status}).", _asked_delay(answer))
    raise NeverError(f"The platform does not take {what} ({answer.status}).")


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
