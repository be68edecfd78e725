"""What the stand-in remembers, in a small SQLite file of its own: launches, access tokens, the gradebook, messages.

It is not Lotse's database and shares nothing with it: two systems that speak only LTI.
"""

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import campus
from demo.campus import Activity

TOKEN_SECONDS = 3600
MESSAGES_KEPT = 60

_TABLES = """
create table if not exists launch (hint text primary key, person text not null, activity text not null, target text not null, used integer not null default 0);
create table if not exists token (hash text primary key, scopes text not null, expires real not null);
create table if not exists line_item (
    id integer primary key, label text not null, maximum real not null, resource_link text not null, resource_id text not null, tag text not null
);
create table if not exists grade (
    line_item integer not null references line_item, person text not null, points real, comment text not null, stamp integer not null,
    received real not null, primary key (line_item, person)
);
create table if not exists activity (id integer primary key, title text not null, text text not null, url text not null, custom text not null);
create table if not exists choice (hash text primary key, used integer not null default 0);
create table if not exists message (id integer primary key, at real not null, kind text not null, person text, content text not null);
"""


@dataclass(frozen=True)
class Launch:
    """A launch that the platform has begun: whose, of which activity, in a frame or a window."""

    person: str
    activity: str
    target: str


@dataclass(frozen=True)
class LineItem:
    """A column of the gradebook."""

    id: int
    label: str
    maximum: float
    resource_link: str
    resource_id: str
    tag: str


@dataclass(frozen=True)
class Grade:
    """A cell of the gradebook. `points` are scaled to the line item's maximum; None: the tool has taken them back."""

    line_item: int
    person: str
    points: float | None
    comment: str
    stamp: int
    received: float


@dataclass(frozen=True)
class Message:
    """One LTI message that flew, decoded for people."""

    id: int
    at: float
    kind: str
    person: str | None
    content: dict[str, Any]


@dataclass(frozen=True)
class NewActivity:
    """An activity that a lecturer chose, with what the platform keeps of it. `maximum`: None without a grade."""

    title: str
    text: str
    url: str
    custom: dict[str, str]
    maximum: int | None
    resource_id: str
    tag: str


class OldScoreError(ValueError):
    """The score's time is not after the last one's (AGS 2.0, 3.4.8: the platform must not accept it)."""


