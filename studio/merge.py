"""Two people changed the same text: what both wrote, put together line by line where that is possible without a doubt."""

from collections.abc import Sequence
from difflib import SequenceMatcher

Change = tuple[int, int, list[str]]    # from and to in the old lines, and what stands there now


def merge(base: str, mine: str, theirs: str) -> str | None:
    """One text with both changes. None: they touch the same lines, or lines side by side, so that a person must decide."""
    if theirs in (mine, base):
        return mine
    if mine == base:
        return theirs
    old = base.split("\n")
    changes = sorted({*map(_hashable, _changes(old, mine.split("\n"))), *map(_hashable, _changes(old, theirs.split("\n")))})
    merged: list[str] = []
    at = 0
    for number, (first, last, lines) in enumerate(changes):
        if number and first <= changes[number - 1][1]:
            return None
        merged += [*old[at:first], *lines]
        at = last
    return "\n".join([*merged, *old[at:]])


def _changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [(first, last, list(new[from_:to])) for tag, first, last, from_, to in matcher.get_opcodes() if tag != "equal"]


def _hashable(change: Change) -> tuple[int, int, tuple[str, ...]]:
    return change[0], change[1], tuple(change[2])
