"""Servers of models for the tests of this room."""

from tests.gateway.conftest import faults
from tests.gateway.server import model_server

__all__ = ["faults", "model_server"]
