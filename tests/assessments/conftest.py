"""Servers of models, and the courses that come with Lotse, for the tests of this room."""

from tests.assessments.curriculum import curriculum_kinds
from tests.gateway.conftest import faults
from tests.gateway.server import model_server

__all__ = ["curriculum_kinds", "faults", "model_server"]
