"""An organisation's gateways: entering them, what they offer, who may use them, and where keys never stand."""

import json
from pathlib import Path

import pytest
import sqlalchemy
from flask import Flask

from accounts.models import Role
from core import db
from core.config import Settings, SettingsError, replace_settings
from courses.models import Enrolment
from gateway import addresses, client, service
from gateway.abilities import CHAT, EMBED, LOGPROBS, SCHEMA, TOKENIZE
from gateway.faults import GatewayError
from gateway.models import GatewayModel
from gateway.service import gateways, health, policies
from gateway.service.gateways import GatewayData
from gateway.wire import Endpoint
from tests import builders
from tests.gateway.faults import FaultServer, Reply
from tests.gateway.server import ModelServer

KEY = "sk-university-0123456789abcdef-WXYZ"


@pytest.fixture
def learner(app: Flask) -> Enrolment:
    with app.app_context():
        builders.organisation()
        return builders.enrolment()


def list_host(app: Flask, url: str) -> None:
    """The operator lists the server with its port."""
    host = url.removeprefix("http://").partition("/")[0]
    app.extensions["settings"] = replace_settings(app.extensions["settings"], outgoing_hosts=(host,))


def entered(app: Flask, url: str, *, external: bool = False, key: str = KEY) -> int:
    list_host(app, url)
    row = gateways.add(GatewayData("Server", url, key, external))
    db.session.rollback()
    return row.id


def with_model(number: int, name: str = "large", roles: tuple[str, ...] = (CHAT,)) -> None:
    with db.transaction() as tx:
        tx.add(GatewayModel(gateway_id=number, name=name, title="Large model", roles=list(roles), abilities=[SCHEMA]))


@pytest.mark.model
def test_a_check_finds_the_models_and_what_they_can_do(app: Flask, learner: Enrolment, model_server: ModelServer) -> None:
    said = json.loads(model_server.file.read_text())
    with app.app_context(), db.scoped(learner.organisation_id):
        number = entered(app, said["url"], key=said["key"])
        row = gateways.gateway(number)
        assert row is not None
        assert gateways.check(row) == ""
        db.session.expire_all()
        row = gateways.gateway(number)
        assert row is not None
        [entry] = row.models
        assert set(entry.abilities) >= {LOGPROBS, SCHEMA, TOKENIZE}
        assert EMBED not in entry.abilities
        assert entry.roles == [CHAT]
        assert row.due_at > db.now()


