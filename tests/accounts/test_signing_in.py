"""Signing in on Lotse's own pages."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts import service
from accounts.models import Identity, Person, Role
from core import db, sessions
from core.sessions import BrowserSession
from tests import builders


@pytest.fixture
def ada(app: Flask) -> Person:
    """Somebody with a password."""
    with app.app_context():
        organisation = builders.organisation()
        return service.add_local_person(organisation.id, "Ada", builders.PASSWORD, name="Ada Lovelace", roles=(Role.TRAINER,))


def sign_in(client: FlaskClient, username: str = "ada", password: str = builders.PASSWORD, target: str = "") -> object:
    return client.post(f"/sign-in?next={target}", data={"username": username, "password": password})


def test_the_right_password_opens_the_courses_whatever_the_case_of_the_name(client: FlaskClient, ada: Person) -> None:
    assert sign_in(client, " ADA ").location == "/courses"  # type: ignore[attr-defined]
    assert "Ada Lovelace" in client.get("/courses").text


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("nobody", builders.PASSWORD), ("ada", "x" * 5000), ("", "")])
def test_anything_else_is_refused_with_the_same_words(client: FlaskClient, ada: Person, username: str, password: str) -> None:
    response = sign_in(client, username, password)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert client.get("/courses").status_code == 302


def test_one_comes_back_to_the_page_that_one_asked_for(client: FlaskClient, ada: Person) -> None:
    assert client.get("/certificates").location == "/sign-in?next=/certificates"
    assert sign_in(client, target="/certificates").location == "/certificates"  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_a_foreign_site(client: FlaskClient, ada: Person, target: str) -> None:
    assert sign_in(client, target=target).location == "/courses"  # type: ignore[attr-defined]


def test_ten_wrong_passwords_a_minute_are_enough(app: Flask, ada: Person) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    from_one_place = app.test_client()
    statuses = [sign_in(from_one_place, password="wrong").status_code for _ in range(11)]  # type: ignore[attr-defined]
    assert statuses == [422] * 10 + [429]


def test_the_session_gets_a_new_id_at_sign_in_and_ends_in_the_database_at_sign_out(app: Flask, client: FlaskClient, ada: Person) -> None:
    client.get("/sign-in")
    sign_in(client)
    secret = client.get_cookie(sessions.DIRECT_COOKIE)
    assert secret is not None
    copy = app.test_client()
    copy.set_cookie(sessions.DIRECT_COOKIE, secret.value, secure=True)
    assert copy.get("/courses").status_code == 200
    client.post("/sign-out")
    assert copy.get("/courses").status_code == 302


def test_the_database_keeps_no_session_id_that_lets_anybody_in(app: Flask, client: FlaskClient, ada: Person) -> None:
    sign_in(client)
    secret = client.get_cookie(sessions.DIRECT_COOKIE)
    assert secret is not None
    with app.app_context():
        ids = db.session.scalars(select(BrowserSession.id)).all()
    assert ids
    assert secret.value not in ids


def test_the_cookie_is_for_this_host_only_and_not_for_scripts(client: FlaskClient, ada: Person) -> None:
    header = sign_in(client).headers["Set-Cookie"]  # type: ignore[attr-defined]
    assert header.startswith("__Host-lotse=")
    assert all(word in header for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


def test_passwords_are_kept_as_argon2(app: Flask, ada: Person) -> None:
    with app.app_context(), db.unscoped():
        assert str(db.session.scalars(select(Identity.password_hash)).one()).startswith("$argon2id$")


def test_a_short_password_is_refused(app: Flask) -> None:
    with app.app_context():
        organisation = builders.organisation()
        with pytest.raises(service.AccountError, match="12"):
            service.add_local_person(organisation.id, "eve", "short")


def test_making_a_person_twice_makes_one(app: Flask, ada: Person) -> None:
    with app.app_context():
        service.add_local_person(ada.organisation_id, "ada", "another long password", roles=(Role.TRAINER, Role.LEARNER))
        with db.scoped(ada.organisation_id):
            assert db.session.scalar(select(func.count(Person.id))) == 1


def test_the_same_name_in_two_universities_is_two_people(app: Flask, ada: Person) -> None:
    with app.app_context():
        other = builders.organisation("anderswo")
        service.add_local_person(other.id, "ada", "her own long password")
        assert service.sign_in(other.id, "ada", builders.PASSWORD) is None
        assert service.sign_in(ada.organisation_id, "ada", builders.PASSWORD) is not None


def test_an_email_address_never_merges_two_people(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        with db.transaction():
            one = service.find_or_add("https://moodle.example", "3", email="ada@uni.example")
            two = service.find_or_add("https://ilias.example", "3", email="ada@uni.example")
        assert one.id != two.id
