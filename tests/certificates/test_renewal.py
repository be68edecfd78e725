"""Who renews a certificate takes the course again and gets another one; never two for one thing, and the old one stays what it is."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from assessments import service as assessments
from assessments.kinds.item import key_of
from certificates import renewal, service
from certificates.models import Award, Certificate, Reason, Standing
from core import db
from core.days import day_of
from courses import service as courses
from courses.models import Enrolment
from tests import builders
from tests.certificates.earning import Holder, complete, request
from tests.certificates.test_life import TWO_YEARS, expiring


@pytest.fixture(autouse=True)
def _quick_printing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the files is not what this is about."""
    monkeypatch.setattr(service, "_print", lambda certificate: service._Printed(certificate.code.encode(), None))


def ends_in(certificate: Certificate, days: int) -> date:
    last = day_of(db.now()) + timedelta(days=days)
    with db.transaction() as tx:
        tx.execute(update(Certificate).where(Certificate.id == certificate.id).values(expires_on=last))
        tx.refresh(certificate)
    return last


def certificates(holder: Holder) -> list[Certificate]:
    db.session.rollback()
    db.session.expire_all()
    return service.certificates_of(holder.person.id)


def test_the_holders_page_says_from_when_on_and_then_offers_it(app: Flask) -> None:
    with app.app_context():
        ada = expiring(app)
        row = ada.certificate()
        ends_in(row, 91)
        page = f"/certificates/{row.id}"
        assert "You can renew it from " in ada.open(page).text
        assert ada.open(f"{page}/renew", "POST").status_code == 409
        ends_in(row, 90)
        assert "Begin the renewal" in ada.open(page).text
        first, second = ada.open(f"{page}/renew", "POST"), ada.open(f"{page}/renew", "POST")
        assert (first.status_code, first.location) == (303, second.location)
        assert "Go on with the renewal" in ada.open(page).text
        assert "Renewal of a certificate" in ada.open("/courses").text
        assert request(builders.browser(app, builders.person("Eve")), f"{page}/renew", "POST").status_code == 404


def test_a_renewal_is_a_fresh_start_in_the_newest_edition_and_ends_with_another_certificate(app: Flask) -> None:
    with app.app_context():
        ada = expiring(app)
        old = ada.certificate()
        last = ends_in(old, 30)
        newest = builders.edition({**TWO_YEARS, "01-eins/extra.txt": b"another edition"})
        run_id = renewal.begin(old, service.today_here())
        part = courses.part(run_id, ada.person.id)
        assert part is not None
        assert (part.edition_id, part.achieved_at) == (newest.id, None)
        assert part.edition_id != ada.enrolment.edition_id
        for item, form in (("farbe", {"answer": [key_of("farbe", "Blau")]}), ("zahlen", {"answer": [key_of("zahlen", "2"), key_of("zahlen", "3")]})):
            assessments.submit(part, "eins", item, "de", 1, form)
        new, *others = certificates(ada)
        assert [row.id for row in others] == [old.id]
        assert (new.award, new.turn, new.snapshot["renews"]) == (Award.ACHIEVEMENT, 1, old.snapshot["number"])
        assert new.expires_on is not None
        assert new.expires_on > last
        assert others[0].standing(service.today_here()) is Standing.VALID
        assert old.snapshot["number"] in request(app.test_client(), f"/z/{new.code}").text
        assert renewal.offer(others[0], service.today_here()) is None
        offered = renewal.offer(new, service.today_here())
        assert offered is not None
        assert not offered.is_open
        complete(courses.enrolment(part.id))
        assert len(certificates(ada)) == 2


def test_each_renewal_has_a_run_of_its_own_and_one_that_was_begun_goes_on(app: Flask) -> None:
    with app.app_context():
        ada = expiring(app)
        runs = []
        for _ in range(3):
            row = certificates(ada)[0]
            ends_in(row, -1)
            runs.append(renewal.begin(row, service.today_here()))
            assert renewal.begin(row, service.today_here()) == runs[-1]
            complete(db.session.scalars(select(Enrolment).where(Enrolment.run_id == runs[-1])).one())
        assert len(set(runs)) == 3
        assert len(certificates(ada)) == 4
        eve = expiring(app, "Eve")
        ends_in(eve.certificate(), 0)
        assert renewal.begin(eve.certificate(), service.today_here()) == runs[0]


def test_a_withdrawn_renewal_leaves_the_old_certificate_to_be_renewed_again(app: Flask) -> None:
    with app.app_context():
        ada = expiring(app)
        old = ada.certificate()
        ends_in(old, 10)
        first = renewal.begin(old, service.today_here())
        complete(db.session.scalars(select(Enrolment).where(Enrolment.run_id == first)).one())
        service.withdraw_row(certificates(ada)[0], Reason.ERROR)
        assert renewal.begin(old, service.today_here()) != first


@pytest.mark.parametrize("fate", ["withdrawn", "deleted", "does not expire"])
def test_what_is_worth_nothing_or_does_not_expire_is_not_renewed(app: Flask, fate: str) -> None:
    with app.app_context():
        row = expiring(app).certificate()
        ends_in(row, 10)
        if fate == "withdrawn":
            service.withdraw_row(row, Reason.ERROR)
        elif fate == "deleted":
            service.erase(row)
        else:
            with db.transaction():
                row.expires_on = None
        assert renewal.offer(row, service.today_here()) is None
        with pytest.raises(renewal.NotYetError):
            renewal.begin(row, service.today_here())


def test_next_years_course_in_the_platform_renews_only_what_is_about_to_expire(app: Flask) -> None:
    with app.app_context():
        ada = expiring(app)
        old = ada.certificate()
        course = courses.course("kurs")
        assert course is not None
        for key, days, renews in (("early", 400, None), ("late", 60, old.snapshot["number"])):
            ends_in(old, days)
            with db.transaction() as tx:
                tx.execute(update(Certificate).where(Certificate.id != old.id).values(withdrawn_at=db.now(), withdrawn_reason=Reason.ERROR))
            complete(courses.enrol(courses.find_or_add_run(course.id, f"lti:1:{key}:kurs").id, ada.person.id))
            assert certificates(ada)[0].snapshot["renews"] == renews
