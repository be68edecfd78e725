"""The courses that come with Lotse: nothing to mend, and recorded answers that pass the checks they stand for."""

from collections import Counter
from itertools import chain
from typing import Any

import pytest

from assessments import drawing
from assessments.kinds import KINDS
from assessments.kinds.item import Item
from exercises.checks import check_ask
from exercises.prompt import PromptExercise
from modules.blocks import Block
from modules.course import CourseSource, ModuleSource
from modules.easy import WRITTEN_IN
from modules.pools import candidates, read_pool
from tests.assessments.curriculum import STARTERS, TEST, WORKSHOP, checked, parsed
from tests.browser.answers import ALL, NONE, answer

pytestmark = pytest.mark.usefixtures("curriculum_kinds")


def starter() -> CourseSource:
    """The starter course."""
    return checked("ki-kompetenz").course


@pytest.mark.parametrize("course", [*STARTERS, WORKSHOP])
def test_nothing_is_found_in_a_course_that_comes_with_lotse(course: str) -> None:
    found = [(finding.rule, finding.path, finding.line) for finding in checked(course).findings]
    assert [finding for finding in found if finding[0] != "law-old"] == []   # Whether the law has changed no test can say.


def test_the_starter_course_names_24_competences_with_a_place_in_a_framework() -> None:
    found = starter().competences.values()
    assert len(found) == 24
    assert all(competence.references.get("ailit") and competence.audience for competence in found)


def test_who_reads_easy_language_meets_every_question() -> None:
    for module in starter().modules:
        for text in WRITTEN_IN.keys() & module.sources.keys():
            assert [block.id for block in module.sources[text].blocks] == [block.id for block in module.sources["de"].blocks]


@pytest.mark.parametrize("course", STARTERS)
def test_recorded_answers_pass_the_checks_of_their_exercise(course: str) -> None:
    failed = [
        (source.path, exercise_id, check.label)
        for source in checked(course).course.sources for exercise_id, exercise in _exercises(source)
        for ask in exercise.asks if ask.recorded
        for check in check_ask(ask, list(ask.recorded) * ask.runs, exercise.contexts) if not check.ok
    ]
    assert failed == []


def _exercises(source: ModuleSource) -> list[tuple[str, PromptExercise]]:
    items = [(block.id, KINDS[block.kind].parse(block, lambda address: address, {})) for block in source.blocks if block.kind == "prompt"]
    return [(id_, item.exercise) for id_, item in items if item.points]


# --- Three audiences, one curriculum ----------------------------------------------------------------------------------

def test_the_three_courses_have_the_same_text_but_for_the_role() -> None:
    files = [checked(course).files for course in STARTERS]
    same = {path for path in files[0] if all(others.get(path) == files[0][path] for others in files)}
    own = {path.split("/")[0] for path in chain(*files) if path not in same}
    assert own == {"course.yml", "pools", "06-ki-im-studium", "06-ki-in-der-lehre", "06-ki-in-der-verwaltung"}
    assert {path for path in chain(*files) if path.startswith("pools/") and path not in same} == {"pools/rolle.de.md", "pools/rolle.en.md"}


@pytest.mark.parametrize("course", STARTERS)
def test_each_course_teaches_and_certifies_what_its_audience_needs(course: str) -> None:
    found = checked(course).course
    taught = {id_ for source in found.sources for id_ in source.competences}
    assert taught == set(found.certificate_competences)
    assert taught == {id_ for id_, competence in found.competences.items() if set(competence.audience) & set(found.audience)}


@pytest.mark.parametrize("course", STARTERS)
def test_the_hours_of_the_certificate_are_those_that_the_modules_take(course: str) -> None:
    found = checked(course).course
    minutes = sum(module.sources["de"].minutes for module in found.modules)
    assert abs(found.certificate["hours"] - minutes / 60) <= 0.5


