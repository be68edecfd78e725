"""A university with one course, and a platform that it trusts."""

from collections.abc import Iterator

import pytest
from flask import Flask, g
from sqlalchemy import select

from core import db
from lti.models import LaunchRecord
from lti.service import calls, rosters
from tests import builders
from tests.lti.lms import Browser, Lms


@pytest.fixture
def house(app: Flask) -> Iterator[Flask]:
    """The app with a university and its small course; the test acts inside it."""
    calls.tokens._kept.clear()
    rosters.forget()
    with app.app_context():
        builders.organisation()
        builders.edition()
        yield app


@pytest.fixture
def by_turns(app: Flask) -> None:
    """For tests in which several people ask: the test's own context outlives requests, and would take each for the first one."""
    app.url_value_preprocessor(lambda *_: _forget())  # What runs first in a request.


def _forget() -> None:
    for name in ("_login_user", "_flask_babel"):
        g.pop(name, None)


@pytest.fixture
def lms(house: Flask) -> Iterator[Lms]:
    """A platform that is registered."""
    platform = Lms()
    platform.register(db.acting_for() or 0)
    yield platform
    platform.close()


@pytest.fixture
def browser(house: Flask, lms: Lms) -> Browser:
    """A browser without cookies."""
    return Browser(house, lms)


def reasons() -> list[str]:
    """What became of the launches, in order."""
    return list(db.session.scalars(select(LaunchRecord.reason).order_by(LaunchRecord.id)))
