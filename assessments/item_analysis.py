"""Use cases of item analysis: the questions of an edition with figures, read in three queries however many learners there are."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from sqlalchemy import bindparam, select

from accounts.models import Role
from assessments import corrections, items
from assessments.grading import NEARLY
from assessments.item_figures import Analysis, Answer, analysed, rest
from assessments.kinds import KINDS
from assessments.kinds.item import Item, version, versioned
from assessments.models import Attempt, Grade, How, Regrade
from assessments.scopes import Scope
from core import db
from core.direct import Read
from core.spreadsheet import cell
from courses.models import Enrolment, Run, Visit
from modules.service import parsed

Key = tuple[str, str]
"""Module and item."""
_IN_RUN = Enrolment.run_id == bindparam("run_id")
_IN_COURSE = Enrolment.run_id.in_(select(Run.id).where(Run.course_id == bindparam("course_id")))
_ATTEMPTS = (
    select(Attempt.id, Attempt.enrolment_id, Attempt.module, Attempt.item, Attempt.submitted_at, Attempt.response, Grade.score, Grade.score_maximum)
    .select_from(Enrolment).join(Attempt, Attempt.enrolment_id == Enrolment.id).join(Grade, Grade.attempt_id == Attempt.id)
    .where(Enrolment.role == Role.LEARNER, Attempt.edition_id == bindparam("edition_id"), Attempt.counts).order_by(Attempt.id, Grade.id)
)
_VISITS = (
    select(Visit.enrolment_id, Visit.module, Visit.first_at).select_from(Enrolment).join(Visit, Visit.enrolment_id == Enrolment.id)
    .where(Enrolment.role == Role.LEARNER, Enrolment.edition_id == bindparam("edition_id"))
)
_GRADED = (Read(_ATTEMPTS.where(_IN_RUN)), Read(_ATTEMPTS.where(_IN_COURSE)))
_OPENED = (Read(_VISITS.where(_IN_RUN)), Read(_VISITS.where(_IN_COURSE)))
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Line:
    """One question of the list."""

    module: str
    item: Item
    number: int                        # in its module, with all that pools could draw
    analysis: Analysis
    regraded: bool

    @property
    def weight(self) -> int:
        """How much it needs a look."""
        return max((finding.weight for finding in self.analysis.findings), default=0)

    @property
    def text(self) -> str:
        """The question without its markup."""
        return plain(self.item.text)


def lines(scope: Scope, edition_id: int, language: str) -> list[Line]:
    """All questions of an edition that can be analysed, what needs a look first. Raises LookupError."""
    return sorted(_lines(scope, edition_id, language), key=lambda line: -line.weight)  # Stable: otherwise in the order of the text.


def line(scope: Scope, edition_id: int, module: str, item_id: str, language: str) -> Line:
    """One question. Raises LookupError."""
    for found in _lines(scope, edition_id, language, (module, item_id)):
        return found
    raise LookupError(item_id)


def _lines(scope: Scope, edition_id: int, language: str, only: Key | None = None) -> Iterator[Line]:
    """In the order of the text. Of one question alone, too, all answers are read: it is compared with the others."""
    asked, regraded = _asked(edition_id, language), _regraded(scope, edition_id)
    answers = _answers(scope, edition_id, {(module, item.id): item for module, item, _ in asked}, regraded)
    totals = _totals(answers)
    for module, item, number in asked:
        key = (module, item.id)
        if only in (None, key):
            yield Line(module, item, number, _analysed(item, answers.get(key, ()), totals), key in regraded)


def plain(html: str) -> str:
    """A text without its markup, in one line."""
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def _asked(edition_id: int, language: str) -> list[tuple[str, Item, int]]:
    edition = parsed(edition_id)
    chosen = edition.spoken(language)
    return [
        (module, item, number) for module in edition.module_ids
        for number, item in enumerate(items.items(edition_id, module, chosen).values(), 1) if corrections.countable(item)
    ]


# --- Reading ----------------------------------------------------------------------------------------------------------

def _answers(scope: Scope, edition_id: int, asked: Mapping[Key, Item], regraded: Mapping[Key, How]) -> dict[Key, list[Answer]]:
    """The first attempts of all learners, by question."""
    before: dict[tuple[int, str], datetime] = {
        (row.enrolment_id, row.module): row.first_at for row in _rows(_OPENED, scope, edition_id)
    }
    firsts: dict[tuple[int, str, str], Any] = {}
    seconds: dict[int, float] = {}
    solved: set[tuple[int, str, str]] = set()
    for row in {row.id: row for row in _rows(_GRADED, scope, edition_id)}.values():  # Of several grades of one attempt the latest is valid.
        key = (row.enrolment_id, row.module, row.item)
        started = before.get(key[:2])
        before[key[:2]] = row.submitted_at
        if key not in firsts:
            firsts[key] = row
            if started is not None:
                seconds[row.id] = (row.submitted_at - started).total_seconds()
        if row.score_maximum and row.score >= row.score_maximum - NEARLY:
            solved.add(key)
    found: dict[Key, list[Answer]] = defaultdict(list)
    for (enrolment_id, module, item_id), row in firsts.items():
        if item := asked.get((module, item_id)):
            share = _share(row, item, regraded.get((module, item_id)))
            if share is not None:
                full = (enrolment_id, module, item_id) in solved
                found[module, item_id].append(Answer(enrolment_id, row.id, share, full, seconds.get(row.id), row.response))
    return found


def _rows(reads: tuple[Read, Read], scope: Scope, edition_id: int) -> list[Any]:
    """Of a run, or of all runs of the course."""
    in_run, in_course = reads
    if scope.run_id is not None:
        return in_run(run_id=scope.run_id, edition_id=edition_id)
    return in_course(course_id=scope.course_id, edition_id=edition_id)


def _regraded(scope: Scope, edition_id: int) -> dict[Key, How]:
    """How questions were regraded, of several times the last."""
    rows = db.session.execute(
        select(Regrade.module, Regrade.item, Regrade.how).where(Regrade.edition_id == edition_id, corrections.concerning(scope.run_id)).order_by(Regrade.id)
    )
    return {(row.module, row.item): row.how for row in rows}


def _share(row: Any, item: Item, how: How | None) -> float | None:
    """What the answer itself was worth: points that everybody got say nothing about the question."""
    if how in (How.FULL, How.VOID):
        if not corrections.gradable(item):
            return None
        own = versioned(item, version(item, str(row.enrolment_id)))
        verdict = KINDS[item.kind].grade(own, row.response)
        return verdict.score / verdict.maximum
    return row.score / row.score_maximum if row.score_maximum else None


def _totals(answers: Mapping[Key, Iterable[Answer]]) -> dict[int, tuple[float, int]]:
    found: dict[int, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for given in answers.values():
        for answer in given:
            total, count = found[answer.person]
            found[answer.person] = (total + answer.share, count + 1)
    return found


def _analysed(item: Item, answers: Sequence[Answer], totals: Mapping[int, tuple[float, int]]) -> Analysis:
    return analysed(item, answers, rest(totals, answers))


# --- Files ------------------------------------------------------------------------------------------------------------

def as_csv(found: Iterable[Line], edition: int) -> str:
    """A row for each question, and one for each of its options. Column names are the same in every language, for programs."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(("edition", "module", "question", "kind", "text", "learners", "difficulty", "solved_in_the_end", "discrimination", "median_seconds",
                    "findings", "part", "option", "right", "chosen", "chosen_by_best_third", "chosen_by_weakest_third"))
    for each in found:
        figures = each.analysis.figures
        head = [edition, each.module, each.item.id, each.item.kind, cell(each.text), figures.people,
                *(_number(value) for value in (figures.difficulty, figures.solved, figures.discrimination, figures.seconds)),
                " ".join(finding.name for finding in each.analysis.findings)]
        table.writerow([*head, "", "", "", "", "", ""])
        for part in each.analysis.tables:
            for row in part.rows:
                table.writerow([*head, cell(plain(part.label)), cell(plain(row.offer.html)), int(row.offer.right), row.count, _or_empty(row.best), _or_empty(row.weak)])
    return "\ufeff" + out.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _or_empty(value: int | None) -> str:
    return "" if value is None else str(value)
