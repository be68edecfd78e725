"""Requests that Lotse makes go only where they may, and end."""

import gzip
import socket
import ssl
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core import http
from core.config import Settings
from core.http import OutgoingError
from core.public_addresses import is_public
from tests.core.servers import answer, certificate, dripping, saying, talking


def client(*listed: str) -> httpx2.Client:
    return http.client(Settings.from_env({}, secret_key="k" * 32, data_dir=str(Path("var")), outgoing_hosts=" ".join(listed)))


def refused(url: str, *listed: str, **options: Any) -> OutgoingError:
    with client(*listed) as outgoing, pytest.raises(OutgoingError) as error:
        http.fetch(outgoing, "GET", url, **options)
    return error.value


# --- Where requests may go ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("url", [
    "http://platform.example/token", "https://127.0.0.1/token", "https://[::1]/token", "https://10.0.0.1/", "https://169.254.169.254/latest",
    "https://192.168.1.1/", "https://0.0.0.0/", "https://[::ffff:127.0.0.1]/", "https://localhost/token", "https://2130706433/", "https://0x7f.1/",
    "https://localhost./", "https://LOCALHOST/", "https://[64:ff9b::7f00:1]/", "https://[fd00:ec2::254]/", "https://100.100.100.200/",
    "https://127.0.0.1:8443/",
])
def test_plain_http_and_private_addresses_are_refused(url: str) -> None:
    assert {"private", "https", "resolved"} & set(refused(url).reason.replace(",", "").split())


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://platform.example/", "no address", "https://", "https://a..b/", "https://[::1/", "https://①②⑦.0.0.1/"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    refused(url)


@pytest.mark.parametrize("url", ["https://user@platform.example/", "https://user:word@127.0.0.1/", "https://platform.example@127.0.0.1/"])
def test_an_address_with_a_user_name_is_refused(url: str) -> None:
    assert "user name" in refused(url, "127.0.0.1").reason


ADDRESSES: Mapping[str, bool] = {
    "93.184.216.34": True, "8.8.8.8": True, "2606:2800:220:1::1": True, "2a00:1450:4001::1": True, "64:ff9b::808:808": True, "::ffff:8.8.8.8": True,
    "0.1.2.3": False, "10.1.2.3": False, "100.64.0.1": False, "127.9.9.9": False, "169.254.169.254": False, "172.16.0.1": False, "172.31.255.255": False,
    "192.0.0.8": False, "192.0.0.9": False, "192.0.2.1": False, "192.88.99.1": False, "192.168.0.1": False, "198.18.0.1": False, "198.51.100.1": False,
    "203.0.113.1": False, "224.0.0.1": False, "239.255.255.250": False, "240.0.0.1": False, "255.255.255.255": False,
    "::": False, "::1": False, "::127.0.0.1": False, "::ffff:10.0.0.1": False, "64:ff9b::10.0.0.1": False, "64:ff9b:1::1": False, "100::1": False,
    "2001::1": False, "2001:0:53aa:64c::1": False, "2001:db8::1": False, "2002:7f00:1::1": False, "2002:808:808::1": False, "3fff::1": False,
    "5f00::1": False, "fc00::1": False, "fd12::1": False, "fe80::1": False, "fe80::1%eth0": False, "fec0::1": False, "ff02::1": False, "no address": False,
}


@pytest.mark.parametrize(("address", "public"), ADDRESSES.items(), ids=ADDRESSES.keys())
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.1:{port}", "LOCALHOST", "localhost.", "localhost:{port}"])
def test_a_listed_host_may_be_private_and_plain_http(listed: str) -> None:
    with talking(saying(answer(b'{"a": 1}'))) as (port, _), client(listed.format(port=port)) as outgoing:
        host = "localhost" if "local" in listed.casefold() else "127.0.0.1"
        assert http.fetch(outgoing, "GET", f"http://{host}:{port}/").json() == {"a": 1}


def test_a_listed_port_is_the_only_one_of_its_host() -> None:
    with talking(saying(answer())) as (port, asked):
        refused(f"http://127.0.0.1:{port}/", "127.0.0.1:1")
        assert asked == []


def test_international_names_are_compared_as_in_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve(monkeypatch, {"hochschule-münchen.example".encode("idna").decode(): ["127.0.0.1"]})
    with talking(saying(answer())) as (port, _), client("hochschule-münchen.example") as outgoing:
        assert http.fetch(outgoing, "GET", f"http://hochschule-münchen.example:{port}/").status == 200


# --- Names and addresses ------------------------------------------------------------------------------------------------

def _resolve(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, list[str]]) -> list[str]:
    """Answer for these names, whatever the port; gives the list of names that were asked for."""
    real, asked = socket.getaddrinfo, list[str]()

    def resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in names:
            return real(host, port, *arguments, **options)
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[name]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["10.0.0.1", "93.184.216.34"], []])
def test_a_name_with_any_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    _resolve(monkeypatch, {"platform.example": addresses})
    assert "private" in refused("https://platform.example/").reason


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ssl.SSLContext, list[str | None]]:
    """A server's certificate for right.example, which Lotse trusts; and the names that clients asked for (SNI)."""
    file = certificate(tmp_path, "right.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    names = list[str | None]()
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    trusting = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(http, "_trust", lambda: trusting)
    # Loopback stands for the public internet here, but for one address.
    monkeypatch.setattr(http, "is_public", lambda address: address != "127.0.0.66")
    return server, names


def test_the_connection_goes_to_the_checked_address_and_the_certificate_is_for_the_name(
    monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, list[str | None]],
) -> None:
    asked = _resolve(monkeypatch, {"right.example": ["127.0.0.1"], "wrong.example": ["127.0.0.1"]})
    with talking(saying(answer()), tls[0]) as (port, requests), client() as outgoing:
        assert http.fetch(outgoing, "GET", f"https://right.example:{port}/a").status == 200
        assert asked == ["right.example"]  # A second question might have another answer.
        assert f"Host: right.example:{port}\r\n" in requests[0]
        with pytest.raises(OutgoingError, match="ConnectError"):
            http.fetch(outgoing, "GET", f"https://wrong.example:{port}/b")
        assert tls[1] == ["right.example", "wrong.example"]
        assert len(requests) == 1


