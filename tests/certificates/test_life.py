"""What becomes of a certificate: it expires, is replaced, withdrawn, deleted. Each is told apart, and nothing comes back."""

import re
from contextvars import Context
from datetime import date
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from accounts.models import Person, Role
from certificates import service
from certificates.models import Certificate, Reason, Standing
from certificates.snapshot import last_day
from core import db
from core.jobs import WorkState
from tests import builders
from tests.certificates.earning import COURSE, FILES, Holder, complete, earn, request

TWO_YEARS = {**FILES, "course.yml": COURSE.replace("  hours: 30\n", "  hours: 30\n  valid_months: 24\n").encode()}


def expiring(app: Flask, name: str = "Ada Lovelace") -> Holder:
    """A learner with a certificate that is valid for two years."""
    builders.organisation()
    person = builders.person(name)
    holder = Holder(person, builders.enrolment(person, TWO_YEARS), builders.browser(app, person))
    complete(holder.enrolment)
    return holder


@pytest.mark.parametrize(("issued", "months", "last"), [
    (date(2026, 11, 26), 24, date(2028, 11, 25)), (date(2026, 1, 1), 12, date(2026, 12, 31)), (date(2028, 2, 29), 12, date(2029, 2, 27)),
    (date(2026, 8, 31), 18, date(2028, 2, 28)),
])
def test_validity_ends_the_day_before_the_same_day(issued: date, months: int, last: date) -> None:
    assert last_day(issued, months) == last
    assert last_day(issued, None) is None


