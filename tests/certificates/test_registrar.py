"""The interface for registrars: what a key sees, what it does not, and that answers are as the description says."""

import json
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import select, update
from werkzeug.test import TestResponse

import certificates.registrar
from certificates import service
from certificates.models import Certificate, Reason, RegistrarKey, RegistrarRequest
from certificates.registrar import keys, lookup
from certificates.sheet import sheet
from certificates.snapshot import Snapshot
from core import db
from core.i18n import in_language
from core.web import limiter
from tests import builders
from tests.certificates.earning import complete, earn, learner, request

BASE = "/api/certificates/v1"
DESCRIPTION = Path(certificates.registrar.__file__).parent / "openapi.yml"


@cache
def described() -> dict[str, Any]:
    return dict(yaml.safe_load(DESCRIPTION.read_text()))


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a $ref of the description leads to."""
    found: Any = node
    while "$ref" in found:
        found = described()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/")]
        node = found
    return found  # type: ignore[no-any-return]


class Office:
    """A registrar's program with a key of the organisation acted for."""

    def __init__(self, app: Flask, *, names: bool = False) -> None:
        self.row, self.secret = keys.make("Prüfungsamt", 30, names=names)
        self.browser: FlaskClient = app.test_client()

    def ask(self, path: str, method: str = "GET", **values: Any) -> Any:
        """Ask, and hold the answer against the description."""
        answer: TestResponse = self.browser.open(
            BASE + path, method=method, base_url="https://localhost",
            headers={"Authorization": f"Bearer {self.secret}", "Accept-Language": "en"} | values.pop("headers", {}), **values,
        )
        as_described(path, method, answer)
        return answer


def as_described(path: str, method: str, answer: TestResponse) -> None:
    plain = path.split("?")[0]
    (operation,) = [
        entry[method.lower()] for pattern, entry in described()["paths"].items() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), plain)
    ]
    said = resolved(operation["responses"][str(answer.status_code)])
    (mimetype,) = said["content"]
    assert answer.mimetype == mimetype
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **said["content"][mimetype]["schema"], "components": described()["components"]}
    problems = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(answer.json)]
    assert problems == []
    assert "Set-Cookie" not in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "SETTLED", timedelta(0))


def test_the_description_is_served_and_names_every_address(app: Flask) -> None:
    served: Any = request(app.test_client(), f"{BASE}/openapi.json").json
    assert served == json.loads(json.dumps(described()))
    Draft202012Validator.check_schema({"$defs": served["components"]["schemas"]})
    offered = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix(BASE) for rule in app.url_map.iter_rules() if rule.endpoint.startswith("registrar.")
    }
    assert offered == {*served["paths"], "/openapi.json", "/problems", "/", "/{_rest}"}


