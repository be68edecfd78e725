"""Alembic's environment: the app's engine, all rooms' tables, SQLite and PostgreSQL."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from core.db import Base, UTCDateTime


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Print our column types as SQLAlchemy's own, so that old migrations do not depend on today's code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


with current_app.extensions["engine"].connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
