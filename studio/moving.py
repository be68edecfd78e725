"""Moving to the newer edition in the middle of a course: what changes, what is kept, and when it cannot be done.

Answers stay where they are, under module and question. They are shown and counted by the text of the edition that one has, so
one moves only if every answer still means what its author meant: the options that were chosen are the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select, update

from assessments import drawing, items
from assessments import service as answers
from assessments.kinds import KINDS
from assessments.kinds.item import Item, Offer, Response
from assessments.models import Attempt
from core import db
from core.jobs import WorkState
from core.signals import graded
from courses import service as courses
from courses.models import Edition, Enrolment, Run
from courses.service import Part
from modules.course import CourseSource, Module
from modules.presenters import Points, total
from modules.service import parsed
from studio.models import DraftRelease


class ModuleChange(NamedTuple):
    """What becomes of a module: `what` is new, gone or changed."""

    title: str
    what: str


@dataclass(frozen=True)
class Outlook:
    """What moving would mean for one learner."""

    edition_id: int
    number: int
    old_number: int
    notes: tuple[str, ...]                                  # what the authors say about the editions in between
    modules: tuple[ModuleChange, ...]
    kept: int                                               # questions whose answers count on
    dropped: int                                            # questions with answers that the newer edition does not ask
    unfit: tuple[str, ...]                                  # titles of modules in which an answer would not fit any more
    pending: bool                                           # an answer is still being marked
    before: Points
    after: Points

    @property
    def possible(self) -> bool:
        """Whether one can move now."""
        return not self.unfit and not self.pending


def newer(part: Part) -> Edition | None:
    """The newest edition, for somebody who has an older one."""
    newest = db.session.scalars(
        select(Edition).join(Run, Run.course_id == Edition.course_id).where(Run.id == part.run_id).order_by(Edition.number.desc()).limit(1)
    ).one()
    return None if newest.id == part.edition_id else newest


def outlook(part: Part, newest: Edition, language: str) -> Outlook:
    """What moving to an edition would mean."""
    last = list(_last_attempts(part.id))
    there = {module: set(drawing.own_items(newest.id, module, str(part.id))) for module in parsed(newest.id).module_ids}
    kept = [attempt for attempt in last if attempt.item in there.get(attempt.module, ())]
    unfit = {attempt.module for attempt in kept if not _fits(part, newest.id, attempt)}
    old_number = db.session.scalars(select(Edition.number).where(Edition.id == part.edition_id)).one()
    return Outlook(
        newest.id, newest.number, old_number, tuple(_notes(newest.course_id, old_number)),
        tuple(_module_changes(parsed(part.edition_id).course, parsed(newest.id).course, part.edition_id, newest.id, language)),
        len(kept), len(last) - len(kept), tuple(_titles(parsed(newest.id).course, language)[module] for module in sorted(unfit)),
        any(attempt.state not in (WorkState.DONE, WorkState.FAILED) for attempt in last),
        total(answers.scores(part)), total(answers.scores(part._replace(edition_id=newest.id))),
    )


def move(part: Part, edition_id: int, language: str) -> bool:
    """Move somebody to the newest edition. False: it is another one meanwhile, or an answer would not fit; nothing has changed."""
    with db.transaction():
        newest = newer(part)
        if newest is None or newest.id != edition_id or not outlook(part, newest, language).possible:
            return False
        if not db.changed(
            update(Enrolment).where(Enrolment.id == part.id, Enrolment.edition_id == part.edition_id)
            .values(edition_id=newest.id).execution_options(synchronize_session=False)
        ):
            return False
        moved = part._replace(edition_id=newest.id)
        answers.notice(moved)
        for module in {attempt.module for attempt in _last_attempts(part.id)}:
            graded.send("studio", part=moved, module=module)
    return True


def _last_attempts(enrolment_id: int) -> Iterator[Any]:
    """The last attempt at each question."""
    rows = db.session.execute(
        select(Attempt.module, Attempt.item, Attempt.language, Attempt.response, Attempt.state)
        .where(Attempt.enrolment_id == enrolment_id).order_by(Attempt.number)
    )
    yield from {(row.module, row.item): row for row in rows}.values()


def _notes(course_id: int, after: int) -> Iterator[str]:
    rows = db.session.scalars(
        select(DraftRelease.note).join(Edition, Edition.id == DraftRelease.edition_id)
        .where(Edition.course_id == course_id, Edition.number > after, DraftRelease.note != "").order_by(Edition.number)
    )
    yield from rows


# --- Modules ----------------------------------------------------------------------------------------------------------

def _titles(course: CourseSource, language: str) -> dict[str, str]:
    return {module.id: _title(module, language) for module in course.modules}


def _title(module: Module, language: str) -> str:
    return (module.sources.get(language) or next(iter(module.sources.values()))).title


def _module_changes(old: CourseSource, new: CourseSource, old_id: int, new_id: int, language: str) -> Iterator[ModuleChange]:
    before, after = _titles(old, language), _titles(new, language)
    texts = {edition: courses.files_of(edition) for edition in (old_id, new_id)}
    for module in new.modules:
        if module.id not in before:
            yield ModuleChange(after[module.id], "new")
        elif _files(texts[new_id], module.folder) != _files(texts[old_id], next(other.folder for other in old.modules if other.id == module.id)):
            yield ModuleChange(after[module.id], "changed")
    yield from (ModuleChange(before[id_], "gone") for id_ in before if id_ not in after)


def _files(files: dict[str, bytes], folder: str) -> dict[str, bytes]:
    return {path.removeprefix(f"{folder}/"): content for path, content in files.items() if path.startswith(f"{folder}/")}


# --- Answers ----------------------------------------------------------------------------------------------------------

def _fits(part: Part, edition_id: int, attempt: Any) -> bool:
    """Whether an answer means the same in another edition."""
    try:
        old = items.item(part.edition_id, attempt.module, attempt.item, attempt.language)
    except LookupError:  # Its question is not in the edition that one has: it has not counted, and does not begin to.
        return False
    return fits(old, items.item_in(edition_id, attempt.module, attempt.item, attempt.language), attempt.response)


def fits(old: Item, new: Item, response: Response) -> bool:
    """Whether a response to one text of a question is one to another text, too."""
    if old.kind != new.kind:
        return False
    if old.revision == new.revision:
        return True
    kind = KINDS[new.kind]
    if old.versions or new.versions:  # Who has which values would not be the same any more.
        return False
    if kind.deferred or kind.anonymous:
        return bool(kind.structure(old) == kind.structure(new))
    try:
        kind.grade(new, response)
        return _chosen(old, response) == _chosen(new, response)
    except (LookupError, ValueError, TypeError):
        return False


def _chosen(item: Item, response: Response) -> list[tuple[str, str]]:
    """What was chosen, as its author wrote it; words that were typed are what they are."""
    parts: dict[str, list[Offer]] = {}
    for offer in KINDS[item.kind].offers(item):
        parts.setdefault(offer.part, []).append(offer)
    options = {part: offers for part, offers in parts.items() if len(offers) > 1 and [offer.value for offer in offers] == [str(at) for at in range(len(offers))]}
    chosen = []
    for choice in KINDS[item.kind].choices(item, response):
        offers = options.get(choice.part)
        option = offers[int(choice.value)] if offers and choice.value.isdecimal() else None
        chosen.append((option.label, option.html) if option else (choice.part, choice.value))
    return chosen
