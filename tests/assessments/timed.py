"""A house whose clock a test sets, and a learner's page in a course of the test's own."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from accounts.models import Person
from core import db
from courses.models import Enrolment
from tests import builders
from tests.assessments.kinds_course import HEAD
from tests.assessments.page import QuestionPage

TWO = """\
::: single {#farbe points=2 attempts=2 show=SHOW}
Welche Farbe?
( ) Rot
    > FEEDBACK-WRONG
(x) Blau
    > FEEDBACK-RIGHT
! EXPLANATION
:::

::: numeric {#zahl points=1 attempts=1}
Wie viel?
= 4 +- 0
:::
"""


def course(text: str = TWO, *, head: str = "", course: str = "", show: str = "now", **more: str) -> Mapping[str, bytes]:
    """A course of one module with these lines in its head, and in course.yml."""
    extra = {name.replace("__", "/").replace("_", "."): content.encode() for name, content in more.items()}
    body = text.replace("SHOW", show)
    modules = {
        f"01-eins/module.{language}.md": (HEAD.format(language=language).replace("minutes: 5\n", f"minutes: 5\n{head}") + body).encode()
        for language in ("de", "en")
    }
    return {"course.yml": (builders.COURSE + course).encode(), "competences.yml": b"[]\n", **modules, **extra}


class Time:
    """What the house takes for the present; a test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real, self.shift = db.now, timedelta(0)
        monkeypatch.setattr(db, "now", lambda: self._real() + self.shift)

    def passes(self, **much: float) -> None:
        """Let time pass."""
        self.shift += timedelta(**much)


def page(app: Flask, enrolment: Enrolment, where: str = "eins") -> QuestionPage:
    """The learner's page in English, in another browser each time."""
    with app.app_context():
        db.act_for(enrolment.organisation_id)
        person = db.session.get(Person, enrolment.person_id)
        assert person is not None
        client = builders.browser(app, person)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return QuestionPage(client, f"/courses/{enrolment.run_id}/{where}")


def begin(page: QuestionPage) -> Any:
    """Press the button."""
    found = re.search(r'action="([^"]+/begin)"', page.client.get(page.path).text)
    assert found
    return page.client.post(found[1], data={"page": page.path})