def test_a_key_without_names_learns_all_that_the_page_shows_and_not_the_name(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        row, office = holder.certificate(), Office(app)
        told = office.ask(f"/certificates/{row.code}").json
        assert (told["status"], told["name"], told["name_shown"]) == ("valid", None, False)
        assert "Lovelace" not in json.dumps(told)
        for language in ("de", "en"):
            with in_language(language):
                wanted = sheet(Snapshot.from_json(row.snapshot), language).all_texts(with_name=False)
            written = json.dumps(told["says"]["texts"][language], ensure_ascii=False)
            assert [text for text in wanted if json.dumps(text, ensure_ascii=False)[1:-1] not in written] == []
        service.set_consent(row, name=True, files=False)
        assert office.ask(f"/certificates/{row.code}").json["name"] == "Ada Lovelace"
        service.set_consent(row, name=False, files=False)
        assert Office(app, names=True).ask(f"/certificates/{row.code}").json["name"] == "Ada Lovelace"


def test_a_name_is_compared_and_a_deleted_certificate_has_none(app: Flask) -> None:
    with app.app_context():
        holder, office = earn(app), Office(app)
        path = f"/certificates/{holder.certificate().code}/name-check"
        assert office.ask(path, "POST", json={"name": "lovelace, ADA"}).json == {"same": True, "status": "valid"}
        assert office.ask(path, "POST", json={"name": "Eve"}).json["same"] is False
        for wrong in (b"", b"[]", b'{"name": 1}', b'{"name": " "}', b"\xff", b"[" * 4000):
            assert office.ask(path, "POST", data=wrong).status_code == 422
        assert office.ask(path, "POST", json={"name": "x" * 5000}).status_code == 413
        service.erase(holder.certificate())
        assert office.ask(path, "POST", json={"name": "Ada Lovelace"}).status_code == 404
        told = Office(app, names=True).ask(f"/certificates/{holder.certificate().code}").json
        assert (told["status"], told["name"], told["says"]) == ("deleted", None, None)


def test_certificates_of_another_organisation_are_unknown_and_never_listed(app: Flask) -> None:
    with app.app_context():
        foreign = earn(app).certificate()
        content = service.pdf_of(foreign)
        builders.organisation("andernorts")
        office = Office(app, names=True)
        for path, method, values in (
            (f"/certificates/{foreign.code}", "GET", {}), (f"/certificates/{foreign.code}/name-check", "POST", {"json": {"name": "Ada Lovelace"}}),
            ("/certificates/" + "x" * 22, "GET", {}), ("/certificates/short", "GET", {}),
        ):
            answer = office.ask(path, method, **values)
            assert answer.status_code == 404
            assert answer.json["type"].endswith("/problems#unknown-certificate")
        assert office.ask("/changes").json == {"changes": [], "next": None, "more": False}
        report = office.ask("/files", "POST", data=content, content_type="application/pdf").json
        assert (report["unchanged"], report["certificate"]) == (False, None)


def test_changes_come_page_by_page_and_again_when_something_changes(app: Flask) -> None:
    with app.app_context():
        first = earn(app)
        others = [learner(app, name) for name in ("Ben", "Cy")]
        for other in others:
            complete(other.enrolment)
        office = Office(app, names=True)
        page = office.ask("/changes?limit=2").json
        assert ([entry["number"][-1] for entry in page["changes"]], page["more"]) == (["1", "2"], True)
        rest = office.ask(f"/changes?cursor={page['next']}").json
        assert ([entry["number"][-1] for entry in rest["changes"]], rest["more"]) == (["3"], False)
        nothing = office.ask(f"/changes?cursor={rest['next']}").json
        assert (nothing["changes"], nothing["next"]) == ([], rest["next"])
        service.withdraw_row(first.certificate(), Reason.RULES)
        service.erase(others[0].certificate())
        (withdrawn, deleted) = office.ask(f"/changes?cursor={rest['next']}").json["changes"]
        assert (withdrawn["status"], withdrawn["withdrawn_reason"]) == ("withdrawn", "rules")
        assert (deleted["status"], deleted["deleted_on"]) == ("deleted", service.today_here().isoformat())
        assert "Lovelace" not in office.ask("/changes").text
        assert office.ask("/changes?since=2199-01-01T00:00:00Z").json["changes"] == []
        for wrong in ("cursor=x", "cursor=AAAA", "since=yesterday", "since=2026-01-01T00:00:00", "limit=0", "limit=201", "limit=²"):
            assert office.ask(f"/changes?{wrong}").status_code == 422


def test_a_change_is_told_only_when_nothing_earlier_can_follow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "SETTLED", timedelta(minutes=1))
    with app.app_context():
        holder, office = earn(app), Office(app)
        assert office.ask("/changes").json["changes"] == []
        with db.transaction() as tx:
            tx.execute(update(Certificate).values(changed_at=db.now() - timedelta(minutes=2)))
        assert [entry["code"] for entry in office.ask("/changes").json["changes"]] == [holder.certificate().code]


def test_a_file_is_checked_with_its_badge(app: Flask) -> None:
    with app.app_context():
        holder, office = earn(app), Office(app)
        row = holder.certificate()
        content = service.pdf_of(row) or b""
        report = office.ask("/files", "POST", data=content, content_type="application/pdf").json
        assert (report["unchanged"], report["badge"]["outcome"], report["certificate"]["code"]) == (True, "valid", row.code)
        changed = office.ask("/files", "POST", data=content + b"\n", content_type="application/pdf").json
        assert (changed["unchanged"], changed["badge"]["address"], changed["certificate"]["code"]) == (False, row.snapshot["address"], row.code)
        assert office.ask("/files", "POST", data=b"%PDF nothing", content_type="application/pdf").json["badge"]["count"] == 0
        assert office.ask("/files", "POST", data=b"x", content_type="application/pdf").status_code == 415
        assert office.ask("/files", "POST", data=content, content_type="text/plain").status_code == 415
        assert office.ask("/files", "POST", data=b"%PDF" + b" " * (4 << 20), content_type="application/pdf").status_code == 413


