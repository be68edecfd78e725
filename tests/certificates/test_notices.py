"""Holders hear by e-mail what happened to their certificates: once, in their language, without name and file; and only if they want to."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from accounts import notices as choices
from accounts import service as accounts
from accounts.models import Person, Role
from certificates import bulk, notices, service
from certificates.models import Certificate, Reason
from certificates.tasks import print_certificate
from core import db, jobs
from core.days import day_of
from core.jobs import WorkState
from core.post.models import Mail
from courses import service as courses
from courses.models import Enrolment
from tests import builders
from tests.certificates.earning import Holder, complete, learner, request
from tests.certificates.test_life import TWO_YEARS
from tests.core.mailserver import Delivered, MailServer, mail_server, use


@pytest.fixture(autouse=True)
def _quick_printing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the files is not what this is about."""
    monkeypatch.setattr(service, "_print", lambda certificate: service._Printed(certificate.code.encode(), None))


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    """A mail server that the house uses."""
    with mail_server() as place, app.app_context():
        use(app, place)
        builders.organisation()
        yield place


def holder(app: Flask, *, language: str = "en", email: str | None = "ada@uni.example", award: str = "achievement", name: str = "Ada Lovelace") -> Holder:
    """Somebody with a certificate that is valid for two years."""
    person = builders.person(name)
    with db.transaction():
        person.email, person.language = email, language
    found = Holder(person, builders.enrolment(person, TWO_YEARS), builders.browser(app, person))
    complete(found.enrolment, award)
    return found


def said(delivered: Delivered) -> str:
    """All that a mail says, without line breaks."""
    return " ".join(delivered.part("plain").split())


def test_a_printed_certificate_is_told_once_with_a_link_and_neither_name_nor_file(app: Flask, server: MailServer) -> None:
    ada = holder(app)
    [delivered] = server.mails
    certificate = ada.certificate()
    assert delivered.mail["Subject"] == "Your certificate: AI literacy at university"
    assert f"https://lotse.uni.example/certificates/{certificate.id}" in said(delivered)
    assert f"https://lotse.uni.example/certificates/{certificate.id}" in delivered.part("html")
    assert certificate.snapshot["number"] in said(delivered)
    assert "Ada" not in delivered.content.decode().replace("ada@", "")
    assert {part.get_content_type() for part in delivered.mail.walk()} == {"multipart/alternative", "text/plain", "text/html"}
    complete(ada.enrolment)
    print_certificate(certificate.id)
    with db.transaction():
        notices.ready(certificate)
    assert len(server.mails) == 1


@pytest.mark.parametrize(("language", "award", "words"), [
    ("de", "achievement", ("Ihr Zertifikat: KI-Kompetenz an der Hochschule", "Guten Tag,", "Diese Benachrichtigungen abschalten")),
    ("de", "participation", ("Ihre Teilnahmebescheinigung: KI-Kompetenz an der Hochschule", "Ihre Teilnahmebescheinigung für den Kurs", "Gültig bis")),
    ("en", "participation", ("Your certificate of participation: AI literacy at university", "Good day,", "Switch these notices off")),
    ("fr", "achievement", ("Ihr Zertifikat: KI-Kompetenz an der Hochschule", "Guten Tag,", "Diese Benachrichtigungen abschalten")),
])
def test_mails_speak_the_persons_language(app: Flask, server: MailServer, language: str, award: str, words: tuple[str, ...]) -> None:
    holder(app, language=language, award=award)
    [delivered] = server.mails
    assert delivered.mail["Subject"] == words[0]
    assert all(word in said(delivered) for word in words[1:])
    assert f'<html lang="{"en" if language == "en" else "de"}">' in delivered.part("html")


