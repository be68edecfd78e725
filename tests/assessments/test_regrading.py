"""A key was wrong and is corrected in the next edition: answers are graded again, and everybody concerned hears of it."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from accounts.models import Person, Role
from assessments import corrections, items, practice, regrading, service
from assessments.kinds import KINDS
from assessments.kinds.item import key_of, version
from assessments.models import Grade, How, Regrade, Regraded
from assessments.regrading import Place, Wish
from assessments.revealing import Revealing
from assessments.scopes import Scope
from core import db, jobs
from core.jobs import WorkState
from core.signals import completed, graded
from courses import service as courses
from courses.models import Enrolment
from modules.presenters import Points
from tests import builders
from tests.assessments.kinds_course import files, learner, rows
from tests.assessments.samples import BODIES, item
from tests.core.mailserver import mail_server, use

TEXT = """\
::: single {#meer points=2 attempts=2}
Was ist tiefer?
(SEE) Der See
(MEER) Das Meer
    > FEEDBACK Meer
! ERKLAERUNG
:::

::: single {#berg points=1}
Was ist hoch?
(x) Der Berg
( ) Das Tal
:::
"""
WRONG = TEXT.replace("SEE", "x", 1).replace("MEER", " ", 1)
RIGHT = TEXT.replace("SEE", " ", 1).replace("MEER", "x", 1)
LAKE, SEA = key_of("meer", "Der See"), key_of("meer", "Das Meer")
HERE = Place(1, "eins", "meer")


@dataclass
class House:
    """Three learners in an edition with a wrong key: the first has answered the lake, the second the sea, the third nothing; and a lecturer."""

    app: Flask
    learners: list[tuple[FlaskClient, Enrolment]]
    lecturer: FlaskClient
    base: str
    editions: list[int]

    def answer(self, number: int, option: str, attempt: int = 1, question: str = "meer") -> Any:
        return self.learners[number][0].post(f"{self.base}/eins/{question}/answer", data={"attempt": str(attempt), "answer": option})

    def regrade(self, how: str, *, lower: bool = False, reason: str = "Der See war ein Irrtum.", seen: int = 0, by: FlaskClient | None = None) -> Any:
        data = {"how": how, "reason": reason, "seen": str(seen)} | ({"lower": "yes"} if lower else {})
        return (by or self.lecturer).post(f"{self.base}/analysis/eins/meer/regrade?edition=1", data=data)

    def points(self) -> list[Points]:
        """Of each learner, alone and as the class page counts."""
        with self.app.app_context(), db.scoped(self.learners[0][1].organisation_id):
            parts = [db.session.get_one(Enrolment, enrolment.id) for _, enrolment in self.learners]
            found = [service.score_of(part) for part in parts]
            whole = service.scores_in_run(parts[0].run_id, {part.id: part.edition_id for part in parts})
            assert [whole[part.id]["eins"] for part in parts] == found
            return found


@pytest.fixture
def house(app: Flask) -> House:
    return opened(app, WRONG, RIGHT)


def opened(app: Flask, wrong: str, right: str) -> House:
    """The edition with the wrong key, and the next one."""
    with app.app_context():
        builders.organisation()
        learners = [learner(app, name, files(wrong)) for name in ("Ada", "Grace", "Emmy")]
        lecturer = learner(app, "Lise", files(wrong), Role.LECTURER)[0]
        editions = [learners[0][1].edition_id, builders.edition(files(right)).id]
    made = House(app, learners, lecturer, f"/courses/{learners[0][1].run_id}", editions)
    assert made.answer(0, LAKE).status_code == 303
    assert made.answer(1, SEA).status_code == 303
    return made


def test_answers_are_graded_by_the_corrected_key_and_nobody_loses(house: House) -> None:
    assert house.points() == [Points(2, 3), Points(0, 3), Points(0, 3)]
    page = house.lecturer.get(f"{house.base}/analysis/eins/meer/regrade").text
    for seen in ("By the key of edition 2", "Das Meer – counts as right now", "Der See – does not count as right any more", "2 answers – 2 learners"):
        assert seen in page
    heard: list[int] = []

    def hear(sender: str, *, part: Any, **_: Any) -> None:
        heard.append(part.id)

    with graded.connected_to(hear):
        assert house.regrade(f"key-{house.editions[1]}").status_code == 303
    assert heard == [house.learners[1][1].id]
    assert house.points() == [Points(2, 3), Points(2, 3), Points(0, 3)]
    old = rows(house.app, Grade)[:2]
    assert [(grade.score, grade.edition_id) for grade in old] == [(2, house.editions[0]), (0, house.editions[0])]
    noted = rows(house.app, Regraded)
    assert [note.before_id for note in noted] == [grade.id for grade in old]
    assert all(note.after_id > note.before_id for note in noted)
    (regrade,) = rows(house.app, Regrade)
    assert (regrade.reason, regrade.person_id > 0, regrade.done_at is not None) == ("Der See war ein Irrtum.", True, True)
    history = house.lecturer.get(f"{house.base}/analysis/eins/meer").text
    assert "2 looked at: 1 more points, 0 fewer" in history
    assert "Lise" in history


def test_learners_read_what_has_changed_and_see_the_corrected_solution(house: House) -> None:
    house.regrade(f"key-{house.editions[1]}")
    keeps, gains, new = (client.get(f"{house.base}/eins").text for client, _ in house.learners)
    for page in (keeps, gains, new):
        assert "The key of this question was corrected" in page
        assert "Der See war ein Irrtum." in page
    assert "Your points stay as they were" in keeps
    assert "Done: <span class=\"points\">2 of 2 points" in keeps
    assert "has 2 of 2 points now (before: 0 of 2 points)" in gains
    assert "FEEDBACK Meer" in gains
    assert "ERKLAERUNG" in gains
    assert "Your points" not in new.split("question-note")[1].split("</div>")[0]
    assert "ERKLAERUNG" not in new
    course = house.learners[1][0].get(house.base).text
    assert "Graded again" in course
    assert "Your points: 2 of 2 (before: 0 of 2)." in course
    assert "Graded again" not in house.learners[2][0].get(house.base).text


def test_whose_points_are_never_shown_reads_that_a_key_was_corrected_and_no_points(app: Flask) -> None:
    hidden = [text.replace("attempts=2", "attempts=2 show=never") for text in (WRONG, RIGHT)]
    house = opened(app, *hidden)
    assert house.regrade(f"key-{house.editions[1]}").status_code == 303
    client = house.learners[1][0]
    page, course = client.get(f"{house.base}/eins").text, client.get(house.base).text
    assert "Der See war ein Irrtum." in page
    assert "Ihre beste Antwort hat jetzt" not in page
    assert "Der See war ein Irrtum." not in course


def test_what_is_practised_and_repeated_stands_corrected(house: House) -> None:
    assert house.regrade(f"key-{house.editions[1]}").status_code == 303
    with house.app.app_context(), db.scoped(house.learners[0][1].organisation_id):
        part = db.session.get_one(Enrolment, house.learners[0][1].id)
        (practised,) = [each for each in practice.draw(part, "eins", "de", 1).questions if each.id == "meer"]
        for text in (practised, Revealing(part).text("eins", "meer", "de")):
            assert KINDS[text.kind].grade(text, {"chosen": [1]}).score == 2
            assert KINDS[text.kind].grade(text, {"chosen": [0]}).score == 0
        assert Revealing(part).edition_of("eins", "meer") == house.editions[1]
        assert Revealing(part).edition_of("eins", "berg") == house.editions[0]


def test_later_answers_are_graded_by_the_corrected_key_too(house: House) -> None:
    house.regrade(f"key-{house.editions[1]}")
    house.answer(2, LAKE)
    assert house.points()[2] == Points(0, 3)
    house.answer(2, SEA, 2)
    assert house.points()[2] == Points(2, 3)
    assert rows(house.app, Grade)[-1].edition_id == house.editions[1]


def test_points_may_be_taken_away_where_that_is_asked_for(house: House) -> None:
    preview = house.lecturer.get(f"{house.base}/analysis/eins/meer/regrade?how=key-{house.editions[1]}&lower=yes").text
    assert "<dt>Fewer points</dt>" in preview.replace(' class="kern-description-list-item__key"', "")
    house.regrade(f"key-{house.editions[1]}", lower=True)
    assert house.points()[:2] == [Points(0, 3), Points(2, 3)]
    page = house.learners[0][0].get(f"{house.base}/eins").text
    assert "has 0 of 2 points now (before: 2 of 2 points)" in page
    assert 'aria-valuenow="2"' not in page
    house.answer(0, SEA, 2)            # Points are missing again, so that the second attempt is free.
    assert house.points()[0] == Points(2, 3)


def test_everybody_gets_full_points_who_has_answered_or_will(house: House) -> None:
    house.regrade("full")
    assert house.points() == [Points(2, 3), Points(2, 3), Points(0, 3)]
    house.answer(2, SEA)
    assert house.points()[2] == Points(2, 3)
    assert "everybody who answers this question gets all points" in house.learners[2][0].get(f"{house.base}/eins").text


@pytest.mark.parametrize(("lower", "first"), [(False, Points(2, 3)), (True, Points(0, 1))])
def test_a_question_that_does_not_count_leaves_the_sum_also_of_those_who_have_not_answered(house: House, lower: bool, first: Points) -> None:
    house.regrade("void", lower=lower)
    assert house.points() == [first, Points(0, 1), Points(0, 1)]
    house.answer(2, LAKE)
    assert house.points()[2] == Points(0, 1)
    assert "this question does not count" in house.learners[2][0].get(f"{house.base}/eins").text


def test_a_second_click_and_a_preview_that_is_out_of_date_change_nothing(house: House) -> None:
    house.regrade("full")
    late = house.regrade("void")
    assert late.status_code == 409
    assert "was regraded meanwhile" in late.text
    assert len(rows(house.app, Regrade)) == 1
    assert house.regrade("void", reason=" ", seen=1).status_code == 422
    house.regrade(f"key-{house.editions[0]}", seen=1, lower=True)  # Its own key again takes everything back.
    assert house.points()[:2] == [Points(2, 3), Points(0, 3)]


def test_only_those_who_teach_the_run_regrade_and_only_by_keys_that_fit(house: House) -> None:
    assert house.regrade("full", by=house.learners[0][0]).status_code == 403
    assert house.lecturer.get("/analysis/kurs/eins/meer/regrade").status_code == 403
    for how in ("key-99", f"key-{house.editions[0]}", "key", "full-1", "sideways"):
        assert house.regrade(how).status_code == 404
    with house.app.app_context(), db.scoped(house.learners[0][1].organisation_id):
        third = builders.edition(files(RIGHT.replace("( ) Der See", "( ) Der See\n( ) Der Fluss")))
        lecturer = builders.person("Tim", roles=(Role.TRAINER,))
    assert house.regrade(f"key-{third.id}").status_code == 404
    assert rows(house.app, Regrade) == []
    with house.app.app_context(), db.scoped(house.learners[0][1].organisation_id):
        trainer = builders.browser(house.app, lecturer)
    assert trainer.post("/analysis/kurs/eins/meer/regrade?edition=1", data={"how": "full", "reason": "Für alle.", "seen": "0"}).status_code == 303
    assert rows(house.app, Regrade)[0].run_id is None
    assert house.points()[1] == Points(2, 3)


def test_whoever_has_enough_now_gets_the_certificate_and_nobody_loses_one(house: House) -> None:
    berg = key_of("berg", "Der Berg")
    for number in (0, 1):
        house.answer(number, berg, question="berg")
    reached: list[int] = []

    def hear(sender: str, *, enrolment: Enrolment, **_: Any) -> None:
        reached.append(enrolment.id)

    with completed.connected_to(hear):
        house.regrade(f"key-{house.editions[1]}", lower=True)
    assert reached == [house.learners[1][1].id]
    assert all(enrolment.achieved_at for enrolment in rows(house.app, Enrolment)[:2])


def test_whose_points_have_changed_hear_of_it_by_mail_once_if_they_want_mails(house: House) -> None:
    with mail_server() as server, house.app.app_context(), db.scoped(house.learners[0][1].organisation_id):
        use(house.app, server)
        with db.transaction() as tx:
            for person in tx.scalars(select(Person)):
                person.email, person.language = f"{(person.name or '').casefold()}@uni.example", "en"
        house.regrade(f"key-{house.editions[1]}")
        jobs.sweep()
        (mail,) = [mail for mail in server.mails if str(mail.mail["Subject"]).startswith("A question was graded again")]  # The other one is of the certificate.
        said = " ".join(mail.part("plain").split())
    assert mail.recipients == ["grace@uni.example"]
    assert "your points have changed. The reason: Der See war ein Irrtum." in said
    assert f"{house.base}" in said


def test_work_that_was_cut_off_or_is_done_twice_looks_at_each_answer_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regrading, "AT_ONCE", 1)
    tell, calls = service.tell, []

    def cut_off(*given: Any) -> None:
        calls.append(given)
        raise KeyboardInterrupt

    with house.app.app_context(), db.scoped(house.learners[0][1].organisation_id):
        place = Place(house.editions[0], "eins", "meer")
        run = db.session.get_one(Enrolment, house.learners[0][1].id).run_id
        course = courses.course("kurs")
        assert course
        scope = Scope(course.id, "kurs", run, house.editions[0])
        monkeypatch.setattr(service, "tell", cut_off)
        with pytest.raises(KeyboardInterrupt):
            regrading.ask(scope, place, Wish(How.KEY, house.editions[1], may_lower=False), "Irrtum.", 1, 0)
        monkeypatch.setattr(service, "tell", tell)
        db.session.rollback()
        assert len(db.session.scalars(select(Regraded)).all()) == 1  # The first answer is done, the second was taken back with its transaction.
        for state in (WorkState.RUNNING, WorkState.DUE, WorkState.DUE):
            with db.transaction() as tx:
                tx.execute(update(Regrade).values(state=state, due_at=db.now(), lease_until=db.now()))
            jobs.sweep()
        regrade = db.session.scalars(select(Regrade).execution_options(populate_existing=True)).one()
        assert regrade.state == WorkState.DONE
    assert len(calls) == 1
    assert len(rows(house.app, Regraded)) == 2
    assert len(rows(house.app, Grade)) == 4
    assert house.points()[:2] == [Points(2, 3), Points(2, 3)]


def test_partial_credit_and_drawn_versions_are_graded_by_the_learners_own_version(app: Flask) -> None:
    multi = "::: multi {#viele points=3}\nWas?\n[x] A\n[x] B\n[B] C\n[ ] D\n:::\n"
    varied = "::: numeric {#summe points=1}\n{{a}} + 1?\n= {{b}} +- 0\n``` variants\na | b\n1 | 2\n2 | NN\n3 | 4\n```\n:::\n"
    old, new = files(multi.replace("[B]", "[ ]") + varied.replace("NN", "9")), files(multi.replace("[B]", "[x]") + varied.replace("NN", "3"))
    with app.app_context():
        builders.organisation()
        people = [learner(app, name, old) for name in ("Ada", "Grace", "Emmy", "Lise", "Sofia", "Maria")]
        course = courses.course("kurs")
        assert course
        first, second = people[0][1].edition_id, builders.edition(new).id
        scope = Scope(course.id, "kurs", None, first)
        for _, part in people:
            service.submit(part, "eins", "viele", "de", 1, {"answer": [key_of("viele", text) for text in "ABC"]})
            service.submit(part, "eins", "summe", "de", 1, {"answer": ["3"]})
        before = [grade.score for grade in db.session.scalars(select(Grade).order_by(Grade.id))]
        for question in ("viele", "summe"):
            regrading.ask(scope, Place(first, "eins", question), Wish(How.KEY, second, may_lower=False), "Irrtum.", people[0][1].person_id, 0)
        scores = [service.score_of(part).score for _, part in people]
        versions = [version(items.item(first, "eins", "summe", "de"), str(part.id)) for _, part in people]
    assert set(before[::2]) == {1.5}
    assert scores == [3 + (number == 1) for number in versions]
    assert 1 in versions


@pytest.mark.parametrize("kind", ["single", "multi", "matrix", "match", "order", "cloze", "numeric", "short"])
def test_a_text_fits_itself_and_one_of_another_shape_does_not(kind: str) -> None:
    one = item(kind, BODIES[kind])
    assert corrections.fits(one, one)
    other = item("single" if kind != "single" else "multi", BODIES["single" if kind != "single" else "multi"])
    assert not corrections.fits(one, other)
