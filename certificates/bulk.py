"""Use cases of those who teach a course: all its certificates, confirming participation for many, one archive of all files."""

import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from sqlalchemy import Select, select, update

from accounts.models import Person, Role
from certificates import service
from certificates.models import Certificate, Standing
from certificates.organisations import alone
from core import db, jobs
from core.jobs import WorkState
from courses.models import Enrolment

IN_MEMORY = 8_000_000                  # bytes of an archive; a longer one goes to a temporary file
_FIT = " .,'-"
HELD = "the lecturer has stopped it"
_MOST_BYTES_OF_A_NAME = 150            # File systems take 255 for the whole file name.
_printing = jobs.queue.signature("certificates.print")


@dataclass(frozen=True)
class Entry:
    """A learner of the run and their newest certificate of each award."""

    enrolment_id: int
    holder: Person
    certificates: tuple[Certificate, ...]

    @property
    def can_be_confirmed(self) -> bool:
        """Whether they have no certificate yet."""
        return not self.certificates


@dataclass(frozen=True)
class Progress:
    """How far the printing of a run's certificates is."""

    printed: int
    printing: int
    held: int
    waiting: int                       # for their holders' names

    @property
    def whole(self) -> int:
        """All that will be printed, sooner or later without anybody's doing."""
        return self.printed + self.printing + self.held


def entries(run_id: int) -> list[Entry]:
    """The learners of a run by name."""
    rows = db.session.execute(
        select(Enrolment.id, Person, Certificate).join(Person, Person.id == Enrolment.person_id)
        .outerjoin(Certificate, (Certificate.enrolment_id == Enrolment.id) & Certificate.replaced_at.is_(None))
        .where(Enrolment.run_id == run_id, Enrolment.role == Role.LEARNER).order_by(Person.name, Person.id, Certificate.id)
    ).all()
    found: dict[int, Entry] = {}
    for enrolment_id, holder, certificate in rows:
        before = found.get(enrolment_id, Entry(enrolment_id, holder, ()))
        found[enrolment_id] = Entry(enrolment_id, holder, (*before.certificates, certificate) if certificate else ())
    return list(found.values())


def certificate_of_run(run_id: int, certificate_id: int) -> Certificate | None:
    """One certificate, if it belongs to this run."""
    return db.session.scalars(_of_run(run_id).where(Certificate.id == certificate_id)).one_or_none()


def confirm(run_id: int, enrolment_ids: Sequence[int]) -> int:
    """Award participation to these learners of the run; how many got one. Who has a certificate already gets no second one."""
    with db.transaction() as tx:
        learners = tx.scalars(
            select(Enrolment).where(Enrolment.run_id == run_id, Enrolment.role == Role.LEARNER, Enrolment.id.in_(enrolment_ids)).order_by(Enrolment.id)
        ).all()
        if not learners:
            return 0
        organisation = alone(learners[0].organisation_id)
        have = set(tx.scalars(select(Certificate.enrolment_id).where(Certificate.enrolment_id.in_([learner.id for learner in learners]))))
        lacking = [learner for learner in learners if learner.id not in have]
        for learner in lacking:
            service.award_confirmed(learner, organisation)
    return len(lacking)


def progress(run_id: int) -> Progress:
    """How far the printing is."""
    rows = db.session.execute(
        select(Certificate.state, Certificate.held_at).join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .where(Enrolment.run_id == run_id, Certificate.replaced_at.is_(None), Certificate.deleted_at.is_(None))
    ).all()
    waiting = [row for row in rows if row.state == WorkState.WAITING]
    return Progress(
        printed=sum(row.state == WorkState.DONE for row in rows), held=sum(row.held_at is not None for row in waiting),
        printing=sum(row.state in (WorkState.DUE, WorkState.RUNNING, WorkState.FAILED) for row in rows),
        waiting=sum(row.held_at is None for row in waiting),
    )


def hold(run_id: int) -> None:
    """Stop the printing: what is not begun waits until somebody lets it go on."""
    with db.transaction() as tx:
        tx.execute(
            update(Certificate).where(Certificate.id.in_(_ids(run_id)), Certificate.state == WorkState.DUE)
            .values(state=WorkState.WAITING, held_at=db.now(), error=HELD).execution_options(synchronize_session=False)
        )


def go_on(run_id: int) -> None:
    """Let the printing go on."""
    with db.transaction() as tx:
        held = tx.scalars(_of_run(run_id).where(Certificate.held_at.is_not(None), Certificate.state == WorkState.WAITING).with_for_update()).all()
        for certificate in held:
            certificate.state, certificate.held_at, certificate.error, certificate.due_at = WorkState.DUE, None, None, db.now()
            jobs.hint(_printing, certificate.id)


def archive(run_id: int) -> IO[bytes]:
    """All valid printed certificates of a run as a ZIP file, read from the database one by one. The caller closes it."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:  # PDFs are compressed already.
        for certificate in _printed(run_id):
            content = service.pdf_of(certificate)
            if content is not None:
                said = certificate.snapshot
                packed.writestr(zipfile.ZipInfo(f"{said['number']} {_file_name(said['name'] or '')}".strip() + ".pdf", _moment(certificate)), content)
    file.seek(0)
    return file


def _printed(run_id: int) -> Iterable[Certificate]:
    today = service.today_here()
    rows = db.session.scalars(_of_run(run_id).where(Certificate.state == WorkState.DONE).order_by(Certificate.id)).all()
    return (row for row in rows if row.standing(today) in (Standing.VALID, Standing.EXPIRED))


def _file_name(name: str) -> str:
    """A name as a part of file names on every system: letters with their marks, digits and a little punctuation, not too long."""
    fit = "".join(c if unicodedata.category(c)[0] in "LMN" or c in _FIT else " " for c in name)
    short = " ".join(fit.split()).encode()[:_MOST_BYTES_OF_A_NAME].decode(errors="ignore")
    return short.strip(". ")


def _moment(certificate: Certificate) -> tuple[int, int, int, int, int, int]:
    when = certificate.issued_at or certificate.due_at
    return (when.year, when.month, when.day, when.hour, when.minute, when.second)


def _of_run(run_id: int) -> Select[Certificate]:
    return select(Certificate).join(Enrolment, Enrolment.id == Certificate.enrolment_id).where(Enrolment.run_id == run_id)


def _ids(run_id: int) -> Select[int]:
    return select(Certificate.id).join(Enrolment, Enrolment.id == Certificate.enrolment_id).where(Enrolment.run_id == run_id)
