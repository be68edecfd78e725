"""Practice: outside of all that counts, and never with the key of a question that is still open."""

import re

import pytest
from flask import Flask

from assessments import drawing, practice
from assessments.models import Attempt, Draft, Grade
from core import db
from tests import builders
from tests.assessments.kinds_course import learner, rows
from tests.assessments.page import QuestionPage
from tests.assessments.timed import course, page

POOL = "\n".join(f"::: single {{#p{number} points=1 attempts=1}}\nFrage {number}?\n(x) Ja{number}\n( ) Nein{number}\n! BECAUSE-{number}\n:::\n" for number in range(1, 7))
DRAWN = "::: pool {#topf pick=2 from=m1}\n:::\n"
MIXED = """\
::: single {#farbe points=2 attempts=2}
Welche Farbe?
( ) Rot
    > FEEDBACK-WRONG
(x) Blau
! EXPLANATION
:::

::: numeric {#spaeter points=1 attempts=1 show=after-due}
Wie viel?
= 4 +- 0
! LATER
:::

::: short {#nie points=1 attempts=1 show=never}
Wie?
= so
! NEVER
:::

::: essay {#text points=1 words=5}
Warum?
- [1] Gut
:::

::: order {#folge points=1 attempts=1}
Ordnen Sie.
1. eins
2. zwei
3. drei
:::
"""


def practised(client_of: QuestionPage, run_id: int, module: str = "eins") -> tuple[str, QuestionPage]:
    """A draw: its page, and the page to answer on."""
    address = client_of.client.get(f"/courses/{run_id}/practice/{module}").location
    found = QuestionPage(client_of.client, address)
    return found.open(), found


def test_only_what_may_be_told_already_is_practised_and_nothing_of_it_counts(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        _, ada = learner(app, "Ada", course(MIXED, head="due: 2999-01-01\n"))
    mine = page(app, ada)
    mine.open()
    html, _ = practised(mine, ada.run_id)
    assert "There is nothing to practise yet" in html
    assert mine.client.post(f"/courses/{ada.run_id}/practice/1/eins/farbe/answer", data={"answer": mine.keys("farbe", "Rot")}).status_code == 404
    mine.answer("farbe", "Rot")                                # an attempt is left: the key stays here
    html, _ = practised(mine, ada.run_id)
    assert "There is nothing to practise yet" in html
    mine.answer("farbe", "Blau", attempt=2)
    for item in ("spaeter", "nie"):
        mine.client.post(f"{mine.path}/{item}/answer", data={"attempt": "1", "answer": "4"})
    mine.client.post(f"{mine.path}/text/answer", data={"attempt": "1", "answer": "Ein Text mit fünf Wörtern."})
    before = len(rows(app, Attempt))
    html, drawn = practised(mine, ada.run_id)
    assert list(drawn.forms) == ["farbe"]
    assert "This is practice: nothing here counts" in html
    assert "3 questions cannot be practised yet" in html
    assert not any(key in html for key in ("EXPLANATION", "FEEDBACK-WRONG", "LATER", "NEVER"))
    url = f"{drawn.path}/farbe/answer"
    said = mine.client.post(url, data={"number": "1", "answer": drawn.keys("farbe", "Rot")}, headers={"HX-Request": "true"}).text
    assert "FEEDBACK-WRONG" in said
    assert "EXPLANATION" in said
    assert "module-points" not in said
    whole = mine.client.post(url, data={"number": "1", "answer": drawn.keys("farbe", "Blau")}).text
    assert "EXPLANATION" in whole
    assert f'href="{drawn.path}"' in whole
    assert mine.client.post(url, data={}).status_code == 422
    assert mine.client.post(url, data={}, headers={"HX-Request": "true"}).status_code == 422
    for item in ("spaeter", "nie", "text", "nichts"):
        assert mine.client.post(f"{drawn.path}/{item}/answer", data={"answer": "4"}).status_code == 404
    mine.client.post(f"{mine.path}/folge/answer", data={"attempt": "1", **_order(mine.forms["folge"])})
    _, drawn = practised(mine, ada.run_id)
    moved = _order(drawn.forms["folge"])
    assert "BECAUSE" not in mine.client.post(f"{drawn.path}/folge/answer", data={**moved, "move": "down-0"}).text
    assert len(rows(app, Attempt)) == before + 1
    assert rows(app, Draft) == []
    assert len(rows(app, Grade)) == 5                          # of what counted, and no other


def _order(form: str) -> dict[str, list[str]]:
    names = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form)
    return {name: [value for key, value in names if key == name] for name, _ in names if name not in ("csrf_token", "attempt", "number")}

def test_pools_are_drawn_anew_but_only_once_all_that_was_drawn_is_told(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        files = course(DRAWN, pools__m1_de_md=POOL, pools__m1_en_md=POOL)
        _, ada = learner(app, "Ada", files)
        own = drawing.own_items(ada.edition_id, "eins", str(ada.id))
    mine = page(app, ada)
    mine.open()
    mine.answer(own[0], f"Ja{own[0][1:]}")
    html, _ = practised(mine, ada.run_id)
    assert "There is nothing to practise yet" in html
    mine.answer(own[1], f"Nein{own[1][1:]}")
    with app.app_context():
        db.act_for(ada.organisation_id)
        draws = {tuple(item.id for item in practice.draw(ada, "eins", "en", seed).questions) for seed in range(12)}
        assert all(len(draw) == 2 for draw in draws)
        assert len({item for draw in draws for item in draw}) > 3
        assert practice.draw(ada, "eins", "en", 3) == practice.draw(ada, "eins", "en", 3)


@pytest.mark.parametrize("alone", [False, True])
def test_a_question_that_is_open_in_another_module_or_alone_is_held_back(app: Flask, monkeypatch: pytest.MonkeyPatch, alone: bool) -> None:
    exam = "---\nid: zwei\ntitle: {de: Zwei, en: Two}\nlang: LANG\ncompetencies: []\ntime_limit: 10\n---\n\n::: pool {#exam pick=6 from=m1}\n:::\n"
    more = {} if alone else {f"02-zwei__module_{language}_md": exam.replace("LANG", language) for language in ("de", "en")}
    with app.app_context():
        builders.organisation()
        files = dict(course(DRAWN, pools__m1_de_md=POOL, pools__m1_en_md=POOL, **more))
        if not alone:
            files["course.yml"] = files["course.yml"].replace(b"[01-eins]", b"[01-eins, 02-zwei]")
        _, ada = learner(app, "Ada", files)
        own = drawing.own_items(ada.edition_id, "eins", str(ada.id))
        other = next(f"p{number}" for number in range(1, 7) if f"p{number}" not in own)
    mine = page(app, ada)
    mine.open()
    for item in own:
        mine.answer(item, f"Ja{item[1:]}")
    if alone:
        monkeypatch.setattr(practice, "_alone", [lambda part, module: {other}])
    with app.app_context():
        db.act_for(ada.organisation_id)
        seen = {item.id for seed in range(12) for item in practice.draw(ada, "eins", "en", seed).questions}
    assert other not in seen
    assert bool(seen) is alone                                 # in the exam all six are this learner's own, and open
