"""Grounded answers: a model names a source and quotes it, and this program looks whether the quote stands there word for word."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.i18n import N_

MOST_ANSWER = 20_000
FEWEST_LETTERS = 8                     # a shorter quote stands almost anywhere and supports nothing
RIGHT: Final = "right"
WRONG: Final = "wrong"
REFUSED: Final = "refused"
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"source": {"type": "integer"}, "quote": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["source", "quote", "answer"],
    "additionalProperties": False,
}
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_DIGITS = re.compile(r"\d{1,3}")
_KEYS = {"source": ("source", "quelle"), "quote": ("quote", "zitat"), "answer": ("answer", "antwort")}
_SAME = str.maketrans({"“": '"', "”": '"', "„": '"', "»": '"', "«": '"', "’": "'", "‘": "'", "‚": "'", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " "})


@dataclass(frozen=True)
class Claim:
    """What a model says: an answer, the number of a source (0: in none), and a quote from it."""

    source: int
    quote: str
    answer: str


@dataclass(frozen=True)
class Checked:
    """What the program found. `reason` is a message id; `before`, `quote`, `after` are the source around the quote where it stands."""

    state: str
    reason: str
    claim: Claim | None = None
    stands_in: int = 0                 # the source in which the quote really stands
    before: str = ""
    found: str = ""
    after: str = ""


def read_claim(text: str) -> Claim | None:
    """The claim in a model's answer, also when words or a fence stand around its JSON, or its keys are German. None when there is none."""
    found = _OBJECT.search(text[:MOST_ANSWER])
    try:
        data = json.loads(found[0]) if found else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    known = {name: next((data[key] for key in keys if key in data), None) for name, keys in _KEYS.items()}
    if known["answer"] is None and known["quote"] is None:
        return None
    return Claim(_number(known["source"]), _words(known["quote"]), _words(known["answer"]))


def check(claim: Claim | None, sources: Sequence[str]) -> Checked:
    """Whether the quote stands word for word in the source that is named. Case, line breaks and kinds of quotation marks are forgiven."""
    if claim is None:
        return Checked(WRONG, N_("The model did not answer in the form that was asked for, so nothing can be checked."))
    if claim.source == 0:
        return Checked(REFUSED, N_("The model says that it is not in the sources."), claim)
    if not 1 <= claim.source <= len(sources):
        return Checked(WRONG, N_("There is no source with this number."), claim)
    if len(re.sub(r"\W", "", claim.quote)) < FEWEST_LETTERS:
        return Checked(WRONG, N_("There is no quote, or one too short to support anything."), claim)
    return _quoted(claim, sources)


def _quoted(claim: Claim, sources: Sequence[str]) -> Checked:
    """Where the quote stands: in the source that is named, in another one, or in none."""
    for number in (claim.source, *(at for at in range(1, len(sources) + 1) if at != claim.source)):
        place = _place(claim.quote, sources[number - 1])
        if place and number == claim.source:
            return Checked(RIGHT, N_("The quote stands word for word in the source."), claim, number, *place)
        if place:
            return Checked(WRONG, N_("The quote stands in another source than the one that is named."), claim, number, *place)
    return Checked(WRONG, N_("The quote stands in none of the sources: it is invented or changed."), claim)


def _number(value: Any) -> int:
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, int):
        return value if 0 <= value < 1000 else -1
    digits = _DIGITS.search(str(value))
    return int(digits[0]) if digits else 0


def _words(value: Any) -> str:
    return value.strip()[:4000] if isinstance(value, str) else "" if value is None else str(value)[:4000]


def _place(quote: str, source: str) -> tuple[str, str, str] | None:
    """The source before, in and after the quote. Compared letter by letter after folding, so that places can be told."""
    source = unicodedata.normalize("NFC", source)
    wanted = [re.escape(part) for part in _folded(quote).strip(" .\"'…").split()]
    if not wanted:
        return None
    found = re.search(r"(?<!\w)" + r"\s+".join(wanted) + r"(?!\w)", _folded(source))
    return (source[: found.start()], source[found.start() : found.end()], source[found.end() :]) if found else None


def _folded(text: str) -> str:
    """Of the same length as the composed text."""
    composed = unicodedata.normalize("NFC", text).translate(_SAME)
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in composed)
