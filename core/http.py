"""Requests that Lotse makes: https only, bounded, no foreign redirect, never into the private network by accident.

Addresses come from people (platform registrations, gateways), so each one is a possible server-side request forgery.
The guard sits where connections are made: for each new connection the name is resolved once, every address is checked, and
the connection goes to exactly a checked address. So a second, different DNS answer (rebinding) changes nothing, and a client
that is kept for long may use its open connections again: a connection belongs to one host name, whose certificate was checked.
"""

import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

import httpx2

from core.config import Settings
from core.public_addresses import is_public

TIMEOUT = httpx2.Timeout(10, connect=5)
LONGEST = 30.0                         # seconds for one request in all, however slowly its answer drips
MOST_BYTES = 1 << 20
_ends: ContextVar[float | None] = ContextVar("ends", default=None)


class OutgoingError(RuntimeError):
    """A request could not be made or answered properly. `retry`: trying again later may help."""

    def __init__(self, reason: str, *, retry: bool = False, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.status = status


class TooLongError(OutgoingError):
    """The answer is longer than the caller takes; how long is unknown."""


@dataclass(frozen=True)
class Answer:
    """What came back: the body is read whole and never longer than MOST_BYTES, or what the caller allows."""

    status: int
    headers: httpx2.Headers
    content: bytes

    def json(self) -> Any:
        """The body as JSON. Raises OutgoingError when it is something else."""
        try:
            return httpx2.Response(200, content=self.content).json()
        except (ValueError, RecursionError) as error:
            raise OutgoingError("the answer is not JSON", status=self.status) from error


def client(settings: Settings, listed: Iterable[str] = ()) -> httpx2.Client:
    """A guarded client. Redirects are not followed: an LMS that moved must be registered anew.

    `listed` are further hosts that may be private or plain http: Lotse's own processes, never what a person typed.
    """
    guard = _Guard((*settings.outgoing_hosts, *listed))
    # Nothing is taken from the environment (proxies, .netrc). Not compressed: a small answer could be blown up to a huge one.
    return httpx2.Client(
        transport=guard, timeout=TIMEOUT, follow_redirects=False, trust_env=False, headers={"Accept-Encoding": "identity"},
    )


def fetch(http: httpx2.Client, method: str, url: str, *, seconds: float = LONGEST, most: int = MOST_BYTES, **options: Any) -> Answer:
    """One request, its answer read whole within bounds; `seconds` are for all of it.

    Raises OutgoingError: with `retry` for time-outs, refused connections and cut answers, without for what will not
    change by itself. HTTP error statuses are returned, not raised: what they mean is the caller's business.
    """
    with _faults(), within(seconds), http.stream(method, url, **options) as response:
        return Answer(response.status_code, response.headers, _decoded(_body(response, most), response, most))


def save(http: httpx2.Client, method: str, url: str, file: BinaryIO, *, seconds: float, most: int, **options: Any) -> Answer:
    """One request whose answer, when it is 200, is written to a file: for what is too long for memory. Raises as fetch() does."""
    with _faults(), within(seconds), http.stream(method, url, **options) as response:
        if response.status_code != 200:
            return Answer(response.status_code, response.headers, b"")
        if response.headers.get("Content-Encoding", "identity").strip().casefold() not in ("identity", ""):
            raise OutgoingError("the answer is compressed in a way that was not asked for", status=response.status_code)
        taken = 0
        for part in response.iter_raw():
            taken += len(part)
            if taken > most:
                raise TooLongError("the answer is too long", status=response.status_code)
            file.write(part)
        return Answer(response.status_code, response.headers, b"")


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise OutgoingError("this is no address that can be called") from error
    except httpx2.HTTPError as error:
        raise OutgoingError(f"no proper answer ({type(error).__name__})", retry=True) from error


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """No request in the block takes longer in all. Not to be held open across a `yield`: it would hold for others, too."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def _body(response: httpx2.Response, most: int) -> bytes:
    content = bytearray()
    for part in response.iter_raw():
        content += part
        if len(content) > most:
            raise TooLongError("the answer is too long", status=response.status_code)
    return bytes(content)


def _decoded(content: bytes, response: httpx2.Response, most: int) -> bytes:
    """Some servers compress although they are asked not to: unpacked no further than the bound."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().casefold()
    if encoding in ("identity", ""):
        return content
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise OutgoingError("the answer is compressed in a way that was not asked for", status=response.status_code)
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacking.decompress(content, most + 1)
    except zlib.error as error:
        raise OutgoingError("the answer cannot be unpacked", retry=True, status=response.status_code) from error
    if len(unpacked) > most:
        raise TooLongError("the answer is too long", status=response.status_code)
    return unpacked


# --- Where connections go ---------------------------------------------------------------------------------------------

class _Guard(httpx2.HTTPTransport):
    """Lets requests out that may go where they want to, over connections that are guarded one by one."""

    def __init__(self, listed: Iterable[str]) -> None:
        super().__init__(verify=_trust(), trust_env=False, retries=0)
        self._listed = frozenset(_plain(entry) for entry in listed)
        # The library offers no public place for this; tests/core/test_http.py sees that it is heeded.
        pool: Any = self._pool
        pool._network_backend = _Connections(pool._network_backend, self._is_listed)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if url.userinfo:
            raise OutgoingError(f"{url.host}: an address with a user name or password is not called")
        if url.scheme != "https" and not self._is_listed(url.raw_host.decode(), url.port or 80):
            raise OutgoingError(f"{url.host}: only https is allowed (or list the host in LOTSE_OUTGOING_HOSTS)")
        return super().handle_request(request)

    def _is_listed(self, host: str, port: int) -> bool:
        return not self._listed.isdisjoint({_plain(host), f"{_plain(host)}:{port}"})


class _Connections:
    """The network as the library asks for it (httpcore's NetworkBackend): it connects to checked addresses only."""

    def __init__(self, network: Any, is_listed: Callable[[str, int], bool]) -> None:
        self._network = network
        self._is_listed = is_listed

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> "_Stream":
        addresses = [host] if self._is_listed(host, port) else _public_addresses(host, port)
        for last, address in zip([*[False] * (len(addresses) - 1), True], addresses, strict=True):
            try:
                return _Stream(self._network.connect_tcp(address, port, timeout=_left(timeout), **options))
            except Exception:  # An address of the other family, perhaps, which this machine has no way to.
                if last:
                    raise
        raise AssertionError("there is always an address")

    def connect_unix_socket(self, *arguments: Any, **options: Any) -> Any:
        raise OutgoingError("Lotse does not speak to sockets of this machine")

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _Stream:
    """An open connection. No single read or write outlasts what is left of the whole request's time."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return bytes(self._stream.read(max_bytes, timeout=_left(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(timeout))

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> "_Stream":
        # `server_hostname` is the name in the address, never the checked address: the certificate is for the name.
        return _Stream(self._stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=_left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


def _left(timeout: float | None) -> float | None:
    """How long the next step may take. Raises httpx2.ReadTimeout when the request's time is over."""
    ends = _ends.get()
    if ends is None:
        return timeout
    left = ends - time.monotonic()
    if left <= 0:
        raise httpx2.ReadTimeout("the whole request took too long")
    return left if timeout is None else min(timeout, left)


def _public_addresses(host: str, port: int) -> list[str]:
    """All addresses of a host, in the system's order. Raises OutgoingError when one of them is not public."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise OutgoingError(f"{host}: the name cannot be resolved", retry=True) from error
    if not found or not all(is_public(address) for address in found):
        raise OutgoingError(f"{host}: private address (list the host in LOTSE_OUTGOING_HOSTS to allow it)")
    return list(dict.fromkeys(found))


def _plain(host: str) -> str:
    """A host, or host and port, as it is compared: lower case, without the root's dot, international names as in DNS."""
    name = host.casefold().replace("[", "").replace("]", "").rstrip(".")
    with suppress(UnicodeError):  # What is no name at all is listed nowhere.
        return name if name.isascii() else name.encode("idna").decode()
    return name


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The system's certificates (or SSL_CERT_FILE), read once: that takes 40 ms, as long as ten small requests."""
    return httpx2.create_ssl_context()
