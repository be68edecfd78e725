"""A try whose answer a browser watches as it comes: run in a thread of its own, forwarded as server-sent events.

The thread, not the request, runs the try: a tab that is closed loses nothing. Each watching browser holds one of the
server's few threads, so only some may watch at once; the others' tries go to a task, and their pages look again.
"""

import json
import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue

import structlog
from flask import Flask

from assessments import watching
from assessments.running import run_try
from assessments.tries import Event

log = structlog.get_logger("prompts")
HEARTBEAT = 10.0           # Seconds; proxies close what is silent.
LATER = "event: later\ndata: null\n\n"
Events = SimpleQueue[Event | None]


def watch(app: Flask, attempt_id: int) -> Iterator[str] | None:
    """Run the try and forward its events; None when too many watch already."""
    if not watching.places.acquire(blocking=False):
        return None
    events: Events = SimpleQueue()
    threading.Thread(target=_run, args=(app, attempt_id, events), name=f"try-{attempt_id}", daemon=True).start()
    return _Forwarded(events)


class _Forwarded(Iterator[str]):
    """The events as text. An object rather than a generator: the server closes it even when nothing was read of it."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._open = True

    def __next__(self) -> str:
        if not self._open:
            raise StopIteration
        try:
            event = self._events.get(timeout=HEARTBEAT)
        except Empty:
            return ": still at work\n\n"
        if event is None:
            self.close()
            raise StopIteration
        return f"event: {event.name}\ndata: {json.dumps(event.data)}\n\n"

    def close(self) -> None:
        """Give the place free. The try goes on."""
        if self._open:
            self._open = False
            watching.places.release()

    __del__ = close


def _run(app: Flask, attempt_id: int, events: Events) -> None:
    try:
        with app.app_context():
            for event in run_try(attempt_id):
                events.put(event)
    except Exception:  # The row's lease runs out and the sweep tries again; the browser looks for the outcome.
        log.exception("try_crashed", attempt=attempt_id)
        events.put(Event("later"))
    finally:
        events.put(None)
