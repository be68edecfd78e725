"""Use cases about certificates: award, name, print, show, withdraw."""

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from accounts.models import Organisation, Person, Role
from assessments.models import Attempt
from certificates import badges, fonts, letterhead, names, notices, pdf, renewal, stamping, trial, versions
from certificates.looks.faults import LookError
from certificates.looks.languages import Languages, chosen
from certificates.looks.values import other_language
from certificates.models import Award, Certificate, Letterhead, Reason, Standing
from certificates.organisations import alone, issuer_of
from certificates.sealing.errors import SealError
from certificates.sealing.seal import fit_key, seal
from certificates.sealing.settings import FILE, Sealer, sealer_of, slugs
from certificates.sheet import sheet
from certificates.snapshot import Signatory, Snapshot, Terms, last_day, texts
from core import db, jobs
from core.config import settings
from core.days import day_of
from core.i18n import LANGUAGES, in_language, language
from core.jobs import WorkState
from courses.models import Edition, Enrolment
from modules.easy import written_in
from modules.service import parsed
from modules.thresholds import thresholds

log = structlog.get_logger("certificates")
CONSENT = "2026-12"
"""Which text of the consents to show one's name and to give out the files is on the certificate's page now; see templates/certificates/_consent.html."""
TRIES = 6
CODE = re.compile(r"[A-Za-z0-9_-]{22}")
_printing = jobs.queue.signature("certificates.print")


