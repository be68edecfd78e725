"""Repeating missed questions: what becomes a card, how it is asked and rated, and that nothing of it counts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from accounts.models import Person
from assessments import cards, collecting, drawing, repeating, service
from assessments.card_models import Card
from assessments.models import Attempt, Grade
from core import db
from courses import service as courses
from courses.models import Enrolment
from tests import builders
from tests.assessments.kinds_course import files, learner, rows

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
MODULE = """\
::: single {#one points=1 attempts=2}
First?
(x) Yes
( ) No
( ) Perhaps
! BECAUSE-ONE
:::

::: numeric {#two points=1 attempts=1}
Two and two?
= 4 +- 0
! BECAUSE-TWO
:::

::: multi {#three points=2 attempts=1}
Three?
[x] A
[x] B
[ ] C
! BECAUSE-THREE
:::

::: numeric {#secret points=1 attempts=1 show=never}
Secret?
= 4 +- 0
:::

::: order {#order points=1 attempts=1}
Order?
1. eins
2. zwei
3. drei
:::
"""
COURSE = files(MODULE)


@dataclass
class Learner:
    """Somebody in a course, and the clock of the house."""

    app: Flask
    client: FlaskClient
    part: Enrolment
    clock: "Clock"

    def wait(self, days: float) -> None:
        """Come again after some days, in a session of that day."""
        self.clock.at += timedelta(days=days)
        with self.app.app_context():
            db.act_for(self.part.organisation_id)
            self.client = builders.browser(self.app, db.session.get_one(Person, self.part.person_id))
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    @property
    def course(self) -> str:
        """The path of the course page."""
        return f"/courses/{self.part.run_id}"

    def count(self, item: str, **fields: Any) -> None:
        """Give an answer that counts, at this moment."""
        answer = self.client.post(f"{self.course}/eins/{item}/answer", data={"attempt": "1", **fields})
        assert answer.status_code == 303, answer.text
        with self.app.app_context(), db.unscoped(), db.transaction() as tx:  # A column's default asks the real clock.
            tx.execute(update(Attempt).where(Attempt.item == item).values(submitted_at=self.clock.at))

    def get(self, path: str = "/repetition") -> str:
        """A page, wherever it leads."""
        response = self.client.get(path, follow_redirects=True)
        assert (response.status_code, response.request.path) != (200, "/sign-in"), response.status
        return unescape(response.text)

    def send(self, act: str, page: str, **fields: Any) -> Any:
        """Send one of a page's forms with what stands in it."""
        action = re.search(rf'action="([^"]*/repetition/\d+/{act}[^"]*)"', page)
        assert action, page
        turn = re.search(r'name="turn" value="(\d+)"', page)
        return self.client.post(action[1], data={"turn": turn[1] if turn else "", **fields})

    def cards(self) -> dict[str, Card]:
        """The cards of everybody, by question."""
        return {card.item: card for card in rows(self.app, Card)}


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.at = BEGIN


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the house."""
    made = Clock()
    monkeypatch.setattr(db, "now", lambda: made.at)
    return made


@pytest.fixture
def ada(app: Flask, clock: Clock) -> Learner:
    with app.app_context():
        builders.organisation()
        return somebody(app, clock, "Ada")


def somebody(app: Flask, clock: Clock, name: str, course: Mapping[str, bytes] = COURSE) -> Learner:
    client, part = learner(app, name, course)
    return Learner(app, client, part, clock)


def test_a_missed_question_comes_back_is_rated_and_counts_nowhere(ada: Learner, app: Flask) -> None:
    assert "Repeat questions" in ada.get(ada.course)
    assert "Nothing to repeat yet" in ada.get()
    ada.count("two", answer="5")
    ada.count("secret", answer="5")
    wrong = option(ada, "one", "No")
    ada.count("one", answer=wrong)
    ada.get()
    assert set(ada.cards()) == {"two"}  # Of `one` an attempt is left, and the answer of `secret` is never shown.
    ada.wait(1)
    ada.count("one", attempt="2", answer=wrong)
    course = ada.get(ada.course)
    assert "Repeat: 1 question today" in course, course
    before = state(app, ada)

    page = ada.get(f"{ada.course}/repetition")
    assert "Two and two?" in page
    assert "BECAUSE" not in page
    refused = ada.send("answer", page, answer="many")
    assert refused.status_code == 422
    assert 'value="many"' in refused.text
    assert ada.send("answer", page, answer="4").status_code == 303
    assert ada.send("answer", page, answer="5").status_code == 303  # Another tab: the first answer stands.
    answered = ada.get(f"{ada.course}/repetition")
    assert "BECAUSE-TWO" in answered
    assert re.search(r'kern-btn--primary" type="submit" name="rating" value="3"', answered)  # Right: "good" is proposed.
    assert ada.send("rate", answered, rating="3").status_code == 303
    once = ada.cards()["two"]
    assert ada.send("rate", answered, rating="1").status_code == 303  # A second click.
    after = ada.cards()["two"]
    assert (once.turn, once.due_at, once.answer) == (after.turn, after.due_at, None)
    assert after.turn == 2
    assert after.due_at - ada.clock.at >= timedelta(days=1)
    end = ada.get(f"{ada.course}/repetition")
    assert "This question comes again in" in end
    assert "Nothing more is due today" in end
    assert state(app, ada) == before  # No attempt, no grade, no points.


def state(app: Flask, who: Learner) -> Any:
    """All that counts."""
    with app.app_context(), db.scoped(who.part.organisation_id):
        return [row.id for model in (Attempt, Grade) for row in rows(app, model)], service.score_of(who.part)


def option(who: Learner, item: str, text: str, page: str = "") -> str:
    """The form value of an option."""
    html = page or who.get(f"{who.course}/eins")
    section = re.search(rf'id="q-{item}".*?</section>', html, re.DOTALL)
    assert section
    found = re.search(rf'name="answer" value="(\w+)"[^>]*>\s*<span>(?:<p>)?{text}', section[0])
    assert found, section[0]
    return found[1]


def test_what_was_right_at_once_comes_only_at_wish_and_a_card_can_rest(ada: Learner) -> None:
    ada.count("two", answer="4")
    page = ada.get(f"{ada.course}/eins")
    ada.get()
    assert ada.cards() == {}
    assert 'action="eins/two/repeat"' in page
    for _twice in range(2):
        assert ada.client.post(f"{ada.course}/eins/two/repeat").status_code == 303
    assert [(card.item, card.origin) for card in ada.cards().values()] == [("two", "chosen")]
    assert "You will repeat this question" in ada.get(f"{ada.course}/eins")
    assert ada.client.post(f"{ada.course}/eins/three/repeat").status_code == 404  # Not answered.
    ada.wait(3)
    first = ada.get()
    assert ada.send("rest", first).status_code == 303
    assert "Nothing more is due today" in ada.get()
    listed = ada.get("/repetition/questions")
    assert "You let it rest." in listed
    card = ada.cards()["two"].id
    assert ada.client.post(f"/repetition/questions/{card}/resume").status_code == 303
    assert "Two and two?" in ada.get()
    exported = json.loads(ada.client.get("/repetition/questions.json").text)
    assert [(row["question"], row["origin"], row["repetitions"]) for row in exported] == [("two", "chosen", 0)]


def test_nobody_gets_more_than_a_day_bears_and_partly_right_is_missed(ada: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "MOST_A_DAY", 1)
    ada.count("two", answer="5")
    ada.count("three", answer=option(ada, "three", "A"))
    ada.wait(1)
    assert "1 question today" in ada.get("/courses")
    page = ada.get()
    ada.send("answer", page, answer="4")
    ada.wait(0.001)
    ada.send("rate", ada.get(), rating="4")
    end = ada.get()
    assert "that is enough" in end
    ada.wait(1)
    assert "Three?" in ada.get()


def test_a_form_is_changed_by_its_own_buttons_without_scripts(ada: Learner) -> None:
    html = ada.get(f"{ada.course}/eins")
    by_text = {text: key for key, text in re.findall(r'name="order" value="(\w+)">.*?<span id=[^>]*>(\w+)<', html, re.DOTALL)}
    ada.count("order", order=[by_text[text] for text in ("drei", "zwei", "eins")])
    ada.wait(1)
    page = ada.get()
    shown = re.findall(r'name="order" value="(\w+)"', page)
    moved = ada.send("answer", page, order=shown, move=f"down-{shown[0]}")
    assert moved.status_code == 200
    assert re.findall(r'name="order" value="(\w+)"', moved.text) == [shown[1], shown[0], shown[2]]
    assert ada.cards()["order"].answer is None


def test_a_card_follows_its_question_and_rests_when_the_question_is_gone_or_its_key_another(ada: Learner, app: Flask) -> None:
    ada.count("two", answer="5")
    ada.count("three", answer=option(ada, "three", "A"))
    ada.wait(1)
    ada.get()
    with app.app_context():
        db.act_for(ada.part.organisation_id)
        newer = MODULE.replace("= 4 +- 0\n! BECAUSE-TWO", "= 5 +- 0\n! BECAUSE-TWO").replace("#three", "#third")
        published = builders.edition(files(newer))
        again = courses.enrol(courses.renewal_run(published.course_id, "kurs", 1).id, ada.part.person_id)
        db.session.commit()
    # The newest part has another key for `two`, and `three` is still asked where it still stands.
    listed = ada.get("/repetition/questions")
    assert "The right answer has changed." in listed
    page = ada.get()
    assert "Three?" in page
    assert f"/courses/{ada.part.run_id}/repetition/" in page
    card = ada.cards()["two"]
    assert ada.client.post(f"/repetition/questions/{card.id}/resume").status_code == 303
    fresh = ada.cards()["two"]
    assert (fresh.stability, fresh.key == card.key) == (None, False)
    assert "Let it come again" not in ada.get("/repetition/questions")
    with app.app_context():
        db.act_for(ada.part.organisation_id)
        found = {known.card.item: known for known in cards.of_person(ada.part.person_id)}
        place = found["two"].place
        assert place
        assert place.part.id == again.id
        # A question of no edition of the learner's rests, and nothing breaks.
        with db.transaction() as tx:
            tx.execute(update(Card).where(Card.item == "three").values(item="gone"))
    assert "The question is not in the course any more" in ada.get("/repetition/questions")
    assert "Two and two?" in ada.get()


def test_cards_are_ones_own_and_go_along_when_accounts_are_joined(ada: Learner, app: Flask) -> None:
    with app.app_context():
        db.act_for(ada.part.organisation_id)
        eve = somebody(app, ada.clock, "Eve")
    for who in (ada, eve):
        who.count("two", answer="5")
    ada.count("three", answer=option(ada, "three", "A"))
    ada.wait(1)
    eve.wait(0)
    mine, theirs = ada.get(), eve.get()
    for path in re.findall(r'action="(/courses/\d+/repetition/\d+/\w+[^"]*)"', mine):
        assert eve.client.post(path, data={"turn": "1", "answer": "4"}).status_code == 404
    eve.send("answer", theirs, answer="4")
    eve.send("rate", eve.get(), rating="3")
    assert len(json.loads(eve.client.get("/repetition/questions.json").text)) == 1
    with app.app_context():
        db.act_for(ada.part.organisation_id)
        with db.transaction():
            repeating.follow_join("test", kept=ada.part.person_id, vanishing=eve.part.person_id)
    assert {(card.item, card.person_id, card.turn) for card in rows(app, Card)} == {
        ("two", ada.part.person_id, 2), ("three", ada.part.person_id, 1),
    }


POOL = "\n".join(f"::: single {{#p{number} points=1 attempts=1}}\nQuestion {number}?\n(x) Yes\n( ) No\n! BECAUSE-{number}\n:::\n" for number in range(1, 7))
POOLED = files("".join(f"::: pool {{#{name} pick=2 from=m1 points=1}}\n:::\n\n" for name in ("pool", "later")), pools__m1_de_md=POOL, pools__m1_en_md=POOL)


def test_other_questions_of_a_pool_are_practised_once_ones_own_are_closed_and_change_none_that_count(app: Flask, clock: Clock) -> None:
    with app.app_context():
        builders.organisation()
        ada = somebody(app, clock, "Ada", POOLED)
        *own, third, fourth = drawing.own_items(ada.part.edition_id, "eins", str(ada.part.id))
    ada.count(own[0], answer=option(ada, own[0], "No"))
    assert "Practise these" not in ada.get(f"{ada.course}/repetition")  # One's own are not all closed.
    ada.count(own[1], answer=option(ada, own[1], "No"))
    assert "There are 2 others" in ada.get(f"{ada.course}/repetition")
    before = state(app, ada)
    assert ada.client.post(f"{ada.course}/repetition/more").status_code == 303
    more = {card.item for card in ada.cards().values() if card.origin == "pool"}
    assert len(more) == 2
    assert more == {f"p{number}" for number in range(1, 7)} - {*own, third, fourth}  # The other pool's are still to be answered.
    page = ada.get(f"{ada.course}/repetition")
    item = re.search(r'id="q-(p\d)"', page)[1]  # type: ignore[index]
    ada.send("answer", page, answer=option(ada, item, "Yes", page))
    assert "BECAUSE" in ada.get(f"{ada.course}/repetition")
    assert state(app, ada) == before
    with app.app_context():
        db.act_for(ada.part.organisation_id)
        assert drawing.own_items(ada.part.edition_id, "eins", str(ada.part.id)) == (*own, third, fourth)
        assert collecting.others(ada.part) == []