# --- The final test ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("course", STARTERS)
def test_the_final_test_draws_20_of_at_least_60_questions_about_every_module(course: str) -> None:
    found = checked(course).course
    pools = [read_pool(block) for source in found.sources if source.id == TEST and source.language == "de" for block in source.blocks]
    drawable = [candidates(pool, found, "de") for pool in pools]
    assert sum(pool.pick for pool in pools) == 20
    assert len({block.id for block in chain(*drawable)}) == sum(map(len, drawable)) >= 60
    tested = {id_ for block in chain(*drawable) for id_ in block.attributes["competence"].split(",")}
    assert tested == {id_ for id_, competence in found.competences.items() if set(competence.audience) & set(found.audience)}


def test_hundreds_of_learners_meet_every_question_of_the_final_test_and_none_much_more_often() -> None:
    found = checked(STARTERS[0]).course
    for pool in (read_pool(block) for source in found.sources if source.id == TEST and source.language == "de" for block in source.blocks):
        ids = [block.id for block in candidates(pool, found, "de")]
        met = Counter(chain(*(drawing.drawn(ids, pool.pick, f"{learner}\0{TEST}\0{pool.id}") for learner in range(600))))
        expected = 600 * pool.pick / len(ids)
        assert all(abs(met[id_] - expected) < 0.3 * expected for id_ in ids), pool.id


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_question_of_the_final_test_teaches(language: str) -> None:
    for block, item in _test_questions(language):
        assert item.hints, item.id
        assert item.explanation, item.id
        assert (item.competences, item.attempts, item.points) == (tuple(block.attributes["competence"].split(",")), 1, 1), item.id
        answers = [line for line in block.body.split("\n") if line[:3] in ("( )", "(x)", "[ ]", "[x]")]
        assert block.body.count("\n    > ") >= len(answers), item.id


# --- Every question, answered by its key and against it ---------------------------------------------------------------

_ANSWERED = ("single", "multi", "matrix", "match", "order", "cloze", "numeric", "short")


def test_every_question_is_right_when_answered_by_its_key_and_not_otherwise() -> None:
    questions = [*_test_questions("de"), *_test_questions("en"), *_module_questions()]
    assert len(questions) > 400
    for block, item in questions:
        kind = KINDS[item.kind]
        assert kind.grade(item, kind.read(item, answer(item, ALL))).score == pytest.approx(item.points), (block.path, item.id)
        for response in (kind.read(item, answer(item, NONE)), *_against_key(item)):
            assert kind.grade(item, response).score < item.points, (block.path, item.id, response)


def _against_key(item: Any) -> list[dict[str, Any]]:
    """Every other option alone, every option ticked, every part moved on, every answer that is known to be wrong."""
    match item.kind:
        case "single":
            return [{"chosen": [at]} for at in range(len(item.options)) if at not in item.right]
        case "multi":
            return [{"chosen": list(range(len(item.options)))}, *({"chosen": [at]} for at in range(len(item.options)))]
        case "matrix":
            return [{"rows": [[(row.right[0] + step) % len(item.columns)] for row in item.rows]} for step in range(1, len(item.columns))]
        case "match":
            return [{"pairs": [(pair.right + step) % len(item.choices) for pair in item.pairs]} for step in range(1, len(item.choices))]
        case "numeric":
            return [{"text": "", "values": [str(line.accepted.low)]} for line in item.lines if line.weight < 1]
        case "short":
            return [{"text": known.text} for line in item.lines if line.weight < 1 for known in line.answers]
    return []


def _test_questions(language: str) -> list[tuple[Block, Item]]:
    """The questions of the final tests of all courses, those that they share once."""
    found = {
        (source.path, block.body): block for course in STARTERS for source in checked(course).course.pools if source.language == language
        for block in source.blocks
    }
    return [(block, parsed(block)) for block in found.values()]


def _module_questions() -> list[tuple[Block, Item]]:
    found = {(source.path, block.id): block for course in STARTERS for source in checked(course).course.sources for block in source.blocks}
    return [(block, parsed(block)) for block in found.values() if block.kind in _ANSWERED]
