"""The busiest paths' way to the database: reads that are compiled once, and rows that are written without the mapper.

The mapper makes objects and watches them, and every execution looks its statement up and wraps its result. For a page that only
shows, that was most of the cost of a query (measured on SQLite: 0.45 ms through the mapper, 0.1 through the core, 0.02 so), and
while rows are written, every other writer waits. Everything else uses the mapper, which is easier to read.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Insert, Integer, Join, Select, Table, Update, bindparam, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from core import db

_Key = TypeVar("_Key", str, int)
_ACTING_FOR = bindparam("acting_for", type_=Integer)


class Read:
    """A query with named parameters, narrowed to the organisation that the session acts for; gives named tuples.

    In a transaction it sees what that has flushed; outside, what is committed at that moment. The rows of the leading table
    are narrowed; what is joined to it hangs on them by foreign keys, which never cross organisations.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        leading = _leading(statement.get_final_froms())
        self.tenanted = "organisation_id" in leading.c
        self.statement = statement.where(leading.c.organisation_id == _ACTING_FOR) if self.tenanted else statement
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, **values: Any) -> list[Any]:
        """All rows. Raises TenancyError when the session acts for no organisation."""
        current = db.session()
        if self.tenanted:
            values["acting_for"] = _organisation(current)
        dialect = db.dialect()
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self.statement, dialect)
        try:
            return compiled.run(db.reader(current), values)
        except dialect.loaded_dbapi.Error:
            # Once more the ordinary way, which waits as the rest does and fails in SQLAlchemy's words.
            return list(current.connection().execute(self.statement, values))

    def one(self, **values: Any) -> Any:
        """The one row that there is, or None."""
        found = self(**values)
        return found[0] if found else None


class Change:
    """An update of one table with named parameters, narrowed like a Read. Mapped objects in the session do not notice."""

    def __init__(self, statement: Update) -> None:
        columns = statement.table.c
        self.tenanted = "organisation_id" in columns
        self.statement = statement.where(columns.organisation_id == _ACTING_FOR) if self.tenanted else statement

    def __call__(self, **values: Any) -> int:
        """Run it in a transaction; gives how many rows have changed. Raises TenancyError."""
        current = db.session()
        if self.tenanted:
            values["acting_for"] = _organisation(current)
        return _writing(current).execute(self.statement, values).rowcount


def add(model: type[db.Base], **values: Any) -> Any:
    """Write one row and give its id. Call in a transaction. Defaults apply, and the row is of the organisation acted for.

    Raises TenancyError, IntegrityError.
    """
    current = db.session()
    if issubclass(model, db.Tenanted):
        values["organisation_id"] = _organisation(current)
    written = _writing(current).execute(_insert(model), values)
    assert written.inserted_primary_key is not None
    return written.inserted_primary_key[0]


def _writing(current: Session) -> Connection:
    if not current.info.get("in_transaction"):
        raise RuntimeError("rows are written in a transaction")
    return current.connection()


@cache
def _insert(model: type[db.Base]) -> Insert:
    return insert(model.__table__)  # type: ignore[arg-type]


def _organisation(current: Session) -> int:
    acting = current.info.get("organisation_id")
    if not isinstance(acting, int):
        raise db.TenancyError("an organisation's rows need act_for() or scoped()")
    return acting


class _Compiled:
    """A statement in the words of one database, and how values go in and come out."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self.order = compiled.positiontup
        binds = compiled.binds.items()
        self.fixed = {name: bind.value for name, bind in binds if not bind.required}
        self.into = _those((name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in binds)
        self.columns = list(statement.selected_columns)
        self.row = namedtuple("Row", [column.key for column in self.columns])._make  # type: ignore[misc, attr-defined]
        self.dialect = dialect
        self.out: list[tuple[int, Callable[[Any], Any]]] | None = None

    def run(self, connection: Any, values: dict[str, Any]) -> list[Any]:
        values = {**self.fixed, **values}
        for name, process in self.into:
            values[name] = process(values[name])
        cursor = connection.cursor()
        try:
            cursor.execute(self.sql, [values[name] for name in self.order] if self.order is not None else values)
            if self.out is None:
                self.out = self._processors([entry[1] for entry in cursor.description])
            rows = cursor.fetchall()
        finally:
            cursor.close()
        return [self.row(self._shown(row, self.out)) for row in rows]

    def _processors(self, types: list[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
        """How columns come out, which may depend on the type that the driver names."""
        found = enumerate(zip(self.columns, types, strict=True))
        return _those((at, column.type.dialect_impl(self.dialect).result_processor(self.dialect, named)) for at, (column, named) in found)

    def _shown(self, row: Sequence[Any], processors: list[tuple[int, Callable[[Any], Any]]]) -> Sequence[Any]:
        if not processors:
            return row
        shown = list(row)
        for at, process in processors:
            shown[at] = process(shown[at])
        return shown


def _those(processors: Iterable[tuple[_Key, Callable[[Any], Any] | None]]) -> list[tuple[_Key, Callable[[Any], Any]]]:
    """Only where there is something to do."""
    return [(key, process) for key, process in processors if process is not None]


def _leading(froms: Iterable[Any]) -> Table:
    """The leftmost table."""
    leading = next(iter(froms))
    while isinstance(leading, Join):
        leading = leading.left
    assert isinstance(leading, Table)
    return leading
