"""Item analysis: how difficult a question is, how well it tells people apart, and what that says. Pure: answers in, figures and findings out.

Each person counts by their first attempt, because later ones have seen feedback. People come in steps of FEWEST, in the order in which they
answered, so that two looks never differ by one person's answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median
from typing import NamedTuple

from assessments.analysis import PartCount, counted
from assessments.kinds import KINDS
from assessments.kinds.item import Item, Offer, Response
from core.i18n import N_

FEWEST = 5                 # people, for anything at all
ENOUGH = 10                # for groups and discrimination
CERTAIN = 30               # fewer: a hint, no more
EASY, HARD, WEAK = 0.95, 0.3, 0.15
LONGEST = 1800             # seconds between two answers: beyond that somebody did something else meanwhile
UNUSED_FROM = 20           # people: then an option that nobody chose says something


class Answer(NamedTuple):
    """Somebody's first attempt at a question: `share` of the points, and whether they had all of them in the end."""

    person: int
    order: int                         # by which answers are sorted in time
    share: float
    solved: bool
    seconds: float | None
    response: Response


@dataclass(frozen=True, slots=True)
class Figures:
    """A question in numbers; None where there are too few people for that."""

    people: int
    difficulty: float | None = None    # the mean share of the points: 1 is easy
    solved: float | None = None        # who had all points in the end
    discrimination: float | None = None
    seconds: float | None = None       # the median


