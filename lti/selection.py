"""Which questions a link counts."""

from sqlalchemy import select

from assessments.drawing import shown_items
from core import db
from courses.service import AnyPart
from lti.models import ResourceLink


def linked_alone(part: AnyPart, module: str) -> frozenset[str]:
    """The questions of a module that links of somebody's class open, and count, one by one."""
    found = db.session.scalars(select(ResourceLink.item).where(
        ResourceLink.run_id == part.run_id, ResourceLink.module == module, ResourceLink.kind == "exercise", ResourceLink.item.is_not(None),
    ))
    return frozenset(item for item in found if item)


def counted_items(
    kind: str, module: str | None, item: str | None, draw: int | None, edition_id: int, enrolment_id: int,
) -> frozenset[str] | None:
    """The questions of `module` whose points belong to the link, for this learner; None: all of the module or course.

    Nothing for a certificate, which has no score, and for a question that the learner's edition does not have (any more).
    """
    if kind == "certificate":
        return frozenset()
    if module is None or kind not in ("quiz", "exercise") or (kind == "quiz" and not draw):
        return None
    try:
        return frozenset(shown_items(edition_id, module, only=item if kind == "exercise" else None, draw=draw, seed=str(enrolment_id)))
    except LookupError:
        return frozenset()

