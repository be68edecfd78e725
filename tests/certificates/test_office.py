"""Administrators find and withdraw any certificate of their organisation, make keys for the registrar's office, and set thresholds."""

import re

from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Role
from certificates import service
from certificates.models import Reason
from certificates.registrar import keys
from core import db
from tests import builders
from tests.certificates.earning import earn, request

BASE = "/admin/certificates"


def administrator(app: Flask) -> FlaskClient:
    """Of the organisation acted for; takes part in no course."""
    return builders.browser(app, builders.person("Vera Verwaltung", roles=(Role.ADMINISTRATOR,)))


def test_a_certificate_is_found_by_what_one_has_of_it_and_not_by_anything_else(app: Flask) -> None:
    with app.app_context():
        row, browser = earn(app).certificate(), administrator(app)
        for typed in (row.code, row.snapshot["address"], row.snapshot["number"], "lovelace", "Lovelace, Ada"):
            assert f'href="{BASE}/{row.id}"' in request(browser, f"{BASE}?q={typed}").text, typed
        for typed in ("", "nobody", "%25", "_", "%01", "MUSTERSTADT-2026-999999999", "x" * 22, "zz " * 100):
            page = request(browser, f"{BASE}?q={typed}")
            assert page.status_code == 200
            assert not re.search(rf'href="{BASE}/\d', page.text), typed


def test_it_is_withdrawn_with_a_reason_once(app: Flask) -> None:
    with app.app_context():
        holder, browser = earn(app), administrator(app)
        path = f"{BASE}/{holder.certificate().id}"
        assert "Withdraw for good" in request(browser, path).text
        assert request(browser, f"{path}/withdraw", "POST").status_code == 422
        assert request(browser, f"{path}/withdraw", "POST", {"reason": "rules"}).status_code == 303
        assert request(browser, f"{path}/withdraw", "POST", {"reason": "error"}).status_code == 303
        assert holder.certificate().withdrawn_reason == Reason.RULES
        page = request(browser, path).text
        assert "Withdraw for good" not in page
        assert "The rules for issuing it had not been kept." in page


def test_of_a_deleted_certificate_the_number_leads_to_what_is_left(app: Flask) -> None:
    with app.app_context():
        holder, browser = earn(app), administrator(app)
        row = holder.certificate()
        service.erase(row)
        assert f"{BASE}/{row.id}" not in request(browser, f"{BASE}?q=Lovelace").text
        assert f"{BASE}/{row.id}" in request(browser, f"{BASE}?q={row.snapshot['number']}").text
        assert "Lovelace" not in request(browser, f"{BASE}/{row.id}").text


def test_others_have_no_business_here(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        row = holder.certificate()
        lecturer = builders.person("Lea")
        builders.enrolment(lecturer, role=Role.LECTURER)
        key, _ = keys.make("Amt", 30, names=False)
        ways = [(BASE, "GET"), (f"{BASE}/{row.id}", "GET"), (f"{BASE}/{row.id}/withdraw", "POST"), (f"{BASE}/keys", "GET"), (f"{BASE}/thresholds", "POST")]
        for browser in (holder.browser, builders.browser(app, lecturer)):
            assert [request(browser, path, method).status_code for path, method in ways] == [403] * len(ways)
        builders.organisation("andernorts")
        foreign = administrator(app)
        assert row.snapshot["number"] not in request(foreign, f"{BASE}?q={row.code}").text.replace(f'value="{row.code}"', "")
        for path, method in ((f"{BASE}/{row.id}", "GET"), (f"{BASE}/{row.id}/withdraw", "POST"), (f"{BASE}/keys/{key.id}/revoke", "POST")):
            assert request(foreign, path, method, {"reason": "error"}).status_code == 404
        assert "Amt" not in request(foreign, f"{BASE}/keys").text
        assert holder.certificate().withdrawn_at is None


def test_a_key_is_shown_once_and_ended(app: Flask) -> None:
    with app.app_context():
        earn(app)
        browser = administrator(app)
        assert request(browser, f"{BASE}/keys", "POST", {"name": " "}).status_code == 422
        made = request(browser, f"{BASE}/keys", "POST", {"name": "Prüfungsamt", "days": "90"})
        secret = re.findall(rf"{keys.MARK}[\w-]{{43}}", made.text)[0]
        assert made.status_code == 201
        assert keys.registrar(secret)
        page = request(browser, f"{BASE}/keys").text
        assert secret not in page
        assert f"… {secret[-4:]}" in page
        (key,) = keys.listed()
        assert not key.names
        assert request(browser, f"{BASE}/keys/{key.id}/revoke", "POST").status_code == 303
        db.session.commit()
        assert keys.registrar(secret) is None


def test_keys_are_made_and_ended_from_the_command_line(app: Flask) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["certificates", *words])
        return done.exit_code, done.output

    with app.app_context():
        builders.organisation()
    code, said = run("registrar-key", "musterstadt", "Amt", "--days", "10", "--names")
    secret, number = said.splitlines()[0], re.findall(r"number (\d+)", said)[0]
    assert code == 0
    with app.app_context():
        found = keys.registrar(secret)
        assert found is not None
        assert found.names
    assert "valid until" in run("registrar-keys", "musterstadt")[1]
    assert secret not in run("registrar-keys", "musterstadt")[1]
    assert run("end-registrar-key", "musterstadt", number) == (0, "ended\n")
    assert "ended until" in run("registrar-keys", "musterstadt")[1]
    assert run("end-registrar-key", "musterstadt", "999")[0] == 1
    assert "no organisation" in run("registrar-key", "nowhere", "x")[1]