@pytest.mark.parametrize("way", ["none", "wrong", "ended", "expired", "other tools"])
def test_without_a_valid_key_nothing_is_told(app: Flask, way: str) -> None:
    with app.app_context():
        code, office = earn(app).certificate().code, Office(app)
        if way == "ended":
            assert keys.revoke(office.row.id)
        elif way == "expired":
            with db.transaction() as tx:
                tx.execute(update(RegistrarKey).values(expires_at=db.now() - timedelta(seconds=1)))
        else:
            office.secret = {"none": "", "wrong": f"{keys.MARK}x", "other tools": "lotse-x"}[way]
        answer = office.ask(f"/certificates/{code}")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert db.session.scalars(select(RegistrarRequest)).all() == []


def test_who_asked_is_written_down_and_the_key_itself_is_not(app: Flask) -> None:
    with app.app_context():
        holder, office = earn(app), Office(app)
        office.ask(f"/certificates/{holder.certificate().code}")
        office.ask("/certificates/" + "x" * 22)
        office.ask("/changes")
        told = [(entry.action, entry.subject, entry.status) for entry in reversed(keys.requests())]
        assert told == [("lookUp", holder.certificate().snapshot["number"], 200), ("lookUp", None, 404), ("listChanges", None, 200)]
        row = db.session.scalars(select(RegistrarKey).execution_options(populate_existing=True)).one()
        assert row.used_at is not None
        assert office.secret not in str({column.name: getattr(row, column.name) for column in RegistrarKey.__table__.columns})
        with db.transaction() as tx:
            tx.execute(update(RegistrarRequest).where(RegistrarRequest.action == "lookUp").values(asked_at=db.now() - keys.REQUESTS_KEPT - timedelta(days=1)))
        keys.forget_old_requests()
        assert [entry.action for entry in keys.requests()] == ["listChanges"]


def test_each_key_has_its_own_limit_and_is_told_when_to_come_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.time() // 60 * 60 + 5
    monkeypatch.setattr(time, "time", lambda: begun)  # Limits count by minutes: no minute may begin in the middle.
    with app.app_context():
        earn(app)
        eager, other = Office(app), Office(app)
        monkeypatch.setattr(limiter, "enabled", True)  # Put back: the next house asks it.
        limiter.reset()
        try:
            assert [eager.ask("/changes").status_code for _ in range(121)] == [200] * 120 + [429]
            answer = eager.ask("/changes")
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
            assert answer.json["type"].endswith("#too-often")
            assert other.ask("/changes").status_code == 200
            other.secret = "lotse-registrar-guess"
            statuses = []
            for number in range(32):
                other.secret = f"lotse-registrar-guess-{number}"
                statuses.append(other.ask("/changes").status_code)
            assert statuses[-1] == 429
        finally:
            limiter.reset()


@pytest.mark.parametrize(("path", "method", "status", "kind"), [
    ("/", "GET", 404, "no-such-address"), ("/certificates", "GET", 404, "no-such-address"), ("/changes", "DELETE", 404, "no-such-address"),
    ("/a%00b", "GET", 400, "wrong-content"),
])
def test_whatever_else_is_wrong_is_a_problem_with_words(app: Flask, path: str, method: str, status: int, kind: str) -> None:
    answer = request(app.test_client(), BASE + path, method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json
    assert answer.json["type"].endswith(f"#{kind}")
    assert answer.json["detail"]
    assert kind in (request(app.test_client(), f"{BASE}/problems").json or {})


def test_a_mistake_of_ours_is_a_problem_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of ours")

    with app.app_context():
        earn(app)
        office = Office(app)
        monkeypatch.setattr(lookup, "changes", broken)
        answer = request(office.browser, f"{BASE}/changes", Authorization=f"Bearer {office.secret}")
        assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
        assert "secret" not in answer.text
