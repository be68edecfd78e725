"""Variants: each learner has one row of a small table, and is graded by it."""

import re

import pytest
from flask import Flask

from assessments.kinds import KINDS
from assessments.kinds.item import version, versioned
from assessments.models import Grade
from tests import builders
from tests.assessments.kinds_course import files, learner, rows
from tests.assessments.samples import block, errors, findings, item

TABLE = "```variants\n| woerter | token |\n|---|---|\n| 600 | 900 |\n| 800 | 1200 |\n| 200 | 300 |\n```\n"
NUMERIC = f"Wie viele Token haben {{{{woerter}}}} Wörter?\n{TABLE}= {{{{token}}}} +- 1%\n! Also {{{{ token }}}}."


def test_each_row_makes_a_version_with_its_own_key() -> None:
    question = item("numeric", NUMERIC)
    grade = KINDS["numeric"].grade
    for each, (words, tokens) in zip(question.versions, (("600", "900"), ("800", "1200"), ("200", "300")), strict=True):
        assert f"haben {words} Wörter" in each.text
        assert f"Also {tokens}." in each.explanation
        assert grade(each, {"values": [tokens]}).state == "right"
        assert grade(each, {"values": ["17"]}).state == "wrong"
    assert question.revision == question.versions[1].revision


@pytest.mark.parametrize(("kind", "body"), [
    ("single", "Was ist {{a}}?\n(x) {{b}}\n( ) Anderes\n"), ("short", "Was ist {{a}}?\n= {{b}}\n"), ("cloze", "Das ist [[{{b}}]] und [[{{a}}|({{b}})]].\n"),
])
def test_choices_words_and_gaps_have_variants_too(kind: str, body: str) -> None:
    question = item(kind, body + "```variants\n| a | b |\n| eins | zwei |\n| drei | vier |\n```\n! g")
    assert len(question.versions) == 2
    assert findings(kind, body + "```variants\n| a | b |\n| eins | zwei |\n| drei | vier |\n```\n! g") == []


@pytest.mark.parametrize(("body", "found"), [
    ("Was?\n```variants\n| a |\n| 1 |\n```\n= {{a}}", ["variants-table"]),
    ("Was?\n```variants\n| a |\n| 1 |\n| 2 |\n```\n= {{b}}", ["variants-unknown"]),
    ("Was?\n```variants\n| a | a |\n| 1 | 2 |\n| 2 | 3 |\n```\n= {{a}}", ["variants-names"]),
    ("Was?\n```variants\n| a | b |\n| 1 | 2 |\n| 2 |\n```\n= {{a}} {{b}}", ["variants-row"]),
    ("Was?\n```variants\n| a |\n| 1 |\n| zwei |\n```\n= {{a}}", ["number"]),
    ("Was?\n```variants\n| a |\n" + "| 1 |\n" * 51 + "```\n= {{a}}", ["variants-many"]),
])
def test_a_table_that_cannot_be_used_is_reported(body: str, found: list[str]) -> None:
    assert [rule for rule, _ in errors("numeric", body)] == found


def test_without_a_table_braces_are_text() -> None:
    assert "{{a}}" in item("numeric", "Was ist {{a}}?\n= 1").text


def test_languages_must_agree_on_every_row() -> None:
    kind = KINDS["numeric"]
    assert kind.fingerprint(block("numeric", NUMERIC)) == kind.fingerprint(block("numeric", NUMERIC.replace("Wie viele", "How many")))
    assert kind.fingerprint(block("numeric", NUMERIC)) != kind.fingerprint(block("numeric", NUMERIC.replace("1200", "1300")))


def test_learners_keep_their_row_and_are_graded_by_it(app: Flask) -> None:
    course = files(f"::: numeric {{#token points=2}}\n{NUMERIC}\n:::\n")
    with app.app_context():
        builders.organisation()
        people = [learner(app, name, course) for name in "ABCDEFGH"]
    worth = {"600": "900", "800": "1200", "200": "300"}
    seen = []
    for client, enrolment in people:
        url = f"/courses/{enrolment.run_id}/eins"
        words = re.search(r"haben (\d+) Wörter", client.get(url).text)
        assert words
        seen.append(words[1])
        assert client.post(f"{url}/token/answer", data={"attempt": "1", "answer": worth[words[1]]}).status_code == 303
        again = client.get(url).text
        assert f"haben {words[1]} Wörter" in again
        assert f"Also {worth[words[1]]}." in again
    assert len(set(seen)) > 1
    assert [grade.score for grade in rows(app, Grade)] == [2] * 8


def test_the_row_follows_from_the_seed() -> None:
    question = item("numeric", NUMERIC)
    assert {version(question, str(seed)) for seed in range(40)} == {0, 1, 2}
    assert versioned(question, version(question, "7")) is versioned(question, version(question, "7"))