def test_a_name_that_moves_into_the_private_network_is_followed_nowhere(
    monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, list[str | None]],
) -> None:
    """A client that is kept: its open connection goes on to be used, a new one is checked anew."""
    names = {"right.example": ["127.0.0.1"]}
    _resolve(monkeypatch, names)
    closing = answer(b"{}", "Connection: close")
    with talking(saying(closing), tls[0]) as (port, requests), client() as outgoing:
        http.fetch(outgoing, "GET", f"https://right.example:{port}/")
        names["right.example"] = ["127.0.0.66"]
        with pytest.raises(OutgoingError, match="private"):
            http.fetch(outgoing, "GET", f"https://right.example:{port}/")
        assert len(requests) == 1


def test_an_open_connection_serves_its_own_name_only(monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, list[str | None]]) -> None:
    asked = _resolve(monkeypatch, {"right.example": ["127.0.0.1"], "wrong.example": ["127.0.0.1"]})
    with talking(saying(answer()), tls[0]) as (port, requests), client() as outgoing:
        for _ in range(3):
            http.fetch(outgoing, "GET", f"https://right.example:{port}/")
        assert asked == ["right.example"]
        with pytest.raises(OutgoingError):
            http.fetch(outgoing, "GET", f"https://wrong.example:{port}/")
        assert len(requests) == 3


def test_an_untrusted_certificate_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate(tmp_path, "localhost"))
    with talking(saying(answer()), server) as (port, requests):
        assert "ConnectError" in refused(f"https://localhost:{port}/", "localhost").reason
        assert requests == []


def test_an_address_that_does_not_answer_leaves_the_others(monkeypatch: pytest.MonkeyPatch, tls: tuple[ssl.SSLContext, list[str | None]]) -> None:
    _resolve(monkeypatch, {"right.example": ["127.0.0.77", "127.0.0.1"]})  # As where a host has IPv6 and this machine has not.
    with talking(saying(answer()), tls[0]) as (port, _), client() as outgoing:
        assert http.fetch(outgoing, "GET", f"https://right.example:{port}/").status == 200


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with talking(saying(answer())) as (port, _), client("127.0.0.1") as outgoing:
        assert http.fetch(outgoing, "GET", f"http://127.0.0.1:{port}/").status == 200


# --- What comes back ------------------------------------------------------------------------------------------------------

def test_a_refused_connection_may_be_tried_again() -> None:
    assert refused("http://127.0.0.1:9/", "127.0.0.1:9").retry


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirects_are_returned_and_not_followed(status: str) -> None:
    with talking(saying(answer(b"", "Location: http://127.0.0.1:9/", status=status))) as (port, asked), client("127.0.0.1") as outgoing:
        found = http.fetch(outgoing, "GET", f"http://127.0.0.1:{port}/")
        assert (found.status, found.headers["Location"], len(asked)) == (int(status[:3]), "http://127.0.0.1:9/", 1)


DRIPS = {
    "a body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "a header": dripping(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "headers": dripping(b"HTTP/1.1 200 OK\r\n", b"X-One: 1\r\n"),
    "nothing yet": dripping(b"", b""),
    "interim answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS.keys())
def test_what_drips_ends_with_the_time_for_the_whole_request(drip: Any) -> None:
    with talking(drip) as (port, _):
        began = time.monotonic()
        error = refused(f"http://127.0.0.1:{port}/", "127.0.0.1", seconds=0.3)
        assert error.retry
        assert time.monotonic() - began < 5


def test_a_long_answer_is_left() -> None:
    endless = dripping(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"x" * 300_000)
    with talking(endless) as (port, _):
        assert "too long" in refused(f"http://127.0.0.1:{port}/", "127.0.0.1").reason


BOMB = gzip.compress(b"0" * (64 << 20))


@pytest.mark.parametrize(("encoding", "body", "words"), [
    ("gzip", BOMB, "too long"), ("br", b"x", "not asked for"), ("gzip, gzip", gzip.compress(BOMB), "not asked for"), ("gzip", b"nonsense", "unpacked"),
])
def test_a_compressed_answer_is_unpacked_within_bounds(encoding: str, body: bytes, words: str) -> None:
    with talking(saying(answer(body, f"Content-Encoding: {encoding}"))) as (port, _):
        assert words in refused(f"http://127.0.0.1:{port}/", "127.0.0.1").reason


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_server_that_compresses_unasked_is_understood(pack: Any) -> None:
    name = "gzip" if pack is gzip.compress else "deflate"
    with talking(saying(answer(pack(b'{"a": 1}'), f"Content-Encoding: {name}"))) as (port, asked), client("127.0.0.1") as outgoing:
        assert http.fetch(outgoing, "GET", f"http://127.0.0.1:{port}/").json() == {"a": 1}
        assert "accept-encoding: identity" in asked[0].casefold()


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b"[" * 200_000])
def test_what_is_no_json_is_told(body: bytes) -> None:
    with talking(saying(answer(body))) as (port, _), client("127.0.0.1") as outgoing:
        found = http.fetch(outgoing, "GET", f"http://127.0.0.1:{port}/")
        with pytest.raises(OutgoingError, match="not JSON"):
            found.json()
