"""Requests to servers of models: how long to wait, what is tried again, and never more read than is sensible."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

from core.http import OutgoingError, within
from gateway.faults import GatewayError, fault_of, unwanted_parameters, wait_of

MOST_ERROR = 65_536
MOST_BYTES = 16 << 20      # Vectors for a class's worth of texts take some MB.
RETRIES = 2
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds. `silence` holds for the first byte and between bytes."""

    connect: float = 5
    silence: float = 30
    total: float = 120


@dataclass(frozen=True)
class Endpoint:
    """A server of models: the address up to /v1, and its key."""

    url: str
    key: str = field(repr=False)
    patience: Patience = Patience()

    @property
    def root(self) -> str:
        """Where a server has what is not of OpenAI's interface."""
        return self.url.removesuffix("/v1")


def tried(send: Callable[[Mapping[str, Any]], Iterator[_Found]], body: Mapping[str, Any]) -> Iterator[_Found]:
    """What `send` gives for `body`. Raises GatewayError.

    A parameter that the model refuses is left out once; busy and unreachable servers are asked twice more. Whoever has
    begun to answer is never asked again: `send` says so by an error without `again`.
    """
    retries = 0
    while True:
        try:
            yield from send(body)
            return
        except GatewayError as error:
            changed = unwanted_parameters(error, body)
            if changed is not None:
                body = changed
            elif error.again and retries < RETRIES:
                retries += 1
                time.sleep(wait_of(error, retries) * random.uniform(0.8, 1.2))  # noqa: S311 - so that a crowd spreads out
            else:
                raise


@contextmanager
def opened(
    http: httpx2.Client, endpoint: Endpoint, deadline: float, method: str, url: str, body: Mapping[str, Any] | None = None,
) -> Iterator[httpx2.Response]:
    """A proper answer, its body still to be read (see `parts`). Raises GatewayError for everything else, also while it is read."""
    times = httpx2.Timeout(endpoint.patience.silence, connect=endpoint.patience.connect)
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {})
    began = False
    try:
        request = http.build_request(method, url, headers=headers, timeout=times, json=body)
        with within(deadline - time.monotonic()):  # A head that trickles in must not take longer, either.
            response = http.send(request, stream=True)
        with closing(response):
            if response.status_code != 200:
                raise fault_of(response.status_code, response.headers, _beginning(response, deadline))
            began = True
            yield response
    except httpx2.TimeoutException as error:
        raise GatewayError("slow", again=isinstance(error, httpx2.ConnectTimeout)) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise GatewayError("address") from error
    except OutgoingError as error:
        raise GatewayError("unreachable" if error.retry else "address") from error
    except httpx2.HTTPError as error:
        raise GatewayError("cut" if began else "unreachable", again=not began) from error


def post(http: httpx2.Client, endpoint: Endpoint, url: str, body: Mapping[str, Any]) -> Any:
    """Send `body`, read the whole answer as JSON. Raises GatewayError."""
    return next(tried(lambda changed: iter((call(http, endpoint, "POST", url, changed),)), body))


def call(http: httpx2.Client, endpoint: Endpoint, method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
    """One request without a second try. Raises GatewayError."""
    deadline = time.monotonic() + endpoint.patience.total
    with opened(http, endpoint, deadline, method, url, body) as response:
        content = bytearray()
        for part in parts(response, deadline):
            content += part
            if len(content) > MOST_BYTES:
                raise GatewayError("garbled")
        return _json(bytes(content))


def parts(response: httpx2.Response, deadline: float) -> Iterator[bytes]:
    """The bytes of an answer as they come. Time is looked at with each of them: what trickles in ends with the time, too."""
    for part in response.iter_bytes():
        if time.monotonic() > deadline:
            raise GatewayError("slow")
        yield part


def lines(response: httpx2.Response, deadline: float) -> Iterator[str]:
    """The lines of an answer as they come."""
    rest = b""
    for part in parts(response, deadline):
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip("\r")
        if len(rest) > MOST_BYTES:
            raise GatewayError("garbled")
    if rest:
        yield rest.decode("utf-8", "replace")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise GatewayError("garbled") from error


def _beginning(response: httpx2.Response, deadline: float) -> str:
    """The first part of an error page; nobody needs the rest."""
    content = b""
    for part in parts(response, deadline):
        content += part
        if len(content) > MOST_ERROR:
            break
    return content[:MOST_ERROR].decode("utf-8", "replace")