def test_many_confirmed_at_once_are_each_told_once_and_the_lecturer_reads_how_many_are_not(app: Flask, server: MailServer) -> None:
    people = [builders.person(f"Person {number}") for number in range(4)]
    with db.transaction():
        for person in people[:3]:
            person.email = f"{person.id}@uni.example"
    choices.choose(people[2].id, wanted=False)
    parts = [builders.enrolment(person, TWO_YEARS) for person in people]
    assert bulk.confirm(parts[0].run_id, [part.id for part in parts]) == 4
    assert sorted(mail.recipients[0] for mail in server.mails) == [f"{person.id}@uni.example" for person in people[:2]]
    assert notices.unreached(parts[0].run_id) == 2
    teacher = builders.person("Grace Hopper")
    builders.enrolment(teacher, TWO_YEARS, Role.LECTURER)
    page = request(builders.browser(app, teacher), f"/courses/{parts[0].run_id}/certificates").text
    assert "2 people with a certificate get no e-mail about it" in page
    use(app, server, smtp_host="")
    assert "Lotse sends no e-mail here" in request(builders.browser(app, teacher), f"/courses/{parts[0].run_id}/certificates").text


def test_a_corrected_certificate_is_told_as_the_one_that_replaces_the_old_one(app: Flask, server: MailServer) -> None:
    ada = holder(app)
    old = ada.certificate()
    service.correct_name(old, "Ada King")
    assert [mail.mail["Subject"] for mail in server.mails] == ["Your certificate: AI literacy at university", "Your corrected certificate: AI literacy at university"]
    assert f"It replaces no. {old.snapshot['number']}" in said(server.mails[1])


def test_a_withdrawal_is_told_once_with_its_reason_whoever_withdrew(app: Flask, server: MailServer) -> None:
    ada, eve = holder(app), holder(app, name="Eve", email="eve@uni.example", language="de")
    server.mails.clear()
    service.withdraw_row(ada.certificate(), Reason.RULES)
    service.withdraw_row(ada.certificate(), Reason.ERROR)
    assert app.test_cli_runner().invoke(args=["certificates", "withdraw", eve.certificate().code, "--reason", "error"]).exit_code == 0
    first, second = server.mails
    assert "The rules for issuing it had not been kept." in said(first)
    assert (second.recipients, second.mail["Subject"]) == (["eve@uni.example"], "Ihr Zertifikat wurde zurückgezogen: KI-Kompetenz an der Hochschule")


def test_what_was_withdrawn_or_deleted_before_the_mail_left_is_not_announced(app: Flask, server: MailServer) -> None:
    server.answers = ["rcpt 450 later", "rcpt 450 later"]
    ada, eve = holder(app), holder(app, name="Eve", email="eve@uni.example")
    service.withdraw_row(ada.certificate(), Reason.ERROR)
    service.erase(eve.certificate())
    with db.transaction() as tx:
        tx.execute(update(Mail).values(due_at=db.now(), taken_at=None))
    jobs.sweep()
    assert [mail.mail["Subject"] for mail in server.mails] == ["Your certificate was withdrawn: AI literacy at university"]


def test_a_certificate_that_waits_for_a_name_is_told_when_it_is_printed(app: Flask, server: MailServer) -> None:
    nobody = learner(app, None)
    with db.transaction():
        nobody.person.name, nobody.person.email = None, "nobody@uni.example"
    complete(nobody.enrolment)
    assert server.mails == []
    service.give_name(nobody.certificate(), "Ada Lovelace")
    assert len(server.mails) == 1


@pytest.mark.parametrize("email", [None, "", "nonsense", "ada@uni.example\nBcc: eve@evil.example"])
def test_who_has_no_address_gets_no_mail_and_the_certificate_all_the_same(app: Flask, server: MailServer, email: str | None) -> None:
    ada = holder(app, email=email)
    assert ada.certificate().state == WorkState.DONE
    assert server.mails == []
    assert db.session.scalars(select(Mail)).all() == []


