"""Statements that are compiled once for a database, and handed to its driver as they are (for core.direct)."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
_Key = TypeVar("_Key", str, int)
_Processor = Callable[[Any], Any]


class Prepared:
    """A statement, compiled once for each kind of database that it meets. `columns` are what it gives."""

    def __init__(self, statement: Statement, columns: Iterable[ColumnElement[Any]] = ()) -> None:
        self._statement = statement
        self._columns = list(columns)
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> "Compiled":
        """In the words of this database."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = Compiled(self._statement, self._columns, dialect)
        return found


class Compiled:
    """A statement in the words of one database, and how values go in and come out."""

    def __init__(self, statement: Statement, columns: Sequence[ColumnElement[Any]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        binds = compiled.binds.items()
        self._dialect = dialect
        self._sql = str(compiled)
        self._order = compiled.positiontup
        self._fixed = {name: bind.value for name, bind in binds if not bind.required}
        self._into = _those((name, bind.type.dialect_impl(dialect).bind_processor(dialect)) for name, bind in binds)
        self._columns = columns
        self._row = namedtuple("Row", [column.key or "" for column in self._columns])._make  # type: ignore[attr-defined]
        self._out: list[tuple[int, _Processor]] | None = None

    def rows(self, connection: Any, values: dict[str, Any]) -> list[Any]:
        """Named tuples of what the statement gives. `connection` is the driver's. Raises sqlalchemy.exc.DBAPIError."""
        cursor = self._run(connection, values)
        try:
            if self._out is None:
                self._out = self._processors([entry[1] for entry in cursor.description])
            return [self._row(_shown(row, self._out)) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def count(self, connection: Any, values: dict[str, Any]) -> int:
        """How many rows the statement has changed. `connection` is the driver's. Raises sqlalchemy.exc.DBAPIError."""
        cursor = self._run(connection, values)
        try:
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _run(self, connection: Any, values: dict[str, Any]) -> Any:
        values = {**self._fixed, **values}
        for name, process in self._into:
            values[name] = process(values[name])
        cursor = connection.cursor()
        try:
            cursor.execute(self._sql, [values[name] for name in self._order] if self._order is not None else values)
        except self._dialect.loaded_dbapi.Error as error:
            cursor.close()
            # In the words that all else fails in; without the values, which may be somebody's answers.
            raise DBAPIError.instance(
                self._sql, None, error, self._dialect.loaded_dbapi.Error, hide_parameters=True, dialect=self._dialect,
            ) from error
        return cursor

    def _processors(self, types: list[Any]) -> list[tuple[int, _Processor]]:
        """How columns come out, which may depend on the type that the driver names."""
        found = enumerate(zip(self._columns, types, strict=True))
        return _those(
            (at, column.type.dialect_impl(self._dialect).result_processor(self._dialect, named)) for at, (column, named) in found
        )


def _shown(row: Sequence[Any], processors: list[tuple[int, _Processor]]) -> Sequence[Any]:
    if not processors:
        return row
    shown = list(row)
    for at, process in processors:
        shown[at] = process(shown[at])
    return shown


def _those(processors: Iterable[tuple[_Key, _Processor | None]]) -> list[tuple[_Key, _Processor]]:
    """Only where there is something to do."""
    return [(key, process) for key, process in processors if process is not None]
