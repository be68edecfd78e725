"""`match`: each text on the left belongs to one on the right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds import quality
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Choice, Form, Item, Offer, Response, ResponseError, View, key_of, ordered
from assessments.kinds.source import Mark
from core.i18n import N_

LONGEST_CHOICE = 70                    # of a right side inside a list to choose from; longer ones get letters
_TAG = re.compile(r"<[^>]+>")
_ANY_TAG = re.compile(r"<(?!/?(?:em|strong|span)\b)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A left side, and the position of the right side that belongs to it."""

    html: str
    right: int
    feedback: str


@dataclass(frozen=True, slots=True)
class RightSide:
    """A right side: as HTML, and as text inside a list to choose from."""

    key: str
    html: str
    text: str


@dataclass(frozen=True, kw_only=True)
class MatchItem(Item):
    """Pairs, and the right sides of all of them with the distractors behind."""

    pairs: tuple[Pair, ...]
    choices: tuple[RightSide, ...]

    @property
    def lettered(self) -> bool:
        """Whether the right sides stand in a list of their own, because they are too long or too rich for one to choose from."""
        return any(len(choice.text) > LONGEST_CHOICE or _ANY_TAG.search(choice.html) for choice in self.choices)


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A left side on a page; `number` counts as written and names it in the form. The solution is empty until it may be seen."""

    number: int
    html: str
    value: str = ""
    mark: str = ""
    feedback: str = ""
    solution: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchView(View):
    """Pairs on a page, and the right sides in the learner's order: key, letter (where they have one), text and HTML."""

    pairs: tuple[ShownPair, ...]
    choices: tuple[tuple[str, str, str, str], ...]
    lettered: bool


class Match(Kind[MatchItem]):
    """Lines `left -> right`; `-> distractor` belongs to nothing. Several left sides may share a right one."""

    name = "match"
    title = N_("Match pairs")
    sample = {
        "de": "Was gehört zusammen?\nErster Begriff -> Was er bedeutet\nZweiter Begriff -> Was dieser bedeutet\nDritter Begriff -> Und dieser\n-> Was zu nichts gehört\n! Was man sich merken sollte.",
        "en": "What belongs together?\nFirst term -> What it means\nSecond term -> What that one means\nThird term -> And that one\n-> What belongs to nothing\n! What to remember.",
    }
    line = "{sign} -> {text}"
    beside = N_("Left side")
    signs = re.compile(r"^ {0,3}(?![?!>][ \t])(|\S|\S.*?\S)[ \t]*->[ \t]+(\S.*)$")
    shuffle = True

    def build(self, source: Source, common: dict[str, Any]) -> MatchItem:
        """At least two pairs, and no left side twice."""
        texts = list(dict.fromkeys(mark.text for mark in source.body.marks if mark.sign))
        for mark in source.body.marks:
            if not mark.sign and mark.text in texts:
                source.error("match-distractor", N_("This distractor is right for a pair."), N_("Take it out, or write another one."), mark.line)
        texts = list(dict.fromkeys([*texts, *(mark.text for mark in source.body.marks)]))
        pairs = [mark for mark in source.body.marks if mark.sign]
        if len(pairs) < 2:
            source.error("match-pairs", N_("There are fewer than two pairs."), N_("Write “left -> right” on a line of its own for each."))
        _note_doubles(source, pairs)
        lines = {mark.text: mark.line for mark in reversed(source.body.marks)}
        return MatchItem(
            **common,
            pairs=tuple(Pair(source.inline(mark.sign, mark.line), texts.index(mark.text), source.html(mark.feedback, mark.line)) for mark in pairs),
            choices=tuple(_choice(source, text, lines[text]) for text in texts),
        )

    def structure(self, item: MatchItem) -> Any:
        """Which right side belongs to which left one, and how many there are."""
        return [[pair.right for pair in item.pairs], len(item.choices)]

    def read(self, item: MatchItem, form: Form) -> Response:
        """The right side chosen for each left one, as positions."""
        return {"pairs": [_read_pair(item, number, form) for number in range(1, len(item.pairs) + 1)]}

    def grade(self, item: MatchItem, response: Response) -> Verdict:
        """Each pair counts the same."""
        marks = [pair.right == chosen for pair, chosen in zip(item.pairs, response["pairs"], strict=True)]
        parts = [
            Part(str(number), "right" if mark else "wrong", pair.feedback)
            for number, (pair, mark) in enumerate(zip(item.pairs, marks, strict=True), 1)
        ]
        return grading.verdict(grading.share_of_parts(marks), item.points, parts, scoring=item.scoring)

    def show(
        self, item: MatchItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> MatchView:
        """Left sides as written; right sides shuffled, or by the alphabet, because as written they would give the pairs away."""
        order = ordered([choice.key for choice in item.choices], item, variant)
        if not item.shuffle:
            order.sort(key=lambda at: item.choices[at].text.casefold())
        letters = {at: chr(ord("A") + place) if item.lettered and place < 26 else "" for place, at in enumerate(order)}
        shown = []
        for at, pair in enumerate(item.pairs):
            part = verdict.parts[at] if verdict else None
            right = letters[pair.right] or item.choices[pair.right].text
            shown.append(ShownPair(
                at + 1, pair.html, item.choices[response["pairs"][at]].key if response else "", part.mark if part else "",
                pair.feedback if part else "", right if solution and part and part.mark != "right" else "",
            ))
        choices = tuple((item.choices[at].key, letters[at], item.choices[at].text, item.choices[at].html) for at in order)
        seen = self.seen(item, marked=verdict is not None, solution=solution)
        return MatchView(**seen, pairs=tuple(shown), choices=choices, lettered=item.lettered)

    def choices(self, item: MatchItem, response: Response) -> tuple[Choice, ...]:
        """The right side chosen for each left one."""
        return tuple(Choice(str(at), str(chosen)) for at, chosen in enumerate(response["pairs"]))

    def offers(self, item: MatchItem) -> tuple[Offer, ...]:
        """Every right side for every left one."""
        return tuple(
            Offer(str(at), str(no), pair.html, choice.html, no == pair.right) for at, pair in enumerate(item.pairs) for no, choice in enumerate(item.choices)
        )

    def advise(self, item: MatchItem, source: Source) -> None:
        """A wrong pair should get a reason, and the last pair should not follow from the others."""
        quality.advise_explanation(item.explanation, any(pair.feedback for pair in item.pairs), source)
        if len(item.choices) == len(item.pairs) == len({pair.right for pair in item.pairs}):
            source.warning("match-last", N_("Whoever knows all pairs but one gets the last one as a gift."),
                           N_("Add a right side that belongs to nothing: “-> …”."))


def _choice(source: Source, text: str, line: int) -> RightSide:
    html = source.inline(text, line)
    return RightSide(key_of(source.block.id, text), html, " ".join(unescape(_TAG.sub("", html)).split()))


def _note_doubles(source: Source, pairs: Sequence[Mark]) -> None:
    seen: set[str] = set()
    for mark in pairs:
        if mark.sign in seen:
            source.error("match-double", N_("This left side stands there twice."), N_("Take one out."), mark.line)
        seen.add(mark.sign)


def _read_pair(item: MatchItem, number: int, form: Form) -> int:
    values = form.get(f"pair-{number}", ())
    if len(values) != 1 or not values[0]:
        raise ResponseError(N_("Line %(number)s has no answer yet."), number=number)
    known = {choice.key: at for at, choice in enumerate(item.choices)}
    if values[0] not in known:
        raise ResponseError(N_("This question has changed since you opened the page. Please reload it and answer again."))
    return known[values[0]]


KIND = Match()
