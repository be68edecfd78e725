"""What a learner is told while their try waits for the model."""

import math
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.service.line import Place


@dataclass(frozen=True)
class Standing:
    """How a try stands, in words for the page; `key` changes when they do."""

    words: str
    seconds: str = ""

    @property
    def key(self) -> str:
        """What a page sends along to say what it shows."""
        return f"{self.words} {self.seconds}".strip()


def standing_of(running: bool, place: Place | None) -> Standing:
    """The words for a place in the line."""
    if running or (place and place.turn):
        return Standing(_("It is your turn: the model is answering."))
    if place is None:
        return Standing(_("Your prompt is on its way to the model …"))
    return Standing(_("You are number %(number)s.", number=place.position + 1), about(place.wait))


def about(seconds: float) -> str:
    """A wait in round figures: nobody can know it better."""
    if seconds <= 90:
        return str(_("About %(seconds)s seconds.", seconds=max(5, 5 * math.ceil(seconds / 5))))
    minutes = math.ceil(seconds / 60)
    return str(ngettext("About %(num)s minute.", "About %(num)s minutes.", minutes))
