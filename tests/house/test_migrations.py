"""The migrations make the tables that the models describe, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask

from core.db import Base


def test_the_migrations_are_what_the_models_say(app: Flask) -> None:
    with app.extensions["engine"].connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _of_the_house})
        assert compare_metadata(context, Base.metadata) == []


def _of_the_house(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Not the table that tests of jobs make for themselves."""
    return not (kind == "table" and name == "errand")
