"""What somebody has typed and not handed in: kept with a version, so that an older tab never overwrites a newer one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from assessments.kinds import KINDS
from assessments.kinds.item import Form, Item
from assessments.kinds.looking import LookKind
from assessments.models import Draft
from core import db
from core.direct import Read
from courses.service import AnyPart

MOST_LETTERS = 60_000
MOST_FIELDS = 300
_OURS = ("csrf_token", "attempt")
_IN_MODULE = Read(select(Draft.item, Draft.fields).where(Draft.enrolment_id == bindparam("enrolment_id"), Draft.module == bindparam("module")))


class OlderError(RuntimeError):
    """Somebody (most likely another tab or device) has saved since this one last looked. `saved` is what stands there."""

    def __init__(self, saved: "Saved") -> None:
        super().__init__("older")
        self.saved = saved


@dataclass(frozen=True)
class Saved:
    """A draft as it stands."""

    fields: dict[str, Any]
    version: int


def saved(part: AnyPart, module: str, item: str) -> Saved | None:
    """The draft of somebody for an item."""
    row = db.session.execute(
        select(Draft.fields, Draft.version).where(Draft.enrolment_id == part.id, Draft.module == module, Draft.item == item)
    ).one_or_none()
    return Saved(row.fields, row.version) if row else None


def save(part: AnyPart, module: str, item: str, fields: dict[str, str], version: int) -> int:
    """Keep what was typed and give the new version. `version` is the one that the writer has seen last, 0 for none.

    The same text again is no new version, so saving is safe to repeat. Raises OlderError.
    """
    found = saved(part, module, item)
    if found is not None and found.fields == fields:
        return found.version
    try:
        with db.transaction() as tx:
            if found is None and version == 0:
                tx.add(Draft(enrolment_id=part.id, module=module, item=item, fields=fields))
                return 1
            changed = db.changed(
                update(Draft).where(Draft.enrolment_id == part.id, Draft.module == module, Draft.item == item, Draft.version == version)
                .values(fields=fields, version=version + 1, saved_at=db.now()).execution_options(synchronize_session=False)
            )
    except IntegrityError:  # Two first ones at once.
        changed = 0
    if changed != 1:
        newer = saved(part, module, item)
        if newer is None:
            return save(part, module, item, fields, 0)
        raise OlderError(newer)
    return version + 1


def put(part: AnyPart, module: str, item: str, fields: dict[str, Any]) -> None:
    """Let this stand, whatever stood there: it was handed in. Tabs that have seen less learn of it when they save. Call in a transaction."""
    if _replaced(part, module, item, fields):
        return
    try:
        with db.session.begin_nested():
            db.session.add(Draft(enrolment_id=part.id, module=module, item=item, fields=fields))
    except IntegrityError:  # A first one was saved at this moment.
        _replaced(part, module, item, fields)


def _replaced(part: AnyPart, module: str, item: str, fields: dict[str, Any]) -> bool:
    return db.changed(
        update(Draft).where(Draft.enrolment_id == part.id, Draft.module == module, Draft.item == item)
        .values(fields=fields, version=Draft.version + 1, saved_at=db.now()).execution_options(synchronize_session=False)
    ) == 1


# --- Forms of questions -----------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Typed:
    """What a question's form held when it was last kept, and for which attempt it was."""

    attempt: int
    fields: Mapping[str, list[str]]


class TooMuchError(ValueError):
    """More than any form of ours holds."""


def keeps(item: Item) -> bool:
    """Whether the form of such a question is kept. Programs have a way of their own, and a survey knows no person."""
    kind = KINDS[item.kind]
    return not (kind.anonymous or isinstance(kind, LookKind)) and kind.action in ("answer", "try")


def typed(part: AnyPart, module: str) -> dict[str, Typed]:
    """What somebody has typed and chosen in a module without sending it, by item."""
    return {
        row.item: Typed(row.fields["attempt"], row.fields["form"])
        for row in _IN_MODULE(enrolment_id=part.id, module=module) if "form" in row.fields
    }


def keep(part: AnyPart, module: str, item: Item, attempt: int, form: Form) -> None:
    """Keep what a form holds now; the later of two tabs counts. Raises TooMuchError."""
    fields = {name: list(values) for name, values in form.items() if name not in _OURS and name != KINDS[item.kind].steps}
    if len(fields) > MOST_FIELDS or sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > MOST_LETTERS:
        raise TooMuchError
    with db.transaction():
        put(part, module, item.id, {"attempt": attempt, "form": fields})
