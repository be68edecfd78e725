"""Use cases about evidence reports: put one together, with names if there is a purpose; keep the legal texts."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from accounts.models import Organisation, Person, Role
from certificates.models import Award, Certificate
from certificates.service import today_here
from certificates.snapshot import Terms, Texts, texts
from core import db
from core.days import day_of, zone
from courses.models import Edition, Enrolment, Run
from modules.course import CourseSource, Module
from modules.service import parsed
from reports import evidence, legal
from reports.anonymity import AS_THEY_ARE
from reports.evidence import Content, Measure, Participation, Period, Report
from reports.legal import LegalText
from reports.models import LegalVersion, NamedReport

EVIDENCE = ""   # The topic of the texts that reports quote; no statement in a course can have it.


# --- The report -------------------------------------------------------------------------------------------------------

def report(period: Period, k: int) -> Report:
    """The report of the organisation that the session acts for, without names and with no group of fewer than k people."""
    return _report(period, k, _parts(period))


def report_with_names(period: Period, purpose: str, person_id: int) -> Report:
    """The report with everybody's name. It is noted who has made it, and what for."""
    with db.transaction() as tx:
        tx.add(NamedReport(person_id=person_id, purpose=purpose, first=period.first, last=period.last))
    return _report(period, AS_THEY_ARE, _parts(period), purpose)


def reports_with_names() -> list[tuple[NamedReport, str | None]]:
    """Who has made reports with names, the newest first."""
    rows = db.session.execute(
        select(NamedReport, Person.name).join(Person, Person.id == NamedReport.person_id).order_by(NamedReport.id.desc()).limit(100)
    )
    return [(row[0], row[1]) for row in rows]


def _report(period: Period, k: int, parts: Sequence[Participation], purpose: str = "") -> Report:
    organisation = db.session.scalars(select(Organisation).where(Organisation.id == db.acting_for())).one()
    measures = _measures(parts)
    groups = _titles(parts)
    sections = evidence.sections(measures, parts, groups, k)
    return Report(
        organisation.name, organisation.unit, period, today_here(), k, legal.in_force(legal_texts(), period.first, period.last), groups, sections,
        evidence.sum_of(section.total for section in sections), evidence.named(measures, parts) if purpose else None, purpose,
    )


def _parts(period: Period) -> list[Participation]:
    """Who took part in what in the period. People who teach a course take part in none; who has joined accounts counts once."""
    happened = _happened_in(period)
    rows = db.session.execute(
        select(
            Enrolment.id, Run.course_id, Enrolment.run_id, Enrolment.edition_id, Person.name, Enrolment.enrolled_at, Enrolment.participated_at,
            Enrolment.achieved_at,
        )
        .join(Run, Run.id == Enrolment.run_id).join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.role == Role.LEARNER, Person.joined_into.is_(None), happened).order_by(Enrolment.id)
    ).all()
    issued = _issued(happened)
    found = []
    for enrolment, course, run, edition, name, *moments in rows:
        begun, participated, achieved = (_day_if(moment) for moment in moments)
        reached = {Award.PARTICIPATION: participated, Award.ACHIEVEMENT: achieved}
        refresh = [day for award, day in issued.get(enrolment, ()) if period.has(reached[award])]
        part = Participation(course, run, edition, name, begun, participated, achieved, max(refresh, default=None))
        found.append(evidence.in_period(part, period))
    return [part for part in found if part is not None]


def _happened_in(period: Period) -> ColumnElement[bool]:
    begin, end = _midnight(period.first), _midnight(period.last + timedelta(days=1))
    return or_(*[and_(column >= begin, column < end) for column in (Enrolment.enrolled_at, Enrolment.participated_at, Enrolment.achieved_at)])


