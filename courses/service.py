"""Use cases about courses: publish an edition, offer it as a run, enrol people, note what they opened."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from core import db, direct
from core.direct import Read
from core.signals import completed, progressed
from courses.models import Course, Edition, EditionFile, Enrolment, Run, Visit

_PART = (
    select(
        Enrolment.id, Enrolment.organisation_id, Enrolment.run_id, Enrolment.person_id, Enrolment.edition_id,
        Enrolment.role, Enrolment.enrolled_at, Enrolment.participated_at, Enrolment.achieved_at,
    )
    .where(Enrolment.run_id == bindparam("run_id"), Enrolment.person_id == bindparam("person_id"))
)
_FIND_PART = Read(_PART)
_FIND_RUN = Read(select(Run.id, Run.title).where(Run.key == bindparam("key")))
_EDITION = Read(  # What people who begin now will see.
    select(Edition.id).join(Run, Run.course_id == Edition.course_id).where(Run.id == bindparam("run_id")).order_by(Edition.number.desc()).limit(1)
)
_COURSES = Read(select(Course.slug, Course.id).order_by(Course.slug))
_ARRIVE = Read(
    _PART.add_columns(Visit.id.label("visit_id"))
    .outerjoin(Visit, and_(Visit.enrolment_id == Enrolment.id, Visit.module == bindparam("module")))
)


RENEWAL = "renewal:"
TEACHING = (Role.LECTURER, Role.TRAINER, Role.ADMINISTRATOR)


class Part(NamedTuple):
    """Somebody's part in a run, as the busy pages need it: the columns of an Enrolment that they read."""

    id: int
    organisation_id: int
    run_id: int
    person_id: int
    edition_id: int
    role: Role
    enrolled_at: datetime
    participated_at: datetime | None
    achieved_at: datetime | None


AnyPart = Part | Enrolment


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over all paths and contents, in the order of the paths."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{len(path)}:{path}:{len(files[path])}:".encode() + files[path])
    return whole.hexdigest()


def publish(slug: str, title: Mapping[str, str], files: Mapping[str, bytes]) -> Edition:
    """Store a checked course folder as the next edition; the same bytes again are the same edition."""
    digest = digest_of(files)
    with db.transaction() as tx:
        course = tx.scalars(select(Course).where(Course.slug == slug)).one_or_none()
        if course is None:
            course = Course(slug=slug, title=dict(title))
            tx.add(course)
            tx.flush()
        found = tx.scalars(select(Edition).where(Edition.course_id == course.id, Edition.digest == digest)).one_or_none()
        if found is not None:
            return found
        number = (tx.scalar(select(func.max(Edition.number)).where(Edition.course_id == course.id)) or 0) + 1
        edition = Edition(course_id=course.id, number=number, digest=digest)
        tx.add(edition)
        tx.flush()
        tx.add_all(EditionFile(edition_id=edition.id, path=path, content=content) for path, content in files.items())
        course.title = dict(title)
    return edition


def files_of(edition_id: int) -> dict[str, bytes]:
    """An edition's folder, byte for byte as it was published."""
    rows = db.session.execute(select(EditionFile.path, EditionFile.content).where(EditionFile.edition_id == edition_id))
    return {row.path: row.content for row in rows}


def course(slug: str) -> Course | None:
    """The organisation's course with this slug."""
    return db.session.scalars(select(Course).where(Course.slug == slug)).one_or_none()


def courses() -> list[Course]:
    """All courses of the organisation."""
    return list(db.session.scalars(select(Course).order_by(Course.slug)))


def course_ids() -> dict[str, int]:
    """The organisation's courses: id by slug."""
    return {row.slug: row.id for row in _COURSES()}


def newest_edition(course_id: int) -> Edition:
    """What people who begin now will see."""
    return db.session.scalars(select(Edition).where(Edition.course_id == course_id).order_by(Edition.number.desc()).limit(1)).one()


def has_edition(edition_id: int) -> bool:
    """Whether the edition is one of the organisation's."""
    return db.session.scalar(select(Edition.id).where(Edition.id == edition_id)) is not None


def find_or_add_run(course_id: int, key: str, title: str | None = None) -> Run:
    """The run known as `key` (see models.Run); made at the first sight."""
    with db.transaction() as tx:
        found = tx.scalars(select(Run).where(Run.key == key)).one_or_none()
        if found is None:
            found = Run(course_id=course_id, key=key, title=title)
            tx.add(found)
            tx.flush()
        elif title and found.title != title:
            found.title = title
    return found


def run(run_id: int) -> Run | None:
    """A run of the organisation."""
    return db.session.scalars(select(Run).where(Run.id == run_id)).one_or_none()


def run_id(course_id: int, key: str, title: str | None) -> int:
    """The id of the run that `find_or_add_run` gives, without the mapper where all is known already. Call in a transaction."""
    found = _FIND_RUN.one(key=key)
    if found is not None and title in (None, "", found.title):
        return int(found.id)
    return find_or_add_run(course_id, key, title).id


def rename_run(key: str, new_key: str) -> None:
    """Let a run be known by another key, unless there is no such run, or one that has the new key. Call in a transaction."""
    found = {run.key: run for run in db.session.scalars(select(Run).where(Run.key.in_([key, new_key])))}
    if key in found and new_key not in found:
        found[key].key = new_key
        db.session.flush()


def run_keys(prefix: str) -> list[str]:
    """The keys of all runs that begin like this."""
    return list(db.session.scalars(select(Run.key).where(Run.key.startswith(prefix, autoescape=True))))


