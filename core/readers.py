"""Reading from SQLite without ceremony: each thread keeps a connection on which nothing is ever begun or written.

Borrowing a connection from the pool, beginning and ending a transaction costs several times what a small read does. A statement
outside a transaction sees what is committed at that moment, as it does on PostgreSQL.
"""

import os
import sqlite3
import threading
import weakref


class Readers:
    """The connections to one database file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open: dict[int, sqlite3.Connection] = {}
        weakref.finalize(self, _close, self._open)
        _all.add(self)

    def mine(self) -> sqlite3.Connection:
        """This thread's connection. A thread that has ended leaves it to whoever gets its number."""
        thread = threading.get_ident()
        found = self._open.get(thread)
        if found is None:
            found = self._open[thread] = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
            found.execute("pragma query_only=on")
        return found

    def forget(self) -> None:
        """Without closing: after a fork they are the parent's, and SQLite must not see them here."""
        _kept_for_ever.append(dict(self._open))
        self._open.clear()


_all: "weakref.WeakSet[Readers]" = weakref.WeakSet()
_kept_for_ever: list[dict[int, sqlite3.Connection]] = []


def _close(connections: dict[int, sqlite3.Connection]) -> None:
    for connection in connections.values():
        connection.close()


def _forget_all() -> None:
    for readers in list(_all):
        readers.forget()


os.register_at_fork(after_in_child=_forget_all)
