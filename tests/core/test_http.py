"""Requests that Lotse makes go only where they may."""

from pathlib import Path

import httpx2
import pytest

from core import http
from core.config import Settings
from core.http import OutgoingError


def client(*listed: str) -> httpx2.Client:
    return http.client(Settings.from_env({}, secret_key="k" * 32, data_dir=str(Path("var")), outgoing_hosts=" ".join(listed)))


@pytest.mark.parametrize("url", [
    "http://platform.example/token", "https://127.0.0.1/token", "https://[::1]/token", "https://10.0.0.1/", "https://169.254.169.254/latest",
    "https://192.168.1.1/", "https://0.0.0.0/", "https://[::ffff:127.0.0.1]/", "https://localhost/token", "https://2130706433/", "https://0x7f.1/",
])
def test_plain_http_and_private_addresses_are_refused(url: str) -> None:
    with client() as outgoing, pytest.raises(OutgoingError) as error:
        http.fetch(outgoing, "GET", url)
    assert "private" in error.value.reason or "https" in error.value.reason


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://platform.example/", "no address", "https://"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with client() as outgoing, pytest.raises(OutgoingError):
        http.fetch(outgoing, "GET", url)


def test_a_refused_connection_may_be_tried_again() -> None:
    with client("127.0.0.1:9") as outgoing, pytest.raises(OutgoingError) as error:
        http.fetch(outgoing, "GET", "http://127.0.0.1:9/")
    assert error.value.retry