def test_people_from_a_learning_platform_are_told_the_way_in_without_a_password(app: Flask, server: MailServer) -> None:
    with db.transaction():
        person = accounts.find_or_add("https://moodle.uni.example", "7", name="Ada", email="ada@uni.example", language="en")
    complete(builders.enrolment(person, TWO_YEARS))
    holder(app, name="Local")
    assert "open the course in your learning platform (moodle.uni.example)" in said(server.mails[0])
    assert "learning platform (" not in said(server.mails[1])


# --- Reminders --------------------------------------------------------------------------------------------------------

def expires_in(ada: Holder, days: int) -> None:
    with db.transaction() as tx:
        tx.execute(update(Certificate).where(Certificate.enrolment_id == ada.enrolment.id).values(expires_on=day_of(db.now()) + timedelta(days=days)))


def reminders(server: MailServer, ada: Holder, *days: int) -> list[int]:
    """How many reminders there are after each of these days before the expiry."""
    found = []
    for left in days:
        expires_in(ada, left)
        notices.remind()
        notices.remind()
        found.append(len(server.mails))
    return found


def test_reminders_come_once_each_and_what_was_missed_comes_late_but_never_after_the_last_day(app: Flask, server: MailServer) -> None:
    ada, eve, late = holder(app), holder(app, name="Eve"), holder(app, name="Late")
    for other in (eve, late):
        expires_in(other, 400)
    server.mails.clear()
    assert reminders(server, ada, 61, 60, 59, 15, 14, 13, 0, -1) == [0, 1, 1, 1, 2, 2, 2, 2]
    assert server.mails[0].mail["Subject"].strip().startswith("Your certificate expires on ")
    assert "You can renew it now." in said(server.mails[0])
    assert f"/certificates/{ada.certificate().id}" in said(server.mails[0])
    server.mails.clear()
    assert reminders(server, eve, 61, 41, 9, 3) == [0, 1, 2, 2]  # Lotse stood still on the very days.
    server.mails.clear()
    assert reminders(server, late, -1, -300, 5, 4) == [0, 0, 1, 1]  # Both at once would be one too many.


def test_reminders_are_found_by_the_sweep_and_wait_for_a_mail_server(app: Flask, server: MailServer) -> None:
    ada = holder(app)
    server.mails.clear()
    expires_in(ada, 50)
    use(app, server, smtp_host="")
    jobs._sweep()
    assert ada.certificate().reminded_days is None
    use(app, server, reminder_days=())
    jobs._sweep()
    assert server.mails == []
    use(app, server, reminder_days=(100, 60))
    jobs._sweep()
    assert len(server.mails) == 1
    assert ada.certificate().reminded_days == 60


def test_a_reminder_before_the_renewal_opens_says_from_when_on(app: Flask, server: MailServer) -> None:
    ada = holder(app)
    use(app, server, reminder_days=(120,))
    expires_in(ada, 100)
    notices.remind()
    assert "You can renew it from " in said(server.mails[-1])


@pytest.mark.parametrize("fate", ["withdrawn", "deleted", "replaced", "followed", "switched off"])
def test_nobody_is_reminded_of_what_is_worth_nothing_or_was_followed_by_another_one(app: Flask, server: MailServer, fate: str) -> None:
    ada = holder(app)
    expires_in(ada, 14)
    row = ada.certificate()
    if fate == "withdrawn":
        service.withdraw_row(row, Reason.ERROR)
    elif fate == "deleted":
        service.erase(row)
    elif fate == "replaced":
        new = service.correct_name(row, "Ada King")
        with db.transaction() as tx:
            tx.execute(update(Certificate).where(Certificate.id == new.id).values(expires_on=day_of(db.now()) + timedelta(days=300)))
    elif fate == "followed":
        complete(next_year(ada.person))
    else:
        choices.choose(ada.person.id, wanted=False)
    server.mails.clear()
    notices.remind()
    assert server.mails == []


def next_year(person: Person) -> Enrolment:
    """The same person in another run of the same course."""
    course = courses.course("kurs")
    assert course is not None
    return courses.enrol(courses.find_or_add_run(course.id, "lti:1:next:kurs").id, person.id)
