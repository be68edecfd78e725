"""Tenants are kept apart by the session itself."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts import service
from accounts.models import Person
from core import db


@pytest.fixture
def two(app: Flask) -> tuple[int, int]:
    """Two universities, each with one person."""
    with app.app_context():
        first, second = service.add_organisation("a", "A").id, service.add_organisation("b", "B").id
        for organisation_id in (first, second):
            service.add_local_person(organisation_id, "ada", "correct horse battery", name=f"Ada {organisation_id}")
        return first, second


def test_a_query_sees_only_rows_of_the_organisation_acted_for(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        for organisation_id in two:
            with db.scoped(organisation_id):
                assert db.session.scalars(select(Person.name)).all() == [f"Ada {organisation_id}"]
                assert len(db.session.scalars(select(Person)).all()) == 1


def test_a_query_without_an_organisation_is_refused(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context(), pytest.raises(db.TenancyError):
        db.session.scalars(select(Person)).all()


def test_a_foreign_row_is_not_found_by_its_id(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        with db.scoped(two[0]):
            mine = db.session.scalars(select(Person.id)).one()
        db.session.remove()
        with db.scoped(two[1]):
            assert db.session.get(Person, mine) is None


def test_an_update_changes_no_foreign_row(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        with db.scoped(two[0]), db.transaction() as tx:
            tx.execute(update(Person).values(name="changed"))
        with db.scoped(two[1]):
            assert db.session.scalars(select(Person.name)).one() == f"Ada {two[1]}"


def test_a_new_row_for_a_foreign_organisation_is_refused(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context(), db.scoped(two[0]), pytest.raises(db.TenancyError), db.transaction() as tx:
        tx.add(Person(organisation_id=two[1], name="Eve"))
