"""Rules of points: what a response is worth, how many attempts are left, and what a learner may see when.

Pure: numbers in, numbers out. The kinds say which parts are right; these rules make a score of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NEARLY = 1e-9
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One graded part of a response: an option, gap, row or question to the model.

    `mark` is right, wrong, missed (a right option that was not chosen) or open (still to be done); `checks` are the results of machine checks.
    """

    name: str
    mark: str
    feedback: str = ""
    checks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a response is worth and why. `state` is right, partly or wrong; shown as done or open where it is neither (yet)."""

    score: float
    maximum: float
    state: str
    parts: tuple[Part, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """For storing with a grade: data only, no feedback, because that belongs to the item's text."""
        parts = [{"name": part.name, "mark": part.mark, "checks": list(part.checks)} for part in self.parts]
        return {"score": self.score, "maximum": self.maximum, "state": self.state, "parts": parts}


@dataclass(frozen=True, slots=True)
class Showing:
    """What a learner may see of a response's grade: what was right or wrong, and the whole solution."""

    marks: bool
    solution: bool


KEEPS = ("best", "last", "first")


def kept(grades: Sequence[tuple[float, float]], keep: str) -> tuple[float, float]:
    """Of several attempts' (score, maximum), in the order of the attempts, the one that counts: best, last or first.

    One of 0 out of 0 (only a recorded answer was there) counts when there is no other.
    """
    counted = [grade for grade in grades if grade[1] > 0] or list(grades)
    if keep == "best":
        return max(counted)
    return counted[-1] if keep == "last" else counted[0]


def verdict(share: float, points: float, parts: Iterable[Part], *, scoring: str = "partial") -> Verdict:
    """Make a verdict from the share of the points that a response earns (0 to 1).

    With scoring `all`, less than everything is nothing.
    """
    share = min(max(share, 0.0), 1.0)
    if scoring == "all" and share < 1 - NEARLY:
        share = 0.0
    state = "right" if share >= 1 - NEARLY else "wrong" if share <= NEARLY else "partly"
    return Verdict(round(points * share, _DECIMALS), points, state, tuple(parts))


def share_of_choices(chosen: Iterable[int], right: Sequence[int]) -> float:
    """Right choices minus wrong ones, over all right ones, never below zero.

    This is how Moodle's multiple choice with several answers is usually weighted (right options share 100 %, each
    wrong one costs as much as a right one earns) and what a QTI 2.1 `mapResponse` with a lower bound of 0 yields:
    ticking everything earns nothing.
    """
    picked = set(chosen)
    hits = len(picked.intersection(right))
    return max(0.0, (hits - (len(picked) - hits)) / len(right))


def share_of_parts(marks: Sequence[bool]) -> float:
    """Each gap, row or check counts the same."""
    return sum(marks) / len(marks) if marks else 0.0


def attempts_left(allowed: int, used: int) -> int | None:
    """How many attempts remain; None when there is no limit (`attempts=0`)."""
    return None if allowed == 0 else max(0, allowed - used)


def waits(show: str, due_passed: bool | None) -> bool:
    """Whether nobody who learns may be told what an answer was worth before the due date has come."""
    return show == "after-due" and due_passed is False


def unseen(show: str, due_passed: bool | None) -> bool:
    """Whether right and wrong are not shown (yet); then points are not shown either, not even within a sum."""
    return show == "never" or waits(show, due_passed)


def closed(show: str, left: int | None, solved: bool, *, answered: bool, due_passed: bool | None, over: bool = False) -> bool:
    """Whether no further answer is taken: all points are earned, no attempt is left, or the time of the test is over.

    What is not shown must not be told by a form that closes. And once a due date has shown everything to who has answered, they do not
    answer again; who has not answered still may.
    """
    if over or left == 0:
        return True
    if show == "after-due" and due_passed:
        return answered
    return solved and not unseen(show, due_passed)


def showing(show: str, *, is_closed: bool, due_passed: bool | None) -> Showing:
    """What may be shown by the item's `show`. `due_passed` is None when nothing is due: then after-due means now.

    The solution waits until no further answer is taken, so that it never helps with the next attempt.
    """
    if unseen(show, due_passed):
        return Showing(marks=False, solution=False)
    return Showing(marks=True, solution=is_closed)
