"""Texts that people mark: they wait, are marked by a rubric, and two who mark at once overwrite nothing."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Role
from assessments import service
from assessments.kinds.essay import MarkError, mark
from assessments.models import Attempt, Grade, Marking
from core import db
from core.jobs import WorkState
from core.signals import graded
from courses.models import Enrolment
from modules.presenters import Points
from tests import builders
from tests.assessments.kinds_course import files, learner, rows
from tests.assessments.samples import item

COURSE = files("::: essay {#aufsatz words=3..20}\nErörtern Sie.\n- [2] Nennt eine Quelle\n    > Anleitung für Prüfende.\n- [1,5] Urteilt selbst\n! Musterlösung.\n:::\n")
TEXT = "Modelle erfinden manchmal etwas."


@dataclass
class House:
    """A course with two learners who have handed in a text, and two lecturers."""

    app: Flask
    learners: list[tuple[FlaskClient, Enrolment]]
    lecturers: list[FlaskClient]
    base: str

    def attempts(self) -> list[Attempt]:
        return rows(self.app, Attempt)

    def grades(self) -> list[Grade]:
        return rows(self.app, Grade)

    def points(self) -> Points:
        """What the first learner has in the course."""
        enrolment = self.learners[0][1]
        with self.app.app_context(), db.scoped(enrolment.organisation_id):
            return service.score_of(enrolment)

    def mark(self, number: int, points: tuple[str, str], *, do: str = "give", version: int = 0, comment: str = "", by: int = 0) -> Any:
        data = {"points-0": points[0], "points-1": points[1], "comment": comment, "version": str(version), "do": do}
        return self.lecturers[by].post(f"{self.base}/marking/texts/{self.attempts()[number].id}", data=data)


@pytest.fixture
def house(app: Flask) -> House:
    with app.app_context():
        builders.organisation()
        learners = [learner(app, name, COURSE) for name in ("Ada Lovelace", "Grace Hopper")]
        lecturers = [learner(app, name, COURSE, Role.LECTURER)[0] for name in ("Lise Meitner", "Emmy Noether")]
    base = f"/courses/{learners[0][1].run_id}"
    for client, _ in learners:
        assert client.post(f"{base}/eins/aufsatz/answer", data={"attempt": "1", "text": TEXT}).status_code == 303
    return House(app, learners, lecturers, base)


def test_a_text_waits_for_marking_and_shows_the_rubric_but_no_solution(house: House) -> None:
    assert [attempt.state for attempt in house.attempts()] == [WorkState.WAITING] * 2
    page = house.learners[0][0].get(f"{house.base}/eins", headers={"Accept-Language": "en"}).text
    assert "waits for marking" in page
    assert "Nennt eine Quelle" in page
    assert TEXT in page
    for hidden in ("Anleitung", "Musterlösung", "Hand in"):
        assert hidden not in page
    again = house.learners[0][0].post(f"{house.base}/eins/aufsatz/answer", data={"attempt": "2", "text": TEXT})
    assert again.status_code == 409
    assert "waits for marking" in again.text


@pytest.mark.parametrize(("text", "said"), [("Zu kurz", "at least 3"), ("wort " * 21, "at most 20"), ("", "write an answer")])
def test_a_text_of_the_wrong_length_comes_back_whole(app: Flask, text: str, said: str) -> None:
    with app.app_context():
        builders.organisation()
        client, enrolment = learner(app, "Ada", COURSE)
    refused = client.post(f"/courses/{enrolment.run_id}/eins/aufsatz/answer", data={"attempt": "1", "text": text})
    assert refused.status_code == 422
    assert said in refused.text
    assert f">\n{text.strip()}" in refused.text


def test_marks_become_a_grade_that_everybody_hears_of_and_the_learner_sees_points_and_comment(house: House) -> None:
    heard: list[str] = []

    def hear(sender: str, *, module: str, **_: Any) -> None:
        heard.append(module)

    with graded.connected_to(hear):
        marked = house.mark(0, ("2", "0,5"), do="next", comment="Gut belegt.\nUrteil fehlt.")
    assert heard == ["eins"]
    assert marked.location.endswith(f"/marking/texts/{house.attempts()[1].id}")
    (grade,) = house.grades()
    assert (grade.score, grade.score_maximum, grade.marker_id is not None) == (2.5, 3.5, True)
    page = house.learners[0][0].get(f"{house.base}/eins").text
    for seen in ("2.5 of 3.5 points", "2 of 2", "0.5 of 1.5", "Gut belegt.\nUrteil fehlt.", "Musterlösung"):
        assert seen in page
    assert (house.points().score, house.points().maximum) == (2.5, 3.5)


def test_a_draft_counts_nothing_and_is_there_for_whoever_goes_on(house: House) -> None:
    house.mark(0, ("1", ""), do="draft", comment="Mal sehen.")
    assert house.grades() == []
    assert "Mal sehen" not in house.learners[0][0].get(f"{house.base}/eins").text
    other = house.lecturers[1].get(f"{house.base}/marking/texts/{house.attempts()[0].id}").text
    assert "Mal sehen." in other
    assert "Lise Meitner" in other
    assert "begun by Lise Meitner" in house.lecturers[1].get(f"{house.base}/marking/eins/aufsatz").text


def test_of_two_who_mark_at_once_the_second_sees_the_marks_of_the_first_and_overwrites_nothing(house: House) -> None:
    house.mark(0, ("2", "1"), do="draft", by=0)
    late = house.mark(0, ("0", "0"), by=1, comment="Anders.")
    assert late.status_code == 409
    assert "Lise Meitner has saved other marks meanwhile" in late.text
    assert "Anders." in late.text
    assert house.grades() == []
    version = re.search(r'name="version" value="(\d+)"', late.text)
    assert version
    assert house.mark(0, ("0", "0"), by=1, version=int(version[1])).status_code == 303
    assert [grade.score for grade in house.grades()] == [0]


def test_new_marks_are_added_and_the_same_ones_are_not(house: House) -> None:
    house.mark(0, ("2", "1"))
    house.mark(0, ("2", "1"), version=1)
    assert len(house.grades()) == 1
    house.mark(0, ("1", "1"), version=2)
    assert [grade.score for grade in house.grades()] == [3, 2]
    assert house.points().score == 2


@pytest.mark.parametrize(("points", "said"), [(("3", "1"), "takes 0 to 2"), (("", "1"), "has no points yet"), (("x", "1"), "no number"), (("nan", "1"), "no number")])
def test_marks_that_cannot_be_are_refused_and_kept_in_the_form(house: House, points: tuple[str, str], said: str) -> None:
    refused = house.mark(0, points, comment="Bleibt stehen.")
    assert refused.status_code == 422
    assert said in refused.text
    assert "Bleibt stehen." in refused.text
    assert house.grades() == []
    assert rows(house.app, Marking) == []


def test_several_texts_get_the_same_marks_except_those_that_somebody_has_begun(house: House) -> None:
    house.mark(1, ("1", ""), do="draft", by=1)
    ticked = [str(attempt.id) for attempt in house.attempts()]
    url = f"{house.base}/marking/eins/aufsatz"
    assert house.lecturers[0].post(url, data={"points-0": "1", "points-1": "1"}).status_code == 422
    done = house.lecturers[0].post(url, data={"text": ticked, "points-0": "1", "points-1": "1", "comment": "Alle gleich."}, follow_redirects=True)
    assert "1 text is marked" in done.text
    assert "1 text was left out" in done.text
    assert [(grade.attempt_id, grade.score) for grade in house.grades()] == [(int(ticked[0]), 2)]


def test_names_are_shown_only_where_they_are_asked_for(house: House) -> None:
    url = f"{house.base}/marking/eins/aufsatz"
    assert "Ada Lovelace" not in house.lecturers[0].get(url).text
    assert "Ada Lovelace" not in house.lecturers[0].get(f"{house.base}/marking/texts/{house.attempts()[0].id}").text
    named = house.lecturers[0].get(f"{url}?names=yes").text
    assert "Ada Lovelace" in named
    assert f"/marking/texts/{house.attempts()[0].id}?names=yes" in named


def test_only_lecturers_of_the_run_mark(house: House) -> None:
    page = f"/marking/texts/{house.attempts()[0].id}"
    assert house.learners[0][0].get(f"{house.base}{page}").status_code == 403
    assert house.learners[0][0].post(f"{house.base}{page}", data={"points-0": "2", "points-1": "1", "do": "give"}).status_code == 403
    assert house.lecturers[0].get(f"/courses/{house.learners[0][1].run_id + 7}{page}").status_code == 404
    assert house.grades() == []
    assert "2 texts wait" in house.lecturers[0].get(house.base).text


def test_a_rubric_makes_the_points_and_marks_stay_within_it() -> None:
    essay = item("essay", "Was?\n- [2] a\n- [1.5] b")
    assert essay.points == 3.5
    assert mark(essay, [2, 1.5], "").state == "right"
    assert mark(essay, [2, 0], "").state == "partly"
    with pytest.raises(MarkError):
        mark(essay, [2, 2], "")
    with pytest.raises(MarkError):
        mark(essay, [2, 1], "x" * 4001)
    whole = item("essay", "Was?", points="4")
    assert mark(whole, [3], "").score == 3
