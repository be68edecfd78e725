"""A small course of some blocks, and a browser of a learner or lecturer in it."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import Role
from core import db
from courses import service as courses
from courses.models import Enrolment
from modules.split import split
from tests import builders

HEAD = '---\nid: eins\ntitle: {{de: "Eins", en: "One"}}\nlang: {language}\nminutes: 5\ncompetencies: []\n---\n\n# Text\n\n'


def files(text: str, english: str = "", **more: str) -> Mapping[str, bytes]:
    """The folder of a course whose only module has this text. `more`: further files, with __ for / and _ for . in their names."""
    extra = {name.replace("__", "/").replace("_", "."): content.encode() for name, content in more.items()}
    modules = {f"01-eins/module.{language}.md": (HEAD.format(language=language) + body).encode() for language, body in (("de", text), ("en", english or text))}
    assert not split(text, path="m.md", language="de").findings
    return {"course.yml": builders.COURSE.encode(), "competences.yml": b"[]\n", **modules, **extra}


def rows(app: Flask, model: type[Any]) -> list[Any]:
    """What stands in a table, in the order in which it was written."""
    with app.app_context(), db.unscoped():
        return list(db.session.scalars(select(model).order_by(model.id)))


def learner(app: Flask, name: str, course: Mapping[str, bytes], role: Role = Role.LEARNER) -> tuple[FlaskClient, Enrolment]:
    """Somebody in the open run of the course, and their browser. Call in an app context in which an organisation is acted for."""
    who = builders.person(name)
    enrolment = courses.enrol(builders.run(course).id, who.id, role)
    client = builders.browser(app, who)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client, enrolment
