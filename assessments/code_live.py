"""A program that is tried out while its learner watches: run in a thread, passed on line by line, ended when nobody watches.

Each holds one of the server's few threads, so only some may run at once in a process; nearly all are over within milliseconds.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from flask import copy_current_request_context
from flask_babel import gettext as _

from core import db
from exercises.program_check import SandboxError

log = structlog.get_logger("code")
MOST_RUNNING = 3
PATIENCE = 10.0            # Seconds to wait for a place.
HEARTBEAT = 5.0            # Seconds; proxies close what is silent, and a write is how one notices that nobody is there.
_places = threading.BoundedSemaphore(MOST_RUNNING)


class Watched:
    """What a running program tells its watcher, and whether there still is one."""

    def __init__(self) -> None:
        self.lines: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._gone = threading.Event()

    def printed(self, fd: int, text: str) -> None:
        """A piece of output."""
        self.lines.put({"out": text, "error": fd == 2})

    def is_gone(self) -> bool:
        """Whether nobody watches any more."""
        return self._gone.is_set()

    def leave(self) -> None:
        """Nobody watches any more."""
        self._gone.set()


@contextmanager
def a_place() -> Iterator[bool]:
    """A place to run a program in; False when none came free in time."""
    taken = _places.acquire(timeout=PATIENCE)
    try:
        yield taken
    finally:
        if taken:
            _places.release()


def watch(organisation_id: int, work: Callable[[Watched], str]) -> Iterator[str] | None:
    """Run `work` and give what it tells as lines of JSON, the last one with its HTML; None when too many run already.

    Call in a request: it goes on in the thread, with its language.
    """
    if not _places.acquire(timeout=PATIENCE):
        return None
    watched = Watched()
    threading.Thread(target=copy_current_request_context(_run), args=(organisation_id, work, watched), name="trial", daemon=True).start()
    return _Lines(watched)


class _Lines(Iterator[str]):
    """The lines. An object rather than a generator: the server closes it even when nothing was read of it."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._open = True

    def __next__(self) -> str:
        if not self._open:
            raise StopIteration
        try:
            line = self._watched.lines.get(timeout=HEARTBEAT)
        except Empty:
            return "\n"
        if line is None:
            self.close()
            raise StopIteration
        return json.dumps(line) + "\n"

    def close(self) -> None:
        """Give the place free; a program that still runs is ended."""
        if self._open:
            self._open = False
            self._watched.leave()
            _places.release()

    __del__ = close


def _run(organisation_id: int, work: Callable[[Watched], str], watched: Watched) -> None:
    try:
        with db.scoped(organisation_id):
            watched.lines.put({"html": work(watched)})
    except SandboxError as error:
        watched.lines.put({"failed": _(str(error))})
    except Exception:
        log.exception("trial_crashed")
        watched.lines.put({"failed": _("Something went wrong on our side. Please try again.")})
    finally:
        watched.lines.put(None)
