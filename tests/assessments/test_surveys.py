"""Surveys count and forget: nobody can join an answer and a person, and small groups stay hidden."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.models import Role
from assessments import service
from assessments.models import Attempt, Grade, SurveyCount, SurveyText
from core import db
from courses.models import Enrolment
from tests import builders
from tests.assessments.kinds_course import files, learner, rows
from tests.assessments.samples import BODIES, item

COURSE = files(
    "::: likert {#haltung scale=often results=shown}\nWie oft?\n- Ich prüfe nach.\n- Ich frage nach.\n! Danke für alles.\n:::\n\n"
    "::: survey {#nutzen}\nWofür?\n[ ] Schreiben\n[ ] Rechnen\n:::\n\n::: survey {#wunsch}\nWas fehlt?\n:::\n\n"
    "::: single {#frage points=2}\nWas?\n(x) Ja\n( ) Nein\n:::\n"
)


@pytest.fixture
def class_of(app: Flask) -> Any:
    """Some learners of one course."""
    def enter(*names: str, role: Role = Role.LEARNER) -> list[FlaskClient]:
        with app.app_context():
            db.act_for(organisation)
            return [learner(app, name, COURSE, role)[0] for name in names]

    with app.app_context():
        organisation = builders.organisation().id
    return enter


BASE = "/courses/1/eins"


def say(client: FlaskClient, item_id: str, **fields: Any) -> Any:
    return client.post(f"{BASE}/{item_id}/answer", data={"attempt": "1", **{name.replace("_", "-"): value for name, value in fields.items()}})


def test_an_answer_is_counted_and_only_that_there_is_one_stays_with_the_learner(app: Flask, class_of: Any) -> None:
    (client,) = class_of("Ada")
    assert say(client, "haltung", row_1="3").status_code == 303
    assert say(client, "wunsch", text="Mehr Beispiele.").status_code == 303
    assert [(attempt.item, attempt.response) for attempt in rows(app, Attempt)] == [("haltung", {}), ("wunsch", {})]
    assert {(row.item, row.place, row.count) for row in rows(app, SurveyCount)} == {("haltung", "people", 1), ("haltung", "0:3", 1), ("wunsch", "people", 1)}
    (text,) = rows(app, SurveyText)
    assert not {column.name for column in SurveyText.__table__.columns} & {"enrolment_id", "person_id", "attempt_id", "at", "created_at", "submitted_at"}
    assert text.id > 1000  # Drawn, not counted: the order of rows tells nothing.
    assert rows(app, Grade) == []


def test_everybody_answers_once_and_is_thanked(app: Flask, class_of: Any) -> None:
    (client,) = class_of("Ada")
    say(client, "haltung", row_1="3")
    again = client.post(f"{BASE}/haltung/answer", data={"attempt": "2", "row-1": "0"})
    assert again.status_code == 409
    say(client, "haltung", row_1="0")
    assert {(row.place, row.count) for row in rows(app, SurveyCount)} == {("people", 1), ("0:3", 1)}
    page = client.get(BASE).text
    assert "your answer is counted" in page
    assert "Danke für alles." in page
    assert 'name="row-1"' not in page


def test_results_come_in_steps_so_that_no_look_tells_one_answer(app: Flask, class_of: Any) -> None:
    clients = class_of(*"ABCDEFG")
    (lecturer,) = class_of("Lise", role=Role.LECTURER)

    def seen() -> str:
        html: str = lecturer.get("/courses/1/surveys").text
        return html

    for client in clients[:4]:
        say(client, "haltung", row_1="4", row_2="0")
        say(client, "wunsch", text="GEHEIMTEXT")
    assert "Answers of" not in seen()
    assert "Results appear when 5 people" in clients[0].get(BASE).text
    say(clients[4], "haltung", row_1="0")
    say(clients[4], "wunsch", text="fünfter")
    five = seen()
    assert five.count("Answers of 5 people") == 2
    assert "<td>4</td>" in five
    assert "fünfter" in five
    assert 'class="step-4"' in five
    assert "Answers of 5 people" in clients[0].get(BASE).text  # Shown to learners who have answered.
    for client in clients[5:]:
        say(client, "haltung", row_1="4")
        say(client, "wunsch", text="sechster")
    assert seen() == five


def test_whoever_teaches_is_not_counted(app: Flask, class_of: Any) -> None:
    (lecturer,) = class_of("Lise", role=Role.LECTURER)
    say(lecturer, "haltung", row_1="3")
    assert rows(app, SurveyCount) == []
    (client,) = class_of("Ada")
    assert client.get("/courses/1/surveys").status_code == 403
    assert "Surveys" in lecturer.get("/courses/1").text


def test_surveys_take_no_part_in_the_score(app: Flask, class_of: Any) -> None:
    (client,) = class_of("Ada")
    say(client, "haltung", row_1="3")
    with app.app_context(), db.unscoped():
        enrolment = db.session.scalars(select(Enrolment)).one()
        db.act_for(enrolment.organisation_id)
        assert service.score_of(enrolment).maximum == 2


def test_an_empty_answer_and_a_foreign_step_are_refused_and_count_nothing(app: Flask, class_of: Any) -> None:
    (client,) = class_of("Ada")
    assert say(client, "haltung").status_code == 422
    assert say(client, "haltung", row_1="9").status_code == 422
    assert say(client, "nutzen").status_code == 422
    refused = say(client, "wunsch", text="x" * 1001)
    assert refused.status_code == 422
    assert "x" * 1001 in refused.text
    assert rows(app, SurveyCount) == []
    assert rows(app, Attempt) == []


def test_scales_speak_the_language_of_the_text_and_options_keep_their_places() -> None:
    german = item("likert", BODIES["likert"])
    assert german.scale[0] == "stimme gar nicht zu"
    assert json.dumps(german.scale) != json.dumps(item("likert", BODIES["likert"], language="en").scale)
