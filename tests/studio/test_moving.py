"""Learners in the middle decide themselves whether they move to the newer edition, and lose nothing that they did not agree to."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Person, Role
from assessments import items
from assessments import service as answers
from assessments.kinds import KINDS
from core import db
from courses import service as courses
from courses.models import Enrolment
from courses.service import Part
from modules.blocks import Block
from studio import learners, moving, service
from tests import builders

PATH = "01-eins/module.de.md"


@pytest.fixture
def lea(app: Flask) -> Iterator[Enrolment]:
    """A learner who has answered two questions of the first edition."""
    with app.app_context():
        builders.organisation()
        found = builders.enrolment(builders.person("Lea"))
        for item, chosen in (("farbe", {"chosen": [1]}), ("rechnen", {})):
            asked = items.item(found.edition_id, "eins", item, "de")
            form = {"answer": [option.key for at, option in enumerate(getattr(asked, "options", ())) if at in chosen.get("chosen", ())] or ["4"]}
            answers.submit(part_of(found), "eins", item, "de", 1, form)
        yield found


def part_of(enrolment: Enrolment) -> Part:
    found = courses.part(enrolment.run_id, enrolment.person_id)
    assert found is not None
    return found


def page_of(app: Flask, enrolment: Enrolment) -> FlaskClient:
    who = db.session.get(Person, enrolment.person_id)
    assert who is not None
    return builders.browser(app, who)


def publish(old: str, new: str, note: str = "") -> int:
    """Change both languages and publish them as the next edition."""
    draft, ada = service.open_draft("kurs"), builders.person("Ada", roles=(Role.TRAINER,))
    assert draft is not None
    changed = {path: content.decode().replace(old, new).encode() for path, content in service.contents(draft.id, folder="01-eins").items()}
    service.put(draft.id, dict(changed), ada.id)
    return service.publish(draft.id, "kurs", ada.id, note).id


def test_a_learner_sees_what_changes_moves_and_keeps_points(app: Flask, lea: Enrolment) -> None:
    page = page_of(app, lea)
    course, edition = f"/courses/{lea.run_id}", f"/courses/{lea.run_id}/edition"
    with app.app_context():
        old = lea.edition_id
        assert edition not in page.get(course).text
        assert page.get(edition).status_code == 303
        new = publish("[ ] 4", "[ ] 6", "Eine Zahl berichtigt")
        assert learners.places(courses.course("kurs").id) == {old: (0, 1)}  # type: ignore[union-attr]
        assert edition in page.get(course).text
        told = page.get(edition).text
        assert "Eine Zahl berichtigt" in told
        assert ">Eins " in told
        assert page.post(edition, data={"edition": str(old)}).status_code == 303
        assert part_of(lea).edition_id == old
        points = answers.scores(part_of(lea))["eins"]
        for _ in range(2):
            page.post(edition, data={"edition": str(new)})
        assert part_of(lea).edition_id == new
        assert answers.scores(part_of(lea))["eins"] == points
        assert "FEEDBACK-RIGHT" in page.get(f"{course}/eins").text
        assert edition not in page.get(course).text


def test_whoever_s_answer_would_not_fit_stays(app: Flask, lea: Enrolment) -> None:
    old = lea.edition_id
    new = publish("(x) ", "(x) Sehr ")
    found = moving.newer(part_of(lea))
    assert found is not None
    look = moving.outlook(part_of(lea), found, "de")
    assert (look.unfit, look.possible, look.kept, look.dropped) == (("Eins",), False, 2, 0)
    assert not moving.move(part_of(lea), new, "de")
    assert part_of(lea).edition_id == old
    page = page_of(app, lea)
    with app.app_context():
        assert "<form class=\"buttons\"" not in page.get(f"/courses/{lea.run_id}/edition").text


def test_questions_that_are_gone_are_told_and_no_longer_count(lea: Enrolment) -> None:
    new = publish("{#rechnen ", "{#neu ")
    found = moving.newer(part_of(lea))
    assert found is not None
    look = moving.outlook(part_of(lea), found, "de")
    assert (look.kept, look.dropped, look.before.score, look.after.score) == (1, 1, 2, 1)
    assert moving.move(part_of(lea), new, "de")
    assert answers.scores(part_of(lea))["eins"].score == 1


def test_people_of_other_runs_and_universities_have_no_such_page(app: Flask, lea: Enrolment) -> None:
    publish("[ ] 4", "[ ] 6")
    other = builders.browser(app, builders.person("Max"))
    with app.app_context():
        assert other.get(f"/courses/{lea.run_id}/edition").status_code == 404
        assert other.post(f"/courses/{lea.run_id}/edition", data={"edition": "2"}).status_code == 404


SINGLE = "X\n( ) a\n(x) b\n( ) c"


@pytest.mark.parametrize(("kind", "old", "new", "response", "fits"), [
    ("single", SINGLE, SINGLE.replace("X", "Y"), {"chosen": [1]}, True),
    ("single", SINGLE, "X\n(x) a\n( ) b\n( ) c", {"chosen": [1]}, True),         # Another key, the same options.
    ("single", SINGLE, "X\n( ) b\n(x) a\n( ) c", {"chosen": [1]}, False),
    ("single", SINGLE, "X\n( ) a\n(x) b", {"chosen": [2]}, False),
    ("numeric", "X\n= 42", "X\n= 43", {"values": ["42"]}, True),
    ("short", "X\n= ja", "X\n= nein", {"text": "ja"}, True),
    ("cloze", "[[a|(b)]] [[c]]", "[[a|(b)]] [[d]]", {"gaps": [0, "c"]}, True),
    ("cloze", "[[a|(b)]] [[c]]", "[[(b)|a]] [[d]]", {"gaps": [0, "c"]}, False),
    ("numeric", "X {{a}}\n```variants\n| a |\n|---|\n| 1 |\n| 2 |\n```\n= {{a}}", "X {{a}}\n```variants\n| a |\n|---|\n| 3 |\n| 2 |\n```\n= {{a}}", {"values": ["1"]}, False),
    ("order", "X\n1. a\n2. b\n3. c", "X\n1. b\n2. a\n3. c", {"order": [0, 1, 2]}, False),
    ("essay", "X\n- [2] a", "Y\n- [2] b", {"text": "a"}, True),
    ("essay", "X\n- [2] a", "X\n- [3] a", {"text": "a"}, False),
])
def test_an_answer_fits_another_text_only_if_it_says_the_same(kind: str, old: str, new: str, response: dict[str, object], fits: bool) -> None:
    before, after = (KINDS[kind].parse(Block(kind, "a", {}, body, "", 1, "de")) for body in (old, new))
    assert moving.fits(before, after, response) is fits
