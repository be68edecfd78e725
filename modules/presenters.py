"""Who draws what a module page holds beyond its text: the room that understands questions offers itself here (app.py)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from courses.service import AnyPart


@dataclass(frozen=True)
class Points:
    """Points that a learner has and could have."""

    score: float
    maximum: float

    @property
    def share(self) -> float:
        """From 0 to 1; nothing to earn counts as 0."""
        return self.score / self.maximum if self.maximum else 0.0


@dataclass(frozen=True)
class Drawn:
    """A module's blocks by their ids, as one learner may see them now, and that learner's points in the module."""

    blocks: Mapping[str, str]
    points: Points
    note: str = ""                     # what stands above them: until when, how long, what counts


@dataclass(frozen=True)
class Presenter:
    """What the upper room offers: a module drawn in a language, and the points by module id.

    `preview` draws the blocks of an edition's module, by their ids, for somebody who may look but not answer. `notes` is what a
    learner is told on the course page, as HTML. `facts` are few words about each module, with an icon's name.
    """

    draw: Callable[[AnyPart, str, str], Drawn]
    preview: Callable[[int, str, str], Mapping[str, str]]
    scores: Callable[[AnyPart], Mapping[str, Points]]
    notes: Callable[[AnyPart, str], str]
    facts: Callable[[AnyPart], Mapping[str, Sequence[tuple[str, str]]]]


_registered: list[Presenter] = []


def register(presenter: Presenter) -> None:
    """Offer to draw blocks and to count points. Called once when the house opens."""
    _registered[:] = [presenter]


def presenter() -> Presenter:
    """Whoever has registered."""
    return _registered[0]


def total(scores: Mapping[str, Points]) -> Points:
    """The points of several modules together."""
    return Points(sum(points.score for points in scores.values()), sum(points.maximum for points in scores.values()))
