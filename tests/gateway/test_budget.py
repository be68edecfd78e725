"""Tokens per person and day: reserved, settled, and never overspent by calls that race."""

import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from accounts.models import Person
from core import db
from core.config import replace_settings
from core.signals import joined
from courses import service as courses
from gateway.faults import GatewayError
from gateway.models import Pot, Reservation
from gateway.service import budgets as budget
from gateway.service import policies
from tests import builders
from tests.conftest import SECRET
from tests.house.running import ROOT, environ

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
        assert budget.tokens_left(learner.id, RUN) == 300
        budget.settle(reserved, 120)
        assert budget.tokens_left(learner.id, RUN) == 880


def test_more_than_is_left_cannot_be_reserved(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        budget.reserve(learner.id, RUN, 700, "a test")
        with pytest.raises(GatewayError) as refusal:
            budget.reserve(learner.id, RUN, 301, "a test")
        assert refusal.value.kind == "tokens"
        assert budget.tokens_left(learner.id, RUN) == 300


def test_what_a_dead_process_had_reserved_is_given_back_by_its_cause_alone(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        budget.reserve(learner.id, RUN, 300, "attempt 1")
        budget.reserve(learner.id, RUN, 500, "attempt 11")
        budget.release("attempt 1")
        budget.release("attempt 1")
        assert budget.tokens_left(learner.id, RUN) == 500


def test_a_call_that_comes_back_after_another_took_over_books_nothing_and_gives_nothing_back(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        slow = budget.reserve(learner.id, RUN, 300, "attempt 1")
        budget.release("attempt 1")
        second = budget.reserve(learner.id, RUN, 300, "attempt 1")
        with db.transaction():
            budget.settle(slow, 40)
        assert budget.tokens_left(learner.id, RUN) == 700
        with db.transaction():
            budget.settle(second, 50)
            budget.settle(second, 50)
        assert budget.tokens_left(learner.id, RUN) == 950


def test_a_new_day_brings_new_tokens(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        budget.reserve(learner.id, RUN, 1000, "a test")
        day = db.session.scalars(select(Pot.day).distinct()).one()
        with db.transaction() as tx:
            tx.execute(update(Pot).values(day=day - timedelta(days=1)))
        assert budget.tokens_left(learner.id, RUN) == 1000


def race(app: Flask, callers: list[tuple[int, int]], tokens: int) -> list[int]:
    """Everybody reserves at the same moment; the persons who got their tokens."""
    barrier = threading.Barrier(len(callers), timeout=60)
    taken: list[int] = []

    def take(person_id: int, run_id: int) -> None:
        with app.app_context(), db.scoped(1):
            barrier.wait()
            with suppress(GatewayError):
                budget.reserve(person_id, run_id, tokens, "a test")
                taken.append(person_id)

    threads = [threading.Thread(target=take, args=caller) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def used(account: str) -> int:
    return db.session.scalar(select(Pot.tokens).where(Pot.account == account)) or 0


def test_calls_that_race_never_overspend(app: Flask, learner: Person) -> None:
    assert len(race(app, [(learner.id, RUN)] * 8, 300)) == 3
    with app.app_context(), db.scoped(learner.organisation_id):
        assert budget.tokens_left(learner.id, RUN) == 100


def test_a_class_that_races_overspends_neither_its_course_nor_the_organisation(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        others = [learner.id, *(builders.person(f"Learner {number}").id for number in range(7))]
        second = courses.open_run(builders.run().course_id, "second").id
        policies.set_policy(organisation_tokens=1500)
        policies.set_run_models(RUN, run_tokens=900)
    taken = race(app, [(person, RUN if number % 2 else second) for number, person in enumerate(others)], 300)
    with app.app_context(), db.scoped(learner.organisation_id):
        assert used("organisation") == 300 * len(taken) == 1500
        assert used(f"run {RUN}") <= 900
        # What was refused has left no trace in any account.
        assert sum(used(f"person {person}") for person in others) == 1500
        assert used(f"run {RUN}") + used(f"run {second}") == 1500


def test_processes_that_race_never_overspend(learner: Person, app: Flask, database_url: str, tmp_path: Path) -> None:
    given = environ(database_url=database_url, data_dir=str(tmp_path), secret_key=SECRET, model="none", daily_tokens="1000")
    command = [sys.executable, "-P", "-m", "tests.gateway.reserving", str(learner.id), str(RUN), "30"]
    counts = subprocess.run(command, env=given, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout.split()
    assert len(counts) == 2
    assert sum(map(int, counts)) == 33
    with app.app_context(), db.scoped(learner.organisation_id):
        assert used(f"person {learner.id}") == used("organisation") == 33 * 30
        assert db.session.scalar(select(func.count()).select_from(Reservation)) == 33


@pytest.mark.parametrize(("policy", "here", "kind"), [
    ({"person_tokens": 100}, {}, "tokens"), ({}, {"person_tokens": 100}, "tokens_here"), ({}, {"run_tokens": 100}, "run_tokens"),
    ({"run_tokens": 100}, {"run_tokens": 500}, "run_tokens"), ({"organisation_tokens": 100}, {}, "organisation_tokens"),
])
def test_each_limit_is_told_by_its_own_name_and_a_lecturers_never_widens_the_organisations(
    app: Flask, learner: Person, policy: dict[str, int], here: dict[str, int], kind: str,
) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        policies.set_policy(**policy)
        policies.set_run_models(RUN, **here)
        assert budget.tokens_left(learner.id, RUN) == 100
        assert budget.lacking(learner.id, RUN, 101) == budget.tightest(learner.id, RUN).kind == kind
        with pytest.raises(GatewayError) as refusal:
            budget.reserve(learner.id, RUN, 101, "a test")
        assert refusal.value.kind == kind


def test_the_organisations_own_limit_for_a_person_goes_before_the_operators(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        policies.set_policy(person_tokens=5000)
        assert budget.tokens_left(learner.id, RUN) == 5000


def test_joining_accounts_gives_no_second_budget(app: Flask, learner: Person) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        second = builders.person("Ada again")
        open_call = budget.reserve(second.id, RUN, 300, "attempt 1")
        budget.reserve(learner.id, RUN, 200, "attempt 2")
        with db.transaction():
            joined.send("accounts", kept=learner.id, vanishing=second.id)
        assert budget.tokens_left(learner.id, RUN) == 500
        with db.transaction():
            budget.settle(open_call, 100)
        assert budget.tokens_left(learner.id, RUN) == 700
        assert used(f"person {learner.id} run {RUN}") == 300
