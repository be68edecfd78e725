"""Two processes that reserve tokens at once: `python -m tests.gateway.reserving PERSON RUN TOKENS`.

Each tries 25 times in each of two threads, and prints how often it got them. Settings as the site's.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from flask import Flask

import accounts.models  # noqa: F401 - the tables that budgets refer to
import courses.models  # noqa: F401
from core import db
from core.config import Settings
from gateway.faults import GatewayError
from gateway.service import budgets

PROCESSES, THREADS, TIMES = 2, 2, 25


def house() -> Flask:
    """As much of the site as budgets need: the whole takes seconds to load."""
    app, settings = Flask(__name__), Settings.from_env()
    app.extensions |= {"settings": settings, "engine": db.connect(settings.database_url)}
    app.teardown_appcontext(lambda _: db.session.remove())
    return app


def reserve(app: Flask, person_id: int, run_id: int, tokens: int) -> int:
    """How many of the reservations were given."""
    given = 0
    with app.app_context(), db.scoped(1):
        for _ in range(TIMES):
            with suppress(GatewayError):
                budgets.reserve(person_id, run_id, tokens, "a test")
                given += 1
    return given


def main() -> None:
    """See above."""
    person_id, run_id, tokens = map(int, sys.argv[1:])
    for _ in range(PROCESSES - 1):
        if os.fork() == 0:
            break
    app = house()
    with ThreadPoolExecutor(THREADS) as threads:
        given = sum(threads.map(lambda _: reserve(app, person_id, run_id, tokens), range(THREADS)))
    os.write(1, f"{given}\n".encode())


if __name__ == "__main__":
    main()
