"""Use cases of an organisation's administrators: find any of its certificates, whoever teaches the course."""

import re

from sqlalchemy import ColumnElement, or_, select

from accounts.models import Person
from certificates.models import Certificate
from certificates.service import CODE
from core import db
from courses.models import Enrolment

MOST = 50
_NUMBER = re.compile(r"-(\d{4})-(\d{1,9})\Z")


def find(typed: str) -> list[Certificate]:
    """Certificates by code, public address, number or parts of the name, the newest first; at most MOST and one more."""
    condition = _condition(typed)
    if condition is None:
        return []
    return list(db.session.scalars(
        select(Certificate).join(Enrolment, Enrolment.id == Certificate.enrolment_id).join(Person, Person.id == Enrolment.person_id)
        .where(condition).order_by(Certificate.id.desc()).limit(MOST + 1)
    ))


def certificate(certificate_id: int) -> Certificate | None:
    """One certificate of the organisation acted for."""
    return db.session.scalars(select(Certificate).where(Certificate.id == certificate_id)).one_or_none()


def _condition(typed: str) -> ColumnElement[bool] | None:
    typed = "".join(letter for letter in typed if letter.isprintable()).strip()  # PostgreSQL refuses to look for NUL.
    code = typed.rstrip("/").rpartition("/")[2]
    if CODE.fullmatch(code):
        return Certificate.code == code
    if number := _NUMBER.search(typed):
        return (Certificate.year == int(number[1])) & (Certificate.serial == min(int(number[2]), 2**31 - 1))
    words = typed.replace(",", " ").split()[:10]
    if not words:
        return None
    printed = Certificate.snapshot["name"].as_string()
    condition: ColumnElement[bool] = Certificate.deleted_at.is_(None)
    for word in words:
        condition &= or_(printed.icontains(word, autoescape=True), Person.name.icontains(word, autoescape=True))
    return condition
