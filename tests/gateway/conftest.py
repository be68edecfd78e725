"""Servers of models for the tests of this room."""

from collections.abc import Iterator

import pytest

from tests.gateway.faults import FaultServer
from tests.gateway.server import model_server

__all__ = ["faults", "model_server"]


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    """A server that fails as told."""
    with FaultServer() as server:
        yield server
