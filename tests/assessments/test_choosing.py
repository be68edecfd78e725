"""Where an exercise names several models, learners choose among these, and the chosen one is what is asked."""

import re

import pytest
from flask import Flask

from core import db
from gateway.abilities import CHAT
from gateway.models import GatewayModel
from tests import builders
from tests.assessments.prompt_page import PromptPage
from tests.gateway.faults import FaultServer
from tests.gateway.test_gateways import entered

BLOCK = """
::: prompt {#waehlen points=1 attempts=4 models="Small one, large-2"}
Ask.
```checks
- must_contain: "midnight"
```
```recorded
RECORDED-ANSWER
```
:::
"""
FILES = {**builders.FILES, **{f"01-eins/module.{code}.md": (text + BLOCK).encode() for code, text in (("de", builders.GERMAN), ("en", builders.ENGLISH))}}


@pytest.fixture
def page(app: Flask, faults: FaultServer) -> PromptPage:
    """Ada on the exercise; the gateway has the two models, and a third that the exercise does not offer."""
    with app.app_context():
        builders.organisation()
        learner = builders.person()
        enrolment = builders.enrolment(learner, FILES)
        number = entered(app, faults.url)
        with db.transaction() as tx:
            for name, title in (("costly-3", "Costly"), ("small-1", "Small one"), ("large-2", "")):
                tx.add(GatewayModel(gateway_id=number, name=name, title=title, roles=[CHAT], abilities=[]))
        browser = builders.browser(app, learner)
    browser.get("/language/en")
    return PromptPage(app, browser, f"/courses/{enrolment.run_id}/eins", enrolment, "waehlen")


def test_the_models_that_the_exercise_names_can_be_chosen_and_the_choice_is_what_is_asked(page: PromptPage, faults: FaultServer) -> None:
    select = re.search(r'<select[^>]*name="model".*?</select>', page.client.get(page.path).text, re.DOTALL)
    assert select
    assert re.findall(r"<option[^>]*>([^<]*)", select[0]) == ["Small one", "large-2"]
    for attempt, chosen in enumerate(("Small one", "", "large-2"), 1):
        page.watch(page.send(attempt=attempt, model=chosen))
    assert [request["model"] for request in faults.requests] == ["small-1", "small-1", "large-2"]
    assert "<option selected>large-2" in page.client.get(page.path).text


@pytest.mark.parametrize("name", ["costly-3", "Costly", "small-1", "LARGE-2", "large-2 ", "chat", "judge", "small-1@gateway 1", "'; --"])
def test_another_model_is_refused_with_a_plain_message_and_nothing_is_asked(page: PromptPage, faults: FaultServer, name: str) -> None:
    for htmx in (True, False):
        refused = page.send("Keep this prompt.", model=name, htmx=htmx)
        assert refused.status_code == 422
        assert "This exercise does not offer that model." in refused.text
    both = page.client.post(f"{page.path}/waehlen/try", data={"attempt": "1", "prompt": "x", "model": ["large-2", name]})
    assert both.status_code == 422
    assert (faults.requests, page.attempts()) == ([], [])


def test_a_chosen_model_that_is_gone_is_not_replaced_by_another(page: PromptPage, faults: FaultServer) -> None:
    with page.app.app_context(), db.scoped(page.enrolment.organisation_id), db.transaction() as tx:
        for row in tx.query(GatewayModel).filter_by(name="large-2"):
            row.missing_since = db.now()
    assert "RECORDED-ANSWER" in page.watch(page.send(model="large-2"))[1]
    assert faults.requests == []
