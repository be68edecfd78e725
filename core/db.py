"""One declarative base, one session per request or task, one way to commit, and tenants kept apart.

Every row of a `Tenanted` table names its organisation. While a session acts for an organisation, each query on such a
table is narrowed to it by the session itself, so that a forgotten `where` cannot show another university's rows. A query
that truly crosses tenants (finding the platform that a launch comes from, the sweep) says so with `unscoped()`.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from flask.globals import app_ctx
from sqlalchemy import (
    JSON,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    ForeignKey,
    Integer,
    MetaData,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.engine import make_url
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    declared_attr,
    mapped_column,
    scoped_session,
    sessionmaker,
    with_loader_criteria,
)
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.dml import UpdateBase

from core.readers import Readers
from core.turns import Turns

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class TenancyError(RuntimeError):
    """Code touched rows of organisations without saying for which one it acts, or of a foreign one."""


class UTCDateTime(TypeDecorator[datetime]):
    """Aware in Python, UTC in the database, also on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """All tables. `dict` and `list` columns are JSON; replace the value, do not change it in place."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UTCDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        # Plain strings with a check: a new member needs no ALTER TYPE on PostgreSQL.
        StrEnum: Enum(StrEnum, native_enum=False, length=20, create_constraint=False, values_callable=lambda kind: [member.value for member in kind]),
    }


class Tenanted:
    """A table whose rows belong to one organisation."""

    @declared_attr
    @classmethod
    def organisation_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("organisation.id"), index=True)


def now() -> datetime:
    """The present moment, aware, in UTC: the only clock that rows know."""
    return datetime.now(UTC)


session: scoped_session[Session] = scoped_session(
    sessionmaker(expire_on_commit=False, autoflush=True),
    # With eager jobs an inner app context must not end the outer request's session.
    scopefunc=lambda: id(app_ctx._get_current_object()) if app_ctx else threading.get_ident(),  # type: ignore[attr-defined]
)


# --- Engine -----------------------------------------------------------------------------------------------------------

def connect(url: str) -> Engine:
    """Open the database at `url` (SQLAlchemy form) and bind the session to it."""
    path = make_url(url).database
    _state.turns, _state.readers = None, None
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 5})
        if path:
            _state.turns, _state.readers = Turns(Path(path)), Readers(path)
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    else:
        engine = create_engine(url, pool_size=5, max_overflow=10, pool_pre_ping=True)
    _state.dialect = engine.dialect
    session.remove()
    session.configure(bind=engine)
    return engine


def has_tables() -> bool:
    """Whether the database was ever set up: some commands are of use without."""
    return inspect(session.connection()).has_table("organisation")


class _State:
    """What belongs to the engine that the session is bound to."""

    turns: Turns | None = None
    readers: Readers | None = None
    dialect: Dialect | None = None


_state = _State()


def dialect() -> Dialect:
    """How the database that the session is bound to is spoken to."""
    assert _state.dialect is not None
    return _state.dialect


def reader(current: Session) -> Any:
    """The driver's connection for a read: the session's, or on SQLite outside a transaction one that this thread keeps."""
    if _state.readers is None or current.info.get("in_transaction"):
        return current.connection().connection
    return _state.readers.mine()


def _on_sqlite_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # We say BEGIN ourselves, see _on_sqlite_begin.
    cursor = connection.cursor()
    # Durable: an answer that was accepted survives a power cut, not just the end of the process.
    for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=5000", "foreign_keys=on"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    """Writers take the lock at once: a reader that turns into a writer late fails instead of waiting."""
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # It may be refused, and then says so as all statements do.
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("BEGIN")  # Cannot fail, comes before every read, and costs a tenth this way.


# --- Transactions -----------------------------------------------------------------------------------------------------

@contextmanager
def transaction() -> Iterator[Session]:
    """Commit the whole use case, or nothing of it. Inside another transaction it joins that one."""
    current = session()
    if current.info.get("in_transaction"):
        yield current
        return
    if current.new or current.dirty or current.deleted:
        raise RuntimeError("rows were changed outside a transaction")
    if current.in_transaction():
        current.commit()  # Ends the reading so far; what follows sees the present state.
    current.info["in_transaction"] = True
    current.info["after_commit"] = []
    try:
        with _state.turns.turn() if _state.turns else nullcontext():
            current.connection(execution_options={"writes": True})
            yield current
            current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info["in_transaction"] = False
        waiting = current.info.pop("after_commit")
    for call in waiting:
        call()


def changed(statement: UpdateBase) -> int:
    """How many rows an update or a deletion has changed. With a condition on what was there before, exactly one of several who try it gets 1."""
    result = session.execute(statement)
    return result.rowcount if isinstance(result, CursorResult) else 0


def after_commit(call: Callable[[], object]) -> None:
    """Run `call` once the running transaction is durable; never when it is rolled back."""
    session().info["after_commit"].append(call)


# --- Tenants ----------------------------------------------------------------------------------------------------------

def act_for(organisation_id: int) -> None:
    """From here on this session sees and writes rows of one organisation only (a request after sign-in)."""
    session().info["organisation_id"] = organisation_id


def acting_for() -> int | None:
    """The organisation that this session acts for."""
    organisation_id: int | None = session().info.get("organisation_id")
    return organisation_id


@contextmanager
def scoped(organisation_id: int) -> Iterator[None]:
    """Act for one organisation during the block (a task, a command)."""
    with _tenancy(organisation_id):
        yield


@contextmanager
def unscoped() -> Iterator[None]:
    """Let queries in the block cross tenants. Each use needs its reason in a comment."""
    with _tenancy("all"):
        yield


@contextmanager
def _tenancy(value: int | str) -> Iterator[None]:
    info = session().info
    before = info.get("organisation_id")
    info["organisation_id"] = value
    try:
        yield
    finally:
        info["organisation_id"] = before


_ACTING_FOR = bindparam("acting_for", callable_=acting_for, type_=Integer)
_narrowed: WeakKeyDictionary[Executable, Executable] = WeakKeyDictionary()


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    organisation_id = state.session.info.get("organisation_id")
    if organisation_id == "all" or state.is_column_load:
        return
    narrow = _narrowed.get(state.statement)
    if narrow is None:
        tables: set[Any] = {mapper.class_ for mapper in state.all_mappers if issubclass(mapper.class_, Tenanted)}
        narrow = state.statement.options(*[_own_rows(table) for table in tables])
        _narrowed[state.statement] = narrow  # A statement that is built once, at import, is narrowed once.
    if organisation_id is None and narrow._with_options:
        raise TenancyError("a query on an organisation's rows needs act_for(), scoped() or unscoped()")
    state.statement = narrow


@cache
def _own_rows(table: Any) -> ExecutableOption:
    return with_loader_criteria(table, table.organisation_id == _ACTING_FOR, include_aliases=True)


@event.listens_for(Session, "before_flush")
def _stamp(current: Session, context: UOWTransaction, instances: object) -> None:
    acting = current.info.get("organisation_id")
    for row in current.new:
        if not isinstance(row, Tenanted):
            continue
        if row.organisation_id is None:
            if not isinstance(acting, int):
                raise TenancyError(f"a new {type(row).__name__} without organisation")
            row.organisation_id = acting
        elif acting not in ("all", row.organisation_id):
            raise TenancyError(f"a new {type(row).__name__} for a foreign organisation")
