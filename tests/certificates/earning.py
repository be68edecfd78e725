"""Certificates earned for real: rows made by the same signal that the course sends."""

from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts.models import Person
from certificates.models import Certificate
from core import db
from core.signals import completed
from courses.models import Enrolment
from tests import builders

COURSE = """\
id: kurs
title: {de: "KI-Kompetenz an der Hochschule", en: "AI literacy at university"}
audience: [students]
languages: [de, en]
licence: CC-BY-4.0
certificate:
  hours: 30
  ects: 1
  level: DQR/EQR 6
  assessment: {de: Onlineprüfung ohne Aufsicht, en: Online examination without supervision}
  participation: {de: "Online, zeitlich frei", en: "Online, self-paced"}
  quality_assurance: {de: Fachliche Begutachtung, en: Expert review}
  competences: [kk.token, kk.check]
modules: [01-eins]
"""
COMPETENCES = """\
- id: kk.token
  title: {de: "Erklären, wie Sprachmodelle schreiben", en: Explain how language models write}
- id: kk.check
  title: {de: Antworten prüfen, en: Check answers}
- id: kk.other
  title: {de: Nicht auf dem Zertifikat, en: Not on the certificate}
"""
FILES = {**builders.FILES, "course.yml": COURSE.encode(), "competences.yml": COMPETENCES.encode()}


@dataclass
class Holder:
    """Somebody with a certificate, and their browser."""

    person: Person
    enrolment: Enrolment
    browser: FlaskClient

    def open(self, path: str, method: str = "GET", data: Mapping[str, Any] | None = None, **headers: str) -> TestResponse:
        """Open one of the holder's pages."""
        return request(self.browser, path, method, data, **headers)

    def certificate(self) -> Certificate:
        """The newest row as it is in the database now."""
        db.session.commit()
        db.act_for(self.person.organisation_id)
        return db.session.scalars(
            select(Certificate).where(Certificate.enrolment_id == self.enrolment.id).order_by(Certificate.id.desc()).limit(1)
            .execution_options(populate_existing=True)
        ).one()


def request(browser: FlaskClient, path: str, method: str = "GET", data: Mapping[str, Any] | None = None, **headers: str) -> TestResponse:
    """A request as it comes from outside: the app context of the test must not lend it its language or its person."""
    headers = {"Accept-Language": "en", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Context().run(browser.open, path, method=method, data=data, headers=headers, base_url="https://localhost")


def complete(enrolment: Enrolment, award: str = "achievement") -> None:
    """What assessments does when a threshold is reached."""
    with db.transaction():
        completed.send("assessments", enrolment=enrolment, award=award)


def learner(app: Flask, name: str | None = "Ada Lovelace", language: str = "de") -> Holder:
    """A learner who has not earned anything yet."""
    person = builders.person(name or "Nobody", username="somebody" if name is None else name)
    with db.transaction():
        person.name, person.language = name, language
    return Holder(person, builders.enrolment(person, FILES), builders.browser(app, person))


def earn(app: Flask, name: str | None = "Ada Lovelace", *, award: str = "achievement", language: str = "de") -> Holder:
    """A learner who has just earned a certificate; eager jobs have printed it if a name was there."""
    builders.organisation()
    holder = learner(app, name, language)
    complete(holder.enrolment, award)
    return holder
