import json
import re
import stat
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from accounts.models import Identity, Organisation, Person
from certificates import service as certificates
from certificates import versions
from certificates.models import Letterhead
from core import db
from core.config import Settings, settings
from courses.models import Course, Edition, Enrolment, Run
from demo.seed import GUESTS, SeedError, seed
from lti.models import Deployment, Platform

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TABLES = (Organisation, Person, Identity, Course, Edition, Run, Enrolment, Platform, Deployment, Letterhead)


def _counts() -> list[int]:
    with db.unscoped():
        return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def test_the_demonstration_is_set_up_once_however_often_it_is_asked_for(app: Flask) -> None:
    with app.app_context():
        first = seed(settings()).read_text()
        counts = _counts()
        assert seed(settings()).read_text() == first
        assert _counts() == counts
    assert counts == [1, 4, 4, 4, 4, 4, 8, 1, 1, 1]


@on_sqlite
def test_certificates_bear_the_example_letterhead_until_the_operator_tries_another(app: Flask, tmp_path: Path) -> None:
    own = tmp_path / "letterhead.yml"
    own.write_text("signatories: [{name: Nova, role: Leitung}]")
    with app.app_context():
        seed(settings())
        with db.unscoped():
            organisation = db.session.scalars(select(Organisation)).one()
        db.act_for(organisation.id)
        example = versions.newest()
        assert example is not None
        assert [entry["name"] for entry in example.signatories] == ["Prof. Dr. Erika Mustermann", "Dr. Max Beispiel"]
        chosen = certificates.set_letterhead(organisation.id, own).id
        seed(settings())
        kept = versions.newest()
        assert kept is not None
        assert kept.id == chosen


@on_sqlite
def test_the_sign_ins_are_for_the_operator_only_and_work(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        file = seed(settings())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = json.loads(file.read_text())
    assert kept["lms"] == "http://127.0.0.1:8001"
    assert [entry["username"] for entry in kept["sign_ins"]] == [guest.username for guest in GUESTS]
    for entry in kept["sign_ins"]:
        assert re.fullmatch(r"([a-z]{6}-){2}[a-z]{6}", entry["password"])
        answer = client.post("/sign-in", data={"username": entry["username"], "password": entry["password"]})
        assert answer.status_code == 302, entry["username"]


@on_sqlite
def test_a_lost_database_gets_the_passwords_that_were_given_out(app: Flask) -> None:
    with app.app_context():
        file = settings().data_dir / "demo.json"
        file.write_text(json.dumps({"sign_ins": [{"username": "student", "password": "bekannt-bekannt", "role": "learner"}]}))
        seed(settings())
    passwords = {entry["username"]: entry["password"] for entry in json.loads(file.read_text())["sign_ins"]}
    assert passwords["student"] == "bekannt-bekannt"
    assert len(set(passwords.values())) == 4


def test_lotse_may_call_the_stand_in_without_further_settings(tmp_path: Path) -> None:
    given = Settings.from_env({}, data_dir=str(tmp_path), base_url="http://localhost:9000")
    assert given.demo_lms_url == "http://127.0.0.1:9001"
    assert "127.0.0.1:9001" in given.outgoing_hosts


def test_nothing_of_it_exists_in_production(tmp_path: Path) -> None:
    production = Settings.from_env({}, mode="production", data_dir=str(tmp_path), secret_key="x" * 40, base_url="https://lotse.example")
    assert production.demo_lms_url == ""
    assert production.outgoing_hosts == ()
    with pytest.raises(SeedError, match="production"):
        seed(production)


@on_sqlite
def test_the_command_says_where_the_sign_ins_are(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert result.exit_code == 0, result.output
    assert "demo.json" in result.output
