"""Ports for the servers that tests start."""

import secrets
import socket

_FIRST, _LAST = 20_000, 32_000


def free_port() -> int:
    """A port that nobody listens on.

    Below those that the system gives to outgoing connections: nothing that another test does takes it before the server
    has come up. By chance: tests that run at the same time hardly ever choose the same.
    """
    while True:
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
