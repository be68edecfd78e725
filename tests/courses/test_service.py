"""Courses: editions never change, enrolling is safe to repeat."""

from flask import Flask

from core import db
from courses import service
from tests import builders


def test_the_same_bytes_published_again_are_the_same_edition(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        first, second = builders.edition(), builders.edition()
        assert first.id == second.id


def test_a_changed_file_makes_the_next_edition_and_learners_stay_on_theirs(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        learner = builders.enrolment()
        changed = builders.edition({**builders.FILES, "01-eins/module.de.md": builders.GERMAN.replace("Grün", "Rot").encode()})
        assert changed.number == 2
        assert service.enrol(learner.run_id, learner.person_id).edition_id == learner.edition_id != changed.id
        newcomer = builders.person("Grace Hopper")
        assert service.enrol(learner.run_id, newcomer.id).edition_id == changed.id


def test_an_edition_gives_back_its_files_byte_for_byte(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        assert service.files_of(builders.edition().id) == builders.FILES


def test_two_universities_may_have_a_course_of_the_same_name(app: Flask) -> None:
    with app.app_context():
        builders.organisation("eins")
        first = builders.edition()
        builders.organisation("zwei")
        second = builders.edition()
        assert first.id != second.id
        assert service.courses()[0].organisation_id == second.organisation_id
        assert len(service.courses()) == 1


def test_opening_a_module_is_noted_once(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        learner = builders.enrolment()
        for _ in range(3):
            service.visit(learner, "eins")
        assert service.visited(learner.id) == {"eins"}
        assert db.acting_for() is not None
