"""A part of a module's questions: one alone, or some that are drawn for each learner.

A draw follows from the enrolment, so that nothing has to be stored: whoever comes back, on whichever device, and whoever counts
the points finds the same questions.
"""

import hashlib
from collections.abc import Iterator, Sequence

from assessments import items
from core.once import once_each

DRAWS_KEPT = 4096


def own_items(edition_id: int, module: str, seed: str) -> tuple[str, ...]:
    """The ids of a module's questions in the order of the text, with those that its pools draw for `seed` (the enrolment's id).

    A question that one pool of the module has drawn, no other one draws. Raises LookupError for an unknown module.
    """
    return tuple(item for _, drawn_items in _places(edition_id, module, seed) for item in drawn_items)


def pools_of(edition_id: int, module: str, seed: str) -> dict[str, tuple[str, ...]]:
    """What each pool of a module has drawn for `seed`, by its id."""
    return {pool: found for pool, found in _places(edition_id, module, seed) if pool}


def _places(edition_id: int, module: str, seed: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each place of a module: a pool's id with what it has drawn, or nothing with a question."""
    taken: set[str] = set()
    for part in items.layout(edition_id, module):
        if isinstance(part, str):
            yield "", (part,)
        else:
            free = [candidate for candidate in part.candidates if candidate not in taken]
            found = drawn(free, part.pick, f"{seed}\0{module}\0{part.id}")
            taken.update(found)
            yield part.id, found


def own_points(edition_id: int, seed: str) -> dict[str, dict[str, float]]:
    """What each question of somebody's is worth, by module and item."""
    return _own_points(edition_id, seed) if has_pools(edition_id) else items.points(edition_id)


@once_each(items.EDITIONS_KEPT)
def has_pools(edition_id: int) -> bool:
    """Whether questions are drawn for each learner."""
    return any(not isinstance(part, str) for module in items.points(edition_id) for part in items.layout(edition_id, module))


@once_each(DRAWS_KEPT)
def _own_points(edition_id: int, seed: str) -> dict[str, dict[str, float]]:
    worth = items.points(edition_id)
    return {module: {item: worth[module][item] for item in own_items(edition_id, module, seed)} for module in worth}


def shown_items(edition_id: int, module: str, *, only: str | None = None, draw: int | None = None, seed: str) -> tuple[str, ...]:
    """The ids of the questions in the order in which they stand on the page.

    `only` names the single one; `draw` says how many `seed` (the enrolment's id) gets, all in the order of the text where it is
    nothing. Raises LookupError for a module or question that the edition does not have.
    """
    if only is not None:
        if only not in items.points(edition_id)[module]:
            raise LookupError(only)
        return (only,)
    known = own_items(edition_id, module, seed)
    return drawn(known, draw, f"{seed}\0{module}") if draw else known


def drawn(pool: Sequence[str], draw: int, seed: str) -> tuple[str, ...]:
    """As many as `draw` says, in an order of the seed's own. A larger draw holds a smaller one, and nobody gets more than there are."""
    ranked = sorted(pool, key=lambda item: hashlib.blake2s(f"{seed}\0{item}".encode(), digest_size=8).digest())
    return tuple(ranked[:draw])
