"""The report from real rows: what counts, for whom, and when."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Person, Role
from certificates.models import Award
from core import db
from courses import service as courses
from reports import evidence, service
from reports.anonymity import Count
from reports.evidence import Line, Period, Quarter
from reports.legal import LegalText
from tests import builders
from tests.certificates.earning import FILES
from tests.reports.scene import YEAR, certify, group, noon, university


def figures(line: Line) -> list[tuple[int, int]]:
    return [(count.low, count.high) for count in line.figures]


def exactly(*numbers: int) -> list[tuple[int, int]]:
    return [(number, number) for number in numbers]


def test_a_measure_says_what_the_course_consists_of_and_who_took_part(app: Flask) -> None:
    with app.app_context():
        university(app)
        group("Seminar A", 20, participated=14, achieved=8)
        section, = service.report(YEAR, 5).sections
        content, = section.measure.editions
        assert section.measure.title == {"de": "KI-Kompetenz an der Hochschule", "en": "AI literacy at university"}
        assert (content.number, content.hours, content.ects) == (1, 30, 1)
        assert [both["en"] for both in content.competences] == ["Explain how language models write", "Check answers"]
        assert [both["de"] for both in content.modules] == ["Eins"]
        assert figures(section.total) == exactly(20, 20, 14, 8)


def test_small_groups_are_put_together_and_the_sum_does_not_tell_how_small(app: Flask) -> None:
    with app.app_context():
        university(app)
        group("Seminar B", 10, achieved=10)
        group("Winzig", 2, achieved=1)
        report = service.report(YEAR, 5)
        large, others = report.sections[0].lines
        assert report.groups[large.group or 0] == "Seminar B"
        assert figures(large) == [*exactly(10, 10, 0, 10)]
        assert others.group is None
        assert figures(others) == [(1, 4), (0, 4), (0, 4), (0, 4)]
        assert figures(report.total) == [(11, 14), (10, 14), (0, 4), (10, 14)]


def test_only_what_happened_in_the_period_counts_by_the_days_of_the_place(app: Flask) -> None:
    with app.app_context():
        university(app)
        late, early, after = group("Seminar A", 3)
        with db.transaction():
            late.enrolled_at = noon(12, 31, 2025).replace(hour=23, minute=30)  # 0:30 on the first of January in Berlin.
            early.enrolled_at, early.achieved_at = noon(12, 31, 2025).replace(hour=22), noon(2)
            after.enrolled_at = noon(12, 31).replace(hour=23)
        report = service.report_with_names(YEAR, "to see whom it counts", late.person_id)
        assert figures(report.total) == exactly(2, 1, 0, 1)
        assert report.names is not None
        assert [(each.part.begun_on, each.part.achieved_on) for each in report.names] == [(date(2026, 1, 1), None), (None, date(2026, 2, 1))]


def test_people_who_teach_and_husks_of_joined_accounts_are_no_participants(app: Flask) -> None:
    with app.app_context():
        university(app)
        taught, joined, _ = group("Seminar A", 3)
        with db.transaction() as tx:
            taught.role = Role.LECTURER
            tx.get_one(Person, joined.person_id).joined_into = taught.person_id
        assert figures(service.report_with_names(YEAR, "to see whom it counts", taught.person_id).total)[0] == (1, 1)


def test_what_is_learnt_is_to_be_refreshed_two_years_after_its_certificate(app: Flask) -> None:
    with app.app_context():
        university(app)
        people = group("Seminar A", 8, participated=8, achieved=8)
        for number, enrolment in enumerate(people[:6]):
            certify(enrolment, noon(4 if number else 8), number)
        withdrawn = certify(people[6], noon(11), 6)
        with db.transaction():
            withdrawn.withdrawn_at = noon(12)
        line = service.report(YEAR, 5).sections[0].lines[0]
        assert line.refresh == (Quarter(2028, 2), Quarter(2028, 3))
        assert service.report(YEAR, 7).sections[0].lines[0].refresh is None  # Six certificates would tell about six people.
        names = service.report_with_names(YEAR, "to remind people of it", people[0].person_id).names or ()
        assert [each.part.refresh_on for each in names] == [date(2028, 8, 1), *[date(2028, 4, 1)] * 5, None, None]


def test_a_certificate_that_expires_says_itself_when_and_a_corrected_name_makes_nothing_younger(app: Flask) -> None:
    with app.app_context():
        university(app)
        expiring, corrected, deleted = group("Seminar A", 3, achieved=3)
        first, wrong, gone = (certify(enrolment, noon(4), number) for number, enrolment in enumerate((expiring, corrected, deleted)))
        right = certify(corrected, noon(9), 3, turn=2)
        with db.transaction():
            first.expires_on, wrong.replaced_at, gone.deleted_at = date(2027, 3, 31), noon(9), noon(9)
        names = service.report_with_names(YEAR, "to remind people of it", expiring.person_id).names or ()
        assert [each.part.refresh_on for each in names] == [date(2027, 3, 31), date(2028, 4, 1), None]
        with db.transaction():
            right.withdrawn_at = noon(10)
        names = service.report_with_names(YEAR, "to remind people of it", expiring.person_id).names or ()
        assert names[1].part.refresh_on is None


def test_a_certificate_for_what_was_reached_in_another_period_does_not_count_for_this_one(app: Flask) -> None:
    with app.app_context():
        university(app)
        enrolment, = group("Seminar A", 1, participated=1)
        with db.transaction():
            enrolment.achieved_at = noon(2, year=2027)
        certify(enrolment, noon(4), 1, Award.PARTICIPATION)
        certify(enrolment, noon(2, year=2027), 2)
        part, = service.report_with_names(YEAR, "to remind people of it", enrolment.person_id).names or ()
        assert (part.part.achieved_on, part.part.refresh_on) == (None, date(2028, 4, 1))


@pytest.mark.parametrize(("issued", "due"), [
    (date(2026, 3, 31), date(2028, 3, 31)), (date(2028, 2, 29), date(2030, 2, 28)), (date(2026, 12, 31), date(2028, 12, 31)),
])
def test_two_years_later_is_a_day_that_exists(issued: date, due: date) -> None:
    assert evidence.refresh_day(issued) == due
    assert evidence.refresh_day(issued, date(2027, 1, 1)) == date(2027, 1, 1)


def test_editions_that_people_worked_in_are_named_with_what_they_were(app: Flask) -> None:
    with app.app_context():
        university(app)
        group("Seminar A", 5)
        shorter = {**FILES, "course.yml": FILES["course.yml"].replace(b"hours: 30", b"hours: 20")}
        published = builders.edition(shorter)
        run = courses.open_run(published.course_id, "kurs")
        enrolment = courses.enrol(run.id, builders.person("Somebody New").id)
        with db.transaction():
            enrolment.enrolled_at = noon(5)
        section, = service.report(YEAR, 5).sections
        assert [(content.number, content.hours) for content in section.measure.editions] == [(2, 20), (1, 30)]


def test_nobody_sees_anything_of_another_university(app: Flask) -> None:
    with app.app_context():
        university(app)
        group("Seminar A", 7)
        university(app, "anderswo")
        assert service.report(YEAR, 5).sections == ()
        assert service.report(YEAR, 5).total.figures.participants == Count(0, 0)
        theirs = group("Anderes", 6)
        report = service.report_with_names(YEAR, "to see whose it is", theirs[0].person_id)
        assert report.organisation == "Universität Anderswo"
        assert [each.part.name for each in report.names or ()] == [f"Anderes Person {number}" for number in range(6)]
        assert set(report.groups.values()) == {"Anderes"}
        with db.scoped(1):
            assert service.reports_with_names() == []


def test_a_report_quotes_the_legal_texts_that_held_in_its_period(app: Flask) -> None:
    with app.app_context():
        scene = university(app)

        def since(first: date, last: date) -> list[str]:
            return [text.valid_from.isoformat() for text in service.report(Period(first, last), 5).legal]

        assert since(date(2024, 1, 1), date(2025, 2, 1)) == []
        assert since(date(2025, 3, 1), date(2026, 7, 26)) == ["2025-02-02"]
        assert since(YEAR.first, YEAR.last) == ["2025-02-02", "2026-07-27"]
        assert since(date(2026, 8, 1), YEAR.last) == ["2026-07-27"]
        service.add_legal_text(scene.administrator_id, LegalText(date(2026, 7, 27), "Unser Text", "Our text", "https://eur-lex.europa.eu/", own=True))
        service.add_legal_text(scene.administrator_id, LegalText(date(2027, 1, 1), "Neu", "New", "https://eur-lex.europa.eu/", own=True))
        assert [text.en for text in service.report(Period(date(2026, 8, 1), date(2027, 2, 1)), 5).legal] == ["Our text", "New"]
        assert len(service.legal_texts()) == 4
        university(app, "anderswo")
        assert "Our text" not in [text.en for text in service.legal_texts()]


def test_it_is_kept_who_made_a_report_with_names_and_what_for(app: Flask) -> None:
    with app.app_context():
        scene = university(app)
        service.report_with_names(YEAR, "for the staff council", scene.administrator_id)
        (entry, name), = service.reports_with_names()
        assert (entry.purpose, entry.first, entry.last, name) == ("for the staff council", YEAR.first, YEAR.last, "Root")
        assert db.session.scalars(select(Person.name).where(Person.id == entry.person_id)).one() == "Root"
