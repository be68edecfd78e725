"""Real rows for tests: a university, its people, a small course in two languages, and signed-in browsers."""

from collections.abc import Mapping

from flask import Flask, current_app
from flask.testing import FlaskClient

from accounts import service as accounts
from accounts.models import Organisation, Person, Role
from core import db, sessions
from courses import service as courses
from courses.models import Edition, Enrolment, Run

PASSWORD = "correct horse battery"

COURSE = """\
id: kurs
title: {de: "Ein kleiner Kurs", en: "A small course"}
description: {de: "Worum es geht.", en: "What it is about."}
audience: [students]
languages: [de, en]
licence: CC-BY-4.0
thresholds: {participation: 50, achievement: 60}
certificate: {hours: 2}
modules: [01-eins]
"""

MODULE = """\
---
id: eins
title: {{de: "Eins", en: "One"}}
lang: {language}
minutes: 5
audience: [students]
competencies: []
pass: 60
license: CC-BY-4.0
---

# {heading}

{text}

::: single {{#farbe points=1 attempts=2}}
{question}
( ) {wrong}
    > FEEDBACK-WRONG {language}
(x) {right}
    > FEEDBACK-RIGHT {language}
? HINT-ONE {language}
? HINT-TWO {language}
! EXPLANATION {language}
:::

::: multi {{#zahlen points=2 scoring=partial}}
{numbers}
[x] 2
    > 2 FEEDBACK
[ ] 4
    > 4 FEEDBACK
[x] 3
    > 3 FEEDBACK
:::

::: numeric {{#rechnen points=1}}
{sum}
= 4 +- 0
:::
"""

GERMAN = MODULE.format(
    language="de", heading="Anfang", text="Ein Satz über *Farben*.", question="Welche Farbe hat der Himmel?", wrong="Grün", right="Blau",
    numbers="Welche Zahlen sind Primzahlen?", sum="Was ist 2 + 2?",
)
ENGLISH = MODULE.format(
    language="en", heading="Beginning", text="A sentence about *colours*.", question="Which colour is the sky?", wrong="Green", right="Blue",
    numbers="Which numbers are prime?", sum="What is 2 + 2?",
)
FILES: Mapping[str, bytes] = {
    "course.yml": COURSE.encode(),
    "competences.yml": b"[]\n",
    "01-eins/module.de.md": GERMAN.encode(),
    "01-eins/module.en.md": ENGLISH.encode(),
}


def organisation(slug: str = "musterstadt") -> Organisation:
    """A university; the database session acts for it from here on."""
    found = accounts.add_organisation(slug, f"Universität {slug.capitalize()}", "Zentrum für Digitale Lehre")
    db.act_for(found.id)
    return found


def person(name: str = "Ada Lovelace", username: str = "", roles: tuple[Role, ...] = ()) -> Person:
    """Somebody in the organisation acted for, known by a local identity without a password."""
    with db.transaction():
        found = accounts.find_or_add(accounts.LOCAL, username or name.casefold(), name=name)
        for role in roles:
            accounts.grant(found.id, role)
    return found


def edition(files: Mapping[str, bytes] = FILES) -> Edition:
    """The small course, published in the organisation acted for."""
    return courses.publish("kurs", {"de": "Ein kleiner Kurs", "en": "A small course"}, files)


def run(files: Mapping[str, bytes] = FILES) -> Run:
    """The open run of the small course."""
    published = edition(files)
    return courses.open_run(published.course_id, "kurs")


def enrolment(who: Person | None = None, files: Mapping[str, bytes] = FILES, role: Role = Role.LEARNER) -> Enrolment:
    """A learner in the open run of the small course; makes what is missing."""
    return courses.enrol(run(files).id, (who or person()).id, role)


def browser(app: Flask, who: Person) -> FlaskClient:
    """A browser in which this person is signed in."""
    opened = app.session_interface
    assert isinstance(opened, sessions.DatabaseSessions)
    secret = opened.create({"_user_id": str(who.id), "organisation_id": who.organisation_id, "_fresh": True})
    client = current_app.test_client()
    client.set_cookie(sessions.DIRECT_COOKIE, secret, secure=True)
    return client
