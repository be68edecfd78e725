"""Which questions a link counts."""

from assessments.drawing import shown_items


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