def hand_over(person_id: int, new_person_id: int) -> None:
    """Give one person's parts to another who is the same, except in runs where both have one. Call in a transaction."""
    theirs = select(Enrolment.run_id).where(Enrolment.person_id == new_person_id)
    for moved in db.session.scalars(select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.run_id.not_in(theirs))):
        moved.person_id = new_person_id
    db.session.flush()


def open_run(course_id: int, slug: str) -> Run:
    """The organisation's own offer of a course, for people who come without an LMS."""
    return find_or_add_run(course_id, f"open:{slug}")


def renewal_run(course_id: int, slug: str, number: int) -> Run:
    """The run for people who take a course again because their certificate expires: for the first time, the second, and so on."""
    return find_or_add_run(course_id, f"{RENEWAL}{slug}:{number}")


def enrol(run_id: int, person_id: int, role: Role = Role.LEARNER) -> Enrolment:
    """Let a person take part. Who is in already keeps edition and progress, and whoever teaches goes on teaching."""
    try:
        with db.transaction() as tx:
            return _enrol(run_id, person_id, role)
    except IntegrityError:  # Somebody enrolled the same person at the same moment: theirs is as good as ours.
        with db.transaction() as tx:
            return tx.scalars(select(Enrolment).where(Enrolment.run_id == run_id, Enrolment.person_id == person_id)).one()


def take_part(run_id: int, person_id: int, role: Role) -> Part:
    """Let a person who launches take part, as `enrol` does, without the mapper for the most part.

    Whoever teaches in the run and comes as a learner is a lecturer who looks at the course with a learner's eyes: that is so
    in this launch only, and the enrolment stays (docs/decisions/0011). The way back is `take_part_as_learner`.
    """
    known = part(run_id, person_id)
    if known is not None and (known.role == role or (known.role in TEACHING and role == Role.LEARNER)):
        return known
    if known is None:
        direct.add(Enrolment, run_id=run_id, person_id=person_id, edition_id=_EDITION.one(run_id=run_id).id, role=role)
    else:
        enrol(run_id, person_id, role)
        db.session.flush()
    entered = part(run_id, person_id)
    assert entered is not None
    return entered


def _enrol(run_id: int, person_id: int, role: Role) -> Enrolment:
    found = db.session.scalars(select(Enrolment).where(Enrolment.run_id == run_id, Enrolment.person_id == person_id)).one_or_none()
    if found is None:
        run = db.session.scalars(select(Run).where(Run.id == run_id)).one()
        found = Enrolment(run_id=run_id, person_id=person_id, edition_id=newest_edition(run.course_id).id, role=role)
        db.session.add(found)
        db.session.flush()
    elif found.role not in TEACHING:
        found.role = role
    return found


def take_part_as_learner(enrolment_id: int) -> bool:
    """Make a learner of somebody who taught in the run; False when they are one. Call in a transaction.

    Rooms above hear of what this learner has reached already, as if it were now.
    """
    found = enrolment(enrolment_id)
    if found.role == Role.LEARNER:
        return False
    found.role = Role.LEARNER
    db.session.flush()
    for reached, award in ((found.participated_at, "participation"), (found.achieved_at, "achievement")):
        if reached is not None:
            completed.send("courses", enrolment=found, award=award)
    return True


def part(run_id: int, person_id: int) -> Part | None:
    """This person's part in this run."""
    found = _FIND_PART.one(run_id=run_id, person_id=person_id)
    return Part(*found) if found else None


def enrolment(part_id: int) -> Enrolment:
    """The row behind a part, for what changes it."""
    return db.session.scalars(select(Enrolment).where(Enrolment.id == part_id)).one()


def parts_of(person_id: int) -> list[Enrolment]:
    """The rows of all that a person takes part in."""
    return list(db.session.scalars(select(Enrolment).where(Enrolment.person_id == person_id).order_by(Enrolment.id)))


def enrolments(person_id: int) -> list[tuple[Enrolment, Run, Course]]:
    """All that a person takes part in, the newest first."""
    rows = db.session.execute(
        select(Enrolment, Run, Course).join(Run, Run.id == Enrolment.run_id).join(Course, Course.id == Run.course_id)
        .where(Enrolment.person_id == person_id).order_by(Enrolment.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in rows]


def open_offers(person_id: int) -> list[Course]:
    """Courses of the organisation that this person has not begun on their own."""
    begun = select(Run.course_id).join(Enrolment, Enrolment.run_id == Run.id).where(Enrolment.person_id == person_id)
    return list(db.session.scalars(select(Course).where(Course.id.not_in(begun)).order_by(Course.slug)))


def arrive(run_id: int, person_id: int, module: str) -> tuple[Part | None, bool]:
    """This person's part in this run, and whether they have opened the module before: one query, for the busiest page."""
    found = _ARRIVE.one(run_id=run_id, person_id=person_id, module=module)
    return (Part(*found[:-1]), found.visit_id is not None) if found else (None, False)


def visit(part: AnyPart, module: str) -> None:
    """Note that a module was opened for the first time."""
    with suppress(IntegrityError), db.transaction() as tx:  # Two tabs that open at once: one row is enough.
        tx.add(Visit(enrolment_id=part.id, module=module))
        tx.flush()
        progressed.send("courses", part=part)


def visited(enrolment_id: int) -> set[str]:
    """The modules that were opened."""
    return set(db.session.scalars(select(Visit.module).where(Visit.enrolment_id == enrolment_id)))
