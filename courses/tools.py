"""What rooms above offer to lecturers and learners on the page of a course: they register here (app.py), as they are not known here."""

from collections.abc import Callable
from typing import NamedTuple

from courses.service import AnyPart


class Tool(NamedTuple):
    """A link on the course page for those who teach it. `icon` is a name in the sprite."""

    label: str
    url: str
    icon: str
    warning: str = ""                  # what needs a look there, in two or three words


class Notice(NamedTuple):
    """Something that concerns one's part in a course, at the top of its page, with a link to what can be done."""

    title: str
    text: str
    url: str
    label: str


_offers: list[Callable[[AnyPart], list[Tool]]] = []
_for_learners: list[Callable[[AnyPart], list[Tool]]] = []
_for_people: list[Callable[[int], list[Tool]]] = []
_notices: list[Callable[[AnyPart], list[Notice]]] = []


def register(*offers: Callable[[AnyPart], list[Tool]]) -> None:
    """Offer tools. Called once when the house opens."""
    _offers[:] = offers


def tools_for(part: AnyPart) -> list[Tool]:
    """All tools for somebody who teaches in this run."""
    return [tool for offer in _offers for tool in offer(part)]


def register_for_learners(*offers: Callable[[AnyPart], list[Tool]]) -> None:
    """Offer tools to those who learn. Called once when the house opens."""
    _for_learners[:] = offers


def tools_for_learners(part: AnyPart) -> list[Tool]:
    """All tools for somebody who learns in this run."""
    return [tool for offer in _for_learners for tool in offer(part)]


def register_for_people(*offers: Callable[[int], list[Tool]]) -> None:
    """Offer tools on a person's own page, by the person's id. Called once when the house opens."""
    _for_people[:] = offers


def tools_for_person(person_id: int) -> list[Tool]:
    """All tools that somebody has beside their courses."""
    return [tool for offer in _for_people for tool in offer(person_id)]


def register_notices(*offers: Callable[[AnyPart], list[Notice]]) -> None:
    """Offer notices for the page of a course. Called once when the house opens."""
    _notices[:] = offers


def notices_for(part: AnyPart) -> list[Notice]:
    """All notices about somebody's part."""
    return [notice for offer in _notices for notice in offer(part)]
