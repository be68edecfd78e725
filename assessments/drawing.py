"""A part of a module's questions: one alone, or some that are drawn for each learner.

A draw follows from the enrolment, so that nothing has to be stored: whoever comes back, on whichever device, and whoever counts
the points finds the same questions.
"""

import hashlib
from collections.abc import Sequence

from assessments import items


def shown_items(edition_id: int, module: str, *, only: str | None = None, draw: int | None = None, seed: str) -> tuple[str, ...]:
    """The ids of the questions in the order in which they stand on the page.

    `only` names the single one; `draw` says how many `seed` (the enrolment's id) gets, all in the order of the text where it is
    nothing. Raises LookupError for a module or question that the edition does not have.
    """
    known = tuple(items.points(edition_id)[module])
    if only is not None:
        if only not in known:
            raise LookupError(only)
        return (only,)
    return drawn(known, draw, f"{seed}\0{module}") if draw else known


def drawn(pool: Sequence[str], draw: int, seed: str) -> tuple[str, ...]:
    """As many as `draw` says, in an order of the seed's own. A larger draw holds a smaller one, and nobody gets more than there are."""
    ranked = sorted(pool, key=lambda item: hashlib.blake2s(f"{seed}\0{item}".encode(), digest_size=8).digest())
    return tuple(ranked[:draw])
