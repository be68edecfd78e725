"""Moodle's embedded answers, `{2:SHORTANSWER:=yes~%50%maybe#Well …}`, to gaps and back."""

import html
import re
from dataclasses import dataclass

from assessments.kinds.answers import Answer
from core.i18n import N_
from exchange.html import Writer
from exchange.model import Entry, Gap, UnreadableError, gap, without_gap_marks
from exchange.normal import as_wildcard, decimal_of, wildcard

_FIELD = re.compile(r"\{(\d*):([A-Z_]{2,20}):((?:[^\\}]++|\\.)*+)\}", re.DOTALL)
_PART = re.compile(r"(?<!\\)~")
_WRITTEN = frozenset({"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"})
_NUMBERS = frozenset({"NUMERICAL", "NM"})
_CHOICES = frozenset({
    "MULTICHOICE", "MC", "MULTICHOICE_H", "MCH", "MULTICHOICE_V", "MCV", "MULTICHOICE_S", "MCS", "MULTICHOICE_HS", "MCHS", "MULTICHOICE_VS", "MCVS",
})


@dataclass(frozen=True)
class _Part:
    text: str
    weight: float
    feedback: str


def read_gaps(text: str, texts: Writer, entry: Entry) -> tuple[str, tuple[Gap, ...], float, list[str]]:
    """The HTML with places, its gaps, their points together, and what they say as feedback. Raises UnreadableError."""
    gaps: list[Gap] = []
    said: list[str] = []
    weights: list[int] = []

    def place(found: re.Match[str]) -> str:
        parts = [_part(part) for part in _PART.split(found[3]) if part.strip()]
        gaps.append(_gap(found[2], parts, texts, entry))
        weights.append(int(found[1] or 1))
        said.extend(f"{texts.line(part.text, entry)}: {texts.line(part.feedback, entry)}" for part in parts if part.feedback)
        return gap(len(gaps))

    stem = _FIELD.sub(place, without_gap_marks(text))
    if not gaps:
        raise UnreadableError(N_("There is no gap that can be read."))
    if len(set(weights)) > 1:
        entry.change(N_("Gaps had different weights; now each counts the same."))
    return stem, tuple(gaps), float(sum(weights)), said


def _part(written: str) -> _Part:
    text, _, feedback = (piece.replace("\0", "#") for piece in html.unescape(written).replace("\\#", "\0").partition("#"))
    found = re.match(r"\s*(?:=|%(-?\d+(?:\.\d+)?)%)", text)
    weight = 0.0 if not found else 1.0 if found[1] is None else float(found[1]) / 100
    bare = text[found.end() :] if found else text
    return _Part(re.sub(r"\\([~}\\#/\"])", r"\1", bare).strip(), weight, re.sub(r"\\(.)", r"\1", feedback).strip())


def _gap(kind: str, parts: list[_Part], texts: Writer, entry: Entry) -> Gap:
    right = [part for part in parts if part.weight >= 1]
    if not right:
        raise UnreadableError(N_("A gap has no answer that is right."))
    if any(0 < part.weight < 1 for part in parts):
        entry.change(N_("Answers of gaps that earned a part of the points count as wrong."))
    if kind in _CHOICES:
        if len(right) > 1:
            entry.change(N_("A gap to choose for had several right answers; the first one is kept as right."))
        options = list(dict.fromkeys(texts.line(part.text, entry) for part in parts if part.text))
        return Gap(options=tuple(options), right=options.index(texts.line(right[0].text, entry)))
    if kind in _WRITTEN:
        if kind in ("SHORTANSWER_C", "SAC", "MWC"):
            entry.change(N_("Capital and small letters no longer matter."))
        return Gap(answers=tuple(wildcard(part.text) for part in right))
    if kind in _NUMBERS:
        return Gap(answers=tuple(_number(part.text, entry) for part in right))
    raise UnreadableError(N_("Gaps of the kind %(kind)s cannot be shown."), kind=kind)


def _number(text: str, entry: Entry) -> Answer:
    number, _, tolerance = text.partition(":")
    if decimal_of(tolerance or "0") != 0:
        entry.change(N_("A gap for a number accepts only this number; its tolerance (%(tolerance)s) was left out."), tolerance=tolerance)
    return Answer(number.strip())


def field(gap_: Gap, weight: int, entry: Entry) -> str:
    """A gap in Moodle's words."""
    if gap_.options:
        return f"{{{weight}:MULTICHOICE:" + "~".join(("=" if at == gap_.right else "") + _escaped(option) for at, option in enumerate(gap_.options)) + "}"
    words = [as_wildcard(answer) for answer in gap_.answers]
    if None in words:
        entry.change(N_("Answers that are patterns were left out; %(format)s knows only *."), format="Moodle XML")
    known = [word for word in words if word is not None]
    if not known:
        raise UnreadableError(N_("There is no gap that can be read."))
    return f"{{{weight}:SHORTANSWER:" + "~".join("=" + _escaped(word) for word in known) + "}"


def _escaped(text: str) -> str:
    return re.sub(r"([~}#])", r"\\\1", html.unescape(text))
