"""A fresh house for each test, on SQLite and on PostgreSQL, with its tables made by the migrations."""

import gc
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.rules import RulePart

import assessments.excerpt_views
import lti.keys
import lti.offers
import modules.views
from accounts.service import organisation_name
from app import create_app
from assessments.cards import modules_by_item
from assessments.drawing import _own_points, has_pools
from assessments.items import hiding, items, layout, points
from assessments.pages import forget
from core import db, jobs
from core.config import Settings
from modules.service import page, parsed
from tests.postgres import Postgres

# Both ask the clock, and on a new machine Hypothesis first draws up its table of Unicode.
hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("house")
WITHOUT_PRINTING = ("accounts", "assessments", "courses", "gateway", "lti", "modules", "studio")
SECRET = "a-secret-for-tests-that-is-long-enough"


def settings_for(url: str, data_dir: Path, **given: str) -> Settings:
    """Settings of a house under test."""
    return Settings.from_env({}, **{
        "database_url": url, "data_dir": str(data_dir), "secret_key": SECRET, "model": "none",
        "outgoing_hosts": "127.0.0.1 localhost", **given,
    })


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "lotse.sqlite3"
    _migrate(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A throw-away PostgreSQL server with one migrated database."""
    server = Postgres.start()
    if server is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    _migrate(server.url, tmp_path_factory.mktemp("migrate"))
    yield server
    server.stop()


def _migrate(url: str, data_dir: Path) -> None:
    app = create_app(settings_for(url, data_dir), testing=True)
    result = app.test_cli_runner().invoke(args=["db", "upgrade"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    app.extensions["engine"].dispose()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test with variants the first runs on PostgreSQL, too, as all ask the same of the database; of those that talk to the model none does."""
    seen: set[str] = set()
    left = []
    for item in items:
        if item.get_closest_marker("postgres"):
            test = item.nodeid.split("[")[0]
            if test in seen or item.get_closest_marker("model"):
                left.append(item)
            seen.add(test)
    if left:
        config.hook.pytest_deselected(items=left)
        out = set(left)
        items[:] = [item for item in items if item not in out]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: each test that uses it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "lotse.sqlite3")
        return f"sqlite:///{tmp_path}/lotse.sqlite3"
    server: Postgres = request.getfixturevalue("postgres")
    server.empty()
    return server.url


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The house. Jobs run at once, in the request (eager)."""
    app = create_app(settings_for(database_url, tmp_path), testing=True, eager_jobs=True)
    app.jinja_env.bytecode_cache = _templates
    _hurry(app.extensions["engine"])
    _speak_as_before(app.extensions["engine"])
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["RATELIMIT_ENABLED"] = False
    forget_kept()
    yield app
    db.session.remove()
    app.extensions["engine"].dispose()


def _hurry(engine: Engine) -> None:
    """Let SQLite not wait for the disk: nobody cuts the power of a test."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("pragma synchronous=off"))


def _speak_as_before(engine: Engine) -> None:
    """Let a house use the statements that were compiled for an earlier one: SQLAlchemy keeps them by the dialect, and each engine has its own."""
    if engine.dialect.name not in _dialects:
        engine.connect().close()  # The first connection teaches the dialect its server's version.
        _dialects[engine.dialect.name] = engine.dialect
    engine.dialect = db._state.dialect = _dialects[engine.dialect.name]
    engine.update_execution_options(compiled_cache=_statements)


_dialects: dict[str, Dialect] = {}
_statements: LRUCache[Any, Any] = LRUCache(2000)


class _Templates(BytecodeCache):
    """Keeps what templates were compiled to: doing it anew for each house would take half of the tests' time."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


_templates = _Templates()


class _Rule(Rule):
    """An address that is read once, though each house has hundreds, and whose code is made when it is first built: a test asks for a few."""

    def _parse_rule(self, rule: str) -> Iterable[RulePart]:
        if rule not in _read:
            known = len(self._trace)
            _read[rule] = list(super()._parse_rule(rule)), self._trace[known:], self._converters
            return _read[rule][0]
        parts, trace, converters = _read[rule]
        self._trace += trace
        self._converters |= converters
        self.arguments.update(converters)
        return parts

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make, made = super()._compile_builder, list[Callable[..., tuple[str, str]]]()

        def build(*values: Any, **named: Any) -> tuple[str, str]:
            if not made:
                made.append(make(append_unknown))
            return made[0](*values, **named)

        return build


_read: dict[str, tuple[list[RulePart], list[tuple[bool, str]], dict[str, BaseConverter]]] = {}
Flask.url_rule_class = _Rule
# What is imported by now stays: the garbage collection need not look at it after every few houses.
gc.collect()
gc.freeze()


def forget_kept() -> None:
    """Empty what the process keeps by row numbers: another database uses the same ones."""
    for kept in (parsed, page, items, layout, points, hiding, has_pools, _own_points, modules_by_item, organisation_name, modules.views._frame, assessments.excerpt_views._frame, lti.offers._offers):
        kept.cache_clear()
    forget()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a sign-in."""
    return app.test_client()


@pytest.fixture(autouse=True)
def _stock_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lotse's own keys, each another one within a test, and the same ones in the next: making one takes longer than most tests."""
    numbers = count()
    monkeypatch.setattr(lti.keys, "new_private_key", lambda: _key(next(numbers)))


@pytest.fixture(autouse=True)
def _printer_is_busy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In rooms whose subject they are not, certificates wait for their printing, as behind a busy worker: it takes longer than most tests."""
    if request.path.parent.name in WITHOUT_PRINTING and not request.node.get_closest_marker("prints"):
        send = jobs.send
        monkeypatch.setattr(jobs, "send", lambda task, row: None if task.name == "certificates.print" else send(task, row))


@cache
def _key(_number: int) -> RSAPrivateKey:
    return _made()


_made = lti.keys.new_private_key


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LOTSE_")]:
        monkeypatch.delenv(name)
