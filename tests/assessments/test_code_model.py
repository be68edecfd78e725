"""What a program's `ai.embed` costs: tokens of the learner's budget and a place in the line, as every other call."""

from contextlib import ExitStack

import pytest
from flask import Flask
from sqlalchemy import select

from assessments.code_model import CourseModel
from core import db
from core.config import replace_settings
from courses.models import Enrolment
from gateway import service as gateway
from gateway.abilities import EMBEDDER
from gateway.faults import GatewayError
from gateway.models import GatewayModel, Usage, Waiting
from gateway.service import Asker, Model, line
from tests import builders
from tests.gateway.faults import FaultServer
from tests.gateway.test_gateways import entered

TEXTS = {"op": "embed", "texts": ["a", "bcd"]}


@pytest.fixture
def learner(app: Flask, faults: FaultServer) -> Enrolment:
    """Ada, in an organisation whose gateway has a model for vectors."""
    with app.app_context():
        builders.organisation()
        found = builders.enrolment()
        number = entered(app, faults.url)
        with db.transaction() as tx:
            tx.add(GatewayModel(gateway_id=number, name="vectors", title="", roles=[EMBEDDER], abilities=[]))
        return found


def course_model(learner: Enrolment, at_turn: Model | None = None) -> CourseModel:
    asker = Asker(learner.person_id, learner.run_id, "trial 1", "code")
    return CourseModel(asker, "", at_turn, str, lambda: False)


def usual(learner: Enrolment) -> Model:
    found = gateway.model(learner.run_id, role=EMBEDDER)
    assert found
    return found


def test_vectors_are_booked_and_take_a_turn_that_is_over_afterwards(app: Flask, learner: Enrolment) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        assert course_model(learner)(TEXTS) == {"vectors": [[1.0, 1.0], [3.0, 1.0]]}
        assert gateway.tokens_left(learner.person_id, learner.run_id) == 60_000 - 7
        assert db.session.scalars(select(Usage.purpose)).one() == "code"
        [turn] = db.session.scalars(select(Waiting)).all()
        assert (turn.server, turn.person, turn.ended_at is not None) == (usual(learner).server, learner.person_id, True)


def test_a_program_that_has_its_turn_takes_no_second_one(app: Flask, learner: Enrolment) -> None:
    with app.app_context(), db.scoped(learner.organisation_id):
        assert "vectors" in course_model(learner, usual(learner))(TEXTS)
        assert db.session.scalars(select(Waiting)).all() == []


def test_while_the_server_is_busy_a_program_is_told_and_nothing_is_asked(
    app: Flask, learner: Enrolment, faults: FaultServer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("assessments.code_model.PATIENCE", 0.0)
    with app.app_context(), db.scoped(learner.organisation_id), ExitStack() as turns:
        for number in range(line.at_once(usual(learner).server)):
            turns.enter_context(line.turn(usual(learner), 1000 + number, f"trial {1000 + number}"))
        assert course_model(learner)(TEXTS) == {"error": GatewayError("busy").message}
        assert faults.requests == []


def test_without_enough_tokens_a_program_is_told_and_nothing_is_asked(app: Flask, learner: Enrolment, faults: FaultServer) -> None:
    app.extensions["settings"] = replace_settings(app.extensions["settings"], daily_tokens=1)
    with app.app_context(), db.scoped(learner.organisation_id):
        assert course_model(learner)(TEXTS) == {"error": GatewayError("tokens").message}
        assert (faults.requests, gateway.tokens_left(learner.person_id, learner.run_id)) == ([], 1)
