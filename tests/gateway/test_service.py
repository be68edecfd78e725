"""Asking within the budget, the embedded process, the warning about personal data, and the status page."""

import json
import os
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
import sqlalchemy
from flask import Flask
from flask.testing import FlaskClient

from core import db
from core.config import replace_settings
from courses.models import Enrolment
from gateway import client, service
from gateway.faults import GatewayError
from gateway.models import Ending, Usage
from tests import builders
from tests.assessments.prompt_page import announce
from tests.gateway.faults import WORDS, FaultServer, Reply
from tests.gateway.server import ROOT, ModelServer, running, small_model, wait_for

MESSAGES = [{"role": "user", "content": "When does it open?"}]


@pytest.fixture
def learner(app: Flask) -> Enrolment:
    with app.app_context():
        builders.organisation()
        return builders.enrolment()


def ask(app: Flask, learner: Enrolment, faults: FaultServer) -> list[str | service.Outcome]:
    with app.app_context(), db.scoped(learner.organisation_id):
        model = service.Model(client.Endpoint(faults.url, "key"), "faulty")
        asker = service.Asker(learner.person_id, learner.run_id, "a test")
        return list(service.ask(model, asker, MESSAGES, max_tokens=50, temperature=0, seed=1, stopped=lambda: False))


def usage(app: Flask, learner: Enrolment) -> tuple[Usage, int]:
    with app.app_context(), db.scoped(learner.organisation_id):
        return db.session.scalars(sqlalchemy.select(Usage)).one(), service.tokens_left(learner.person_id, learner.run_id)


def test_a_call_is_booked_with_what_the_server_counted(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    assert ask(app, learner, faults)[:-1] == list(WORDS)
    row, left = usage(app, learner)
    assert (row.prompt_tokens, row.completion_tokens, row.estimated, row.ending) == (20, 5, False, Ending.STOP)
    assert left == 60_000 - 25


def test_a_call_that_breaks_off_is_booked_by_estimate(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    faults.replies = [Reply(cut=True)]
    with pytest.raises(GatewayError):
        ask(app, learner, faults)
    row, left = usage(app, learner)
    assert (row.ending, row.estimated) == (Ending.FAILED, True)
    assert 0 < 60_000 - left < 60


def test_a_call_that_never_began_costs_nothing(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    faults.replies = [Reply(400, '{"error": "no"}')]
    with pytest.raises(GatewayError):
        ask(app, learner, faults)
    assert usage(app, learner)[1] == 60_000


def test_no_prompt_and_no_answer_stands_in_the_usage(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    ask(app, learner, faults)
    row, _ = usage(app, learner)
    text = str({column.name: getattr(row, column.name) for column in Usage.__table__.columns})
    assert "open" not in text


# --- The embedded process ------------------------------------------------------------------------------------------------

@pytest.mark.model
def test_the_embedded_model_serves_only_who_has_its_key(model_server: ModelServer) -> None:
    server = json.loads(model_server.file.read_text())
    assert server["url"].startswith("http://127.0.0.1:")
    assert stat.S_IMODE(model_server.file.stat().st_mode) == 0o600
    with httpx2.Client(trust_env=False) as http:
        assert http.get(f"{server['url']}/models").status_code == 401
        assert http.post(f"{server['url']}/chat/completions", json={"messages": MESSAGES}).status_code == 401
        known = {"Authorization": f"Bearer {server['key']}"}
        assert http.get(f"{server['url']}/models", headers=known).status_code == 200
        assert http.get(f"{server['url'].removesuffix('/v1')}/slots", headers=known).status_code == 501


@pytest.mark.model
def test_the_embedded_model_ends_with_its_parent_and_takes_its_address_away(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.embedded", "--model", str(small_model()), "--data", str(tmp_path)]
    script = f"import subprocess, time; subprocess.Popen({command!r}); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.DEVNULL)
    file = tmp_path / "models" / "server.json"
    wait_for(file)
    child = os.pidfd_open(json.loads(file.read_text())["pid"])
    parent.kill()
    parent.wait()
    ended, _, _ = select.select([child], [], [], 30)
    os.close(child)
    assert ended
    assert not file.exists()


@pytest.mark.model
def test_told_to_end_the_embedded_model_takes_its_address_away(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert not server.file.exists()


def test_a_model_file_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.embedded", "--model", "/nowhere.gguf", "--data", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "There is no model file /nowhere.gguf."


# --- Status --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("written", "text"), [
    ({"name": "default", "state": "fetching", "done": 250, "total": 1000}, "25%"),
    ({"name": "default", "state": "ready", "done": 1000, "total": 1000}, "Being started"),
    ({"name": "default", "state": "failed", "message": "/secret/path"}, "Not available"),
    ({}, "None is set up here"),
])
def test_the_status_page_says_how_the_model_stands(app: Flask, client: FlaskClient, tmp_path: Path, written: dict[str, object], text: str) -> None:
    app.extensions["settings"] = replace_settings(app.extensions["settings"], model="default")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "default.status.json").write_text(json.dumps(written))
    client.get("/language/en")
    page = client.get("/status").text
    assert text in page
    assert "/secret/path" not in page


def test_what_the_keeper_announces_is_known_without_asking_and_a_restarted_servers_models_are_seen_at_once(app: Flask, tmp_path: Path) -> None:
    file, nobody = tmp_path / "models" / "server.json", "http://127.0.0.1:1/v1"    # Whoever asked there would find no model.
    file.parent.mkdir()
    with app.app_context():
        for names in (["one"], ["two", "three"], []):
            entries = [{"name": name, "title": "", "url": nobody, "key": f"key of {name}", "pid": os.getpid()} for name in names]
            file.write_text(json.dumps({"pid": os.getpid(), "models": entries}))
            found = service.model()
            assert (found.name if found else None) == next(iter(names), None)
            assert found is None or found.endpoint.key == f"key of {names[0]}"


def test_the_status_page_names_a_model_that_answers(app: Flask, client: FlaskClient, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    assert "faulty" in client.get("/status").text
