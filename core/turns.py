"""Writers take turns. SQLite lets one write at a time and makes the others ask again and again, with longer and longer pauses,
so that with several threads and processes much of the time nobody writes at all. A lock before the lock ends that: threads
wait in line, and of each process at most one asks for the file lock that the processes share.
"""

import fcntl
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import OperationalError

PATIENCE = 5.0       # Seconds, like SQLite's own busy_timeout.
_PAUSE = 0.0005


class Turns:
    """The line of those who want to write to one database file. The lock ends with the process that holds it."""

    def __init__(self, database: Path) -> None:
        self._line = threading.Lock()
        self._file = os.open(f"{database}-turns", os.O_RDWR | os.O_CREAT, 0o600)
        weakref.finalize(self, os.close, self._file)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn. Raises OperationalError, as SQLite would, when it does not come in time."""
        end = time.monotonic() + PATIENCE
        if not self._line.acquire(timeout=PATIENCE):
            raise _locked()
        try:
            self._take(end)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._line.release()

    def _take(self, end: float) -> None:
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise _locked() from None
                time.sleep(_PAUSE)
            else:
                return


def _locked() -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))
