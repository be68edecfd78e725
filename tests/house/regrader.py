"""A worker that regrades, and is killed by itself in the midst: python -m tests.house.regrader <regrade> <attempts before the end>."""

import os
import signal
import sys
from typing import Any

from app import create_app
from assessments import regrading, service
from core import jobs


def main(regrade_id: int, left: int) -> None:
    """Work until so many attempts have been told of, then be gone without a word; 0: to the end."""
    app = create_app()
    regrading.AT_ONCE = 3
    tell, told = service.tell, iter(range(1, 10_000))

    def tell_and_die(*given: Any) -> None:
        tell(*given)
        if next(told) == left:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(service, "tell", tell_and_die)  # noqa: B010 - it stands in for the real one
    with app.app_context():
        jobs.queue.tasks["assessments.regrade"](regrade_id)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
