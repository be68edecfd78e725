"""The migrations make the tables that the models describe, on both databases."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask

from core.commands import alembic_config
from core.db import Base


def test_the_migrations_are_what_the_models_say(app: Flask) -> None:
    with app.extensions["engine"].connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _of_the_house})
        assert compare_metadata(context, Base.metadata) == []


def _of_the_house(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Not the table that tests of jobs make for themselves."""
    return not (kind == "table" and name == "errand")


ROWS_OF_THE_FIRST_TABLES = """
insert into organisation (id, slug, name, unit, created_at) values (1, 'a', 'A', '', '2026-01-01');
insert into course (id, slug, title, organisation_id) values (1, 'k', '{}', 1);
insert into run (id, course_id, key, created_at, organisation_id) values (1, 1, 'x', '2026-01-01', 1);
insert into lti_platform (id, issuer, client_id, name, family, auth_url, token_url, jwks_url, active, created_at, organisation_id)
    values (1, 'https://lms.example', 'c', 'LMS', '', 'a', 't', 'j', true, '2026-01-01', 1);
insert into lti_deployment (id, platform_id, deployment_id, approved, seen_at, organisation_id) values (1, 1, '1', true, '2026-01-01', 1);
insert into lti_resource_link (id, platform_id, deployment_id, resource_link_id, title, run_id, module, scopes, organisation_id)
    values (1, 1, 1, '1', 'whole', 1, null, '[]', 1), (2, 1, 1, '2', 'one', 1, 'eins', '[]', 1);
insert into lti_launch_record (id, platform_id, reference, reason, at, organisation_id) values (1, 1, 'r', 'admitted', '2026-01-01', 1);
"""


def test_rows_of_an_older_house_are_still_there_after_the_migrations(app: Flask) -> None:
    engine = app.extensions["engine"]
    with app.app_context():
        command.downgrade(alembic_config(), "0001")
        with engine.begin() as connection:
            for statement in filter(str.strip, ROWS_OF_THE_FIRST_TABLES.split(";")):
                connection.exec_driver_sql(statement)
        command.upgrade(alembic_config(), "head")
    with engine.connect() as connection:
        links = connection.exec_driver_sql("select kind, keep, send from lti_resource_link order by id").fetchall()
        assert [tuple(link) for link in links] == [("course", "course", "submission"), ("module", "course", "submission")]
        assert connection.exec_driver_sql("select protocol, waiting from lti_platform").fetchone() == ("1.3", False)
        assert connection.exec_driver_sql("select count(*) from lti_launch_record").scalar() == 1
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1
