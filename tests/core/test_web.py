"""What every page has."""

import sqlite3

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from core.web import Problem

PAGES = ("/sign-in", "/", "/nothing-here", "/static/dist/manifest.json")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_foreign_scripts_frames_and_guessing_of_types(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in headers


@pytest.mark.parametrize("path", ["/sign-in", "/"])
def test_no_page_carries_inline_script_or_style(client: FlaskClient, path: str) -> None:
    html = client.get(path).text
    assert "style=" not in html
    assert "<style" not in html
    assert "onclick" not in html
    assert html.count("<script") == html.count("<script src=")


@pytest.mark.parametrize(("language", "text"), [("de", "Unter dieser Adresse gibt es nichts"), ("en", "There is nothing at this address")])
def test_an_unknown_address_is_explained_in_the_readers_language(client: FlaskClient, language: str, text: str) -> None:
    response = client.get("/nothing-here", headers={"Accept-Language": language})
    assert response.status_code == 404
    assert text in response.text
    assert f'<html lang="{language}">' in response.text


def test_the_chosen_language_stays(client: FlaskClient) -> None:
    assert client.get("/language/en?next=/sign-in").location == "/sign-in"
    assert '<html lang="en">' in client.get("/sign-in", headers={"Accept-Language": "de"}).text


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_switching_the_language_leads_to_no_foreign_site(client: FlaskClient, target: str) -> None:
    assert client.get(f"/language/en?next={target}").location == "/"


def test_health_and_readiness_answer(client: FlaskClient) -> None:
    assert client.get("/health").json["status"] == "ok"  # type: ignore[index]
    assert client.get("/ready").status_code == 200


def test_counters_are_for_this_machine_only(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.1.2.3"}).status_code == 404


@pytest.mark.parametrize("reason", ["database is locked", "database or disk is full"])
def test_a_locked_or_full_database_says_that_nothing_was_saved_and_when_to_come_back(app: Flask, reason: str) -> None:
    @app.get("/locked")
    def locked() -> str:
        raise OperationalError("insert", {}, sqlite3.OperationalError(reason))

    response = app.test_client().get("/locked", headers={"Accept-Language": "en"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "not counted" in response.text


def test_a_crash_shows_a_reference_and_no_traceback(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/crash")
    def crash() -> str:
        raise RuntimeError("the secret is hunter2")

    response = app.test_client().get("/crash")
    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert "Traceback" not in response.text


def test_a_problem_is_a_short_message_for_htmx(app: Flask) -> None:
    @app.get("/problem")
    def problem() -> str:
        raise Problem(409, "Too late", "Come back <tomorrow>.")

    response = app.test_client().get("/problem", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert "<html" not in response.text
    assert "&lt;tomorrow&gt;" in response.text


def test_too_large_a_request_is_refused(app: Flask) -> None:
    response = app.test_client().post("/sign-in", data={"username": "x" * (9 << 20)})
    assert response.status_code == 413


def test_a_form_without_its_token_is_refused_and_told_to_reload(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    response = app.test_client().post("/sign-in", data={"username": "ada"}, headers={"Accept-Language": "en"})
    assert response.status_code == 400
    assert "Reload the page" in response.text


def test_built_files_may_be_kept_for_a_year_and_pages_not_at_all(client: FlaskClient) -> None:
    with client.get("/static/dist/manifest.json") as response:
        assert "immutable" in response.headers["Cache-Control"]
    assert client.get("/sign-in").headers["Cache-Control"] == "private, no-store"
