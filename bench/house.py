"""A house for a bench: a fresh database with a course of fifteen questions and many signed-in learners."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from accounts import service as accounts
from accounts.models import Person
from app import create_app
from core import db, sessions
from core.commands import alembic_config
from core.config import Settings
from courses import service as courses

QUESTIONS = 15
CSRF = "a-csrf-token-for-the-bench"

_COURSE = """\
id: bench
title: {de: "Kurs", en: "Course"}
languages: [de]
audience: [students]
licence: CC-BY-4.0
thresholds: {participation: 100, achievement: 100}
modules: [01-eins, 02-zwei]
"""
_FRONT = """\
---
id: {id}
title: {{de: "Ein Modul", en: "A module"}}
lang: de
minutes: 30
audience: [students]
license: CC-BY-4.0
---

"""
_QUESTION = """\
## Abschnitt {number}

Ein Sprachmodell wählt das *wahrscheinlichste* nächste Token, nicht das wahre. Deshalb klingen auch falsche Antworten flüssig,
und wer sie übernimmt, ohne sie zu prüfen, übernimmt die Fehler mit.

::: single {{#frage-{number} points=1 attempts=3}}
Was berechnet ein Sprachmodell bei jedem Schritt, Nummer {number}?
( ) Ob ein Satz wahr ist
    > Wahrheit kommt im Training nicht als Ziel vor.
(x) Wahrscheinlichkeiten für das nächste Token
    > Ja, für jedes Token seines Vokabulars.
( ) Treffer einer Suche im Internet
    > Das tun Produkte um ein Modell herum.
? Denken Sie an die Autovervollständigung.
! Deshalb klingen auch falsche Antworten flüssig.
:::

"""


@dataclass
class House:
    """Where the bench's data is, and who takes part."""

    environ: dict[str, str]
    app: Flask
    run_id: int
    learners: list[Person]
    organisation_id: int

    def cookie(self, person: Person) -> str:
        """A Cookie header's value with which this person is signed in."""
        interface = self.app.session_interface
        assert isinstance(interface, sessions.DatabaseSessions)
        secret = interface.create({
            "_user_id": str(person.id), "organisation_id": self.organisation_id, "_fresh": True, "csrf_token": CSRF,
        })
        return f"{sessions.DIRECT_COOKIE}={secret}"


@contextmanager
def house(learners: int, blocks: str = "") -> Iterator[House]:
    """Build it in a temporary folder, with these blocks in place of the fifteen questions. The block runs in an app context that acts for the one organisation."""
    with tempfile.TemporaryDirectory(prefix="lotse-bench-") as folder:
        environ = {"LOTSE_DATA_DIR": folder, "LOTSE_SECRET_KEY": "bench" * 8, "LOTSE_MODEL": "none"}
        app = create_app(Settings.from_env({**_others(), **environ}))
        with app.app_context():
            command.upgrade(alembic_config(), "head")
            organisation = accounts.add_organisation("bench", "Bench")
            db.act_for(organisation.id)
            edition = courses.publish("bench", {"de": "Kurs"}, _files(blocks))
            run = courses.open_run(edition.course_id, "bench")
            people = _enrol(run.id, learners)
            yield House(environ, app, run.id, people, organisation.id)
            db.session.remove()
            app.extensions["engine"].dispose()


def csrf_value(app: Flask) -> str:
    """The signed form of the bench's CSRF token, as a form would carry it."""
    serializer = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token")
    return str(serializer.dumps(CSRF))


def _others() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}


def _files(blocks: str) -> dict[str, bytes]:
    """Two modules, of which the bench uses one: so nobody reaches a threshold, and no certificate is printed meanwhile."""
    text = _FRONT.format(id="eins") + (blocks or "".join(_QUESTION.format(number=number) for number in range(1, QUESTIONS + 1)))
    other = _FRONT.format(id="zwei") + _QUESTION.format(number=1)
    return {"course.yml": _COURSE.encode(), "01-eins/module.de.md": text.encode(), "02-zwei/module.de.md": other.encode()}


def _enrol(run_id: int, count: int) -> list[Person]:
    with db.transaction() as tx:
        people = [Person(name=f"Person {number}") for number in range(count)]
        tx.add_all(people)
        tx.flush()
        for person in people:
            courses.enrol(run_id, person.id)
    return people

