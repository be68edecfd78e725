"""Access tokens: one request for many threads, renewed in time, never shared between organisations."""

import threading
from datetime import timedelta

import pytest
from flask import Flask

from core import db
from core.config import settings
from core.http import client
from lti import troubles
from lti.connection import Connection, Grant, TokenCache
from lti.grades import SCORES
from tests.lti.lms import Lms

GRANT = Grant("client", "https://lms.example/token", frozenset({SCORES}), 1)


def test_of_many_threads_that_need_a_token_one_asks() -> None:
    cache, asked, begin = TokenCache(), [], threading.Barrier(8, timeout=60)

    def ask() -> tuple[str, float]:
        asked.append(1)
        return "token", 3600

    def need() -> None:
        begin.wait(20)
        assert cache.get(GRANT, ask) == "token"

    threads = [threading.Thread(target=need) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1


def test_of_many_threads_whose_token_was_refused_one_asks_for_another() -> None:
    cache = TokenCache()
    answers = iter([("first", 3600.0), ("second", 3600.0)])
    assert cache.get(GRANT, lambda: next(answers)) == "first"
    assert [cache.get(GRANT, lambda: next(answers), refused="first") for _ in range(5)] == ["second"] * 5
    cache.forget(GRANT, "first")
    assert cache.get(GRANT, lambda: next(answers)) == "second"


@pytest.mark.parametrize(("life", "later", "again"), [(3600, 3500, False), (3600, 3550, True), (30, 10, False), (30, 20, True)])
def test_a_token_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch, life: int, later: int, again: bool) -> None:
    cache, asked = TokenCache(), []

    def ask() -> tuple[str, float]:
        asked.append(1)
        return "token", life

    cache.get(GRANT, ask)
    then = db.now() + timedelta(seconds=later)
    monkeypatch.setattr(db, "now", lambda: then)
    cache.get(GRANT, ask)
    assert len(asked) == 1 + again


def test_a_request_that_fails_leaves_no_token_and_no_lock() -> None:
    cache = TokenCache()

    def fail() -> tuple[str, float]:
        raise OSError("no way")

    with pytest.raises(OSError, match="no way"):
        cache.get(GRANT, fail)
    assert cache.get(GRANT, lambda: ("token", 60)) == "token"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_organisations_never_share_a_token(app: Flask, lms: Lms) -> None:
    tokens = TokenCache()
    with client(settings()) as http:
        for organisation_id in (1, 2, 1):
            Connection(http, lms.client_id, f"{lms.url}/token", lambda claims: "assertion", tokens, organisation_id).token([SCORES])
    assert lms.count("/token") == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_reason_is_told_in_words(app: Flask) -> None:
    with app.app_context():
        assert "400" in troubles.told("score_never 400")
        assert troubles.told("score_later 503") != troubles.told("score_later 408")
        for code in ("unreachable", "no_token 400", "broken", "items_later 500", "item_never 403", "too_fast"):
            told = troubles.told(code)
            assert told != code
            assert "%(" not in told
        assert troubles.told("as it was stored before") == "as it was stored before"
