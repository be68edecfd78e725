"""Item analysis: figures of questions, what they say, and for whom."""

import csv
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from accounts.models import Role
from assessments import item_analysis, service
from assessments.item_figures import (
    COMMON,
    DIFFICULT,
    FEWEST,
    REVERSED,
    SIMPLE,
    UNUSED,
    WEAK_ONE,
    WRONG_KEY,
    Answer,
    analysed,
    correlation,
    rest,
)
from assessments.kinds.item import key_of
from assessments.scopes import Scope
from core import db
from courses import service as courses
from courses.models import Enrolment
from modules.service import parsed
from tests import builders
from tests.assessments.kinds_course import files, learner
from tests.assessments.samples import item

SINGLE = item("single", "Was?\n(x) A\n( ) B\n( ) C")
SHORT = item("short", "Was?\n= Richtig")


def answers(chosen: str, question: Any = SINGLE) -> list[Answer]:
    """One person after the other: which option each chose."""
    found = []
    for number, letter in enumerate(chosen):
        share = float(question.options["ABC".index(letter)].right)
        found.append(Answer(number, number, share, bool(share), 10.0 * number, {"chosen": ["ABC".index(letter)]}))
    return found


def falling(count: int) -> dict[int, float]:
    """The first person does best at everything else."""
    return {number: 1 - number / count for number in range(count)}


@pytest.mark.parametrize(("chosen", "findings"), [
    ("A" * 18 + "BC" * 6, []),
    ("A" * 20 + "B" * 10, [UNUSED]),
    ("B" * 12 + "A" * 15 + "C" * 3, [WRONG_KEY, REVERSED]),
    ("A" * 20, [SIMPLE, UNUSED]),
    ("A" * 5 + "C" * 7 + "B" * 8, [DIFFICULT]),
    ("ABC" * 10, [WEAK_ONE]),
    ("B" * 4, []),
])
def test_figures_are_read_in_plain_words(chosen: str, findings: list[Any]) -> None:
    found = analysed(SINGLE, answers(chosen), falling(len(chosen)))
    assert list(found.findings) == findings


def test_figures_follow_in_steps_of_several_people() -> None:
    few, five, seven = (analysed(SINGLE, answers("AABBA" + "CC")[:count], {}) for count in (4, 5, 7))
    assert few.figures.people == 0
    assert few.tables == ()
    assert five == seven
    assert (five.figures.people, five.figures.difficulty, five.figures.discrimination) == (FEWEST, 0.6, None)
    assert [row.count for row in five.tables[0].rows] == [3, 2, 0]
    assert five.figures.seconds == 20


def test_the_best_and_the_weakest_are_compared_by_all_their_other_questions() -> None:
    found = analysed(SINGLE, answers("A" * 5 + "B" * 10), falling(15))
    assert found.groups == (5, 5)
    assert [(row.count, row.best, row.weak) for row in found.tables[0].rows] == [(5, 5, 0), (10, 0, 5), (0, 0, 0)]
    assert found.figures.discrimination == pytest.approx(0.8183, abs=1e-4)
    assert correlation([(1, 1), (1, 0)]) is None
    assert rest({0: (2.0, 3), 1: (1.0, 2)}, answers("AA")) == {0: 0.5}


def test_a_frequent_text_that_nobody_foresaw_is_pointed_at_and_a_rare_one_is_not_shown() -> None:
    given = [Answer(number, number, 0.0, False, None, {"text": text}) for number, text in enumerate(["Richtich"] * 5 + ["Ada Lovelace"] * 4 + ["Richtig"])]
    found = analysed(SHORT, given, {})
    assert COMMON in found.findings
    assert found.tables[0].others == (("richtich", 5),)


TEXT = "".join(f"::: single {{#frage-{number} points=1 attempts=2}}\nFrage {number}?\n(x) Ja\n( ) Nein\n:::\n\n" for number in (1, 2, 3)) + "::: likert {#umfrage}\nWie?\n- Gut\n:::\n"


def answer(part: Enrolment, number: int, text: str, attempt: int = 1) -> None:
    service.submit(part, "eins", f"frage-{number}", "de", attempt, {"answer": [key_of(f"frage-{number}", text)]})


