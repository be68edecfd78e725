"""What the curriculum promises, counted: questions, exercises, feedback, length, and legal statements."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from assessments.kinds import KINDS
from assessments.kinds.likert import Likert
from assessments.kinds.looking import LookKind
from assessments.kinds.survey import Survey
from modules.blocks import Block
from modules.course import ModuleSource
from modules.easy import WRITTEN_IN
from modules.pools import KIND as POOL
from modules.pools import candidates, read_pool
from tests.assessments.curriculum import STARTERS, TEST, WORKSHOP, checked, parsed

pytestmark = pytest.mark.usefixtures("curriculum_kinds")

EXERCISES = {"prompt", "grounded", "write", "essay", "python"}   # What takes minutes, not one.
PARTS = {"single": "options", "multi": "options", "matrix": "rows", "match": "pairs", "order": "entries"}   # Where there is feedback to each.
WITH_A_MODEL = {"prompt", "grounded"}


@cache
def _modules() -> dict[str, ModuleSource]:
    """Every text of every module, those that courses share once, without the final test."""
    return {source.path: source for course in STARTERS for source in checked(course).course.sources if source.id != TEST}


def _asked(source: ModuleSource) -> list[Block]:
    """What is answered in a module; views into a model are only looked at, and surveys have no answer."""
    return [block for block in source.blocks if not isinstance(KINDS[block.kind], LookKind | Survey | Likert)]


def _questions() -> Iterator[tuple[str, list[Block]]]:
    """The questions of each module and of each pool of the final tests, in each language."""
    yield from ((path, _asked(source)) for path, source in _modules().items())
    found = {(source.path, tuple(block.body for block in source.blocks)): [*source.blocks] for course in STARTERS for source in checked(course).course.pools}
    yield from ((path, blocks) for (path, _bodies), blocks in found.items())


def test_each_module_has_twenty_questions_and_from_the_second_on_two_exercises_with_a_recorded_model() -> None:
    assert {source.id for source in _modules().values()} == {
        "was-ki-ist", "wie-sprachmodelle-schreiben", "gut-fragen", "pruefen-belegen-zitieren", "recht-daten-fairness",
        "ki-im-studium", "ki-in-der-lehre", "ki-in-der-verwaltung",
    }
    for path, source in _modules().items():
        assert len(_asked(source)) >= 20, path
        models = [block for block in source.blocks if block.kind in WITH_A_MODEL]
        assert len(models) >= 2 or source.id == "was-ki-ist", path
        assert all("```recorded" in block.body for block in models), path


def test_every_kind_of_block_is_used_in_the_courses_that_come_with_lotse() -> None:
    used = {block.kind for course in (*STARTERS, WORKSHOP) for source in checked(course).course.sources for block in source.blocks}
    assert used == {*KINDS, POOL.name}
    assert {"single", "multi", "cloze", "match", "order", "matrix", "numeric", "short", "likert", "survey", "prompt", POOL.name} <= {
        block.kind for course in STARTERS for source in checked(course).course.sources for block in source.blocks
    }


def test_every_question_has_a_hint_an_explanation_a_competence_and_feedback_to_every_option() -> None:
    blocks = [block for _path, found in _questions() for block in found]
    assert len(blocks) > 500
    for block in blocks:
        item: Any = parsed(block)
        place = (block.path, item.id)
        assert item.hints, place
        assert item.explanation, place
        assert item.competences, place
        parts = getattr(item, PARTS[item.kind]) if item.kind in PARTS else ()
        assert all(part.feedback for part in parts), place
        if item.kind in ("numeric", "short"):
            assert any(line.weight < 1 and line.feedback for line in item.lines), place   # A wrong answer that somebody will give.


def test_the_right_option_is_rarely_the_longest_one() -> None:
    for path, blocks in _questions():
        singles: list[Any] = [parsed(block) for block in blocks if block.kind == "single"]
        longest = [item.id for item in singles if max(range(len(item.options)), key=lambda at: len(item.options[at].html)) in item.right]
        assert len(longest) <= max(1, len(singles) / 3), (path, longest)


# --- How long it takes ------------------------------------------------------------------------------------------------

def test_a_module_takes_30_to_45_minutes_and_says_so() -> None:
    """200 words a minute, a minute for each question, three for each exercise. English needs more words, so it gets a little more."""
    for path, source in _modules().items():
        read = sum(_words(prose.markdown) for prose in source.prose) + sum(_words(_before_the_answer(block)) for block in source.blocks)
        minutes = read / 200 + sum(3 if block.kind in EXERCISES else 1 for block in source.blocks)
        assert 30 <= minutes <= (46 if source.written_in == "de" else 48), (path, minutes)
        assert -3 <= source.minutes - minutes <= (12 if source.language in WRITTEN_IN else 5), (path, minutes)   # Easy language is read more slowly.


def test_the_final_test_leaves_a_third_of_its_time_in_reserve_and_says_what_it_is() -> None:
    course = checked(STARTERS[0]).course
    for source in (source for source in course.sources if source.id == TEST):
        pools = [read_pool(block) for block in source.blocks]
        drawable = [(pool.pick, candidates(pool, course, source.language)) for pool in pools]
        read = sum(pick * sum(_words(_before_the_answer(block)) for block in blocks) / len(blocks) for pick, blocks in drawable)
        minutes = (read + sum(_words(prose.markdown) for prose in source.prose)) / 200 + sum(pick for pick, _blocks in drawable)
        assert minutes <= source.minutes <= source.time_limit * 2 / 3, minutes
        assert f"{source.time_limit} {'Minuten' if source.language == 'de' else 'minutes'}" in source.prose[0].markdown


def _words(text: str) -> int:
    shown = re.sub(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|^\[\^?[^\]]+\]:.*$", "", text, flags=re.MULTILINE)
    return len(re.findall(r"\w[\w’'-]*", shown))


def _before_the_answer(block: Block) -> str:
    """What learners read of a block before they answer: no hint, no feedback, no key, no recorded answer."""
    fenced = re.sub(r"^```(?!given|context|reflect|starter|swap|source)[^\n]*\n.*?^```$", "", block.body, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^(?:[?!=] |    >).*$|^```.*$", "", fenced, flags=re.MULTILINE)


# --- What the law says ------------------------------------------------------------------------------------------------

def test_a_legal_statement_has_a_title_and_says_the_same_wherever_its_topic_stands() -> None:
    laws = [(source.language, law) for source in _modules().values() for law in source.laws]
    said = {(language, law.topic): (law.title, law.as_of, law.source, law.markdown) for language, law in laws}
    assert len({law.topic for _language, law in laws}) >= 20
    for language, law in laws:
        assert law.title, (law.path, law.topic)
        assert said[language, law.topic] == (law.title, law.as_of, law.source, law.markdown), (law.path, law.topic)
