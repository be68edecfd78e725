"""Awarding: which row is written when a threshold is reached, exactly once, with everything that it will ever say."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Organisation, Role
from assessments.models import Attempt
from certificates import service
from certificates.models import Certificate
from core import db
from core.jobs import WorkState
from courses.models import Course, Enrolment
from tests import builders
from tests.certificates.earning import complete, earn, learner


def test_reaching_the_threshold_makes_a_certificate(app: Flask) -> None:
    with app.app_context():
        certificate = earn(app).certificate()
        assert certificate.state == WorkState.DONE
        snapshot = certificate.snapshot
        assert snapshot["name"] == "Ada Lovelace"
        assert snapshot["course"] == {"de": "KI-Kompetenz an der Hochschule", "en": "AI literacy at university"}
        assert [entry["en"] for entry in snapshot["competences"]] == ["Explain how language models write", "Check answers"]
        assert (snapshot["hours"], snapshot["ects"], snapshot["least"]) == (30, 1, 60)
        assert snapshot["level"] == {"de": "DQR/EQR 6", "en": "DQR/EQR 6"}
        assert "2024/1689" in snapshot["legal"]["de"]


def test_the_same_award_twice_makes_one_certificate(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        complete(holder.enrolment)
        complete(holder.enrolment, "participation")
        assert db.session.scalars(select(Certificate.award).order_by(Certificate.id)).all() == ["achievement", "participation"]


def test_a_participation_says_nothing_of_an_examination(app: Flask) -> None:
    with app.app_context():
        snapshot = earn(app, award="participation").certificate().snapshot
        assert snapshot["assessment"] is None
        assert snapshot["least"] == 50


def test_numbers_count_up_in_each_organisation(app: Flask) -> None:
    with app.app_context():
        year = earn(app).certificate().year
        complete(learner(app, "Grace Hopper").enrolment)
        assert db.session.scalars(select(Certificate.serial).order_by(Certificate.id)).all() == [1, 2]
        builders.organisation("andernorts")
        other = learner(app, "Alan Turing")
        complete(other.enrolment)
        assert other.certificate().snapshot["number"] == f"ANDERNORTS-{year}-000001"


def test_many_at_the_same_moment_get_numbers_without_gap(app: Flask) -> None:
    with app.app_context():
        organisation_id = builders.organisation().id
        ids = [learner(app, f"Learner {letter}").enrolment.id for letter in "abcdefgh"]
        db.session.remove()

    def finish(enrolment_id: int) -> None:
        with app.app_context(), db.scoped(organisation_id), db.transaction() as tx:
            enrolment = tx.scalars(select(Enrolment).where(Enrolment.id == enrolment_id)).one()
            service.award("test", enrolment=enrolment, award="achievement")

    app.config["CELERY_ALWAYS_EAGER"] = False
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(finish, [*ids, *ids]))
    with app.app_context(), db.scoped(organisation_id):
        assert sorted(db.session.scalars(select(Certificate.serial))) == list(range(1, 9))


def test_a_lecturer_who_tries_the_course_gets_none(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        complete(builders.enrolment(role=Role.LECTURER))
        assert db.session.scalars(select(Certificate)).all() == []


def test_the_certificate_goes_when_the_grade_does(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        holder = learner(app)
        with pytest.raises(ZeroDivisionError):
            _award_and_fail(holder.enrolment)
        assert db.session.scalars(select(Certificate)).all() == []


def _award_and_fail(enrolment: Enrolment) -> None:
    with db.transaction():
        service.award("test", enrolment=enrolment, award="achievement")
        raise ZeroDivisionError


def test_a_course_that_says_nothing_about_certificates_still_has_one(app: Flask) -> None:
    files = {**builders.FILES, "course.yml": builders.FILES["course.yml"].replace(b"certificate: {hours: 2}\n", b"")}
    with app.app_context():
        builders.organisation()
        enrolment = builders.enrolment(files=files)
        complete(enrolment)
        certificate = db.session.scalars(select(Certificate)).one()
        assert certificate.state == WorkState.DONE
        assert certificate.snapshot["hours"] is None


def test_later_changes_touch_nothing(app: Flask, tmp_path: Path) -> None:
    letterhead = tmp_path / "letterhead.yml"
    letterhead.write_text('signatories: [{name: Nova, role: Leitung}]\nlegal: [{from: "2020-01-01", de: Neu, en: New}]\n')
    with app.app_context():
        holder = earn(app)
        before, file = dict(holder.certificate().snapshot), service.pdf_of(holder.certificate())
        with db.transaction() as tx:
            holder.person.name = "Somebody Else"
            tx.scalars(select(Course)).one().title = {"de": "Anders", "en": "Different"}
            tx.scalars(select(Organisation)).one().name = "Other University"
        service.set_letterhead(holder.person.organisation_id, letterhead)
        assert holder.certificate().snapshot == before
        assert service.pdf_of(holder.certificate()) == file


def test_the_letterhead_of_the_organisation_is_used(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    letterhead = tmp_path / "letterhead.yml"
    letterhead.write_text(
        'colour: "#003322"\nlogo: logo.svg\nsignatories: [{name: Prof. Nova, role: {de: Leitung, en: Head}}]\n'
        'legal: [{from: "2020-01-01", de: Alt, en: Old}, {from: "2021-01-01", de: Neu, en: New}, {from: "2999-01-01", de: Bald, en: Soon}]\n'
    )
    with app.app_context():
        organisation_id = builders.organisation().id
        service.set_letterhead(organisation_id, letterhead)
        snapshot = earn(app).certificate().snapshot
        assert snapshot["legal"] == {"de": "Neu", "en": "New"}
        assert snapshot["signatories"] == [{"name": "Prof. Nova", "role": {"de": "Leitung", "en": "Head"}}]


def test_the_language_is_the_one_that_the_learner_worked_in(app: Flask) -> None:
    with app.app_context():
        builders.organisation()
        holder = learner(app, language="de")
        with db.transaction() as tx:
            tx.add(Attempt(
                enrolment_id=holder.enrolment.id, edition_id=holder.enrolment.edition_id, module="eins", item="farbe", number=1,
                language="en", response={},
            ))
        complete(holder.enrolment)
        assert holder.certificate().language == "en"
