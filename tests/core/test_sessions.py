"""Many launches side by side in one browser, and none for another one."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user
from sqlalchemy import update

from core import db, sessions
from core.sessions import BROWSER_COOKIE, BrowserSession, DatabaseSessions
from tests import builders

BROWSER = "browser-secret-of-this-test"


@pytest.fixture
def launches(app: Flask) -> tuple[str, str]:
    """Two launches of two people in one browser."""
    with app.app_context():
        builders.organisation()
        return _launch(app, "Ada"), _launch(app, "Grace")


def _launch(app: Flask, name: str) -> str:
    who = builders.person(name)
    interface = app.session_interface
    assert isinstance(interface, DatabaseSessions)
    return interface.create({"_user_id": str(who.id), "organisation_id": who.organisation_id}, browser=BROWSER)


def opened(app: Flask, browser: str = BROWSER) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(BROWSER_COOKIE, browser, secure=True)
    return client


def test_each_launch_keeps_its_person(app: Flask, launches: tuple[str, str]) -> None:
    client = opened(app)
    for launch, name in zip(launches, ("Ada", "Grace"), strict=True):
        assert client.get(f"/l/{launch}/courses").status_code == 200
        with client:
            client.get(f"/l/{launch}/courses")
            assert current_user.name == name


def test_links_stay_inside_the_launch(app: Flask, launches: tuple[str, str]) -> None:
    assert f'href="/l/{launches[0]}/certificates"' in opened(app).get(f"/l/{launches[0]}/courses").text


@pytest.mark.parametrize("browser", ["", "another-browser"])
def test_an_address_that_was_passed_on_opens_nothing(app: Flask, launches: tuple[str, str], browser: str) -> None:
    client = opened(app, browser) if browser else app.test_client()
    response = client.get(f"/l/{launches[0]}/courses", headers={"Accept-Language": "en"})
    assert response.status_code == 401
    assert "open the link in your learning platform again" in response.text.lower()


def test_a_launch_id_is_no_direct_sign_in(app: Flask, launches: tuple[str, str]) -> None:
    client = opened(app)
    client.set_cookie(sessions.DIRECT_COOKIE, launches[0], secure=True)
    assert client.get("/courses").status_code == 302


def test_a_direct_sign_in_is_no_launch(app: Flask, launches: tuple[str, str]) -> None:
    interface = app.session_interface
    assert isinstance(interface, DatabaseSessions)
    with app.app_context():
        secret = interface.create({"_user_id": "1", "organisation_id": 1})
    assert opened(app).get(f"/l/{secret}/courses").status_code == 401


def test_a_session_ends_with_its_time(app: Flask, launches: tuple[str, str]) -> None:
    with app.app_context(), db.transaction() as tx:
        tx.execute(update(BrowserSession).values(expires_at=db.now() - timedelta(seconds=1)))
    assert opened(app).get(f"/l/{launches[0]}/courses").status_code == 401
    with app.app_context():
        sessions.sweep_expired()
        assert db.session.query(BrowserSession).count() == 0


def test_a_visitor_who_only_reads_gets_no_cookie_and_no_row(app: Flask) -> None:
    response = app.test_client().get("/health")
    assert "Set-Cookie" not in response.headers
    with app.app_context():
        assert db.session.query(BrowserSession).count() == 0
