"""`cloze`: a text with gaps to fill in or to choose for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds import quality
from assessments.kinds.answers import MOST_LETTERS, Answer, first_text, read_answers, tidy
from assessments.kinds.base import Kind, Source
from assessments.kinds.fields import typed_text
from assessments.kinds.item import Choice, Form, Item, Offer, Response, ResponseError, View, key_of, ordered
from assessments.kinds.short import note_pattern
from assessments.kinds.source import BAR
from core.i18n import N_
from exercises.patterns import PatternError

GAP = re.compile(r"\[\[(.{0,500}?)\]\]")
# Private-use characters stand for a gap while Markdown runs, so that no part of the key takes part in rendering.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACE = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_PLACE_IN_TAG = re.compile(f"<[^<>]*{_OPEN}")
_PART_OF_CHOICE = re.compile(r"\s*\((.+)\)\s*")
_PATTERN_INSIDE = re.compile(r"(?:^|[|=])\s*/")


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap: options with the position of the right one, or accepted answers."""

    options: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    right: int = -1
    answers: tuple[Answer, ...] = ()

    def takes(self, given: int | str) -> bool:
        """Whether what was given for this gap is right."""
        if isinstance(given, int):
            return given == self.right
        return any(answer.accepts(given) for answer in self.answers)

    @property
    def solution(self) -> str:
        """What belongs here."""
        return self.options[self.right] if self.options else first_text(self.answers)


