"""A worker that pulls a repository, and is killed by itself in the midst: python -m tests.house.puller <following> <killed | to the end>."""

import os
import signal
import sys
from typing import Any

from app import create_app
from core import jobs
from studio import following


def main(following_id: int, end: str) -> None:
    """Work to the end, or until draft, edition and report are written, but nothing is committed; then be gone without a word."""
    app = create_app()
    if end == "killed":
        add = following._add

        def add_and_die(*given: Any) -> None:
            add(*given)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(following, "_add", add_and_die)  # noqa: B010 - it stands in for the real one
    with app.app_context():
        jobs.queue.tasks[following.PULL](following_id)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
