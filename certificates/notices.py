"""What holders are told by e-mail: their certificate is ready, was withdrawn, will expire. A link, never the file, and no name."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select

from accounts import joining
from accounts.models import Person
from accounts.notices import Notice, notify, reachable
from certificates import renewal
from certificates.codes import REASONS
from certificates.models import Award, Certificate, Reason, Standing
from certificates.snapshot import Snapshot
from core import db
from core.config import settings
from core.days import day_of
from core.jobs import WorkState
from core.post import outbox
from core.post.letter import Link, address_of
from courses.models import Enrolment

AT_ONCE = 200
"""Reminders that are looked for in one transaction."""


# --- What happens to a certificate ----------------------------------------------------------------------------------------

def ready(certificate: Certificate) -> None:
    """It is printed. Call in the transaction that says so; the second time is none."""
    if not outbox.ready() or certificate.standing(day_of(db.now())) not in (Standing.VALID, Standing.EXPIRED):
        return
    _tell(certificate, "ready", partial(_ready, certificate))


def withdrawn(certificate: Certificate) -> None:
    """It was withdrawn. Call in the transaction that says so."""
    if certificate.issued_at is not None:
        _call_off(certificate)
        _tell(certificate, "withdrawn", partial(_withdrawn, certificate))


def deleted(certificate: Certificate) -> None:
    """Its holder had it deleted: they know, and what has not left yet leads nowhere any more. Call in the transaction that says so."""
    _call_off(certificate)


def _call_off(certificate: Certificate) -> None:
    outbox.call_off(certificate.organisation_id, about=_key(certificate, ""))


def _tell(certificate: Certificate, what: str, compose: Callable[[str], Notice]) -> None:
    notify(_holder(certificate), _key(certificate, what), compose, usual=certificate.language)


def _key(certificate: Certificate, what: str) -> str:
    return f"certificate:{certificate.id}:{what}"


def _holder(certificate: Certificate) -> Person:
    return db.session.scalars(select(Person).join(Enrolment, Enrolment.person_id == Person.id).where(Enrolment.id == certificate.enrolment_id)).one()


# --- Reminders ------------------------------------------------------------------------------------------------------------

def remind() -> int:
    """Remind holders of certificates that will expire, once at each of the days that are set; how many were looked at.

    It asks what is due by now, not what is due today: what a day without Lotse has missed comes on the next one. Of two
    reminders that are due together only the later one is sent, and none once the certificate has expired.
    """
    days, today = settings().reminder_days, day_of(db.now())
    if not outbox.ready() or not days:
        return 0
    seen = 0
    with db.unscoped():  # The sweep serves all tenants.
        while found := _remind_some(days, today):
            seen += found
    return seen


def _remind_some(days: tuple[int, ...], today: date) -> int:
    due = or_(*[
        and_(Certificate.expires_on <= today + timedelta(days=before), func.coalesce(Certificate.reminded_days, 10_000) > before) for before in days
    ])
    with db.transaction() as tx:
        rows = tx.scalars(
            select(Certificate).where(
                Certificate.expires_on >= today, due, Certificate.state == WorkState.DONE, Certificate.withdrawn_at.is_(None),
                Certificate.replaced_at.is_(None), Certificate.deleted_at.is_(None), ~renewal.later_ones(Certificate).exists(),
            ).order_by(Certificate.id).limit(AT_ONCE).with_for_update(skip_locked=True, of=Certificate).execution_options(populate_existing=True)
        ).all()
        for row in rows:
            assert row.expires_on is not None
            row.reminded_days = min(before for before in days if row.expires_on <= today + timedelta(days=before))
            _tell(row, f"expires:{row.reminded_days}", partial(_expires, row, today))
    return len(rows)


# --- Those who teach --------------------------------------------------------------------------------------------------------

def unreached(run_id: int) -> int | None:
    """How many holders in a run get no notices: no address is known, or they want none. None: Lotse sends no mail at all."""
    if not outbox.ready():
        return None
    holders = db.session.scalars(
        select(Person).where(Person.id.in_(
            select(Enrolment.person_id).join(Certificate, Certificate.enrolment_id == Enrolment.id).where(Enrolment.run_id == run_id)
        ))
    ).all()
    return sum(not reachable(holder) for holder in holders)


# --- Words ------------------------------------------------------------------------------------------------------------------

def _ready(certificate: Certificate, language: str) -> Notice:
    said = Snapshot.from_json(certificate.snapshot)
    course, number = said.course[language], said.number
    follows = _follows(certificate)
    if follows is not None:
        subject = _("Your corrected certificate: %(course)s", course=course)
        first = _("Your certificate for the course “%(course)s” was issued again with the name corrected, as no. %(number)s.", course=course, number=number)
        more = [_("It replaces no. %(number)s, which is no longer valid. Please delete the old file, and give the new one to those who have the old one.", number=follows)]
    else:
        participation = said.award == Award.PARTICIPATION
        subject = _("Your certificate of participation: %(course)s", course=course) if participation else _("Your certificate: %(course)s", course=course)
        first = (
            _("Your certificate of participation in the course “%(course)s” is ready (no. %(number)s). You can download it as a PDF file.", course=course, number=number)
            if participation else _("Your certificate for the course “%(course)s” is ready (no. %(number)s). You can download it as a PDF file.", course=course, number=number)
        )
        more = [_("It renews no. %(number)s, which stays valid until its own last day.", number=said.renews)] if said.renews else []
    if certificate.expires_on:
        more.append(_("Valid until: %(day)s.", day=_day(certificate.expires_on)))
    return Notice(
        subject, (first, *more), Link(_("To my certificate"), _page(certificate)),
        (*_way_in(certificate), _("Anybody can check the certificate here: %(address)s", address=said.address)),
    )


def _withdrawn(certificate: Certificate, language: str) -> Notice:
    said = Snapshot.from_json(certificate.snapshot)
    course, reason = said.course[language], certificate.withdrawn_reason or Reason.ERROR
    return Notice(
        _("Your certificate was withdrawn: %(course)s", course=course),
        (
            _("Your certificate no. %(number)s for the course “%(course)s” was withdrawn.", number=said.number, course=course) + " "
            + (_("You had asked for it.") if reason is Reason.HOLDER else _(REASONS[reason])),
            _("Please do not use the file any longer, and tell those to whom you gave it. Its public page says that it was withdrawn."),
            _("If you think that this is a mistake, please ask those who teach the course."),
        ),
        Link(_("To my certificate"), _page(certificate)), _way_in(certificate),
    )


def _expires(certificate: Certificate, today: date, language: str) -> Notice:
    said = Snapshot.from_json(certificate.snapshot)
    assert certificate.expires_on is not None
    course, last, begins = said.course[language], _day(certificate.expires_on), renewal.opens_on(certificate.expires_on)
    return Notice(
        _("Your certificate expires on %(day)s: %(course)s", day=last, course=course),
        (
            _("Your certificate no. %(number)s for the course “%(course)s” is valid until %(day)s.", number=said.number, course=course, day=last),
            _("You can renew it now.") if begins <= today else _("You can renew it from %(day)s on.", day=_day(begins)),
            _("To do so, you take the course again in its newest edition. When you have reached the threshold you get a new certificate. The old one stays valid until its last day."),
        ),
        Link(_("Renew my certificate"), _page(certificate)), _way_in(certificate),
    )


def _way_in(certificate: Certificate) -> tuple[str, ...]:
    """Who comes from a learning platform has no password here: the link alone leads to a page that asks for one."""
    places = joining.account(_holder(certificate).id).places
    if "" in places or not places:
        return ()
    return (_("If Lotse asks for a password that you do not have: open the course in your learning platform (%(place)s), and there choose “My certificates”.", place=", ".join(places)),)


def _page(certificate: Certificate) -> str:
    return address_of("certificates.show", certificate_id=certificate.id)


def _follows(certificate: Certificate) -> str | None:
    """The number of the certificate with another name that this one replaces."""
    if certificate.turn == 1:
        return None
    before = db.session.scalar(select(Certificate.snapshot).where(
        Certificate.enrolment_id == certificate.enrolment_id, Certificate.award == certificate.award, Certificate.turn == certificate.turn - 1,
    ))
    return str(before["number"]) if before else None


def _day(day: date) -> str:
    return str(format_date(day, "long"))