@dataclass(frozen=True, kw_only=True)
class ClozeItem(Item):
    """A text with gaps: `pieces` is the safe HTML around them, one more than there are gaps."""

    pieces: tuple[str, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class ShownGap:
    """A gap on a page: `options` are (key, text) in display order, empty for a gap to write in."""

    number: int
    options: tuple[tuple[str, str], ...]
    value: str = ""
    mark: str = ""
    solution: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClozeView(View):
    """The pieces of a text, each with the gap that follows it; the last has none."""

    pieces: tuple[tuple[str, ShownGap | None], ...]


class Cloze(Kind[ClozeItem]):
    """Gaps `[[text]]`, `[[text|=synonym]]` and choices `[[a|(right)|c]]`."""

    name = "cloze"
    title = N_("Gaps in a text")
    sample = {
        "de": "Ein Sprachmodell schreibt [[Token]] für Token und wählt dabei das [[seltenste|(wahrscheinlichste)|längste]].\n! Was man sich merken sollte.",
        "en": "A language model writes [[token]] by token and takes the [[rarest|(likeliest)|longest]].\n! What to remember.",
    }
    written = ()
    varied = True
    shuffle = True

    def text(self, source: Source) -> str:
        """The text with a placeholder for each gap."""
        count = 0

        def place(_: re.Match[str]) -> str:
            nonlocal count
            count += 1
            return f"{_OPEN}{count}{_CLOSE}"

        written = source.body.text.replace(_OPEN, "").replace(_CLOSE, "")
        return source.html(GAP.sub(place, written), source.block.line)

    def build(self, source: Source, common: dict[str, Any]) -> ClozeItem:
        """Every gap can be filled, and every gap found its place in the page."""
        gaps = tuple(_gap(source, text, number) for number, text in enumerate(GAP.findall(source.body.text), 1))
        html = common["text"]
        places = [int(number) for number in _PLACE.findall(html)]
        if not gaps:
            source.error("cloze-no-gap", N_("There is no gap in the text."), N_("Write one as [[answer]] or [[wrong|(right)|wrong]]."))
        elif sorted(places) != list(range(1, len(gaps) + 1)) or _PLACE_IN_TAG.search(html):
            source.error("cloze-place", N_("A gap stands where no field can be, e.g. in a link or formula."),
                         N_("Move it into the running text."))
        common["text"] = _PLACE.sub("____", html)
        ordered_gaps = tuple(gaps[place - 1] for place in places if place <= len(gaps))
        return ClozeItem(**common, pieces=tuple(_PLACE.split(html)[::2]), gaps=ordered_gaps)

    def structure(self, item: ClozeItem) -> Any:
        """How many options each gap has and which is right; words differ between languages."""
        return [[len(gap.options), gap.right] for gap in item.gaps]

    def read(self, item: ClozeItem, form: Form) -> Response:
        """Every gap filled: the position of a choice as written, or the text as typed."""
        return {"gaps": [_read_gap(gap, number, form) for number, gap in enumerate(item.gaps, 1)]}

    def grade(self, item: ClozeItem, response: Response) -> Verdict:
        """Each gap counts the same."""
        marks = [gap.takes(given) for gap, given in zip(item.gaps, response["gaps"], strict=True)]
        parts = [Part(str(number), "right" if mark else "wrong") for number, mark in enumerate(marks, 1)]
        return grading.verdict(grading.share_of_parts(marks), item.points, parts, scoring=item.scoring)

    def solved(self, item: ClozeItem) -> Response | None:
        """Each gap with what belongs there."""
        return {"gaps": [gap.right if gap.options else gap.solution for gap in item.gaps]}

    def show(
        self, item: ClozeItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool
    ) -> ClozeView:
        """The text with its gaps."""
        shown: list[ShownGap | None] = []
        for at, gap in enumerate(item.gaps):
            given = response["gaps"][at] if response else ""
            options = tuple((gap.keys[no], gap.options[no]) for no in ordered(gap.keys, item, variant))
            value = gap.keys[given] if isinstance(given, int) else given
            mark = verdict.parts[at].mark if verdict else ""
            shown.append(ShownGap(at + 1, options, value, mark, gap.solution if solution else ""))
        seen = self.seen(item, marked=verdict is not None, solution=solution)
        return ClozeView(**seen, pieces=tuple(zip(item.pieces, [*shown, None], strict=True)))

    def choices(self, item: ClozeItem, response: Response) -> tuple[Choice, ...]:
        """The option or the text in each gap."""
        return tuple(Choice(str(at), str(given) if isinstance(given, int) else tidy(given)) for at, given in enumerate(response["gaps"]))

    def shape(self, item: ClozeItem) -> Any:
        """How many gaps, and how many options each has."""
        return [len(gap.options or ()) for gap in item.gaps]

    def offers(self, item: ClozeItem) -> tuple[Offer, ...]:
        """The options of each gap, or its solution."""
        return tuple(
            Offer(str(at), str(no) if gap.options else text, str(at + 1), escape(text), no == gap.right or not gap.options)
            for at, gap in enumerate(item.gaps) for no, text in enumerate(gap.options or (gap.solution,))
        )

    def advise(self, item: ClozeItem, source: Source) -> None:
        """A wrong gap should get a reason."""
        quality.advise_explanation(item.explanation, feedback=False, source=source)


def _gap(source: Source, text: str, number: int) -> Gap:
    parts = [part.replace("\\|", "|") for part in BAR.split(text)]
    right = [at for at, part in enumerate(parts) if _PART_OF_CHOICE.fullmatch(part)]
    if right:
        return _choice(source, parts, right, number)
    if not _PATTERN_INSIDE.search(text) and not all(part.strip().startswith("=") for part in parts[1:]):
        source.error("cloze-right", N_("Gap %(number)s has options, but none is marked as right."),
                     N_("Put the right one in round brackets: [[wrong|(right)|wrong]]."), number=number)
        return Gap()
    return _written(source, text, number)


def _choice(source: Source, parts: Sequence[str], right: Sequence[int], number: int) -> Gap:
    options = tuple(_bare(part) for part in parts)
    if len(right) > 1 or len(options) < 2:
        source.error("cloze-right", N_("Gap %(number)s does not have one right option among several."),
                     N_("Put the right one in round brackets: [[wrong|(right)|wrong]]."), number=number)
    if len(set(options)) < len(options) or not all(options):
        source.error("option-double", N_("Gap %(number)s has an option that is empty or stands there twice."),
                     N_("Take one out."), number=number)
    keys = tuple(key_of(f"{source.block.id}/{number}", option) for option in options)
    return Gap(options=options, keys=keys, right=right[0])


def _bare(part: str) -> str:
    inside = _PART_OF_CHOICE.fullmatch(part)
    return (inside.group(1) if inside else part).strip()


def _written(source: Source, text: str, number: int) -> Gap:
    try:
        answers = read_answers("|".join(part.strip().removeprefix("=") for part in BAR.split(text)))
    except PatternError as error:
        note_pattern(source, error, source.block.line)
        return Gap()
    if not answers:
        source.error("cloze-empty", N_("Gap %(number)s has no answer."), N_("Write it between the brackets: [[answer]]."), number=number)
    elif not first_text(answers):
        source.error("pattern-only", N_("Gap %(number)s has no answer in words to show as the solution."),
                     N_("Write one in front of the pattern: [[answer|=/pattern/]]."), number=number)
    return Gap(answers=answers)


def _read_gap(gap: Gap, number: int, form: Form) -> int | str:
    name = f"gap-{number}"
    if not any(value.strip() for value in form.get(name, ())):
        raise ResponseError(N_("Gap %(number)s is still empty."), number=number)
    text = typed_text(form, name, MOST_LETTERS)
    if not gap.options:
        return text
    if text not in gap.keys:
        raise ResponseError(N_("This question has changed since you opened the page. Please reload it and answer again."))
    return gap.keys.index(text)


KIND = Cloze()
