"""What the views into a model share: they have no points and no last attempt, and know recorded data for when no model can be asked."""

import json
import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assessments import grading
from assessments.grading import Verdict
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Item, Response
from core.i18n import N_

MOST_RECORDED = 60_000
# Control, joining and direction signs that a page must not obey: a token may be any bytes.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffd\ud800-\udfff]")
_NAMED = {"\n": "↵", "\t": "⇥", "\r": "␍", "\ufffd": "▯"}


@dataclass(frozen=True, kw_only=True)
class LookItem(Item):
    """A view into a model. `own` is how many characters of their own learners may give; 0: none."""

    own: int


I = TypeVar("I", bound=LookItem)  # noqa: E741 - an item of the kind's own class


class RecordedError(ValueError):
    """Recorded data have not the shape that the view needs. The first argument is a message id that says what is expected."""


class LookKind(Kind[I]):
    """A view into a model: it is looked at, not answered for points."""

    fences = frozenset({"recorded"})
    action = "look"
    most_own = 400
    unknown = ("points", "attempts", "scoring", "shuffle", "show")

    def _common(self, source: Source) -> dict[str, Any]:
        """No points and no limit of attempts: the day's tokens are the limit."""
        for name in self.unknown:
            if name in source.block.attributes:
                source.error("unknown-attribute", N_("There is no attribute “%(name)s” here."),
                             N_("A view into a model has no points: leave it out."), name=name)
        return {**super()._common(source), "points": 0.0, "attempts": 0}

    def grade(self, item: I, response: Response) -> Verdict:
        """Tried is done."""
        return grading.verdict(1, item.points, ())

    @abstractmethod
    def advise(self, item: I, source: Source) -> None:
        """A course must work without any model."""


def lines_of(source: Source, name: str, low: int, high: int, longest: int) -> tuple[str, ...]:
    """The lines of the fences of one name, each a text. How many there must be, and how long they may be, is noted."""
    found = [(fence, line.strip()) for fence in source.body.fences if fence.name == name for line in fence.text.split("\n")]
    texts = tuple(line for _, line in found if line)
    if not low <= len(texts) <= high:
        source.error("fence-lines", N_("The fence “%(name)s” needs %(low)s to %(high)s lines, each with a text."),
                     N_("Write one text a line."), found[0][0].line if found else None, name=name, low=low, high=high)
    for fence, line in found:
        if len(line) > longest:
            source.error("fence-line-long", N_("A text of the fence “%(name)s” is longer than %(most)s characters."), N_("Shorten it."),
                         fence.line, name=name, most=longest)
            break
    return texts


def recorded_of(source: Source) -> Any:
    """The data of the fence `recorded`; None when there is none, or when it is no JSON, which is noted."""
    fences = [fence for fence in source.body.fences if fence.name == "recorded"]
    if not fences:
        return None
    if len(fences) > 1:
        source.error("fence-double", N_("There are several “%(name)s” fences."), N_("Put them into one."), fences[1].line, name="recorded")
    if len(fences[0].text) > MOST_RECORDED:
        source.error("recorded-size", N_("The recorded data are longer than %(most)s characters."), N_("Record less."),
                     fences[0].line, most=MOST_RECORDED)
        return None
    try:
        return json.loads(fences[0].text)
    except (ValueError, RecursionError):
        source.error("recorded-json", N_("The recorded data are not valid JSON."), N_("Copy them as they were recorded."), fences[0].line)
        return None


def note_recorded(source: Source, error: RecordedError) -> None:
    """Say why recorded data cannot be used."""
    fence = next((fence for fence in source.body.fences if fence.name == "recorded"), None)
    source.error("recorded-shape", str(error.args[0]), N_("Look at the example in the guide for trainers."), fence.line if fence else None)


def advise_recorded(recorded: Sequence[Any], source: Source) -> None:
    """Without recorded data the view is empty where no model can do this."""
    if not recorded:
        source.warning("no-recorded-data", N_("The view has no recorded data, so it shows nothing without a model."),
                       N_("Add a fence “recorded”."))


def visible(text: str) -> str:
    """A piece of a model's vocabulary so that every sign of it can be seen and none acts on the page."""
    return _UNSEEN.sub(lambda found: _NAMED.get(found[0], "▯"), text).replace(" ", "␣").replace("\u00a0", "⍽")
