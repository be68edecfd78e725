"""OpenAI's interface for learners' own tools, by OpenAI's own program and the real small model."""

import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import openai
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from accounts.models import Role
from core import db
from core.config import replace_settings
from courses.models import Enrolment
from gateway.embedded_texts import Server
from gateway.models import AccessKey, Pot, Usage
from gateway.service import access, policies
from gateway.views import facade
from tests import builders
from tests.demo.servers import serving
from tests.gateway.faults import FaultServer, Reply
from tests.gateway.server import ModelServer
from tests.gateway.test_keeper import Packed
from tests.ports import free_port

ASKED: Any = [{"role": "user", "content": "Name a colour."}]
HEADERS = {"Accept-Language": "en"}


@pytest.fixture
def learner(app: Flask) -> Enrolment:
    """Somebody in a course that offers keys."""
    with app.app_context():
        builders.organisation()
        found = builders.enrolment()
        policies.set_run_models(found.run_id, own_tools=True)
        return found


def key_of(app: Flask, learner: Enrolment) -> str:
    with app.app_context(), db.scoped(learner.organisation_id):
        return access.make(learner.person_id, learner.run_id, 8)[1]


def announce(faults: FaultServer, data: Path) -> None:
    (data / "models").mkdir(exist_ok=True)
    (data / "models" / "server.json").write_text(json.dumps(faults.announcement))


@contextmanager
def tool(app: Flask, key: str, retries: int = 0) -> Iterator[Any]:
    """OpenAI's program, at a house that listens."""
    port = free_port()
    with serving(app, port), openai.OpenAI(base_url=f"http://127.0.0.1:{port}/api/v1", api_key=key, max_retries=retries, default_headers=HEADERS) as client:
        yield client


def post(app: Flask, key: str, **body: object) -> tuple[int, dict[str, object], dict[str, str]]:
    """One request without a listening house: its status, error and headers."""
    reply = app.test_client().post("/api/v1/chat/completions", json=body, headers={**HEADERS, "Authorization": f"Bearer {key}"})
    return reply.status_code, reply.get_json()["error"], dict(reply.headers)


@pytest.mark.model
def test_openais_own_program_lists_models_and_gets_answers_whole_and_as_a_stream(
    app: Flask, learner: Enrolment, model_server: ModelServer, tmp_path: Path,
) -> None:
    model_server.serve(tmp_path)
    with tool(app, key_of(app, learner)) as client:
        name = client.models.list().data[0].id
        whole = client.chat.completions.create(
            model=name, messages=ASKED, max_tokens=12, temperature=0, seed=1, logprobs=True, top_logprobs=2,
        )
        again = client.chat.completions.create(model=name, messages=ASKED, max_tokens=12, temperature=0, seed=1)
        chunks = list(client.chat.completions.create(
            model=name, messages=ASKED, max_tokens=12, temperature=0, seed=1, stream=True, stream_options={"include_usage": True},
        ))
        text = whole.choices[0].message.content or ""
        assert text
        assert again.choices[0].message.content == text
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == text
        assert chunks[-1].usage == whole.usage
        assert whole.usage
        assert whole.usage.completion_tokens > 0
        assert whole.choices[0].logprobs
        assert len((whole.choices[0].logprobs.content or [])[0].top_logprobs) == 2
        word = text.split()[1]
        stopped = client.chat.completions.create(model=name, messages=ASKED, max_tokens=12, temperature=0, seed=1, stop=[word])
        assert word not in (stopped.choices[0].message.content or "")
        formed = client.chat.completions.create(
            model=name, messages=ASKED, max_tokens=40, temperature=0, seed=1, response_format={"type": "json_schema", "json_schema": {
                "name": "n", "schema": {"type": "object", "properties": {"n": {"enum": [7]}}, "required": ["n"], "additionalProperties": False},
            }},
        )
        assert re.sub(r"\s", "", formed.choices[0].message.content or "") == '{"n":7}'
    with app.app_context(), db.scoped(learner.organisation_id):
        rows = db.session.scalars(select(Usage)).all()
        assert {(row.person_id, row.run_id, row.purpose) for row in rows} == {(learner.person_id, learner.run_id, "tool")}
        assert db.session.scalar(select(Pot.tokens).where(Pot.account.startswith("person")).limit(1))