class UnprintableNameError(ValueError):
    """A name cannot be printed. `problem` says why."""

    def __init__(self, problem: names.Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


# --- Award ------------------------------------------------------------------------------------------------------------

def award(sender: str, *, enrolment: Enrolment, award: str) -> None:
    """Receiver of `completed`: write the certificate down, in the teller's transaction. Once for each enrolment and award."""
    if enrolment.role != Role.LEARNER:
        return
    # One at a time in an organisation: numbers have no gaps, and of two equal messages the second finds the first one's row.
    organisation = alone(enrolment.organisation_id)
    if db.session.scalar(select(Certificate.id).where(Certificate.enrolment_id == enrolment.id, Certificate.award == award)):
        return
    _write_down(_draft(organisation, enrolment, Award(award)))


def award_confirmed(enrolment: Enrolment, organisation: Organisation) -> None:
    """Write a certificate of participation down because a lecturer says that somebody took part. Call in a transaction, alone()."""
    _write_down(_draft(organisation, enrolment, Award.PARTICIPATION, confirmed=True))


def _write_down(certificate: Certificate) -> None:
    db.session.add(certificate)
    db.session.flush()
    if certificate.state == WorkState.DUE:
        jobs.hint(_printing, certificate.id)


def _draft(organisation: Organisation, enrolment: Enrolment, kind: Award, *, confirmed: bool = False) -> Certificate:
    person = db.session.scalars(select(Person).where(Person.id == enrolment.person_id)).one()
    name = names.tidy(person.name or "")
    printable = names.problem(name, fonts.can_print) is None
    style = versions.newest()
    first, bilingual = _languages_of(enrolment, person, style)
    identity = _new_identity(organisation)
    snapshot = _snapshot(organisation, enrolment, kind, style, identity, name=name if printable else None, confirmed=confirmed)
    return Certificate(
        enrolment_id=enrolment.id, award=kind, letterhead_id=style.id if style else None, template_id=versions.template_for(style).id,
        code=identity.code, year=identity.day.year, serial=identity.serial, language=first, bilingual=bilingual, snapshot=snapshot.to_json(), expires_on=_day(snapshot.expires_on), issued_at=db.now() if printable else None,
        state=WorkState.DUE if printable else WorkState.WAITING,
        error=None if printable else "the learner's name is missing or cannot be printed; the learner is asked for it",
    )


def _snapshot(
    organisation: Organisation, enrolment: Enrolment, kind: Award, style: Letterhead | None, identity: "_Identity", *,
    name: str | None, confirmed: bool,
) -> Snapshot:
    edition = parsed(enrolment.edition_id)
    course = edition.course
    terms = Terms.read(course.certificate)
    look, today = style or letterhead.default(), identity.day
    return Snapshot(
        award=kind, number=identity.number, address=identity.address, issuer=organisation.name, unit=organisation.unit,
        name=name, name_by_holder=False, course=texts(course.title) or {"de": course.id, "en": course.id},
        edition=db.session.scalars(select(Edition.number).where(Edition.id == enrolment.edition_id)).one(),
        competences=terms.attested(course.competences),
        hours=terms.hours, ects=terms.ects, level=terms.level, participation=terms.participation, quality=terms.quality,
        assessment=terms.assessment if kind is Award.ACHIEVEMENT else None,
        least=0 if confirmed else getattr(thresholds(enrolment.edition_id), kind),
        completed_on=today.isoformat(), issued_on=today.isoformat(), legal=letterhead.legal_on(today, tuple(look.legal)),
        signatories=tuple(Signatory(entry["name"], entry["role"]) for entry in look.signatories),
        expires_on=last.isoformat() if (last := last_day(today, terms.valid_months)) else None,
        renews=renewal.renewed_by(enrolment, kind, today),
    )


@dataclass(frozen=True)
class _Identity:
    """What tells a certificate from all others, and the day of its issue."""

    code: str
    day: date
    serial: int
    number: str

    @property
    def address(self) -> str:
        return f"{settings().base_url}/z/{self.code}"


def _new_identity(organisation: Organisation) -> _Identity:
    """Within a transaction, alone()."""
    today = today_here()
    serial = _next_serial(organisation.id, today.year)
    return _Identity(secrets.token_urlsafe(16), today, serial, f"{organisation.slug.upper()}-{today.year}-{serial:06d}")


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


def _next_serial(organisation_id: int, year: int) -> int:
    last = db.session.scalar(
        select(func.max(Certificate.serial)).where(Certificate.organisation_id == organisation_id, Certificate.year == year)
    )
    return (last or 0) + 1


def _language_of(enrolment: Enrolment, person: Person) -> str:
    """The language that the learner worked in last; a task that grades knows no browser."""
    worked_in = db.session.scalar(
        select(Attempt.language).where(Attempt.enrolment_id == enrolment.id).order_by(Attempt.id.desc()).limit(1)
    )
    return next(chosen for chosen in (written_in(worked_in or ""), person.language, language()) if chosen in LANGUAGES)


def _languages_of(enrolment: Enrolment, person: Person, style: Letterhead | None) -> tuple[str, bool]:
    """The first language of the certificate, and whether the other one stands beside it."""
    asked = parsed(enrolment.edition_id).course.certificate.get("language")
    return chosen(_language_of(enrolment, person), style.languages if style else Languages.LEARNER, asked)


def today_here() -> date:
    """The day in the installation's time zone."""
    return day_of(db.now())


# --- The holder -------------------------------------------------------------------------------------------------------

def certificates_of(person_id: int) -> list[Certificate]:
    """All certificates of a person, the newest first."""
    return list(db.session.scalars(_owned(person_id).order_by(Certificate.id.desc())))


def certificates_of_part(enrolment_id: int) -> list[Certificate]:
    """The certificates of one enrolment, the newest first."""
    return list(db.session.scalars(select(Certificate).where(Certificate.enrolment_id == enrolment_id).order_by(Certificate.id.desc())))


def certificate_of(person_id: int, certificate_id: int) -> Certificate | None:
    """One certificate, if it belongs to this person."""
    return db.session.scalars(_owned(person_id).where(Certificate.id == certificate_id)).one_or_none()


def pdf_of(certificate: Certificate) -> bytes | None:
    """The file, once it is printed."""
    return db.session.scalar(select(Certificate.pdf).where(Certificate.id == certificate.id))


def give_name(certificate: Certificate, name: str) -> None:
    """Complete a certificate that waits for its holder's name. Nothing happens when it has one already (another tab).

    Raises UnprintableNameError when the name cannot be printed.
    """
    name = _printable(name)
    with db.transaction() as tx:
        row = _locked(tx, certificate.id)
        if row.wants_name:
            _name(row, name, by_holder=True)


def name_trouble(name: str | None) -> names.Problem | None:
    """Why somebody is asked for their name: what is wrong with the one that they came with. None: nothing, or they came with none."""
    told = names.tidy(name or "")
    return names.problem(told, fonts.can_print) if told else None


def _name(row: Certificate, name: str, *, by_holder: bool) -> None:
    """Complete a locked certificate that waits for a name."""
    row.snapshot = Snapshot.from_json(row.snapshot).named(name, today_here(), by_holder=by_holder).to_json()
    row.state, row.error, row.due_at, row.issued_at = WorkState.DUE, None, db.now(), db.now()
    jobs.hint(_printing, row.id)


def _printable(name: str) -> str:
    """The name as it is printed. Raises UnprintableNameError."""
    tidy = names.tidy(name)
    if problem := names.problem(tidy, fonts.can_print):
        raise UnprintableNameError(problem)
    return tidy


def set_consent(certificate: Certificate, *, name: bool, files: bool) -> None:
    """Note what the holder agrees that the public page shows and gives out, and to which text; or that they no longer do.

    The files bear the name, so that they are given out only together with it.
    """
    with db.transaction():
        if name and certificate.name_public_at is None:
            certificate.name_public_at, certificate.name_public_text = db.now(), CONSENT
        elif not name:
            certificate.name_public_at = certificate.name_public_text = None
        if name and files and certificate.files_public_at is None:
            certificate.files_public_at, certificate.files_public_text = db.now(), CONSENT
        elif not (name and files):
            certificate.files_public_at = certificate.files_public_text = None


def erase(certificate: Certificate) -> None:
    """Delete name and PDF for good, at the holder's wish; what was done stays done. The holder's own copy can still be checked by its signature."""
    with db.transaction() as tx:
        row = _locked(tx, certificate.id)
        if row.deleted_at is None:
            row.snapshot = Snapshot.from_json(row.snapshot).without_name().to_json()
            row.deleted_at, row.pdf, row.badge, row.name_public_at, row.name_public_text = db.now(), None, None, None, None
            row.files_public_at = row.files_public_text = None
            row.state, row.error = WorkState.DONE, None  # Nothing is left to print.
            notices.deleted(row)


def _locked(tx: Session, certificate_id: int) -> Certificate:
    return tx.scalars(
        select(Certificate).where(Certificate.id == certificate_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _owned(person_id: int) -> Select[Certificate]:
    return select(Certificate).join(Enrolment, Enrolment.id == Certificate.enrolment_id).where(Enrolment.person_id == person_id)


# --- Printing ---------------------------------------------------------------------------------------------------------

def print_claimed(certificate: Certificate) -> None:
    """Print a certificate that this worker has claimed, and keep the file. Raises jobs.LostLeaseError."""
    try:
        printed = _print(certificate)
    except Exception as error:
        # Whatever it is, the learner has earned the certificate: try again, and let operators read why it takes so long.
        log.error("print", certificate=certificate.id, error=type(error).__name__, reason=str(error)[:300])
        _print_later(certificate, error)
        return
    with db.transaction():
        certificate.pdf, certificate.sha256 = printed.content, hashlib.sha256(printed.content).hexdigest()
        certificate.seal_fingerprint = printed.seal_fingerprint
        jobs.finish(certificate)
        notices.ready(certificate)
        if printed.timestamp_missing:
            stamping.note(certificate, printed.timestamp_missing)


@dataclass(frozen=True)
class _Printed:
    content: bytes
    seal_fingerprint: str | None       # None: not sealed
    timestamp_missing: str | None = None   # why there is none although it is wanted


def letterhead_of(certificate: Certificate) -> Letterhead | None:
    """The letterhead it bears; None: the one that Lotse brings."""
    return db.session.get(Letterhead, certificate.letterhead_id) if certificate.letterhead_id else None


def _print(certificate: Certificate) -> _Printed:
    organisation = issuer_of(certificate)
    slug, style, snapshot = organisation.slug, letterhead_of(certificate) or letterhead.default(), Snapshot.from_json(certificate.snapshot)
    look = pdf.Look.of(style, versions.template_of(certificate))
    badge = badges.prepare(certificate, organisation, snapshot)
    sealer = _sealer(certificate, slug)
    db.session.commit()  # No transaction stays open while the page is laid out.
    with in_language(certificate.language):
        content = _written(certificate, snapshot, look, badge)
        if sealer is None:
            return _Printed(content, None)
        sealed = seal(content, sealer, settings(), issuer=snapshot.issuer, language=certificate.language)
    if sealed.timestamp_missing:
        log.warning("no_timestamp", certificate=certificate.id, reason=sealed.timestamp_missing)
    return _Printed(sealed.content, sealed.fingerprint, sealed.timestamp_missing)


def _sealer(certificate: Certificate, slug: str) -> Sealer | None:
    """What the organisation seals with, found fit before the page is laid out; None: its certificates are not sealed. Raises SealError."""
    sealer = sealer_of(slug, settings().data_dir)
    if sealer is not None:
        fit_key(sealer, db.now())
    elif slug not in slugs(settings().data_dir) and _sealed_before(certificate):
        raise SealError(
            f"{FILE} has no section [{slug}] any more, but the certificates before this one were sealed; please bring it back, "
            f'or write kind = "none" in it if they shall not be sealed from now on'
        )
    return sealer


def _sealed_before(certificate: Certificate) -> bool:
    """Whether the last certificate that the organisation printed was sealed."""
    return db.session.scalar(
        select(Certificate.seal_fingerprint)
        .where(Certificate.organisation_id == certificate.organisation_id, Certificate.state == WorkState.DONE, Certificate.sha256.is_not(None))
        .order_by(Certificate.id.desc()).limit(1)
    ) is not None


def _written(certificate: Certificate, snapshot: Snapshot, look: pdf.Look, badge: str) -> bytes:
    """The PDF. Where a template of the organisation's has no room for what this one says, the first design of the gallery has."""
    first, other = sheet(snapshot, certificate.language), None
    if certificate.bilingual:
        second = other_language(certificate.language)
        with in_language(second):
            other = sheet(snapshot, second)
    try:
        return pdf.write(first, look, certificate.language, snapshot.issued_on, badge.encode(), other)
    except LookError as error:
        if not error.part:  # It took too long: perhaps not the next time.
            raise
        log.warning("template", certificate=certificate.id, reason=str(error)[:300])
        return pdf.write(first, replace(look, template=None), certificate.language, snapshot.issued_on, badge.encode(), other)


def _print_later(certificate: Certificate, error: Exception) -> None:
    operators = isinstance(error, pdf.PressError | SealError)  # What they have to mend takes as long as it takes.
    reason = str(error) if operators else f"{type(error).__name__}: {error}"
    with db.transaction():
        if operators or certificate.tries < TRIES:
            jobs.postpone(certificate, reason[:500], jobs.backoff(certificate.tries, first=60))
        else:
            jobs.fail(certificate, reason[:500])


# --- The public page --------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Published:
    """What the public page knows: nothing but the certificate itself."""

    certificate: Certificate
    snapshot: Snapshot
    logo: str | None


def published(code: str) -> Published | None:
    """The certificate at a public address, once it is printed."""
    if not CODE.fullmatch(code):  # PostgreSQL refuses to look for some characters.
        return None
    with db.unscoped():  # The verifier belongs to no organisation; knowing the code is the permission.
        certificate = db.session.scalars(
            select(Certificate).where(Certificate.code == code, Certificate.state == WorkState.DONE)
        ).one_or_none()
        if certificate is None:
            return None
        style = letterhead_of(certificate)
    return Published(certificate, Snapshot.from_json(certificate.snapshot), style.logo if style else None)


# --- Those who teach ----------------------------------------------------------------------------------------------------

class NotPrintedError(RuntimeError):
    """The certificate is no longer, or not yet, one whose name can be corrected."""


def correct_name(certificate: Certificate, name: str) -> Certificate:
    """Issue a certificate with the right name, which replaces this one. The same name again changes nothing; one that waits
    for its holder's name gets it.

    Raises UnprintableNameError, and NotPrintedError when this one was withdrawn, replaced or deleted, or is not printed yet.
    """
    name = _printable(name)
    with db.transaction() as tx:
        organisation = alone(certificate.organisation_id)
        old = _locked(tx, certificate.id)
        if old.wants_name and old.standing(today_here()) is Standing.VALID:
            _name(old, name, by_holder=False)
            return old
        said = Snapshot.from_json(old.snapshot)
        if said.name == name:
            return old
        if old.state != WorkState.DONE or old.standing(today_here()) not in (Standing.VALID, Standing.EXPIRED):
            raise NotPrintedError
        identity = _new_identity(organisation)
        new = Certificate(
            enrolment_id=old.enrolment_id, award=old.award, turn=old.turn + 1, letterhead_id=old.letterhead_id, template_id=old.template_id, bilingual=old.bilingual, code=identity.code,
            year=identity.day.year, serial=identity.serial, language=old.language, expires_on=old.expires_on, issued_at=db.now(), state=WorkState.DUE,
            snapshot=said.corrected(name, number=identity.number, address=identity.address, issued_on=identity.day).to_json(),
        )
        old.replaced_at = db.now()
        _write_down(new)
    return new


def withdraw_row(certificate: Certificate, reason: Reason) -> None:
    """Withdraw a certificate for good. The first reason stays."""
    with db.transaction() as tx:
        row = _locked(tx, certificate.id)
        if row.withdrawn_at is None and row.deleted_at is None:
            row.withdrawn_at, row.withdrawn_reason = db.now(), reason
            notices.withdrawn(row)


# --- Operators --------------------------------------------------------------------------------------------------------

def withdraw(code: str, reason: Reason) -> bool:
    """Withdraw a certificate for good; False when there is none with this code. The first reason stays."""
    with db.unscoped(), db.transaction() as tx:  # Operators work for all organisations; a code belongs to one.
        found = tx.scalars(select(Certificate).where(Certificate.code == code)).one_or_none()
        if found is not None and found.withdrawn_at is None:
            found.withdrawn_at, found.withdrawn_reason = db.now(), reason
            notices.withdrawn(found)
    return found is not None


@dataclass(frozen=True)
class Stuck:
    """Certificates that cannot be made at the moment, and why not: what the last attempt said."""

    count: int
    since: datetime
    reason: str


def stuck(organisation_id: int) -> Stuck | None:
    """What an organisation's certificates wait for that operators can mend; None if none does."""
    with db.scoped(organisation_id):
        rows = db.session.execute(_stuck().with_only_columns(Certificate.issued_at, Certificate.error).order_by(Certificate.due_at.desc())).all()
        db.session.rollback()
    if not rows:
        return None
    return Stuck(len(rows), min(row.issued_at or db.now() for row in rows), rows[0].error or "")


def try_again_now(organisation_id: int) -> None:
    """Let what is stuck be tried at once, now that something was mended; by itself it is tried within the hour."""
    with db.scoped(organisation_id), db.transaction() as tx:
        for row in tx.scalars(_stuck().with_for_update()).all():
            jobs.anew(row)
            jobs.hint(_printing, row.id)


def _stuck() -> Select[Certificate]:
    return select(Certificate).where(Certificate.state.in_([WorkState.DUE, WorkState.FAILED]), Certificate.error.is_not(None))


def set_letterhead(organisation_id: int, file: Path) -> Letterhead:
    """Let an organisation's certificates look like this from now on; the same file again changes nothing.

    Raises letterhead.LetterheadError, and looks.faults.LookError when a template of their own cannot be used.
    """
    style = letterhead.read(file)
    with db.scoped(organisation_id):
        if style.own is not None:
            trial.try_out(style)
        return versions.save(organisation_id, style)
