"""What gateways say of how much they still answer: read without harm, kept, and shown to administrators."""

from contextlib import suppress

import pytest
from flask import Flask

from accounts.models import Role
from core import db
from courses.models import Enrolment
from gateway import service
from gateway.abilities import CHAT
from gateway.faults import GatewayError
from gateway.limits import MOST, Left, left, limits_of
from gateway.models import GatewayModel
from gateway.service import gateways
from gateway.service.gateways import GatewayData
from tests import builders
from tests.gateway.faults import FaultServer, Reply
from tests.gateway.test_gateways import entered, list_host

KONG = {"X-RateLimit-Remaining-Minute": "37", "X-RateLimit-Limit-Minute": "60", "RateLimit-Remaining": "37", "RateLimit-Limit": "60", "RateLimit-Reset": "12"}
USED_UP = {"X-RateLimit-Remaining-Day": "-2", "X-RateLimit-Limit-Day": "1000"}


@pytest.mark.parametrize(("headers", "found"), [
    (KONG, [Left("minute", 37, 60)]),
    ({"x-litellm-key-ratelimit-remaining-requests": "9", "x-ratelimit-remaining-tokens": "4000"}, [Left("requests", 9, None), Left("tokens", 4000, None)]),
    ({"ratelimit-remaining": "5"}, [Left("", 5, None)]),
    (USED_UP, [Left("day", 0, 1000)]),
    ({"x-ratelimit-remaining-minute": "9" * 300, "x-ratelimit-limit-minute": "1e99"}, [Left("minute", MOST, MOST)]),
    *(({"x-ratelimit-remaining-minute": value}, []) for value in ("many", "", "nan", "inf", "-inf", "<b>1</b>", "1; 2", "9" * 5000, "٣٧x")),
    ({"x-ratelimit-remaining-<script>": "1", "x-ratelimit-remainingest": "1", "ratelimit": "1", "x-ratelimit-reset-minute": "1"}, []),
])
def test_headers_are_read_whoever_sends_them_and_whatever_stands_in_them(headers: dict[str, str], found: list[Left]) -> None:
    assert left(limits_of(headers)) == found


@pytest.fixture
def learner(app: Flask) -> Enrolment:
    with app.app_context():
        builders.organisation()
        return builders.enrolment()


def asked(app: Flask, learner: Enrolment, faults: FaultServer, reply: Reply, *, vectors: bool = False) -> None:
    """Ask the model, for words or for vectors; the server replies so."""
    faults.replies = [reply]
    with app.app_context(), db.scoped(learner.organisation_id), suppress(GatewayError):
        model = service.model(learner.run_id)
        assert model is not None
        asker = service.Asker(learner.person_id, learner.run_id, "a test")
        if vectors:
            service.embed(model, asker, ["one"])
        else:
            list(service.ask(model, asker, [{"role": "user", "content": "Hi"}], max_tokens=5, temperature=0, seed=1, stopped=lambda: False))


def test_what_a_server_said_last_stands_on_its_page_in_both_languages_also_when_it_refused(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        path = f"/admin/models/{(number := entered(app, faults.url))}"
        with db.transaction() as tx:
            tx.add(GatewayModel(gateway_id=number, name="large", title="", roles=[CHAT], abilities=[]))
        browser = builders.browser(app, builders.person("Grace Hopper", roles=(Role.ADMINISTRATOR,)))
    browser.get("/language/en")
    assert "still answers" not in browser.get(path).text
    asked(app, learner, faults, Reply(headers=KONG))
    assert "Requests this minute: 37 of 60 left" in browser.get(path).text
    asked(app, learner, faults, Reply(429, '{"error": "quota"}', USED_UP | {"X-RateLimit-Limit-Minute": "<script>"}), vectors=True)
    page = browser.get(path).text
    assert "Requests today: 0 of 1,000 left" in page
    assert "this minute" not in page
    browser.get("/language/de")
    assert "Anfragen heute: noch 0 von 1.000" in browser.get(path).text


def test_an_answer_that_says_nothing_of_limits_changes_nothing_and_another_address_forgets_them(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    list_host(app, faults.url)
    with app.app_context(), db.scoped(learner.organisation_id):
        number = entered(app, faults.url)
        row = gateways.gateway(number)
        assert row is not None
        faults.replies = [Reply(headers=KONG), Reply()]
        gateways.check(row)
        db.session.expire_all()
        row = gateways.gateway(number)
        assert row is not None
        assert row.limits == {"remaining-minute": 37, "limit-minute": 60, "remaining": 37, "limit": 60}
        gateways.change(row, GatewayData("Server", "https://elsewhere.example/v1", "another"))
        assert (row.limits, row.limits_at) == ({}, None)