@dataclass(frozen=True, slots=True)
class Row:
    """An option in the table: how many chose it, of all, of the best third by all other questions, and of the weakest."""

    offer: Offer
    count: int
    best: int | None
    weak: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """One part of a question. `others` are texts that nobody foresaw, from FEWEST people on."""

    label: str
    rows: tuple[Row, ...]
    others: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at, in plain words: message ids. `weight` sorts questions; `level` is a tone of the design system."""

    name: str
    level: str
    weight: int
    title: str
    text: str


class Analysis(NamedTuple):
    """All about one question."""

    figures: Figures
    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]
    groups: tuple[int, int] | None     # people in the best and in the weakest third


WRONG_KEY = Finding("wrong-key", "danger", 100, N_("A wrong option attracts the best"),
                    N_("Those who do well elsewhere chose an option that counts as wrong more often than the right one. Is the key right, and is the question unambiguous?"))
REVERSED = Finding("reversed", "danger", 80, N_("Good learners do worse here"),
                   N_("Those who do well elsewhere get fewer points here than the others. Often the key is wrong, or the wording misleads."))
COMMON = Finding("common", "warning", 60, N_("Many wrote the same, which is not accepted"),
                 N_("An answer that nobody foresaw is frequent. Should it be accepted?"))
DIFFICULT = Finding("hard", "warning", 40, N_("Too hard"), N_("On the first attempt most learners get few points. Is it in the module, and is it asked clearly?"))
WEAK_ONE = Finding("weak", "warning", 20, N_("Tells learners apart only weakly"),
                   N_("Who does well elsewhere does hardly better here: the question measures something else, or chance decides."))
SIMPLE = Finding("easy", "info", 10, N_("Very easy"), N_("Nearly everybody gets all points at once. That is fine for an entry; otherwise the wrong options may be too obvious."))
UNUSED = Finding("unused", "info", 5, N_("An option that nobody chose"), N_("At least one wrong option convinces nobody. Another one would make the question better."))


def analysed(item: Item, answers: Sequence[Answer], others: Mapping[int, float]) -> Analysis:
    """One question. `others`: by person the share of the points in all their other questions (see `rest`)."""
    answers = published(answers)
    if len(answers) < FEWEST:
        return Analysis(Figures(0), (), (), None)
    known = [answer for answer in answers if answer.person in others]
    discrimination = correlation([(answer.share, others[answer.person]) for answer in known]) if len(known) >= ENOUGH else None
    times = [answer.seconds for answer in answers if answer.seconds is not None and answer.seconds <= LONGEST]
    figures = Figures(
        len(answers), fmean(answer.share for answer in answers), fmean(answer.solved for answer in answers), discrimination,
        median(times) if len(times) >= FEWEST else None,
    )
    best, weak = _thirds(known, others) if len(known) >= ENOUGH else ((), ())
    tables = _tables(item, answers, best, weak)
    return Analysis(figures, tables, _findings(figures, tables), (len(best), len(weak)) if best else None)


def published(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that are looked at: whole steps of people."""
    first = sorted(answers, key=lambda answer: answer.order)
    return first[: len(first) // FEWEST * FEWEST]


def rest(totals: Mapping[int, tuple[float, int]], answers: Iterable[Answer]) -> dict[int, float]:
    """By person the mean share of the points at all questions but the answered one, where there are two others at least.

    `totals`: the sum of somebody's shares at all questions, and how many these are.
    """
    found = {}
    for answer in answers:
        total, count = totals[answer.person]
        if count > 2:
            found[answer.person] = (total - answer.share) / (count - 1)
    return found


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """How two things go together, from -1 to 1 (Pearson); None where one of them never varies."""
    xs, ys = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    mean_x, mean_y = fmean(xs), fmean(ys)
    spread = sqrt(sum((x - mean_x) ** 2 for x in xs) * sum((y - mean_y) ** 2 for y in ys))
    return None if spread < 1e-9 else sum((x - mean_x) * (y - mean_y) for x, y in pairs) / spread


def _thirds(answers: Sequence[Answer], others: Mapping[int, float]) -> tuple[list[Answer], list[Answer]]:
    ranked = sorted(answers, key=lambda answer: (-others[answer.person], answer.order))
    size = len(ranked) // 3
    return ranked[:size], ranked[-size:]


def _tables(item: Item, answers: Sequence[Answer], best: Sequence[Answer], weak: Sequence[Answer]) -> tuple[Table, ...]:
    """Versions have keys of their own, so that options are counted only where there is one text."""
    if item.versions or not KINDS[item.kind].offers(item):
        return ()
    whole, upper, lower = (_counted(item, group) for group in (answers, best, weak))
    return tuple(
        Table(
            part.label,
            tuple(
                Row(option.offer, option.count, upper[at].options[no].count if best else None, lower[at].options[no].count if weak else None)
                for no, option in enumerate(part.options)
            ),
            tuple((text, count) for text, count in part.others if count >= FEWEST),
        )
        for at, part in enumerate(whole)
    )


def _counted(item: Item, answers: Iterable[Answer]) -> tuple[PartCount, ...]:
    return counted(item, (answer.response for answer in answers))


def _findings(figures: Figures, tables: Sequence[Table]) -> tuple[Finding, ...]:
    found = []
    if any(_misleads(table) for table in tables):
        found.append(WRONG_KEY)
    if figures.discrimination is not None and figures.discrimination < 0:
        found.append(REVERSED)
    if any(count >= figures.people / 5 for table in tables for _, count in table.others):
        found.append(COMMON)
    assert figures.difficulty is not None
    if figures.difficulty < HARD:
        found.append(DIFFICULT)
    elif figures.difficulty > EASY:
        found.append(SIMPLE)
    elif figures.discrimination is not None and 0 <= figures.discrimination < WEAK:
        found.append(WEAK_ONE)
    if figures.people >= UNUSED_FROM and any(_has_unused(table) for table in tables):
        found.append(UNUSED)
    return tuple(found)


def _misleads(table: Table) -> bool:
    right = [row.best or 0 for row in table.rows if row.offer.right]
    wrong = [row.best or 0 for row in table.rows if not row.offer.right]
    return bool(right and wrong) and max(wrong) >= 3 and max(wrong) > max(right)


def _has_unused(table: Table) -> bool:
    return not table.others and any(row.count == 0 and not row.offer.right for row in table.rows)
