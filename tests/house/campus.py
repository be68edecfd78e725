"""A university whose learners came through real launches, and answer over real HTTP."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from accounts.models import Identity
from app import create_app
from assessments.kinds.item import key_of
from bench.house import CSRF, csrf_value
from core import db, sessions
from core.jobs import WorkState
from courses.models import Enrolment
from lti.models import ScorePush
from tests import builders
from tests.conftest import forget_kept, settings_for
from tests.lti.lms import Browser, Lms

QUESTIONS = 15
_COURSE = """\
id: kurs
title: {de: Kurs, en: Course}
languages: [de]
audience: [students]
licence: CC-BY-4.0
modules: [01-eins]
"""
_QUESTION = """
::: single {{#frage-{number} points=1 attempts=1}}
Frage {number}?
( ) Nein
(x) Ja
:::
"""
_FRONT = "---\nid: eins\ntitle: {de: Eins, en: One}\n---\n"


def course() -> dict[str, bytes]:
    """A course folder with so many questions."""
    text = _FRONT + "".join(_QUESTION.format(number=number) for number in range(1, QUESTIONS + 1))
    return {"course.yml": _COURSE.encode(), "competences.yml": b"[]\n", "01-eins/module.de.md": text.encode()}


@dataclass(frozen=True)
class Learner:
    """Somebody in the course: as the platform calls them, and as their browser is signed in."""

    user_id: str
    enrolment_id: int
    cookie: str


@dataclass
class Campus:
    """The house's rows and the platform; the processes are started by the test."""

    app: Flask
    lms: Lms
    organisation_id: int
    port: int
    run_id: int = 0
    learners: list[Learner] = field(default_factory=list)

    def add_learners(self, count: int) -> None:
        """Bring learners in by launches, and sign their browsers in."""
        for number in range(count):
            assert Browser(self.app, self.lms).launch(sub=f"learner-{number}").status_code == 303
        rows = db.session.execute(
            select(Identity.subject, Identity.person_id, Enrolment.id, Enrolment.run_id).join(Enrolment, Enrolment.person_id == Identity.person_id)
        ).all()
        self.learners = [Learner(row.subject, row.id, self._sign_in(row.person_id)) for row in rows]
        self.run_id = rows[0].run_id
        db.session.commit()

    def _sign_in(self, person_id: int) -> str:
        opened = self.app.session_interface
        assert isinstance(opened, sessions.DatabaseSessions)
        data = {"_user_id": str(person_id), "organisation_id": self.organisation_id, "_fresh": True, "csrf_token": CSRF}
        return f"{sessions.DIRECT_COOKIE}={opened.create(data)}"

    def answer(self, learner: Learner, number: int, text: str) -> int:
        """Post an answer to the server; the status, or 0 when the connection broke."""
        path, form, headers = self._form(learner, number, text)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, urlencode(form), headers)
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def answer_here(self, learner: Learner, number: int, text: str) -> TestResponse:
        """Post an answer to a web process that is this one."""
        path, form, headers = self._form(learner, number, text)
        return Context().run(self.app.test_client(use_cookies=False).post, path, data=form, headers=headers)

    def _form(self, learner: Learner, number: int, text: str) -> tuple[str, dict[str, str], dict[str, str]]:
        item = f"frage-{number}"
        form = {"csrf_token": csrf_value(self.app), "attempt": "1", "answer": key_of(item, text)}
        headers = {
            "Cookie": learner.cookie, "HX-Request": "true", "Accept-Language": "en", "Content-Type": "application/x-www-form-urlencoded",
        }
        return f"/courses/{self.run_id}/eins/{item}/answer", form, headers

    def waiting_scores(self) -> int:
        """How many scores are still to be sent."""
        db.session.rollback()
        open_ = ScorePush.state.in_((WorkState.DUE, WorkState.RUNNING))
        return db.session.scalar(select(func.count(ScorePush.id)).where(open_)) or 0

    def let_leases_run_out(self, model: type[db.Base]) -> int:
        """Three minutes later, as the rows see it: whoever held one of these is gone for good. How many were held?"""
        with db.transaction() as tx:
            held = list(tx.scalars(select(model.id).where(model.state == WorkState.RUNNING)))  # type: ignore[attr-defined]
            tx.execute(update(model).where(model.id.in_(held)).values(lease_until=db.now()))  # type: ignore[attr-defined]
        return len(held)


@contextmanager
def campus(database_url: str, folder: Path, port: int, **given: str) -> Iterator[Campus]:
    """The block runs in an app context that acts for the one organisation."""
    app = create_app(settings_for(database_url, folder, **given), testing=True)
    app.config["WTF_CSRF_ENABLED"] = False
    forget_kept()
    lms = Lms()
    try:
        with app.app_context():
            organisation = builders.organisation()
            builders.edition(course())
            lms.register(organisation.id)
            yield Campus(app, lms, organisation.id, port)
    finally:
        lms.close()
        db.session.remove()
        app.extensions["engine"].dispose()


@dataclass
class Classroom:
    """All learners answer all questions, several at a time, and try again until each answer is taken."""

    campus: Campus
    clients: int
    accepted: set[tuple[int, int]] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)
    up: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Start answering."""
        self.up.set()
        for number in range(self.clients):
            thread = threading.Thread(target=self._answer_all, args=(self.campus.learners[number :: self.clients],), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _answer_all(self, learners: list[Learner]) -> None:
        for number in range(1, QUESTIONS + 1):
            for learner in learners:
                self._answer(learner, number)

    def _answer(self, learner: Learner, number: int) -> None:
        """The first question wrong, all others right: nobody reaches a certificate here."""
        for _ in range(200):
            status = self.campus.answer(learner, number, "Nein" if number == 1 else "Ja")
            if status == 200:
                self.accepted.add((learner.enrolment_id, number))
                return
            if status not in (0, 503):
                self.refused.append(status)
                return
            self.up.wait(30)
        self.refused.append(0)

    def took(self, count: int) -> bool:
        """Whether so many answers have been accepted; fails as soon as one was refused."""
        assert not self.refused, f"refused with {self.refused}"
        return len(self.accepted) >= count

    def finish(self, seconds: float) -> None:
        """Wait until everybody is through."""
        for thread in self.threads:
            thread.join(seconds)
            assert not thread.is_alive(), f"{len(self.accepted)} answers after {seconds} s"