def _issued(happened: ColumnElement[bool]) -> dict[int, list[tuple[Award, date]]]:
    """By enrolment: what is certified, and when that is to be refreshed. What was withdrawn or deleted attests nothing.

    A certificate with a corrected name takes the place of another one: what was learnt is as old as the first of them.
    """
    rows = db.session.execute(
        select(
            Certificate.enrolment_id, Certificate.award, Certificate.issued_at, Certificate.expires_on, Certificate.withdrawn_at, Certificate.deleted_at,
        )
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id).where(Certificate.issued_at.is_not(None), happened).order_by(Certificate.turn)
    )
    by_award: dict[tuple[int, Award], list[Any]] = {}
    for row in rows:
        by_award.setdefault((row.enrolment_id, row.award), []).append(row)
    found: dict[int, list[tuple[Award, date]]] = {}
    for (enrolment, award), (first, *later) in by_award.items():
        last = later[-1] if later else first
        if first.issued_at and last.withdrawn_at is None and last.deleted_at is None:
            found.setdefault(enrolment, []).append((award, evidence.refresh_day(day_of(first.issued_at), last.expires_on)))
    return found


def _measures(parts: Sequence[Participation]) -> list[Measure]:
    """The courses of these parts by title, each with the editions that were worked in."""
    rows = db.session.execute(
        select(Edition.id, Edition.course_id, Edition.number, Edition.published_at)
        .where(Edition.id.in_({part.edition for part in parts})).order_by(Edition.number.desc())
    )
    contents: dict[int, list[Content]] = {}
    titles: dict[int, Texts] = {}
    for edition_id, course_id, number, published_at in rows:
        course = parsed(edition_id).course
        contents.setdefault(course_id, []).append(_content(course, number, day_of(published_at)))
        titles.setdefault(course_id, texts(course.title) or {"de": course.id, "en": course.id})
    found = [Measure(course_id, titles[course_id], tuple(contents[course_id])) for course_id in contents]
    return sorted(found, key=lambda measure: (measure.title["de"].casefold(), measure.id))


def _content(course: CourseSource, number: int, published_on: date) -> Content:
    terms = Terms.read(course.certificate)
    return Content(
        number, published_on, terms.hours, terms.ects, terms.participation, terms.assessment,
        terms.attested(course.competences),
        tuple(_module_title(module) for module in course.modules),
    )


def _module_title(module: Module) -> Texts:
    return texts({language: source.title for language, source in module.sources.items()}) or {"de": module.id, "en": module.id}


def _titles(parts: Sequence[Participation]) -> dict[int, str | None]:
    """What the course groups are called in their learning platforms; None for the organisation's own offer."""
    rows = db.session.execute(select(Run.id, Run.title).where(Run.id.in_({part.group for part in parts})))
    return {run_id: title or None for run_id, title in rows}


# --- Legal texts ------------------------------------------------------------------------------------------------------

def legal_texts() -> list[LegalText]:
    """All texts, those that Lotse brings and then the organisation's own ones in the order in which they were written."""
    return [*legal.brought().texts, *own_texts([EVIDENCE]).get(EVIDENCE, [])]


def own_texts(topics: Collection[str] | None = None) -> dict[str, list[LegalText]]:
    """What the organisation has written on these topics, or on all, in the order in which it was written."""
    rows = select(LegalVersion).order_by(LegalVersion.id)
    found: dict[str, list[LegalText]] = {}
    for row in db.session.scalars(rows if topics is None else rows.where(LegalVersion.topic.in_(topics))):
        found.setdefault(row.topic, []).append(LegalText(row.valid_from, row.de, row.en, row.source, own=True))
    return found


def add_legal_text(person_id: int, text: LegalText, topic: str = EVIDENCE) -> None:
    """Let another text hold from its day on. Those that are there stay as they are; the last one sent again adds nothing."""
    if own_texts([topic]).get(topic, [])[-1:] == [text]:
        return
    with db.transaction() as tx:
        tx.add(LegalVersion(person_id=person_id, topic=topic, valid_from=text.valid_from, de=text.de, en=text.en, source=text.source))


# --- Days -------------------------------------------------------------------------------------------------------------

def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), zone())


def _day_if(moment: datetime | None) -> date | None:
    return day_of(moment) if moment else None