def test_a_model_that_is_no_longer_named_is_marked_and_left_out(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        number = entered(app, faults.url)
        with_model(number)
        assert [model.label for model in service.models(learner.run_id)] == ["Large model"]
        row = gateways.gateway(number)
        assert row is not None
        gateways.check(row)
        db.session.expire_all()
        assert "Large model" not in [model.label for model in service.models(learner.run_id)]


def test_models_of_one_name_are_told_apart_by_their_gateways_also_when_they_are_gone(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        policies.set_policy(external=True)
        policies.set_run_models(learner.run_id, external=True)
        numbers = [entered(app, faults.url + more, external=external) for more, external in (("", False), ("/other", True))]
        for number in numbers:
            with_model(number)
        keys = [model.key for model in service.models(learner.run_id)]
        found = [service.model(learner.run_id, key) for key in keys]
        assert [model.server for model in found if model] == [f"gateway {number}" for number in numbers]
        assert list(service.names_of([*keys, "old@gateway 99"]).values()) == ["Large model · Server", "Large model · Server (extern)", "old"]


def test_external_models_need_the_organisation_and_the_course(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        with_model(entered(app, faults.url, external=True))
        assert service.models(learner.run_id) == []
        policies.set_policy(external=True)
        assert [model.external for model in service.models(learner.run_id)] == [True]
        policies.set_run_models(learner.run_id, external=False)
        assert service.models(learner.run_id) == []


def test_in_a_silent_course_no_model_answers(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        with_model(entered(app, faults.url))
        assert service.model(learner.run_id) is not None
        policies.set_run_models(learner.run_id, silent=True)
        assert service.model(learner.run_id) is None


def test_models_are_found_by_name_title_role_and_what_they_can_do(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        number = entered(app, faults.url)
        with_model(number)
        with_model(number, "judging", ("judge",))
        assert [getattr(service.model(learner.run_id, wanted), "name", None) for wanted in ("large", "LARGE MODEL", "judge", "other")] == ["large", "large", "judging", None]
        assert service.model(learner.run_id, needs=frozenset({LOGPROBS})) is None


def test_a_server_that_failed_a_moment_ago_is_tried_last(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        first = entered(app, faults.url)
        second = gateways.add(GatewayData("Other", f"{faults.url}/other", KEY, False)).id
        with_model(first, "one")
        with_model(second, "two")
        assert [model.name for model in service.models(learner.run_id)] == ["one", "two"]
        health.failed(f"gateway {first}")
        assert [model.name for model in service.models(learner.run_id)] == ["two", "one"]
        health.answered(f"gateway {first}")


def test_another_organisation_has_none_of_it(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context():
        with db.scoped(learner.organisation_id):
            number = entered(app, faults.url)
            with_model(number)
        other = builders.organisation("anderswo")
        with db.scoped(other.id):
            assert gateways.gateways() == []
            assert gateways.gateway(number) is None
            assert service.models(learner.run_id) == []


def test_a_server_learns_a_pseudonym_only_where_the_organisation_wants_it(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        with_model(entered(app, faults.url))
        model = service.model(learner.run_id)
        assert model is not None
        asker = service.Asker(learner.person_id, learner.run_id, "a test")
        for wanted in (False, True, True):
            policies.set_policy(pseudonyms=wanted)
            list(service.ask(model, asker, [{"role": "user", "content": "Hi"}], max_tokens=5, temperature=0, seed=1, stopped=lambda: False))
        sent = [request.get("user") for request in faults.requests]
        assert sent[0] is None
        assert sent[1] == sent[2]
        assert len(str(sent[1])) == 32


# --- Keys ----------------------------------------------------------------------------------------------------------------
# `capfd` comes before the house: its log writes to what is the standard error when it is built.

def all_rows() -> str:
    """Everything that stands in the database."""
    raw = db.session.connection()
    rows = "".join(str(raw.execute(sqlalchemy.text(f'SELECT * FROM "{table}"')).all()) for table in sqlalchemy.inspect(raw).get_table_names())
    db.session.rollback()
    return rows


def files(folder: Path) -> str:
    """Everything that stands in the data folder, the database's file and its journal with it."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


def test_a_key_stands_in_no_page_no_row_no_error_and_no_log(
    capfd: pytest.CaptureFixture[str], app: Flask, learner: Enrolment, faults: FaultServer, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    faults.replies = [Reply(401, json.dumps({"error": f"wrong key {KEY}"}))]
    with app.app_context(), db.scoped(learner.organisation_id):
        number = entered(app, faults.url)
        with_model(number)
        row, model = gateways.gateway(number), service.model(learner.run_id)
        assert row is not None
        assert model is not None
        asker = service.Asker(learner.person_id, learner.run_id, "a test")
        with pytest.raises(GatewayError) as failure:
            list(service.ask(model, asker, [{"role": "user", "content": "Hi"}], max_tokens=5, temperature=0, seed=1, stopped=lambda: False))
        assert failure.value.kind == "key"
        said = f"{failure.value!r} {failure.value.detail} {failure.value.__cause__!r} {model!r} {row!r} {row.__dict__}"
        gateways.check(row)
        rows = all_rows()
        assert "Large model" in rows
        administrator = builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,))
        browser = builders.browser(app, administrator)
    pages = "".join(browser.get(path).text for path in ("/admin/models", f"/admin/models/{number}", f"/admin/models/{number}/edit", "/status", "/health"))
    assert "WXYZ" in pages
    out = capfd.readouterr()
    for text in (said, rows, pages, files(tmp_path), caplog.text, out.out, out.err):
        assert KEY not in text


def test_a_key_that_is_typed_into_the_form_comes_back_nowhere(
    capfd: pytest.CaptureFixture[str], app: Flask, learner: Enrolment, faults: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    list_host(app, faults.url)
    app.config["PROPAGATE_EXCEPTIONS"] = False     # As it is outside tests.
    with app.app_context(), db.scoped(learner.organisation_id):
        browser = builders.browser(app, builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,)))
    form = {"name": "Mine", "url": faults.url, "key": KEY, "enabled": "y"}
    made = browser.post("/admin/models/new", data=form)
    path = made.location
    wrong: list[dict[str, str]] = [{"url": "http://10.0.0.1/v1"}, {"name": ""}, {"key": KEY * 100}]
    replies = [made, *(browser.post(f"{path}/edit", data=form | more) for more in wrong)]
    assert [reply.status_code for reply in replies] == [303, 422, 422, 422]
    with monkeypatch.context() as broken:
        broken.setattr("gateway.service.keys.locked", lambda key: 1 / 0)
        replies += [browser.post("/admin/models/new", data=form), browser.post(f"{path}/edit", data=form)]
    assert [reply.status_code for reply in replies[-2:]] == [500, 500]
    replies += [browser.get(page) for page in ("/admin/models", path, f"{path}/edit", "/status")]
    said = "".join(f"{reply.text} {reply.headers}" for reply in replies)
    with app.app_context(), db.scoped(learner.organisation_id):
        rows = all_rows()
    out = capfd.readouterr()
    assert "Mine" in rows
    assert "ZeroDivisionError" in caplog.text + out.out + out.err
    for text in (said, rows, files(tmp_path), caplog.text, out.out, out.err):
        assert KEY not in text


def test_the_command_line_says_a_key_nowhere_whether_it_was_taken_or_not(
    capfd: pytest.CaptureFixture[str], app: Flask, learner: Enrolment, faults: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    list_host(app, faults.url)
    runner = app.test_cli_runner()
    add = ["gateways", "add", "--organisation", "musterstadt", "--name", "Mine", "--url"]
    done = [runner.invoke(args=[*add, faults.url], input=f"{KEY}\n"), runner.invoke(args=[*add, "http://10.0.0.1/v1"], input=f"{KEY}\n")]
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    done += [runner.invoke(args=[*add, faults.url]), runner.invoke(args=["gateways", "add", "--organisation", "nowhere", "--name", "x", "--url", faults.url])]
    assert [result.exit_code for result in done] == [0, 1, 0, 1]
    with monkeypatch.context() as broken:
        broken.setattr("gateway.service.keys.locked", lambda key: 1 / 0)
        done += [runner.invoke(args=[*add, faults.url])]
    done += [runner.invoke(args=["gateways", what, "--organisation", "musterstadt", *more]) for what, *more in (("check", "1"), ("list",), ("remove", "1"))]
    said = "".join(f"{result.output} {result.stderr} {result.exception!r}" for result in done)
    assert "ZeroDivisionError" in said
    with app.app_context(), db.scoped(learner.organisation_id):
        rows = all_rows()
    out = capfd.readouterr()
    for text in (said, rows, files(tmp_path), caplog.text, out.out, out.err):
        assert KEY not in text


def test_with_another_secret_the_page_asks_for_the_key_again(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        number = entered(app, faults.url)
        with_model(number)
        app.extensions["settings"] = replace_settings(app.extensions["settings"], secret_key="another secret of the installation, long enough")
        row = gateways.gateway(number)
        assert row is not None
        assert gateways.check(row) == "locked"
        assert service.models(learner.run_id) == []


def test_a_key_is_never_sent_to_another_address_than_it_was_entered_for(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        number = entered(app, faults.url)
        row = gateways.gateway(number)
        assert row is not None
        gateways.change(row, GatewayData("Server", "https://elsewhere.example/v1"))
        assert row.key == ""


# --- Where gateways may stand ------------------------------------------------------------------------------------------------

LISTED = ("models.intern:8000", "lms.intern", "127.0.0.1")


@pytest.mark.parametrize("url", ["https://models.example.edu/v1", "http://models.intern:8000/v1"])
def test_an_address_in_the_open_or_listed_with_its_port_is_taken(url: str) -> None:
    assert addresses.fault(url, LISTED) == ""


@pytest.mark.parametrize("url", [
    "http://models.example.edu/v1", "http://lms.intern/v1", "http://127.0.0.1:6379/v1", "http://169.254.169.254/latest", "ftp://models.intern:8000",
    "https://name:word@models.example.edu/v1", "https://models.example.edu/v1?x=1", "https://models.example.edu/v1#x", "https://", "file:///etc/passwd",
    "https://models.example.edu:99999/v1", "https://models.example.edu\\@127.0.0.1/", "http://models.intern:8001/v1", "javascript:alert(1)",
])
def test_other_addresses_are_refused_before_anything_is_sent(url: str) -> None:
    assert addresses.fault(addresses.tidy(url), LISTED) != ""


@pytest.mark.parametrize("host", [
    "127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "10.0.0.1", "localhost", "0.0.0.0",
    "[fd00::1]", "[64:ff9b::7f00:1]",
])
def test_a_private_address_is_never_called_even_if_its_host_is_listed_without_a_port(app: Flask, host: str) -> None:
    app.extensions["settings"] = replace_settings(app.extensions["settings"], outgoing_hosts=(host.strip("[]"), host))
    with app.app_context(), gateways.connection() as way, pytest.raises(GatewayError) as failure:
        client.models(way, Endpoint(f"https://{host}/v1", KEY))
    assert failure.value.kind in ("address", "unreachable")
    assert failure.value.detail == ""


def test_a_redirect_is_not_followed(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    faults.replies = [Reply(302, "", {"Location": "http://127.0.0.1:1/"})]
    with app.app_context(), db.scoped(learner.organisation_id):
        with_model(entered(app, faults.url))
        model = service.model(learner.run_id)
        assert model is not None
        with pytest.raises(GatewayError):
            service.tokenize(model, "x")
        assert len(faults.requests) == 1


# --- Pages -------------------------------------------------------------------------------------------------------------------

def test_only_administrators_see_the_servers_and_a_bad_address_keeps_what_was_typed(app: Flask, learner: Enrolment) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        plain = builders.browser(app, builders.person("Emmy Noether", "emmy"))
        administrator = builders.browser(app, builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,)))
    assert plain.get("/admin/models").status_code == 403
    page = administrator.post("/admin/models/new", data={"name": "Mine", "url": "http://10.0.0.1/v1", "key": KEY})
    assert page.status_code == 422
    assert "Mine" in page.text
    assert KEY not in page.text


def test_an_administrator_enters_a_server_gives_roles_and_removes_it(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    list_host(app, faults.url)
    with app.app_context(), db.scoped(learner.organisation_id):
        browser = builders.browser(app, builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,)))
    made = browser.post("/admin/models/new", data={"name": "Mine", "url": faults.url, "key": KEY, "enabled": "y"})
    assert made.status_code == 303
    number = int(made.location.rsplit("/", 1)[1])
    with app.app_context(), db.scoped(learner.organisation_id):
        gateways.check_due(number)
        [entry] = gateways.gateways()[0].models
        entry_id = entry.id
    fields = {f"shown-{entry_id}": "1", f"title-{entry_id}": "For all", f"roles-{entry_id}": ["judge", "chat", "nonsense"]}
    assert browser.post(f"/admin/models/{number}/models", data=fields).status_code == 303
    with app.app_context(), db.scoped(learner.organisation_id):
        [entry] = gateways.gateways()[0].models
        assert (entry.title, entry.roles) == ("For all", ["chat", "judge"])
    assert browser.post(f"/admin/models/{number}/remove").status_code == 303
    assert browser.get(f"/admin/models/{number}").status_code == 404


def test_a_lecturer_makes_a_course_silent_and_a_learner_may_not(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        learner = builders.enrolment()
        teacher = builders.person("Lise Meitner", "lise")
        builders.enrolment(teacher, role=Role.LECTURER)
        pupil_browser = builders.browser(app, builders.person("Emmy Noether", "emmy"))
        browser = builders.browser(app, teacher)
    path = f"/courses/{learner.run_id}/models"
    assert pupil_browser.get(path).status_code == 404
    assert browser.get(path).status_code == 200
    assert browser.post(path, data={"silent": "y", "run_tokens": "-1"}).status_code == 422
    assert browser.post(path, data={"silent": "y", "run_tokens": "5000"}).status_code == 303
    with app.app_context(), db.scoped(learner.organisation_id):
        row = policies.run_models(learner.run_id)
        assert (row.silent, row.run_tokens) == (True, 5000)


def test_the_key_comes_from_standard_input_and_never_from_the_command_line(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    list_host(app, faults.url)
    runner = app.test_cli_runner()
    say = ["--organisation", "musterstadt"]
    done = runner.invoke(args=["gateways", "add", *say, "--name", "Mine", "--url", faults.url, "--own"], input=f"{KEY}\n")
    assert done.exit_code == 0, done.output
    number = done.output.rsplit("number ", 1)[1].strip(")\n")
    assert runner.invoke(args=["gateways", "check", *say, number]).output == "ok\n"
    listed = runner.invoke(args=["gateways", "list", *say]).output
    assert "faulty" in listed
    assert KEY not in listed
    assert runner.invoke(args=["gateways", "remove", *say, number]).exit_code == 0


# --- The secret from a file ----------------------------------------------------------------------------------------------

def test_the_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a" * 40 + "\n")
    given = {"LOTSE_SECRET_KEY_FILE": str(tmp_path / "secret"), "LOTSE_MODE": "production", "LOTSE_BASE_URL": "https://lotse.example"}
    assert Settings.from_env(given).secret_key == "a" * 40


@pytest.mark.parametrize(("name", "content"), [("missing", None), ("short", "too short")])
def test_a_file_without_a_secret_is_refused_at_start(tmp_path: Path, name: str, content: str | None) -> None:
    if content:
        (tmp_path / name).write_text(content)
    with pytest.raises(SettingsError, match="LOTSE_SECRET_KEY_FILE"):
        Settings.from_env({"LOTSE_SECRET_KEY_FILE": str(tmp_path / name)})


def test_two_secrets_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a" * 40)
    with pytest.raises(SettingsError, match="LOTSE_SECRET_KEY"):
        Settings.from_env({"LOTSE_SECRET_KEY": "b" * 40, "LOTSE_SECRET_KEY_FILE": str(tmp_path / "secret")})
