"""Installations with Redis: workers and the clock are processes of their own, and each of them may be killed."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from certificates.models import Certificate
from core import db, jobs
from core.jobs import WorkState
from core.signals import completed
from courses.models import Enrolment
from lti.models import ScorePush
from tests import builders
from tests.conftest import SECRET
from tests.house.campus import Campus, campus
from tests.house.running import Programs, await_that, children, kill, redis
from tests.lti.lms import Answer
from tests.ports import free_port

pytestmark = [pytest.mark.redis, pytest.mark.parametrize("database_url", ["postgres"], indirect=True)]


@dataclass
class Cluster:
    """A house whose background work is done elsewhere."""

    house: Campus
    programs: Programs

    def award(self) -> None:
        """Let the first learner earn a certificate."""
        enrolment = db.session.scalars(select(Enrolment).order_by(Enrolment.id)).first()
        assert enrolment
        with db.transaction():
            completed.send("assessments", enrolment=enrolment, award="achievement")

    def certificates(self) -> list[tuple[WorkState, bool]]:
        """State of each certificate, and whether it is printed."""
        db.session.rollback()
        return [(row.state, row.sha256 is not None) for row in db.session.scalars(select(Certificate).execution_options(populate_existing=True))]


@pytest.fixture
def cluster(database_url: str, tmp_path: Path) -> Iterator[Cluster]:
    """Redis runs; the web processes are this one; workers and the clock are started by each test."""
    port = free_port()
    broker = f"redis://127.0.0.1:{port}/0"
    settings = {"broker_url": broker, "secret_key": SECRET, "model": "none", "sweep_seconds": "1", "outgoing_hosts": "127.0.0.1"}
    with (
        redis(port, tmp_path / "redis"), campus(database_url, tmp_path, 0, broker_url=broker) as house,
        Programs(tmp_path, database_url=database_url, data_dir=str(tmp_path), **settings) as programs,
    ):
        jobs.queue._after_fork()  # Forget connections to an earlier test's Redis.
        house.add_learners(1)
        yield Cluster(house, programs)


def test_a_certificate_is_printed_and_a_score_sent_by_workers_of_their_own(cluster: Cluster) -> None:
    cluster.programs.start("cli", "worker")
    cluster.award()
    cluster.house.answer_here(cluster.house.learners[0], 2, "Ja")
    await_that(lambda: cluster.certificates() == [(WorkState.DONE, True)], "the certificate is printed")
    await_that(lambda: cluster.house.waiting_scores() == 0, "the score is sent")
    assert [heard[-1] for heard in cluster.house.lms.grades.values()] == [(1, 15)]


def test_what_was_left_while_nobody_was_there_is_found_by_the_clock_and_its_sweep(cluster: Cluster) -> None:
    """Messages are lost together with Redis here; the rows are what counts."""
    cluster.award()
    with jobs.queue.connection_for_write() as connection:
        connection.default_channel.client.flushall()
    cluster.programs.start("cli", "worker")
    cluster.programs.start("cli", "beat")
    await_that(lambda: cluster.certificates() == [(WorkState.DONE, True)], "the certificate is printed")


def test_a_worker_killed_in_the_middle_of_a_score_is_followed_by_another(cluster: Cluster) -> None:
    gate = threading.Event()
    house = cluster.house
    house.lms.answers["scores"].append(Answer(500, gate=gate))
    worker = cluster.programs.start("cli", "worker")
    house.answer_here(house.learners[0], 2, "Ja")
    await_that(house.lms.score_arrived.is_set, "the first worker is at it")
    kill(worker)
    gate.set()
    assert house.let_leases_run_out(ScorePush) == 1

    cluster.programs.start("cli", "worker")
    cluster.programs.start("cli", "beat")
    await_that(lambda: house.waiting_scores() == 0, "the score is sent")
    assert [heard[-1] for heard in house.lms.grades.values()] == [(1, 15)]


def test_a_single_worker_process_that_is_killed_is_replaced_and_its_work_done(cluster: Cluster) -> None:
    gate = threading.Event()
    house = cluster.house
    house.lms.answers["scores"].append(Answer(500, gate=gate))
    worker = cluster.programs.start("cli", "worker", "--concurrency", "1")
    cluster.programs.start("cli", "beat")
    house.answer_here(house.learners[0], 2, "Ja")
    await_that(house.lms.score_arrived.is_set, "the process is at it")
    os.kill(children(worker)[0], signal.SIGKILL)
    gate.set()
    assert house.let_leases_run_out(ScorePush) == 1
    await_that(lambda: house.waiting_scores() == 0, "the score is sent")


def test_wrong_sign_ins_are_counted_in_redis_for_all_web_processes_together(cluster: Cluster) -> None:
    browser = cluster.house.app.test_client()
    wrong = {"username": "ada", "password": "wrong password"}
    assert browser.post("/sign-in", data=wrong, base_url="https://localhost").status_code == 422
    with jobs.queue.connection_for_write() as connection:
        assert connection.default_channel.client.keys("LIMITS:*sign_in*")


def test_without_redis_answers_are_still_taken_and_people_can_sign_in(database_url: str, tmp_path: Path) -> None:
    """The work stays behind as rows. Waiting for a broker that is away must not feel like a crash."""
    with campus(database_url, tmp_path, 0, broker_url=f"redis://127.0.0.1:{free_port()}/0") as house:
        jobs.queue._after_fork()
        house.add_learners(1)
        began = time.monotonic()
        assert house.answer_here(house.learners[0], 2, "Ja").status_code == 200
        assert time.monotonic() - began < 8
        assert house.waiting_scores() == 1
        reply = house.app.test_client().post("/sign-in", data={"username": "nobody", "password": builders.PASSWORD}, base_url="https://localhost")
        assert reply.status_code == 422
