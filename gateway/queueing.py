"""The rules of the line before a server of models: who is next, and how long it takes. First come, first served, but by turns:

nobody has two turns at once, and who waits for several answers gets the second when everybody else has had a first.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar


class Waiter(Protocol):
    """One who waits, or is at turn since `began_at`."""

    id: int
    person: int
    since: datetime
    began_at: datetime | None


W = TypeVar("W", bound=Waiter)


def in_order(rows: Sequence[W]) -> list[W]:
    """Those who wait, the next one first: everybody's first wish by time, then everybody's second, and so on. A turn that somebody has
    is their first.
    """
    wishes = Counter(row.person for row in rows if row.began_at is not None)
    ranked = []
    for row in sorted((row for row in rows if row.began_at is None), key=lambda row: (row.since, row.id)):
        ranked.append((wishes[row.person], row))
        wishes[row.person] += 1
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])]  # Stable: within a rank the order of coming stays.


def called(rows: Sequence[W], places: int) -> list[W]:
    """Those whose turn it is now but who have not begun."""
    at_turn = {row.person for row in rows if row.began_at is not None}
    free = places - sum(row.began_at is not None for row in rows)
    found: list[W] = []
    for row in in_order(rows):
        if len(found) >= free:
            break
        if row.person not in at_turn:
            at_turn.add(row.person)
            found.append(row)
    return found


def wait(position: int, elapsed: Sequence[float], usual: float, places: int) -> float:
    """Seconds until somebody with `position` people before them begins.

    `elapsed`: for how long those at turn have had it; `usual`: how long a turn takes, all in seconds.
    """
    ends = [max(1.0, usual - past) for past in elapsed[:places]]
    ends += [0.0] * (places - len(ends))
    heapq.heapify(ends)
    for _ in range(position):
        heapq.heappush(ends, heapq.heappop(ends) + usual)
    return ends[0]
