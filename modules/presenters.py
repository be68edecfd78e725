"""Who draws what a module page holds beyond its text: the room that understands questions offers itself here (app.py)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from courses.models import Enrolment


@dataclass(frozen=True)
class Points:
    """Points that a learner has and could have in a module."""

    score: float
    maximum: float

    @property
    def share(self) -> float:
        """From 0 to 1; a module without points counts as 0."""
        return self.score / self.maximum if self.maximum else 0.0


Questions = Callable[[Enrolment, str, str], Mapping[str, Markup]]
"""(enrolment, module id, language) → the HTML of each block by its id, as this learner may see it now."""

Scores = Callable[[Enrolment], Mapping[str, Points]]
"""enrolment → the points by module id."""

_presenters: dict[str, Callable[..., Mapping[str, object]]] = {}


def register(questions: Questions, scores: Scores) -> None:
    """Offer to draw blocks and to count points. Called once when the house opens."""
    _presenters.update(questions=questions, scores=scores)


def questions(enrolment: Enrolment, module: str, language: str) -> Mapping[str, Markup]:
    """The HTML of a module's blocks by their ids."""
    return _presenters["questions"](enrolment, module, language)  # type: ignore[return-value]


def scores(enrolment: Enrolment) -> Mapping[str, Points]:
    """The learner's points by module id."""
    return _presenters["scores"](enrolment)  # type: ignore[return-value]


def total(scores: Mapping[str, Points]) -> Points:
    """The points of several modules together."""
    return Points(sum(points.score for points in scores.values()), sum(points.maximum for points in scores.values()))
