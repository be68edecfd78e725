"""Pools draw for each learner, the same again whenever they come back, and their points are right."""

import re
from typing import Any

import pytest
from flask import Flask

from assessments import drawing, items, service
from assessments.kinds import KINDS
from assessments.models import Attempt
from assessments.review import review
from core import db
from modules import blocks, pools
from modules.lint import lint
from modules.source import read_course
from tests import builders
from tests.assessments.kinds_course import files, learner, rows

POOL = "Für Autorinnen.\n\n" + "\n".join(f"::: single {{#p{number} points={number} tags=t{number % 2}}}\nFrage {number}?\n(x) Ja{number}\n( ) Nein{number}\n! Darum.\n:::\n" for number in range(1, 9))
MODULE = "::: single {#fest points=3}\nFest?\n(x) Ja\n( ) Nein\n! Darum.\n:::\n\n::: pool {#quiz pick=3 from=m1 points=2}\n:::\n\nEnde.\n"
COURSE = files(MODULE, pools__m1_de_md=POOL, pools__m1_en_md=POOL)
TEST = "::: pool {#erst pick=2 from=t0 points=1}\n:::\n\n::: pool {#dann pick=4 from=m1 points=1}\n:::\n"


@pytest.fixture
def house(app: Flask) -> Flask:
    with app.app_context():
        builders.organisation()
        builders.run(COURSE)
    return app


@pytest.fixture
def kinds_known() -> None:
    """As app.py does when the house opens."""
    for kind in KINDS.values():
        blocks.register(kind)
    blocks.register(pools.KIND)


def test_each_learner_gets_questions_of_their_own_and_the_same_again(house: Flask) -> None:
    drawn = {name: shown(house, name) for name in "ABCDEF"}
    assert all(found[0] == "fest" and len(set(found)) == 4 for found in drawn.values())
    assert len({tuple(found) for found in drawn.values()}) > 3
    assert shown(house, "A") == drawn["A"]


def shown(app: Flask, name: str) -> list[str]:
    with app.app_context():
        db.act_for(1)
        client, enrolment = learner(app, name, COURSE)
    return re.findall(r'<section class="question [^>]*id="q-([\w-]+)"', client.get(f"/courses/{enrolment.run_id}/eins").text)


def test_drawn_questions_are_answered_and_counted_like_all_others(house: Flask) -> None:
    with house.app_context():
        db.act_for(1)
        client, enrolment = learner(house, "Ada", COURSE)
        first = drawing.own_items(enrolment.edition_id, "eins", str(enrolment.id))[1]
        found = items.items(enrolment.edition_id, "eins", "en")
        other = next(item for item in found if item not in drawing.own_items(enrolment.edition_id, "eins", str(enrolment.id)))
        single: Any = found[first]
        key = single.options[0].key
    base = f"/courses/{enrolment.run_id}/eins"
    assert client.post(f"{base}/{first}/answer", data={"attempt": "1", "answer": key}).status_code == 303
    assert client.post(f"{base}/{other}/answer", data={"attempt": "1", "answer": "x"}).status_code == 404  # Not drawn for this learner.
    with house.app_context():
        db.act_for(1)
        points = service.score_of(enrolment)
        assert (points.score, points.maximum) == (2, 3 + 3 * 2)
        assert [(made.item, made.module) for made in rows(house, Attempt)] == [(first, "eins")]
        in_run = service.scores_in_run(enrolment.run_id, {enrolment.id: enrolment.edition_id})
        assert in_run[enrolment.id]["eins"] == points
    assert "2 of 9" in client.get(base).text


def test_a_quiz_of_the_module_draws_from_what_is_the_learners_own(house: Flask) -> None:
    with house.app_context():
        db.act_for(1)
        client, enrolment = learner(house, "Ada", COURSE)
        own = set(drawing.own_items(enrolment.edition_id, "eins", str(enrolment.id)))
        assert set(drawing.shown_items(enrolment.edition_id, "eins", draw=2, seed=str(enrolment.id))) < own
        assert {question.id for question in review(enrolment, "eins", "en", key=False)} == own
    html = client.get(f"/courses/{enrolment.run_id}/quiz/0/eins").text
    assert set(re.findall(r'<section class="question [^>]*id="q-([\w-]+)"', html)) == own


def test_two_pools_of_a_module_never_draw_the_same_question(app: Flask) -> None:
    course = files(TEST, pools__m1_de_md=POOL, pools__m1_en_md=POOL)
    with app.app_context():
        builders.organisation()
        edition = builders.edition(course)
        for seed in range(40):
            own = drawing.own_items(edition.id, "eins", str(seed))
            assert len(set(own)) == 6
            parts = drawing.pools_of(edition.id, "eins", str(seed))
            assert {int(item[1:]) % 2 for item in parts["erst"]} == {0}
            assert (*parts["erst"], *parts["dann"]) == own


@pytest.mark.parametrize(("module", "more", "found"), [
    (MODULE, {"pools__m1_de_md": POOL, "pools__m1_en_md": POOL}, []),
    ("::: pool {#q}\n:::\n", {}, ["pool-from", "pool-pick"]),
    ("::: pool {#q pick=9 from=m1 points=1}\n:::\n", {"pools__m1_de_md": POOL, "pools__m1_en_md": POOL}, ["pool-small"]),
    ("::: pool {#q pick=2 from=m1}\n:::\n", {"pools__m1_de_md": POOL, "pools__m1_en_md": POOL}, ["pool-points"]),
    ("::: pool {#q pick=2 from=m1 points=1 show=now}\nText\n:::\n", {"pools__m1_de_md": POOL, "pools__m1_en_md": POOL}, ["pool-body", "unknown-attribute"]),
    (MODULE, {"pools__m1_de_md": POOL}, ["language-missing", "pool-small"]),
    (MODULE, {"pools__m1_de_md": POOL, "pools__m1_en_md": POOL.replace("#p1 ", "#x1 ")}, ["language-ids", "language-ids"]),
    (MODULE, {"pools__m1_de_md": POOL.replace("#p1 ", "#fest "), "pools__m1_en_md": POOL.replace("#p1 ", "#fest ")}, ["id-twice", "id-twice"]),
    (MODULE, {"pools__m1_de_md": MODULE, "pools__m1_en_md": MODULE}, ["id-twice"]),
])
@pytest.mark.usefixtures("kinds_known")
def test_the_check_knows_pools(app: Flask, module: str, more: dict[str, str], found: list[str]) -> None:
    rules = {finding.rule for finding in lint(read_course(files(module, **more))) if finding.severity == "error"}
    assert rules >= set(found)
    assert bool(rules) == bool(found)
