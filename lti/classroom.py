"""A class as its lecturer sees it: who is in the LMS course, who has begun, who is behind. Pure: rows in, rows out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any

from modules.presenters import Points, total

QUIET = timedelta(days=14)
PAGE = 50


class Standing(StrEnum):
    """How far somebody is. The order is that of the column when it is sorted: who needs help comes first."""

    WAITING = "waiting"                # has not begun
    BEHIND = "behind"
    AT_WORK = "at-work"
    PASSED = "passed"


@dataclass(frozen=True)
class Learner:
    """Somebody in the LMS course, or somebody who came from it. `enrolment_id` is None for those who never came."""

    user_id: str                       # as the platform calls them
    name: str | None
    enrolment_id: int | None
    opened: int
    scores: Mapping[str, Points]       # by module
    last: datetime | None
    participated: bool
    passed: bool
    left: bool                         # no longer in the LMS course
    groups: frozenset[str] = frozenset()

    @property
    def total(self) -> Points:
        """The points of all modules together."""
        return total(self.scores)

    @property
    def begun(self) -> bool:
        """Whether they have opened a module or answered anything. To have come is not to have begun."""
        return self.opened > 0 or self.last is not None


@dataclass(frozen=True)
class Row:
    """A learner with where they stand."""

    learner: Learner
    standing: Standing


def rows_of(learners: Iterable[Learner], now: datetime) -> list[Row]:
    """Everybody with where they stand. Those who have left count for nobody's standing.

    Behind is who has begun, has not passed, and has opened or scored less than half of what the median of those who have begun has,
    or did nothing for two weeks.
    """
    everybody = list(learners)
    present = [learner for learner in everybody if learner.begun and not learner.left]
    usual = (median(learner.opened for learner in present), median(learner.total.score for learner in present)) if present else (0, 0)
    return [Row(learner, _standing(learner, usual, now)) for learner in everybody]


def _standing(learner: Learner, usual: tuple[float, float], now: datetime) -> Standing:
    if learner.passed:
        return Standing.PASSED
    if not learner.begun:
        return Standing.WAITING
    little = learner.opened * 2 < usual[0] or learner.total.score * 2 < usual[1]
    quiet = learner.last is None or learner.last < now - QUIET
    return Standing.BEHIND if little or quiet else Standing.AT_WORK


# --- Choosing and sorting ---------------------------------------------------------------------------------------------

SHOWN: Mapping[str, Callable[[Row], bool]] = {
    "all": lambda row: True,
    "waiting": lambda row: row.standing is Standing.WAITING and not row.learner.left,
    "behind": lambda row: row.standing is Standing.BEHIND and not row.learner.left,
    "passed": lambda row: row.standing is Standing.PASSED,
    "left": lambda row: row.learner.left,
}
_LONG_AGO = 0.0
SORTS: Mapping[str, Callable[[Row], Any]] = {
    "name": lambda row: (row.learner.name is None, (row.learner.name or row.learner.user_id).casefold()),
    "standing": lambda row: (row.learner.left, list(Standing).index(row.standing)),
    "opened": lambda row: -row.learner.opened,
    "points": lambda row: -row.learner.total.score,
    "last": lambda row: -(row.learner.last.timestamp() if row.learner.last else _LONG_AGO),
}


@dataclass(frozen=True)
class Choice:
    """What the lecturer wants to see. Values that are not known mean the first of each."""

    show: str = "all"
    group: str = ""
    sort: str = "name"
    page: int = 1

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Choice":
        """The choice in an address."""
        show, sort, page = values.get("show", ""), values.get("sort", ""), values.get("page", "")
        return cls(
            show if show in SHOWN else "all", values.get("group", ""), sort if sort in SORTS else "name",
            int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 6 and int(page) else 1,
        )


def chosen(rows: Iterable[Row], choice: Choice) -> list[Row]:
    """The rows to show, in their order; equal ones by name."""
    kept = [row for row in rows if SHOWN[choice.show](row) and (not choice.group or choice.group in row.learner.groups)]
    return sorted(sorted(kept, key=SORTS["name"]), key=SORTS[choice.sort])


def page_of(rows: Sequence[Row], page: int) -> tuple[Sequence[Row], int, int]:
    """The rows of a page, its number (the last one if there are not so many), and how many pages there are."""
    count = max(1, -(-len(rows) // PAGE))
    number = min(page, count)
    return rows[(number - 1) * PAGE:number * PAGE], number, count


@dataclass(frozen=True)
class Summary:
    """The class in numbers. Those who have left are counted apart, unless they have passed."""

    everybody: int
    begun: int
    waiting: int
    behind: int
    passed: int
    left: int


def summary(rows: Sequence[Row]) -> Summary:
    """Count."""
    present = [row for row in rows if not row.learner.left]
    return Summary(
        everybody=len(present), begun=sum(row.learner.begun for row in present),
        left=len(rows) - len(present), **{name: sum(map(SHOWN[name], rows)) for name in ("waiting", "behind", "passed")},
    )
