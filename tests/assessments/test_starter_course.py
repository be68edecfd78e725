"""The courses that come with Lotse: nothing to mend, and recorded answers that pass the checks they stand for."""

from functools import cache
from pathlib import Path

import pytest

from assessments.kinds import KINDS
from assessments.kinds.looking import LookKind
from exercises.checks import check_ask
from exercises.prompt import PromptExercise
from modules import blocks
from modules.course import CourseSource, ModuleSource
from modules.easy import WRITTEN_IN
from modules.service import CheckedFolder, check_folder

CONTENT = Path(__file__).parents[2] / "content"


@pytest.fixture(autouse=True)
def _all_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_kinds", dict(KINDS))


@cache
def checked(course: str) -> CheckedFolder:
    """A course that comes with Lotse, read and checked once."""
    return check_folder(CONTENT / course)


def starter() -> CourseSource:
    """The starter course."""
    return checked("ki-kompetenz").course


@pytest.mark.parametrize("course", ["ki-kompetenz", "werkstatt"])
def test_nothing_is_found_in_a_course_that_comes_with_lotse(course: str) -> None:
    assert [(finding.rule, finding.path, finding.line) for finding in checked(course).findings] == []


def test_each_module_of_the_starter_course_has_questions_to_draw_from() -> None:
    for source in starter().sources:
        assert sum(not isinstance(KINDS[block.kind], LookKind) for block in source.blocks) >= 20, source.path


def test_the_starter_course_names_24_competences_with_a_place_in_a_framework() -> None:
    found = starter().competences.values()
    assert len(found) == 24
    assert all(competence.references.get("ailit") and competence.audience for competence in found)


def test_who_reads_easy_language_meets_every_question() -> None:
    for module in starter().modules:
        for text in WRITTEN_IN.keys() & module.sources.keys():
            assert [block.id for block in module.sources[text].blocks] == [block.id for block in module.sources["de"].blocks]


def test_recorded_answers_pass_the_checks_of_their_exercise() -> None:
    failed = [
        (source.path, exercise_id, check.label)
        for source in starter().sources for exercise_id, exercise in _exercises(source)
        for ask in exercise.asks if ask.recorded
        for check in check_ask(ask, list(ask.recorded) * ask.runs, exercise.contexts) if not check.ok
    ]
    assert failed == []


def _exercises(source: ModuleSource) -> list[tuple[str, PromptExercise]]:
    parsed = [(block.id, KINDS[block.kind].parse(block, lambda address: address, {})) for block in source.blocks if block.kind == "prompt"]
    return [(id_, item.exercise) for id_, item in parsed if item.points]
