"""The busiest paths' way to the database: reads that are compiled once, and rows that are written without the mapper.

The mapper makes objects and watches them, and every execution looks its statement up and wraps its result. For a page that only
shows, that was most of the cost of a query (measured on SQLite: 0.45 ms through the mapper, 0.1 through the core, 0.02 so), and
while rows are written, every other writer waits. Everything else uses the mapper, which is easier to read.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from sqlalchemy import Column, Integer, Join, Select, Table, Update, bindparam, insert
from sqlalchemy.orm import Session

from core import db
from core.statements import Prepared

_ACTING_FOR = bindparam("acting_for", type_=Integer)


class Read:
    """A query with named parameters, narrowed to the organisation that the session acts for; gives named tuples.

    In a transaction it sees what that has written; outside, what is committed at that moment. The rows of the leading table
    are narrowed; what is joined to it hangs on them by foreign keys, which never cross organisations.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], *, everywhere: bool = False) -> None:
        """`everywhere`: the row tells the organisation, and nobody acts for one yet; as db.unscoped(), with a reason."""
        leading = _leading(statement.get_final_froms())
        self.tenanted = "organisation_id" in leading.c and not everywhere
        narrowed = statement.where(leading.c.organisation_id == _ACTING_FOR) if self.tenanted else statement
        self._prepared = Prepared(narrowed, narrowed.selected_columns)

    def __call__(self, **values: Any) -> list[Any]:
        """All rows. Raises TenancyError when the session acts for no organisation."""
        current = db.session()
        if self.tenanted:
            values["acting_for"] = _organisation(current)
        return self._prepared.on(db.dialect()).rows(db.reader(current), values)

    def one(self, **values: Any) -> Any:
        """The one row that there is, or None."""
        found = self(**values)
        return found[0] if found else None


class Change:
    """An update of one table with named parameters, narrowed like a Read. Mapped objects in the session do not notice."""

    def __init__(self, statement: Update) -> None:
        columns = statement.table.c
        self.tenanted = "organisation_id" in columns
        narrowed = statement.where(columns.organisation_id == _ACTING_FOR) if self.tenanted else statement
        self._prepared = Prepared(narrowed)

    def __call__(self, **values: Any) -> int:
        """Run it in a transaction; gives how many rows have changed. Raises TenancyError."""
        current = db.session()
        if self.tenanted:
            values["acting_for"] = _organisation(current)
        return self._prepared.on(db.dialect()).count(_writer(current), values)


def add(model: type[db.Base], **values: Any) -> Any:
    """Write one row and give its id. Call in a transaction. Defaults apply, and the row is of the organisation acted for.

    Raises TenancyError, IntegrityError.
    """
    current = db.session()
    if issubclass(model, db.Tenanted):
        values["organisation_id"] = _organisation(current)
    new = _new(model)
    return new.prepared.on(db.dialect()).rows(_writer(current), {**new.defaults(), **values})[0][0]


class _New:
    """A new row of a table: the statement, and what stands in columns that nothing is said about."""

    def __init__(self, table: Table) -> None:
        key = next(iter(table.primary_key))
        given = [column for column in table.columns if column is not table.autoincrement_column]
        statement = insert(table).values({column: bindparam(column.key, type_=column.type) for column in given}).returning(key)
        self.prepared = Prepared(statement, [key])
        self._makers = [(column.key, _default_of(column)) for column in given]

    def defaults(self) -> dict[str, Any]:
        return {key: make() for key, make in self._makers}


@cache
def _new(model: type[db.Base]) -> _New:
    table = model.__table__
    assert isinstance(table, Table)
    return _New(table)


def _default_of(column: Column[Any]) -> Callable[[], Any]:
    """What the mapper would put into the column: a constant, or what the model's function gives."""
    default: Any = column.default
    if default is not None and default.is_callable:
        return lambda: default.arg(None)  # SQLAlchemy hands such functions a context, which ours do not want.
    value = None if default is None else default.arg
    return lambda: value


def _writer(current: Session) -> Any:
    if not current.info.get("in_transaction"):
        raise RuntimeError("rows are written in a transaction")
    return current.connection().connection


def _organisation(current: Session) -> int:
    acting = current.info.get("organisation_id")
    if not isinstance(acting, int):
        raise db.TenancyError("an organisation's rows need act_for() or scoped()")
    return acting


def _leading(froms: Iterable[Any]) -> Table:
    """The leftmost table."""
    leading = next(iter(froms))
    while isinstance(leading, Join):
        leading = leading.left
    assert isinstance(leading, Table)
    return leading
