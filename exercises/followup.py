"""What a learner makes of the model's answer afterwards: mark its claims, find what it missed, list what to verify."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exercises import patterns
from exercises.fields import is_link

KINDS = ("mark", "missed", "facts")
MARKS = ("real", "invented")
MOST_MARKED = 20
MOST_FACTS = 40
_ITEM = re.compile(r"^[ \t]{0,8}(?:[-*•–+]|\d{1,3}[.)])[ \t]+(\S.{0,600})$", re.MULTILINE)


@dataclass(frozen=True)
class Point:
    """One thing in the author's list: a flaw or a fact, and the pattern by which it is recognised."""

    text: str
    pattern: str


@dataclass(frozen=True)
class FollowUp:
    """The task that follows. `points` is empty for `mark`, whose list is the model's own."""

    kind: str
    text: str = ""
    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Found:
    """One line of the outcome: what it is about, whether the learner was right, and what is true (a message id is not needed:
    `state` says it): open, linked, overlooked, noticed, listed, unlisted.
    """

    text: str
    ok: bool
    state: str
    given: str = ""
    link: str = ""


def claims(answers: Sequence[str]) -> list[str]:
    """The entries of the lists in a model's answers: what is to be marked. Without a list, each paragraph."""
    text = "\n\n".join(answers)[: patterns.MOST_TEXT]
    found = [entry.strip() for entry in _ITEM.findall(text)] or [part.strip() for part in text.split("\n\n") if part.strip()]
    return found[:MOST_MARKED]


def outcome(task: FollowUp, response: Mapping[str, Any], answers: Sequence[str]) -> list[Found]:
    """How the learner did, line by line."""
    if task.kind == "mark":
        return _marked(response, answers)
    if task.kind == "missed":
        return _missed(task, response, answers)
    return _listed(task, response)


def share(found: Sequence[Found]) -> float:
    """The part of the follow-up that is right, 0 to 1."""
    return sum(line.ok for line in found) / len(found) if found else 0.0


def _marked(response: Mapping[str, Any], answers: Sequence[str]) -> list[Found]:
    """Nobody here knows which is real. What is called real needs a link by which others can look; what is not is doubted."""
    found = []
    for at, claim in enumerate(claims(answers)):
        mark, link = response.get("marks", {}).get(str(at), ""), response.get("links", {}).get(str(at), "")
        linked = is_link(link)
        found.append(Found(claim, mark == "invented" or (mark == "real" and linked), "linked" if linked else "open", mark, link if linked else ""))
    return found


def _missed(task: FollowUp, response: Mapping[str, Any], answers: Sequence[str]) -> list[Found]:
    ticked = set(response.get("ticked", ()))
    found = []
    for at, point in enumerate(task.points):
        overlooked = not any(patterns.search(point.pattern, answer) is not None for answer in answers)
        found.append(Found(point.text, (str(at) in ticked) == overlooked, "overlooked" if overlooked else "noticed", "yes" if str(at) in ticked else ""))
    return found


def _listed(task: FollowUp, response: Mapping[str, Any]) -> list[Found]:
    lines = facts(str(response.get("facts", "")))
    found = []
    for point in task.points:
        line = next((line for line in lines if patterns.search(point.pattern, line) is not None), "")
        found.append(Found(point.text, bool(line), "listed" if line else "unlisted", line))
    return found


def facts(text: str) -> list[str]:
    """What was listed, one a line."""
    return [line.strip(" \t-*•–") for line in text.split("\n") if line.strip(" \t-*•–")][:MOST_FACTS]
