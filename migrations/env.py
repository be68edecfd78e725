"""Alembic's environment: the app's engine, all rooms' tables, SQLite and PostgreSQL."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from core.db import Base, UTCDateTime


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Print our column types as SQLAlchemy's own, so that old migrations do not depend on today's code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def hold_references(connection: Connection, *, hold: bool) -> None:
    """SQLite changes a table by making another and dropping the first, which rows of other tables may refer to meanwhile."""
    if connection.dialect.name == "sqlite":  # Past SQLAlchemy, which would begin a transaction: inside one the pragma does nothing.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"pragma foreign_keys={'on' if hold else 'off'}")
        if hold and (broken := driver.execute("pragma foreign_key_check").fetchall()):
            raise RuntimeError(f"The migration has left references that lead nowhere: {broken[:5]}")


with current_app.extensions["engine"].connect() as connection:
    hold_references(connection, hold=False)
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    hold_references(connection, hold=True)
