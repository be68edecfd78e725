"""Kinds whose tries ask models: they say what is asked, and what to do with the answers; assessments.prompt_run does the asking."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from assessments.kinds.base import I, Kind
from assessments.kinds.item import Response
from exercises.plan import PlannedCall


@dataclass(frozen=True)
class Wants:
    """What a try needs that is drawn once and kept with the response: models to put side by side, and a secret."""

    sides: int = 1
    models: tuple[str, ...] = ()
    mixed: bool = False                # the models' order says nothing
    secret: bool = False


class AskingKind(Kind[I]):
    """A kind that asks models. Its response holds a `prompt`: the text of the learner's that is sent."""

    deferred: ClassVar[bool] = True
    action: ClassVar[str] = "try"

    @abstractmethod
    def plan(self, item: I, response: Response, attempt_id: int) -> Sequence[PlannedCall]:
        """Every call of a try, in order. The same for the same attempt, however often it is asked for."""

    @abstractmethod
    def recorded(self, item: I, response: Response) -> Sequence[str]:
        """A recorded answer for each planned call, in order; empty when the exercise has none."""

    @abstractmethod
    def complete(self, item: I, response: Response, answers: Sequence[str]) -> Response:
        """The response with the answers in it, as `grade` and `show` want it. Fewer answers than calls: the learner stopped."""

    def answerable(self, item: I, response: Response) -> bool:
        """Whether there are models enough for this try, by what was found when it was sent."""
        return True

    def wants(self, item: I) -> Wants:
        """What is drawn for a try when it is sent."""
        return Wants()
