"""Requests that Lotse makes: https only, bounded, no foreign redirect, never into the private network by accident.

Addresses come from people (platform registrations, gateways), so each one is a possible server-side request forgery.
The name is resolved once, every address is checked, and the connection goes to exactly the checked address, so that a
second, different DNS answer (rebinding) changes nothing.
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx2

from core.config import Settings

TIMEOUT = httpx2.Timeout(10, connect=5)
MOST_BYTES = 1 << 20


class OutgoingError(RuntimeError):
    """A request could not be made or answered properly. `retry`: trying again later may help."""

    def __init__(self, reason: str, *, retry: bool = False, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What came back: the body is read whole and never longer than MOST_BYTES."""

    status: int
    headers: httpx2.Headers
    content: bytes

    def json(self) -> Any:
        """The body as JSON. Raises OutgoingError when it is something else."""
        try:
            return httpx2.Response(200, content=self.content).json()
        except ValueError as error:
            raise OutgoingError("the answer is not JSON", status=self.status) from error


class _Guard(httpx2.HTTPTransport):
    """Checks where a request really goes, directly before it goes there."""

    def __init__(self, listed: Iterable[str]) -> None:
        super().__init__(verify=_trust(), retries=0)
        self._listed = frozenset(listed)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        if url.host in self._listed or f"{url.host}:{port}" in self._listed:
            return super().handle_request(request)
        if url.scheme != "https":
            raise OutgoingError(f"{url.host}: only https is allowed (or list the host in LOTSE_OUTGOING_HOSTS)")
        address = _public_address(url.host, port)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        request.url = url.copy_with(host=address)
        return super().handle_request(request)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The system's certificates, read once: that takes 40 ms, as long as ten small requests."""
    return httpx2.create_ssl_context()


def _public_address(host: str, port: int) -> str:
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise OutgoingError(f"{host}: the name cannot be resolved", retry=True) from error
    for address in found:
        if not ipaddress.ip_address(address).is_global:
            raise OutgoingError(f"{host}: private address (list the host in LOTSE_OUTGOING_HOSTS to allow it)")
    return str(sorted(found)[0])


def client(settings: Settings, listed: Iterable[str] = ()) -> httpx2.Client:
    """A guarded client. Redirects are not followed: an LMS that moved must be registered anew.

    `listed` are further hosts that may be private or plain http: Lotse's own processes, never what a person typed.
    """
    guard = _Guard((*settings.outgoing_hosts, *listed))
    return httpx2.Client(transport=guard, timeout=TIMEOUT, follow_redirects=False, trust_env=False)


def fetch(http: httpx2.Client, method: str, url: str, **options: Any) -> Answer:
    """One request, its answer read whole within bounds.

    Raises OutgoingError: with `retry` for time-outs, refused connections and cut answers, without for what will not
    change by itself. HTTP error statuses are returned, not raised: what they mean is the caller's business.
    """
    try:
        with http.stream(method, url, **options) as response:
            content = bytearray()
            for part in response.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise OutgoingError("the answer is too long", status=response.status_code)
            return Answer(response.status_code, response.headers, bytes(content))
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise OutgoingError("this is no address that can be called") from error
    except httpx2.HTTPError as error:
        raise OutgoingError(f"no proper answer ({type(error).__name__})", retry=True) from error
