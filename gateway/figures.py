"""Figures of use, from rows of sums: for charts and tables, and so that nobody can be made out in those for lecturers."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

FEW = 5                                # people: figures of fewer say too much of each


class Sum(NamedTuple):
    """What one person used on one day in one course of one model for one purpose."""

    person_id: int
    day: date
    run_id: int
    model: str
    purpose: str
    external: bool
    tokens: int
    calls: int
    failures: int


@dataclass(frozen=True)
class Bar:
    """One day of a chart: tokens of models inside and outside of the university. `hidden`: too few people to show it."""

    day: date
    own: int
    external: int
    hidden: bool = False

    @property
    def tokens(self) -> int:
        """All together."""
        return self.own + self.external


K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Line:
    """A line of a table. `key` is None where several were put together because too few people stand behind each."""

    key: object
    tokens: int
    calls: int
    failures: int
    people: int


def bars(rows: Iterable[Sum], first: date, last: date, few: int = 1) -> list[Bar]:
    """Every day of a span; days are hidden on which fewer than `few` people used anything, and as many others as it takes
    so that what the days in sight leave of the sum stands for that many, too.
    """
    own: dict[date, int] = {}
    external: dict[date, int] = {}
    people: dict[date, set[int]] = {}
    for row in rows:
        side = external if row.external else own
        side[row.day] = side.get(row.day, 0) + row.tokens
        people.setdefault(row.day, set()).add(row.person_id)
    hidden: dict[date, set[int]] = {}
    for day in sorted(people, key=lambda day: (len(people[day]), day)):
        if len(people[day]) < few or (hidden and len(set().union(*hidden.values())) < few):
            hidden[day] = people[day]
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [Bar(day, 0, 0, hidden=True) if day in hidden else Bar(day, own.get(day, 0), external.get(day, 0)) for day in days]


def lines(rows: Iterable[Sum], key: Callable[[Sum], K], few: int = 1) -> list[Line]:
    """The rows by something, most tokens first. Groups of fewer than `few` people are put together, with as many others as it takes."""
    groups: dict[K, list[Sum]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    by_people = sorted(groups.items(), key=lambda group: len(_people(group[1])))
    together: list[Sum] = []
    while by_people and (len(_people(by_people[0][1])) < few or (together and len(_people(together)) < few)):
        together += by_people.pop(0)[1]
    shown = sorted((_line(name, found) for name, found in by_people), key=lambda line: -line.tokens)
    return [*shown, _line(None, together)] if together else shown


def total(rows: Sequence[Sum]) -> Line:
    """All rows together."""
    return _line(None, rows)


def _people(rows: Iterable[Sum]) -> set[int]:
    return {row.person_id for row in rows}


def _line(key: object, rows: Sequence[Sum]) -> Line:
    return Line(key, sum(row.tokens for row in rows), sum(row.calls for row in rows), sum(row.failures for row in rows), len(_people(rows)))
