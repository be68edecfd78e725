"""Thirty learners at once before one small model, and one of the two web processes is killed over it: everybody is answered once."""

import http.client
import os
import re
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select

from assessments.models import Attempt, Completion, Grade
from bench.house import CSRF, csrf_value
from core import db, sessions
from core.jobs import WorkState
from gateway.embedded import AT_ONCE
from gateway.models import Pot, Reservation, Usage, Waiting
from tests import builders
from tests.assessments.prompt_page import FILES, announce
from tests.conftest import SECRET
from tests.gateway.faults import WORDS, FaultServer, Reply
from tests.house.campus import campus
from tests.house.running import Programs, await_that, children
from tests.ports import free_port

LEARNERS = 30
LOOK_EVERY = 1.5           # seconds, as the page does
AT_LAST = 120.0            # seconds, on the busiest of machines
QUICK = {"secret_key": SECRET, "model": "none", "sweep_seconds": "1", "outgoing_hosts": "127.0.0.1"}
PLACE = re.compile(r"You are number \d+\.</strong> <span[^>]*>About \d+ (seconds|minutes?)\.")


@dataclass
class Pupil:
    """A learner's page with its scripts: sends, watches, asks for its place, and looks for the outcome."""

    port: int
    path: str
    cookie: str
    csrf: str
    told: bool = False                                                  # their place and the expected wait
    refused: list[tuple[str, int, str]] = field(default_factory=list)   # address, status, body
    question: str = ""

    def work(self) -> None:
        """Until the answer is on the page."""
        end = time.monotonic() + AT_LAST
        live = ""
        while not live and time.monotonic() < end:
            found = re.search(r'data-live="([^"]+)"', self._ask("POST", f"{self.path}/quelle/try"))
            live = found[1] if found else ""
        self._ask("GET", f"{live}/stream")
        while not self.question and time.monotonic() < end:
            self.question = self._ask("GET", f"{live}/question?fresh")
            if not self.question:
                self.told |= bool(PLACE.search(self._ask("GET", f"{live}/place")))
                time.sleep(LOOK_EVERY)

    def _ask(self, method: str, path: str) -> str:
        headers = {"Cookie": self.cookie, "HX-Request": "true", "Accept-Language": "en", "Content-Type": "application/x-www-form-urlencoded"}
        form = urlencode({"csrf_token": self.csrf, "attempt": "1", "prompt": "Answer from the source."}) if method == "POST" else None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, form, headers)
            response = connection.getresponse()
            said = response.read().decode()
        except (OSError, http.client.HTTPException):
            return ""  # The process died; the page asks again.
        finally:
            connection.close()
        if response.status not in (200, 204):
            self.refused.append((path, response.status, said))
        return said


@pytest.mark.skipif(sys.platform != "linux", reason="which process a model is just answering is read from /proc")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # As small machines have it; the line's own tests run on both.
def test_thirty_at_once_are_all_answered_once_though_a_process_is_killed(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    with (
        FaultServer() as model, campus(database_url, tmp_path, port) as house,
        Programs(tmp_path, database_url=database_url, data_dir=str(tmp_path), **QUICK) as programs,
    ):
        announce(model, tmp_path)
        model.replies = [Reply(slow=0.04)]
        pupils = _class(house.app, port)
        server = programs.serve(port, "tests.house.impatient:app")
        threads = [threading.Thread(target=pupil.work, daemon=True) for pupil in pupils]
        for thread in threads:
            thread.start()
        await_that(lambda: _graded() >= LEARNERS // 5, "a fifth is answered")
        model.replies, asked = [Reply(hang=(gate := threading.Event()))], len(model.requests)
        await_that(lambda: len(model.requests) >= asked + AT_ONCE, "both places are taken by answers in the middle")
        os.kill(_at_work(children(server), model), signal.SIGKILL)
        model.replies = [Reply(slow=0.04)]
        gate.set()
        for thread in threads:
            thread.join(AT_LAST)

        assert [pupil.refused for pupil in pupils if pupil.refused] == []
        assert _rows() == {(WorkState.DONE, None, 1, 1)}
        assert _graded() == LEARNERS < len(model.requests)   # What died in the middle was asked for again.
        assert all("".join(WORDS) in pupil.question for pupil in pupils)
        assert sum(pupil.told for pupil in pupils) > LEARNERS / 2
        assert db.session.scalars(select(Waiting.cause).where(Waiting.ended_at.is_(None))).all() == []
        assert db.session.scalars(select(Reservation.cause)).all() == []
        booked = db.session.scalar(select(func.sum(Usage.prompt_tokens + Usage.completion_tokens)))
        assert db.session.scalars(select(Pot.tokens).where(Pot.account == "organisation")).all() == [booked]


def _class(app: Flask, port: int) -> list[Pupil]:
    opened, found = app.session_interface, []
    assert isinstance(opened, sessions.DatabaseSessions)
    for number in range(LEARNERS):
        enrolment = builders.enrolment(builders.person(f"Learner {number}"), FILES)
        data = {"_user_id": str(enrolment.person_id), "organisation_id": enrolment.organisation_id, "_fresh": True, "csrf_token": CSRF}
        cookie = f"{sessions.DIRECT_COOKIE}={opened.create(data)}"
        found.append(Pupil(port, f"/courses/{enrolment.run_id}/eins", cookie, csrf_value(app)))
    db.session.commit()
    return found


def _at_work(processes: list[int], model: FaultServer) -> int:
    """A web process that the model is just answering."""
    found: list[int] = []

    def look() -> list[int]:
        asking = _connections_to(int(model.url.split(":")[2].removesuffix("/v1")))
        found.extend(pid for pid in processes if asking & _sockets_of(pid))
        return found

    await_that(look, "a process asks the model")
    return found[0]


def _connections_to(port: int) -> set[str]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01"}  # Established.


def _sockets_of(pid: int) -> set[str]:
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # Closed meanwhile.
            found.add(os.readlink(file))
    return found


def _graded() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Grade.id))) or 0


def _rows() -> set[tuple[WorkState, str | None, int, int]]:
    """State, error, and the numbers of grades and answers, of all attempts."""
    db.session.rollback()
    grades = select(func.count(Grade.id)).where(Grade.attempt_id == Attempt.id).scalar_subquery()
    answers = select(func.count(Completion.id)).where(Completion.attempt_id == Attempt.id).scalar_subquery()
    return {tuple(row) for row in db.session.execute(select(Attempt.state, Attempt.error, grades, answers))}
