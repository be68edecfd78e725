"""The demonstration in a process of its own, with a person at every point of the way from the first page to a withdrawn certificate.

    python -m tests.browser.demonstration FOLDER

FOLDER holds a migrated lotse.sqlite3. One line of JSON says where everything is (stage.Stage); it ends when its input does.
"""

import json
import sys
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from typing import NoReturn

from flask import Flask, abort
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from accounts import service as accounts
from accounts.models import Person
from assessments import service, sittings
from assessments.drawing import own_items
from assessments.items import items
from certificates import service as certificates
from certificates.models import Award, Certificate, Reason
from core import db, sessions
from core.config import settings
from core.jobs import WorkState
from courses import service as courses
from courses.models import Enrolment
from demo import campus
from demo.lms import create_lms
from demo.seed import SLUG, seed
from modules.service import parsed
from tests import builders
from tests.assessments.prompt_page import FILES
from tests.browser.answers import ALL, NONE, SOME, answer
from tests.browser.stage import Actor, Stage
from tests.demo.house import serving_lotse
from tests.demo.servers import serving
from tests.ports import free_port

PEOPLE = {
    "beginner": "Lena Ahrens", "learner": "Yunus Çelik", "graduate": "Dr. Anna-Lena Freifrau von Müller-Lüdenscheidt",
    "open": "Ξένια Øystein Đặng", "nameless": None, "waiting": "Nadia Benali", "delayed": "Piotr Żółć", "withdrawn": "Tomasz Wieczorek",
}


def main(folder: Path) -> None:
    """Serve Lotse and the stand-in LMS, with everybody in place, until the input ends."""
    port, lms_port = free_port(), free_port()
    lotse, platform = f"http://localhost:{port}", f"http://127.0.0.1:{lms_port}"
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port, demo_lms_url=platform) as app:
        with_problems(app)
        with app.app_context():
            password = json.loads(seed(settings()).read_text())["sign_ins"][0]["password"]
            lms = create_lms(settings())
            run_id, actors = _cast(app)
        with serving(lms, lms_port):
            sys.stdout.write(json.dumps(asdict(Stage(lotse, platform, run_id, password, actors))) + "\n")
            sys.stdout.flush()
            sys.stdin.read()


def with_problems(app: Flask) -> None:
    """Pages that fail in every way in which a page can."""

    def fail(status: int) -> NoReturn:
        if status == 503:
            raise OperationalError("select 1", {}, Exception("database is locked"))
        if status == 500:
            raise RuntimeError("made for a test")
        abort(status)

    app.add_url_rule("/fail/<int:status>", view_func=fail)


def _cast(app: Flask) -> tuple[int, dict[str, Actor]]:
    organisation = accounts.organisation(SLUG)
    assert organisation is not None
    db.act_for(organisation.id)
    builders.run(FILES)
    course = courses.course(campus.LOTSE_COURSE)
    assert course is not None
    run = courses.open_run(course.id, course.slug)
    return run.id, {role: _actor(app, run.id, role, name) for role, name in PEOPLE.items()}


def _actor(app: Flask, run_id: int, role: str, name: str | None) -> Actor:
    with db.transaction():
        person = accounts.find_or_add(accounts.LOCAL, f"actor-{role}", name=name, language="de")
    enrolment = courses.enrol(run_id, person.id)
    every = parsed(enrolment.edition_id).module_ids
    for module in every if role != "beginner" else ():
        courses.visit(enrolment, module)
    if role == "learner":
        _answer(enrolment, campus.LOTSE_MODULE, ALL, NONE, SOME)
    elif role != "beginner":
        for module in every:
            _answer(enrolment, module, ALL)
        _dress(enrolment, role)
    certificate = _achievement(enrolment)
    return Actor(_cookie(app, person), certificate.id if certificate else None, certificate.code if certificate else None)


def _answer(enrolment: Enrolment, module: str, *ways: str) -> None:
    """Every question of a module that is graded at once, in one of these ways after the other; a test is begun first."""
    how = cycle(ways)
    if parsed(enrolment.edition_id).module(module, "de").time_limit:
        sittings.begin(enrolment, module)
    for item in map(items(enrolment.edition_id, module, "de").get, own_items(enrolment.edition_id, module, str(enrolment.id))):
        if item and item.kind not in ("prompt", "grounded", "survey"):
            service.submit(enrolment, module, item.id, "de", 1, answer(item, next(how)))


def _dress(enrolment: Enrolment, role: str) -> None:
    """Put the certificate into the state that the role stands for."""
    certificate = _achievement(enrolment)
    assert certificate is not None
    if role == "withdrawn":
        certificates.withdraw(certificate.code, Reason.ERROR)
    elif role == "open":
        certificates.set_consent(certificate, name=True, files=True)
    elif role in ("waiting", "delayed"):
        with db.transaction():
            certificate.state, certificate.pdf = WorkState.DUE, None
            certificate.error = "no room on the disk" if role == "delayed" else None


def _achievement(enrolment: Enrolment) -> Certificate | None:
    return db.session.scalars(
        select(Certificate).where(Certificate.enrolment_id == enrolment.id, Certificate.award == Award.ACHIEVEMENT)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _cookie(app: Flask, person: Person) -> str:
    opened = app.session_interface
    assert isinstance(opened, sessions.DatabaseSessions)
    return opened.create({"_user_id": str(person.id), "organisation_id": person.organisation_id, "_fresh": True})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
