"""What remains of persons in a text that was to be made safe: numbers, dates, names from a list. Rules, no promise."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from core.i18n import N_
from exercises.answers import CheckResult

_MONTHS = (
    "januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|"
    "january|february|march|may|june|july|october|december"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}\.\s?\d{{1,2}}\.(?:\s?\d{{2,4}})?|\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b|"
    rf"\b\d{{1,2}}(?:\.|st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b|\b(?:{_MONTHS})\s\d{{1,2}}\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d(?:[\s./-]?\d){3,}")   # four digits or more: what tells one person from others


def numbers(text: str) -> CheckResult:
    """No number of four digits or more, however it is grouped. Years are numbers too."""
    found = _NUMBER.search(_DATE.sub(" ", text))
    return CheckResult(found is None, N_("No long numbers"), N_("Still in it: “%(found)s”"), {"found": found[0][:60] if found else ""})


def dates(text: str) -> CheckResult:
    """No day of a year, in German, English or ISO writing."""
    found = _DATE.search(text)
    return CheckResult(found is None, N_("No dates"), N_("Still in it: “%(found)s”"), {"found": found[0][:60] if found else ""})


def names_in(text: str, names: Sequence[str]) -> CheckResult:
    """None of the names, as a word of its own or with a genitive s, whatever its case."""
    folded = _folded(text)
    found = [name for name in names if re.search(rf"(?<!\w){re.escape(_folded(name))}(?:s|'s|’s)?(?!\w)", folded)]
    return CheckResult(not found, N_("No names"), N_("Still in it: “%(found)s”"), {"found": " · ".join(found)[:120]})


REMAINS: Mapping[str, Callable[[str], CheckResult]] = {"numbers": numbers, "dates": dates}


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).casefold()