def test_a_certificate_that_expires_says_until_when_and_after_that_day_that_it_has(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        holder = expiring(app)
        certificate = holder.certificate()
        assert certificate.expires_on == last_day(service.today_here(), 24)
        assert "Valid until" in holder.open(f"/z/{certificate.code}").text
        monkeypatch.setattr("certificates.service.today_here", lambda: date(2099, 1, 1))
        page = request(app.test_client(), f"/z/{certificate.code}")
        assert page.status_code == 200
        assert "has expired" in page.text
        assert "is genuine</h1>" not in page.text
        assert holder.open(f"/certificates/{certificate.id}.pdf").status_code == 200


@pytest.mark.parametrize("months", ["0", "-3", "many", "1.5", "true", "121"])
def test_a_validity_that_is_none_is_left_out(app: Flask, months: str) -> None:
    with app.app_context():
        builders.organisation()
        person = builders.person()
        files = {**FILES, "course.yml": COURSE.replace("  hours: 30\n", f"  hours: 30\n  valid_months: {months}\n").encode()}
        holder = Holder(person, builders.enrolment(person, files), builders.browser(app, person))
        complete(holder.enrolment)
        assert holder.certificate().expires_on is None


def test_a_corrected_name_comes_with_a_new_certificate_that_replaces_the_old_one_once(app: Flask) -> None:
    with app.app_context():
        holder = expiring(app, "Ada Lovelase")
        old = holder.certificate()
        new = service.correct_name(old, "Ada Lovelace")
        again = service.correct_name(new, "Ada  Lovelace")
        assert again.id == new.id
        with pytest.raises(service.NotPrintedError):
            service.correct_name(old, "Ada King")
        code, number, ends = old.code, old.snapshot["number"], old.expires_on
        new = holder.certificate()
        assert (new.turn, new.state, new.snapshot["name"], new.expires_on) == (2, WorkState.DONE, "Ada Lovelace", ends)
        assert new.snapshot["number"] != number
        assert new.code != code
        page = request(app.test_client(), f"/z/{code}")
        assert "was replaced" in page.text
        assert new.code not in page.text
        complete(holder.enrolment)
        assert holder.certificate().id == new.id


def test_who_deletes_a_certificate_leaves_no_name_and_no_file(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        certificate = holder.certificate()
        service.set_consent(certificate, name=True, files=True)
        path = f"/certificates/{certificate.id}"
        assert holder.open(f"{path}/delete", "POST").status_code == 422
        assert holder.open(f"{path}/delete", "POST", {"sure": "y"}).status_code == 303
        assert holder.open(f"{path}/delete", "POST", {"sure": "y"}).status_code == 303
        row = holder.certificate()
        assert service.pdf_of(row) is None
        assert "Ada" not in str(row.snapshot)
        assert row.name_public_at is None
        page = request(app.test_client(), f"/z/{row.code}")
        assert page.status_code == 410
        assert "was deleted" in page.text
        assert row.snapshot["course"]["en"] not in page.text
        assert holder.open(f"{path}.pdf").status_code == 410
        assert "was deleted" in holder.open(path).text
        complete(holder.enrolment)
        assert holder.certificate().id == row.id


def test_a_stranger_deletes_nothing(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        other = builders.browser(app, builders.person("Eve"))
        assert request(other, f"/certificates/{holder.certificate().id}/delete", "POST", {"sure": "y"}).status_code == 404
        assert holder.certificate().deleted_at is None


def test_what_was_meant_comes_before_what_just_happened() -> None:
    row, today, now = Certificate(expires_on=date(2026, 1, 1)), date(2026, 6, 1), db.now()
    for field, standing in (
        (None, Standing.EXPIRED), ("replaced_at", Standing.REPLACED), ("withdrawn_at", Standing.WITHDRAWN), ("deleted_at", Standing.DELETED),
    ):
        if field:
            setattr(row, field, now)
        assert row.standing(today) is standing
    assert Certificate(expires_on=today).standing(today) is Standing.VALID


def test_the_way_to_linkedin_names_the_certificate_and_not_its_holder(app: Flask) -> None:
    with app.app_context():
        holder = expiring(app)
        row = holder.certificate()
        page = unescape(holder.open(f"/certificates/{row.id}").text)
        [link] = re.findall(r'href="(https://www\.linkedin\.com/[^"]+)"', page)
        said = parse_qs(urlsplit(link).query)
        assert said["certUrl"] == [row.snapshot["address"]]
        assert said["name"] == ["AI literacy at university"]
        assert said["expirationYear"] == [str(row.expires_on.year)] if row.expires_on else False
        assert "Ada" not in link
        service.withdraw_row(row, Reason.ERROR)
        assert "linkedin" not in holder.open(f"/certificates/{row.id}").text


# --- The file itself ------------------------------------------------------------------------------------------------------

def test_a_verifier_learns_whether_a_file_is_the_one_that_was_issued(app: Flask) -> None:
    with app.app_context():
        certificate = earn(app).certificate()
        content, code = service.pdf_of(certificate) or b"", certificate.code
    verifier = app.test_client()

    def check(given: bytes | None) -> Any:
        data = {"file": (BytesIO(given), "certificate.pdf")} if given is not None else {}
        return Context().run(verifier.post, f"/z/{code}/file", data=data, headers={"Accept-Language": "en"}, base_url="https://localhost")

    assert "the file is unchanged" in check(content).text
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    for other in (bytes(changed), content + b"\n", b"", b"no PDF"):
        answer = check(other)
        assert answer.status_code == 200
        assert "not the file that was issued" in answer.text
        assert "Ada" not in answer.text
    assert check(None).status_code == 422
    assert verifier.post("/z/xxxxxxxxxxxxxxxxxxxxxx/file", base_url="https://localhost").status_code == 404


# --- The course's page --------------------------------------------------------------------------------------------------

def teacher(app: Flask, holder: Holder) -> Holder:
    """Somebody who teaches the holder's course."""
    person = builders.person("Lea Lehrende")
    return Holder(person, builders.enrolment(person, FILES, role=Role.LECTURER), builders.browser(app, person))


def test_only_those_who_teach_see_a_courses_certificates(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        path = f"/courses/{holder.enrolment.run_id}/certificates"
        assert holder.open(path).status_code == 403
        assert request(builders.browser(app, builders.person("Eve")), path).status_code == 404
        page = teacher(app, holder).open(path)
        assert "Ada Lovelace" in page.text
        assert holder.certificate().snapshot["number"] in page.text


def test_a_lecturer_corrects_a_name_and_withdraws_with_a_reason(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        lecturer = teacher(app, holder)
        path = f"/courses/{holder.enrolment.run_id}/certificates/{holder.certificate().id}"
        assert lecturer.open(f"{path}/name", "POST", {"name": " "}).status_code == 422
        assert lecturer.open(f"{path}/name", "POST", {"name": "日本😀"}).status_code == 422
        assert lecturer.open(f"{path}/name", "POST", {"name": "Ada King"}).status_code == 303
        new = holder.certificate()
        assert new.snapshot["name"] == "Ada King"
        assert lecturer.open(f"{path}/name", "POST", {"name": "Ada Queen"}).status_code == 409
        path = f"/courses/{holder.enrolment.run_id}/certificates/{new.id}"
        assert lecturer.open(f"{path}/withdraw", "POST", {"reason": ""}).status_code == 422
        assert lecturer.open(f"{path}/withdraw", "POST", {"reason": "rules"}).status_code == 303
        assert holder.certificate().withdrawn_reason == Reason.RULES
        assert "rules for issuing" in lecturer.open(path).text
        assert holder.open(f"{path}/withdraw", "POST", {"reason": "rules"}).status_code == 403


def test_those_who_teach_read_whose_name_cannot_be_printed_and_why_and_may_enter_another(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        lecturer, run_id = teacher(app, holder), holder.enrolment.run_id
        refused, nameless = (builders.enrolment(builders.person(name), FILES) for name in ("Ada 😀", "x"))
        with db.transaction():
            db.session.get_one(Person, nameless.person_id).name = None
        path = f"/courses/{run_id}/certificates"
        assert lecturer.open(f"{path}/confirm", "POST", {"all": "yes"}).status_code == 303
        page = lecturer.open(path).text
        assert "GRINNING FACE" in page
        assert "has told no name" in page
        waiting = Holder(holder.person, refused, holder.browser).certificate()
        one = f"{path}/{waiting.id}"
        assert "Enter the name" in lecturer.open(one).text
        assert lecturer.open(f"{one}/name", "POST", {"name": "😀"}).status_code == 422
        assert lecturer.open(f"{one}/name", "POST", {"name": "Ada Smile"}).status_code == 303
        made = Holder(holder.person, refused, holder.browser).certificate()
        assert (made.id, made.state, made.snapshot["name"], made.snapshot["name_by_holder"]) == (waiting.id, WorkState.DONE, "Ada Smile", False)


def test_participation_is_confirmed_once_for_those_who_are_ticked(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        lecturer = teacher(app, holder)
        run_id = holder.enrolment.run_id
        others = [builders.enrolment(builders.person(name), FILES) for name in ("Ben", "Cem", "Dana")]
        path = f"/courses/{run_id}/certificates"
        assert lecturer.open(f"{path}/confirm", "POST").status_code == 422
        assert lecturer.open(f"{path}/confirm", "POST", {"learner": str(holder.enrolment.id)}).status_code == 422
        assert lecturer.open(f"{path}/confirm", "POST", {"learner": str(others[0].id)}).status_code == 303
        assert lecturer.open(f"{path}/confirm", "POST", {"all": "yes"}).status_code == 303
        assert lecturer.open(f"{path}/confirm", "POST", {"all": "yes"}).status_code == 422
        page = lecturer.open(path).text
        assert page.count("/certificates/") >= 4
        assert "4 of 4" in page
        one = Holder(holder.person, others[0], holder.browser).certificate()
        assert one.award == "participation"
        assert "confirmed by those who teach" in request(app.test_client(), f"/z/{one.code}").text
