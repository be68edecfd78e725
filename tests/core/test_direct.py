"""Reads and rows without the mapper keep to the same rules as everything else."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from accounts import service
from accounts.models import Identity, Person, Role
from core import db, direct
from core.direct import Read
from core.sessions import BrowserSession
from courses.models import Course, Enrolment, Run

PEOPLE = Read(select(Person.id, Person.name, Person.created_at).order_by(Person.id))
JOINED = Read(select(Person.name, Identity.subject).join(Identity, Identity.person_id == Person.id))
SESSIONS = Read(select(BrowserSession.data, BrowserSession.expires_at).where(BrowserSession.expires_at > bindparam("now")))


@pytest.fixture
def two(app: Flask) -> tuple[int, int]:
    """Two universities, each with one person."""
    with app.app_context():
        first, second = service.add_organisation("a", "A").id, service.add_organisation("b", "B").id
        for organisation_id in (first, second):
            service.add_local_person(organisation_id, "ada", "correct horse battery", name=f"Ada {organisation_id}")
        return first, second


def test_a_read_sees_only_rows_of_the_organisation_acted_for(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        for organisation_id in two:
            with db.scoped(organisation_id):
                assert [row.name for row in PEOPLE()] == [f"Ada {organisation_id}"]
                assert [tuple(row) for row in JOINED()] == [(f"Ada {organisation_id}", "ada")]


def test_a_read_without_an_organisation_is_refused_also_where_others_may_cross(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        with pytest.raises(db.TenancyError):
            PEOPLE()
        with db.unscoped(), pytest.raises(db.TenancyError):
            PEOPLE()


def test_in_a_transaction_a_read_sees_what_was_written_and_outside_what_is_committed(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context(), db.scoped(two[0]):
        with db.transaction():
            direct.add(Person, name="Grace")
            assert [row.name for row in PEOPLE()] == [f"Ada {two[0]}", "Grace"]
        with suppress(ZeroDivisionError), db.transaction():
            direct.add(Person, name="nobody")
            raise ZeroDivisionError
        assert [row.name for row in PEOPLE()] == [f"Ada {two[0]}", "Grace"]


def test_values_come_out_as_the_mapper_gives_them(app: Flask, two: tuple[int, int]) -> None:
    moment = db.now()
    with app.app_context(), db.scoped(two[0]):
        with db.transaction() as tx:
            tx.add(BrowserSession(id="x", data={"a": [1, None]}, expires_at=moment + timedelta(hours=1)))
        found = SESSIONS.one(now=moment)
        assert found.data == {"a": [1, None]}
        assert found.expires_at == moment + timedelta(hours=1)
        assert SESSIONS.one(now=moment + timedelta(hours=2)) is None
        assert PEOPLE()[0].created_at.tzinfo is not None


def test_a_row_is_the_same_as_one_that_the_mapper_writes(app: Flask) -> None:
    with app.app_context():
        organisation = service.add_organisation("c", "C").id
        with db.scoped(organisation), db.transaction():
            course = direct.add(Course, slug="k", title={"de": "Kurs"})
            run = direct.add(Run, course_id=course, key="open:k")
        with db.scoped(organisation):
            row = db.session.get_one(Run, run)
            assert (row.organisation_id, row.course_id, row.key, row.title) == (organisation, course, "open:k", None)
            assert row.created_at.tzinfo is not None
            assert db.session.get_one(Course, course).title == {"de": "Kurs"}


def test_rows_are_written_in_a_transaction_for_an_organisation_and_within_its_rules(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        with db.scoped(two[0]), pytest.raises(RuntimeError, match="transaction"):
            direct.add(Person, name="Eve")
        with pytest.raises(db.TenancyError), db.transaction():
            direct.add(Person, name="Eve")
        with db.scoped(two[0]), pytest.raises(IntegrityError), db.transaction():
            direct.add(Enrolment, run_id=1, person_id=1, edition_id=10**6, role=Role.LEARNER)


def test_a_read_that_fails_says_so_as_all_else_does(app: Flask) -> None:
    nowhere = Table("nowhere", MetaData(), Column("id", Integer))
    with app.app_context(), pytest.raises(DBAPIError, match="nowhere"):
        Read(select(nowhere.c.id))()


def test_threads_read_beside_each_other(app: Flask, two: tuple[int, int]) -> None:
    found: list[str] = []

    def read() -> None:
        with app.app_context(), db.scoped(two[0]):
            found.extend(row.name for row in PEOPLE())

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [f"Ada {two[0]}"] * 4
