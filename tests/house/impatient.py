"""What a server serves in tests that kill its processes: the house, in which the dead are given up after seconds."""

from datetime import timedelta

from assessments import tries
from gateway.service import line

tries.LEASE = line.TURN = timedelta(seconds=8)  # Before whoever takes them by name.

from wsgi import app  # noqa: E402

__all__ = ["app"]