class SqliteFile:
    """A file of the stand-in's own; each method of a subclass is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=5)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                yield connection
        finally:
            connection.close()


class Store(SqliteFile):
    """Reads and writes the file; each method is one transaction."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self._open() as db:
            db.execute("pragma journal_mode=wal")
            db.executescript(_TABLES)
            db.executemany(
                "insert or ignore into line_item values (?, ?, ?, ?, '', '')",
                [(int(entry.id), entry.title, campus.LINE_ITEM_MAXIMUM, entry.id) for entry in campus.ACTIVITIES],
            )

    # --- Launches and tokens ----------------------------------------------------------------------------------------

    def begin_launch(self, launch: Launch) -> str:
        """Remember a launch; returns the lti_message_hint that names it."""
        hint = secrets.token_urlsafe(12)
        with self._open() as db:
            db.execute("insert into launch values (?, ?, ?, ?, 0)", (hint, launch.person, launch.activity, launch.target))
        return hint

    def use_launch(self, hint: str) -> Launch | None:
        """The launch of this hint, once: a second use finds nothing, as in Moodle."""
        with self._open() as db:
            row = db.execute("update launch set used = 1 where hint = ? and used = 0 returning person, activity, target", (hint,)).fetchone()
        return Launch(**row) if row else None

    # --- Activities ---------------------------------------------------------------------------------------------------

    def begin_choice(self) -> str:
        """A one-time secret in the address to which the tool returns a choice."""
        choice = secrets.token_urlsafe(12)
        with self._open() as db:
            db.execute("insert into choice (hash) values (?)", (_hash(choice),))
        return choice

    def use_choice(self, choice: str) -> bool:
        """Whether this is a choice that was not taken over yet; from now on it is."""
        with self._open() as db:
            return db.execute("update choice set used = 1 where hash = ? and used = 0", (_hash(choice),)).rowcount == 1

    def add_activity(self, new: NewActivity) -> Activity:
        """Put an activity into the course, and its column into the gradebook. Like Moodle, the column is called as the activity is."""
        with self._open() as db:
            row = db.execute(
                "insert into activity select coalesce(max(id), ?) + 1, ?, ?, ?, ? from activity returning id",
                (len(campus.ACTIVITIES), new.title, new.text, new.url, json.dumps(new.custom)),
            ).fetchone()
        number = str(row["id"])
        if new.maximum is not None:
            self.add_line_item(new.title, new.maximum, number, new.resource_id, new.tag)
        return next(activity for activity in self.activities() if activity.id == number)

    def activities(self) -> list[Activity]:
        """What lecturers have added."""
        with self._open() as db:
            rows = db.execute(
                "select activity.*, min(line_item.id) as column_id, maximum from activity"
                " left join line_item on line_item.resource_link = cast(activity.id as text) group by activity.id order by activity.id"
            ).fetchall()
        return [
            Activity(str(row["id"]), row["title"], row["text"], json.loads(row["custom"]), row["column_id"], row["maximum"], row["url"], chosen=True)
            for row in rows
        ]

    def new_token(self, scopes: list[str]) -> str:
        """An access token for these scopes."""
        token = secrets.token_urlsafe(24)
        with self._open() as db:
            db.execute("delete from token where expires < ?", (time.time(),))
            db.execute("insert into token values (?, ?, ?)", (_hash(token), " ".join(scopes), time.time() + TOKEN_SECONDS))
        return token

    def scopes_of(self, token: str) -> frozenset[str]:
        """What an access token allows; nothing when it is unknown or expired."""
        with self._open() as db:
            row = db.execute("select scopes from token where hash = ? and expires >= ?", (_hash(token), time.time())).fetchone()
        return frozenset(row["scopes"].split()) if row else frozenset()

    def forget_tokens(self) -> None:
        """Make all access tokens worthless, as a restart of some platforms does."""
        with self._open() as db:
            db.execute("delete from token")

    # --- Gradebook --------------------------------------------------------------------------------------------------

    def line_items(self) -> list[LineItem]:
        """All columns."""
        with self._open() as db:
            return [LineItem(**row) for row in db.execute("select * from line_item order by id")]

    def add_line_item(self, label: str, maximum: float, resource_link: str, resource_id: str, tag: str) -> LineItem:
        """A column that the tool asks for."""
        with self._open() as db:
            row = db.execute(
                "insert into line_item (label, maximum, resource_link, resource_id, tag) values (?, ?, ?, ?, ?) returning *",
                (label, maximum, resource_link, resource_id, tag),
            ).fetchone()
        return LineItem(**row)

    def grades(self) -> list[Grade]:
        """All cells that were ever written."""
        with self._open() as db:
            return [Grade(**row) for row in db.execute("select * from grade")]

    def put_grade(self, line_item: int, person: str, points: float | None, comment: str, stamp: int) -> None:
        """Write a cell. Raises OldScoreError when `stamp` (whole seconds, as Moodle keeps them) is not later than before."""
        with self._open() as db:
            written = db.execute(
                "insert into grade values (?, ?, ?, ?, ?, ?) on conflict (line_item, person) do update"
                " set points = excluded.points, comment = excluded.comment, stamp = excluded.stamp, received = excluded.received"
                " where excluded.stamp > grade.stamp",
                (line_item, person, points, comment, stamp, time.time()),
            )
            if written.rowcount != 1:
                raise OldScoreError

    # --- Messages ---------------------------------------------------------------------------------------------------

    def note(self, kind: str, content: dict[str, Any], person: str | None = None) -> None:
        """Keep a message for the page that explains what flew; only the newest are kept."""
        with self._open() as db:
            db.execute(
                "insert into message (at, kind, person, content) values (?, ?, ?, ?)",
                (time.time(), kind, person, json.dumps(content, ensure_ascii=False)),
            )
            db.execute("delete from message where id <= (select max(id) from message) - ?", (MESSAGES_KEPT,))

    def messages(self) -> list[Message]:
        """The newest messages first."""
        with self._open() as db:
            rows = db.execute("select * from message order by id desc").fetchall()
        return [Message(**{**dict(row), "content": json.loads(row["content"])}) for row in rows]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
