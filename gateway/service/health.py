"""Servers that failed a moment ago, as this process knows them: they are tried last."""

import time

REMEMBERED = 30.0                      # seconds
_failed: dict[str, float] = {}


def failed(server: str) -> None:
    """A server could not be reached."""
    _failed[server] = time.monotonic()


def answered(server: str) -> None:
    """A server is there again."""
    _failed.pop(server, None)


def doubtful(server: str) -> bool:
    """Whether a server failed a moment ago."""
    return time.monotonic() - _failed.get(server, -REMEMBERED) < REMEMBERED
