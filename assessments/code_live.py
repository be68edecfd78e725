"""A program that is tried out while its learner watches: run in a thread, passed on piece by piece, ended when nobody watches.

Nobody waits in a request: without a free place the page asks again in a moment. A person has one run at a time: the next
one ends the one before it (in this process; in another one, once that notices that nobody watches).
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

from assessments import watching
from core import db
from exercises.program_check import SandboxError

log = structlog.get_logger("code")
PATIENCE = 3.0             # Seconds to wait for a place where no script can ask again.
HEARTBEAT = 1.0            # Seconds; a write is how one notices that nobody is there, and proxies close what is silent.
_running: dict[int, "Watched"] = {}
_changing = threading.RLock()  # A collected object gives its place free, whatever this thread is doing.


class Watched:
    """What a running program tells its watcher, and whether there still is one."""

    def __init__(self, person_id: int) -> None:
        self.person_id = person_id
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

    def close(self) -> None:
        """Give the place free; a program that still runs is ended. Once is enough, twice does no harm."""
        with _changing:
            if _running.get(self.person_id) is not self:
                return
            self._gone.set()
            del _running[self.person_id]
        watching.places.release()


def begin(person_id: int, patience: float = 0) -> Watched | None:
    """A place to run a program in, and the end of the same person's run before; None when no place is free now."""
    with _changing:
        before = _running.get(person_id)
    if before:
        before.leave()
    if not watching.places.acquire(timeout=patience):
        return None
    watched = Watched(person_id)
    with _changing:
        if person_id not in _running:
            _running[person_id] = watched
            return watched
    watching.places.release()  # The one before is just being ended.
    return None


@contextmanager
def a_place(person_id: int) -> Iterator[Watched | None]:
    """The same for somebody who waits in the request itself."""
    watched = begin(person_id, PATIENCE)
    try:
        yield watched
    finally:
        if watched:
            watched.close()


def watch(watched: Watched, organisation_id: int, work: Callable[[Watched], str]) -> Iterator[str]:
    """Run `work` and give what it tells as lines of JSON, the last one with its HTML. The place is given free at the end.

    Call in a request: it goes on in the thread, with its language.
    """
    thread = threading.Thread(target=copy_current_request_context(_run), args=(organisation_id, work, watched), name="trial", daemon=True)
    thread.start()
    return _Lines(watched, thread)


class _Lines(Iterator[str]):
    """The lines. An object rather than a generator: the server closes it even when nothing was read of it."""

    def __init__(self, watched: Watched, thread: threading.Thread) -> None:
        self._watched, self._thread = watched, thread
        self._open = True

    def __next__(self) -> str:
        if not self._open:
            raise StopIteration
        try:
            line = self._watched.lines.get(timeout=HEARTBEAT)
        except Empty:
            return "\n"
        if line is None:
            self._thread.join()  # It only puts its things away.
            self.close()
            raise StopIteration
        return json.dumps(line) + "\n"

    def close(self) -> None:
        """End it."""
        if self._open:
            self._open = False
            self._watched.close()

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
