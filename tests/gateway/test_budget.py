"""Tokens per person and day: reserved, settled, and never overspent by calls that race."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts.models import Person
from core import db
from core.config import replace_settings
from gateway.faults import GatewayError
from gateway.models import Pot
from gateway.service import budgets as budget
from tests import builders

RUN = 1                                # the first run of an empty house

@pytest.fixture
def learner(app: Flask) -> Person:
    app.extensions["settings"] = replace_settings(app.extensions["settings"], daily_tokens=1000)
    with app.app_context():
        builders.organisation()
        person = builders.person()
        assert builders.run().id == RUN
        return person


def test_what_is_reserved_is_gone_until_it_is_settled(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        reserved = budget.reserve(learner.id, RUN, 700, "a test")
        assert budget.tokens_left(learner.id) == 300
        budget.settle(reserved, 120)
        assert budget.tokens_left(learner.id) == 880


def test_more_than_is_left_cannot_be_reserved(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        budget.reserve(learner.id, RUN, 700, "a test")
        with pytest.raises(GatewayError) as refusal:
            budget.reserve(learner.id, RUN, 301, "a test")
        assert refusal.value.kind == "tokens"
        assert budget.tokens_left(learner.id) == 300


def test_what_a_dead_process_had_reserved_is_given_back_by_its_cause_alone(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        budget.reserve(learner.id, RUN, 300, "attempt 1")
        budget.reserve(learner.id, RUN, 500, "attempt 11")
        budget.release("attempt 1")
        budget.release("attempt 1")
        assert budget.tokens_left(learner.id) == 500


def test_a_call_that_was_only_slow_books_what_it_used_and_gives_nothing_back_twice(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        slow = budget.reserve(learner.id, RUN, 300, "attempt 1")
        budget.release("attempt 1")
        second = budget.reserve(learner.id, RUN, 300, "attempt 1")
        budget.settle(slow, 40)
        assert budget.tokens_left(learner.id) == 660
        budget.settle(second, 50)
        assert budget.tokens_left(learner.id) == 910


def test_a_new_day_brings_new_tokens(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        budget.reserve(learner.id, RUN, 1000, "a test")
        day = db.session.scalars(select(Pot.day)).one()
        with db.transaction() as tx:
            tx.execute(update(Pot).values(day=day - timedelta(days=1)))
        assert budget.tokens_left(learner.id) == 1000


def test_calls_that_race_never_overspend(app: Flask, learner: Person) -> None:
    barrier = threading.Barrier(8, timeout=60)
    taken: list[int] = []

    def take() -> None:
        with app.app_context(), db.scoped(learner.organisation_id):
            barrier.wait()
            with suppress(GatewayError):
                taken.append(budget.reserve(learner.id, RUN, 300, "a test").tokens)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [300] * 3
    with app.app_context(), db.scoped(learner.organisation_id):
        assert budget.tokens_left(learner.id) == 100