@pytest.fixture
def school(app: Flask) -> tuple[FlaskClient, list[Enrolment]]:
    """Ten learners who have answered three questions, the third one wrong, and a lecturer."""
    with app.app_context():
        builders.organisation()
        course = files(TEXT)
        lecturer, _ = learner(app, "Lise", course, Role.LECTURER)
        parts = [courses.enrol(builders.run(course).id, builders.person(f"L{number}").id) for number in range(10)]
        for number, part in enumerate(parts):
            for question in (1, 2, 3):
                answer(part, question, "Nein" if question == 3 or number > 7 else "Ja")
            answer(part, 3, "Ja", 2)
    return lecturer, parts


def test_lecturers_see_what_needs_a_look_first_and_take_a_table_along(app: Flask, school: tuple[FlaskClient, list[Enrolment]]) -> None:
    lecturer, parts = school
    base = f"/courses/{parts[0].run_id}"
    assert "Item analysis" in lecturer.get(base).text
    page = lecturer.get(f"{base}/analysis").text
    assert page.index("Frage 3?") < page.index("Frage 1?")
    assert "Too hard" in page
    assert "umfrage" not in page
    detail = lecturer.get(f"{base}/analysis/eins/frage-3").text
    for seen in ("Too hard", "0% <span class=\"field-hint\">the mean share", "100% <span class=\"field-hint\">learners who got all points sooner or later", "With fewer than 30 learners", "The best third (3 learners)"):
        assert seen in detail
    table = list(csv.DictReader(io.StringIO(lecturer.get(f"{base}/analysis/table.csv").text.removeprefix("\ufeff"))))
    assert [(row["question"], row["option"], row["chosen"]) for row in table[:3]] == [("frage-3", "", ""), ("frage-3", "Ja", "0"), ("frage-3", "Nein", "10")]
    assert {(row["learners"], row["difficulty"], row["solved_in_the_end"]) for row in table[:3]} == {("10", "0.000", "1.000")}
    assert lecturer.get(f"{base}/analysis/eins/umfrage").status_code == 404
    assert lecturer.get(f"{base}/analysis?edition=9").status_code == 404


def test_learners_and_strangers_see_nothing_and_trainers_see_the_course_of_their_organisation(app: Flask, school: tuple[FlaskClient, list[Enrolment]]) -> None:
    lecturer, parts = school
    with app.app_context(), db.scoped(parts[0].organisation_id):
        trainer = builders.browser(app, builders.person("Tim", roles=(Role.TRAINER,)))
        pupil = builders.browser(app, builders.person("L1"))
        assert courses.open_run(parts[0].run_id, "kurs")
    for path in ("analysis", "analysis/table.csv", "analysis/eins/frage-1", "analysis/eins/frage-1/regrade"):
        assert pupil.get(f"/courses/{parts[0].run_id}/{path}").status_code == 403
        assert trainer.get(f"/courses/{parts[0].run_id}/{path}").status_code == 404
    assert lecturer.get("/analysis/kurs").status_code == 403
    assert "All runs of the course" in trainer.get("/analysis/kurs", headers={"Accept-Language": "en"}).text
    assert trainer.get("/analysis/kurs/eins/frage-1").status_code == 200
    assert "/analysis/kurs" in trainer.get("/studio/kurs").text
    with app.app_context():
        builders.organisation("anderswo")
        foreign = builders.browser(app, builders.person("Eve", roles=(Role.TRAINER,)))
    assert foreign.get("/analysis/kurs").status_code == 404


def test_the_list_takes_as_many_queries_for_many_learners_as_for_few(app: Flask, school: tuple[FlaskClient, list[Enrolment]]) -> None:
    _, parts = school
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    with app.app_context(), db.scoped(parts[0].organisation_id):
        course = courses.course("kurs")
        assert course
        parsed(parts[0].edition_id)
        event.listen(app.extensions["engine"], "before_cursor_execute", note)
        found = item_analysis.lines(Scope(course.id, "kurs", None, parts[0].edition_id), parts[0].edition_id, "de")
        event.remove(app.extensions["engine"], "before_cursor_execute", note)
    assert len(found) == 3
    assert len(asked) <= 4