def test_two_streams_at_once_are_both_answered_and_a_third_is_told_when_to_come_again(
    app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    announce(faults, tmp_path)
    with app.app_context(), db.scoped(learner.organisation_id):
        other = builders.enrolment(builders.person("Grace Hopper"))
    texts: list[str] = []
    with tool(app, key_of(app, learner)) as one, tool(app, key_of(app, other)) as two:
        def ask(client: Any) -> None:
            chunks = client.chat.completions.create(model="faulty", messages=ASKED, stream=True)
            texts.append("".join(chunk.choices[0].delta.content or "" for chunk in chunks))

        threads = [threading.Thread(target=ask, args=(client,)) for client in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(texts) == 2
        assert texts[0] == texts[1] != ""
        monkeypatch.setattr(facade, "_places", threading.BoundedSemaphore(1))
        with facade._place(), pytest.raises(openai.RateLimitError) as busy:
            one.chat.completions.create(model="faulty", messages=ASKED)
        assert busy.value.response.headers["Retry-After"] == "3"
        assert one.chat.completions.create(model="faulty", messages=ASKED).choices[0].message.content


def test_an_answer_that_breaks_off_is_told_in_the_stream_and_gives_its_place_free(
    app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    announce(faults, tmp_path)
    monkeypatch.setattr(facade, "_places", threading.BoundedSemaphore(1))
    with tool(app, key_of(app, learner)) as client:
        faults.replies = [Reply(cut=True)]
        with pytest.raises(openai.APIError, match="broke off"):
            list(client.chat.completions.create(model="faulty", messages=ASKED, stream=True))
        faults.replies = [Reply(401, '{"error": "no"}')]
        with pytest.raises(openai.InternalServerError, match="university's key"):
            client.chat.completions.create(model="faulty", messages=ASKED)
        faults.replies = [Reply()]
        assert client.chat.completions.create(model="faulty", messages=ASKED).choices[0].message.content


def test_vectors_come_from_the_embedded_model_as_openais_own_program_wants_them(app: Flask, learner: Enrolment, tmp_path: Path) -> None:
    server = Server(Packed(), "key")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said = {"url": f"http://127.0.0.1:{server.server_port}/v1", "key": "key", "model": "e5", "name": "e5", "pid": os.getpid(), "roles": ["embed"], "abilities": ["embed"]}
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "server.json").write_text(json.dumps({"models": [said]}))
    try:
        with tool(app, key_of(app, learner)) as client:
            assert [model.id for model in client.models.list().data] == ["e5"]
            assert [entry.embedding for entry in client.embeddings.create(model="e5", input=["a", "b"]).data] == [[1.0, 1.0], [1.0, 1.0]]
            with pytest.raises(openai.BadRequestError):
                client.embeddings.create(model="e5", input=[])
            with pytest.raises(openai.NotFoundError):
                client.chat.completions.create(model="e5", messages=ASKED)
    finally:
        server.shutdown()
        server.server_close()


def test_tools_that_race_never_overspend(app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    app.extensions["settings"] = replace_settings(app.extensions["settings"], daily_tokens=130)
    outcomes: list[int] = []
    with tool(app, key_of(app, learner)) as client:
        def ask() -> None:
            try:
                client.chat.completions.create(model="faulty", messages=ASKED, max_tokens=90)
                outcomes.append(200)
            except openai.APIStatusError as error:
                outcomes.append(error.status_code)

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        ask()
    with app.app_context(), db.scoped(learner.organisation_id):
        assert max(db.session.scalars(select(Pot.tokens)).all()) <= 130
    assert 200 in outcomes
    status, error, headers = post(app, key_of(app, learner), model="faulty", messages=ASKED, max_tokens=4000)
    assert (status, error["code"], headers["x-should-retry"]) == (429, "insufficient_quota", "false")


# --- Keys ----------------------------------------------------------------------------------------------------------------

def test_only_a_valid_key_of_somebody_in_the_course_is_let_in(app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    key = key_of(app, learner)

    def status(given: str) -> int:
        return app.test_client().get("/api/v1/models", headers={"Authorization": f"Bearer {given}"}).status_code

    def changed(statement: object) -> None:
        with app.app_context(), db.scoped(learner.organisation_id), db.transaction() as tx:
            tx.execute(statement)  # type: ignore[call-overload]

    assert [status(given) for given in (key, key + "x", "", "lotse-", "sk-other")] == [200, 401, 401, 401, 401]
    changed(update(AccessKey).values(expires_at=db.now() - timedelta(seconds=1)))
    assert status(key) == 401
    key = key_of(app, learner)
    with app.app_context(), db.scoped(learner.organisation_id):
        assert not access.revoke(learner.person_id + 1, learner.run_id, access.keys(learner.person_id, learner.run_id)[0].id)
        assert status(key) == 200
        assert access.revoke(learner.person_id, learner.run_id, access.keys(learner.person_id, learner.run_id)[0].id)
    assert status(key) == 401
    key = key_of(app, learner)
    with app.app_context(), db.scoped(learner.organisation_id):
        policies.set_run_models(learner.run_id, own_tools=False)
    assert status(key) == 401
    with app.app_context(), db.scoped(learner.organisation_id):
        policies.set_run_models(learner.run_id, own_tools=True)
    assert status(key) == 200
    changed(delete(Enrolment).where(Enrolment.id == learner.id))
    assert status(key) == 401


def test_a_key_reaches_only_its_own_organisation_and_course(app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    with app.app_context():
        builders.organisation("anderswo")
        stranger = builders.enrolment()
        policies.set_run_models(stranger.run_id, own_tools=True)
        policies.set_policy(embedded=False)
    key = key_of(app, stranger)
    assert post(app, key, model="faulty", messages=ASKED)[0] == 404
    assert app.test_client().get("/api/v1/models", headers={"Authorization": f"Bearer {key}"}).get_json()["data"] == []
    with app.app_context(), db.scoped(learner.organisation_id):
        assert access.keys(stranger.person_id, stranger.run_id) == []


def test_a_silent_course_answers_no_tool(app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path) -> None:
    announce(faults, tmp_path)
    with app.app_context(), db.scoped(learner.organisation_id):
        policies.set_run_models(learner.run_id, silent=True)
    status, error, _headers = post(app, key_of(app, learner), model="faulty", messages=ASKED)
    assert (status, error["code"]) == (403, "silent")


def test_the_key_is_kept_as_a_hash_and_stands_in_no_log(
    app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path, capfd: pytest.CaptureFixture[str],
) -> None:
    announce(faults, tmp_path)
    key = key_of(app, learner)
    post(app, key + "wrong", model="faulty", messages=ASKED)
    faults.replies = [Reply(500, "<html>")] * 3
    post(app, key, model="faulty", messages=ASKED)
    said = capfd.readouterr()
    assert key not in said.out + said.err
    with app.app_context(), db.scoped(learner.organisation_id):
        row = db.session.scalars(select(AccessKey)).one()
        assert key not in str({column.name: getattr(row, column.name) for column in AccessKey.__table__.columns})


# --- Requests ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("body", "status", "param"), [
    ({"model": "faulty"}, 400, "messages"), ({"model": "faulty", "messages": []}, 400, "messages"),
    ({"model": "faulty", "messages": [{"role": "robot", "content": "x"}]}, 400, "messages"),
    ({"model": "faulty", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "messages"),
    ({"messages": ASKED}, 400, "model"), ({"model": "other", "messages": ASKED}, 404, "model"),
    ({"model": "faulty", "messages": ASKED, "temperature": 9}, 400, "temperature"),
    ({"model": "faulty", "messages": ASKED, "temperature": True}, 400, "temperature"),
    ({"model": "faulty", "messages": ASKED, "max_tokens": "many"}, 400, "max_tokens"),
    ({"model": "faulty", "messages": ASKED, "n": 2}, 400, "n"), ({"model": "faulty", "messages": ASKED, "tools": [{}]}, 400, "tools"),
    ({"model": "faulty", "messages": ASKED, "stop": ["a"] * 5}, 400, "stop"),
    ({"model": "faulty", "messages": ASKED, "response_format": {"type": "json_schema"}}, 400, "response_format"),
    ({"model": "faulty", "messages": ASKED, "response_format": "json"}, 400, "response_format"),
    ({"model": "faulty", "messages": ASKED, "stream": "yes"}, 400, "stream"),
    ({"model": "faulty", "messages": [{"role": "user", "content": "x" * 200_001}]}, 400, "messages"),
])
def test_a_bad_request_is_told_in_openais_envelope(
    app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path, body: dict[str, object], status: int, param: str,
) -> None:
    announce(faults, tmp_path)
    told, error, _headers = post(app, key_of(app, learner), **body)
    assert (told, error["param"]) == (status, param)
    assert error["message"]
    assert error["type"] in ("invalid_request_error", "not_found_error")


def test_tools_get_no_page_no_cookie_and_no_access_from_other_sites(app: Flask, learner: Enrolment, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    known = {"Authorization": f"Bearer {key_of(app, learner)}", "Origin": "https://elsewhere.example"}
    replies = [
        client.get("/api/v1/nothing", headers=known), client.get("/api/v1/chat/completions", headers=known), client.post("/api/v1/embeddings", data=b"{", headers=known),
        client.post("/api/v1/chat/completions", data=b"[]", headers=known), client.post("/api/v1/chat/completions", data=b'"' + b"x" * (2 << 20) + b'"', headers=known),
    ]
    assert [reply.status_code for reply in replies] == [404, 404, 400, 400, 413]
    assert all(reply.get_json()["error"]["message"] for reply in replies)
    assert not any("Set-Cookie" in reply.headers or "Access-Control-Allow-Origin" in reply.headers for reply in replies)


# --- The page ------------------------------------------------------------------------------------------------------------

def test_a_learner_makes_a_key_sees_it_once_and_ends_it(app: Flask, learner: Enrolment) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        browser = builders.browser(app, builders.person())
        browser.get("/language/en", base_url="https://localhost")
    place = f"/courses/{learner.run_id}/own-tools"
    made = browser.post(place, data={"hours": "8"}, base_url="https://localhost")
    key = re.findall(r"lotse-[\w-]{40,}", made.text)[0]
    assert app.test_client().get("/api/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    page = browser.get(place, base_url="https://localhost").text
    assert key not in page
    assert f"… {key[-4:]}" in page
    number = re.findall(r"own-tools/(\d+)/revoke", page)[0]
    assert browser.post(f"{place}/{number}/revoke", base_url="https://localhost").status_code == 303
    assert app.test_client().get("/api/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    assert browser.post(place, data={"hours": "9999"}, base_url="https://localhost").status_code == 422
    assert [browser.post(place, data={"hours": "1"}, base_url="https://localhost").status_code for _ in range(6)] == [200] * 5 + [409]


def test_the_page_is_for_people_in_the_course_and_offers_nothing_where_it_is_switched_off(app: Flask, learner: Enrolment) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        inside, outside = builders.browser(app, builders.person()), builders.browser(app, builders.person("Grace Hopper"))
        place = f"/courses/{learner.run_id}/own-tools"
        assert place in inside.get(f"/courses/{learner.run_id}", base_url="https://localhost").text
        policies.set_run_models(learner.run_id, own_tools=False)
    assert outside.get(place, base_url="https://localhost").status_code == 404
    assert inside.post(place, data={"hours": "8"}, base_url="https://localhost").status_code == 403
    assert place not in inside.get(f"/courses/{learner.run_id}", base_url="https://localhost").text


def test_administrators_see_what_is_installed_and_how_to_install_the_rest(app: Flask, learner: Enrolment) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        boss, other = builders.browser(app, builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,))), builders.browser(app, builders.person())
    boss.get("/language/en", base_url="https://localhost")
    page = boss.get("/admin/models/installed", base_url="https://localhost").text
    assert all(f"./lotse models fetch {name}" in page for name in ("small", "default", "embed"))
    assert "Apache-2.0" in page
    assert other.get("/admin/models/installed", base_url="https://localhost").status_code == 403
