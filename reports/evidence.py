"""What an evidence report says, as plain data, and how it is put together from who took part in what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from certificates.snapshot import Texts, months_later
from reports import anonymity
from reports.anonymity import AS_THEY_ARE, Figures, Sums
from reports.legal import LegalText

LEAST_K, USUAL_K, MOST_K = 3, 5, 20
REFRESH_MONTHS = 24                    # after which what was learnt should be refreshed, where a certificate names no day


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date

    def has(self, day: date | None) -> bool:
        """Whether the day lies in it."""
        return day is not None and self.first <= day <= self.last


@dataclass(frozen=True)
class Content:
    """What an edition of a course consists of. What the course does not say is None or empty."""

    number: int
    published_on: date
    hours: float | None
    ects: float | None
    form: Texts | None
    assessment: Texts | None
    competences: tuple[Texts, ...]
    modules: tuple[Texts, ...]


@dataclass(frozen=True)
class Measure:
    """A course, with the editions that its participants worked in, the newest first."""

    id: int
    title: Texts
    editions: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Participation:
    """One person's part in one course group: what happened in it, and when. Days outside of the period count for nothing."""

    measure: int
    group: int
    edition: int
    name: str | None
    begun_on: date | None
    participated_on: date | None
    achieved_on: date | None
    refresh_on: date | None


@dataclass(frozen=True, order=True, slots=True)
class Quarter:
    """Three months. Days would say too much of single people."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The one in which a day lies."""
        return cls(day.year, (day.month + 2) // 3)


Span = tuple[Quarter, Quarter]


@dataclass(frozen=True)
class Line:
    """The figures of a course group; `group` is None for those that are too small to stand alone, and for sums."""

    group: int | None
    figures: Figures
    refresh: Span | None               # when what was learnt is to be refreshed: the first and the last quarter


@dataclass(frozen=True)
class Section:
    """A measure with its lines and their sum."""

    measure: Measure
    lines: tuple[Line, ...]
    total: Line


@dataclass(frozen=True)
class Named:
    """A line of the list with names."""

    measure: Measure
    part: Participation


@dataclass(frozen=True)
class Report:
    """All that an evidence report says. `names` is None in a report without names."""

    organisation: str
    unit: str
    period: Period
    made_on: date
    k: int
    legal: tuple[LegalText, ...]
    groups: Mapping[int, str | None]   # titles; None for an organisation's own offer
    sections: tuple[Section, ...]
    total: Line
    names: tuple[Named, ...] | None = None
    purpose: str = ""


def in_period(part: Participation, period: Period) -> Participation | None:
    """The part with nothing but what happened in the period; None when nothing did."""
    begun, participated, achieved = (
        day if period.has(day) else None for day in (part.begun_on, part.participated_on, part.achieved_on)
    )
    if begun is participated is achieved is None:
        return None
    refresh = part.refresh_on if participated or achieved else None
    return Participation(part.measure, part.group, part.edition, part.name, begun, participated, achieved, refresh)


def sections(measures: Iterable[Measure], parts: Sequence[Participation], titles: Mapping[int, str | None], k: int) -> tuple[Section, ...]:
    """A section for each measure in which somebody took part. With k = AS_THEY_ARE nothing is hidden."""
    found = []
    for measure in measures:
        groups: dict[int, list[Participation]] = {}
        for part in parts:
            if part.measure == measure.id:
                groups.setdefault(part.group, []).append(part)
        if groups:
            lines = _lines(groups, titles, k)
            found.append(Section(measure, lines, sum_of(lines)))
    return tuple(found)


def named(measures: Iterable[Measure], parts: Sequence[Participation]) -> tuple[Named, ...]:
    """Everybody who took part in anything, by name and then by measure. Those without a name come last."""
    by_id = {measure.id: measure for measure in measures}
    order = sorted(parts, key=lambda part: (part.name is None, (part.name or "").casefold(), part.measure, part.group))
    return tuple(Named(by_id[part.measure], part) for part in order)


def sum_of(lines: Iterable[Line]) -> Line:
    """The sum of lines as they are published."""
    lines = tuple(lines)
    spans = [line.refresh for line in lines if line.refresh]
    return Line(
        None, anonymity.total(line.figures for line in lines),
        (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None,
    )


def refresh_day(issued_on: date, expires_on: date | None = None) -> date:
    """When what a certificate attests is to be refreshed."""
    return expires_on or months_later(issued_on, REFRESH_MONTHS)


def _lines(groups: Mapping[int, list[Participation]], titles: Mapping[int, str | None], k: int) -> tuple[Line, ...]:
    """Groups by their titles, so that their order says nothing of their size; in the end those that are too small, together."""
    order = sorted(groups, key=lambda group: (titles[group] is None, (titles[group] or "").casefold(), group))
    lines = [
        Line(group, anonymity.published(_sums(groups[group]), k), _span(groups[group], k)) for group in order if len(groups[group]) >= k
    ]
    small = [_sums(groups[group]) for group in order if len(groups[group]) < k]
    if small:
        lines.append(Line(None, anonymity.together(small, k), None))
    return tuple(lines)


def _sums(parts: Sequence[Participation]) -> Sums:
    return Sums(
        len(parts), sum(part.begun_on is not None for part in parts), sum(part.participated_on is not None for part in parts),
        sum(part.achieved_on is not None for part in parts),
    )


def _span(parts: Sequence[Participation], k: int) -> Span | None:
    quarters = sorted(Quarter.of(part.refresh_on) for part in parts if part.refresh_on)
    return (quarters[0], quarters[-1]) if len(quarters) >= max(k, AS_THEY_ARE) else None
