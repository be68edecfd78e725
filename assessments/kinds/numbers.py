"""Numbers as people write them, in German and English, and the ranges that authors accept.

German writes 1.234,5 and English 1,234.5. Where a text can be read both ways (1.500 or 1,500), both readings are kept:
a learner who knows the number must not lose points over a sign.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

MOST_DIGITS = 64
_SPACES = "\u00a0\u2007\u2009\u202f '’"
_MINUS = "−–‐‑"
_SHAPE = re.compile(r"([+-]?)([\d.,]*\d[\d.,]*)(?:(?:e|[·*x×]10\^)([+-]?\d{1,3}))?", re.ASCII | re.IGNORECASE)
_TOLERANCE = re.compile(r"^(.+?)\s*(?:\+-|\+/-|±)\s*(.+?)\s*(%?)$")
_WRITTEN = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_FIRST_GROUP = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_LOOKS_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that an author accepts, both ends included."""

    low: Decimal
    high: Decimal

    def __contains__(self, number: Decimal) -> bool:
        return self.low <= number <= self.high


class NumberError(ValueError):
    """An author's number cannot be read, or can be read in two ways (`ambiguous`)."""

    def __init__(self, text: str, *, ambiguous: bool = False) -> None:
        super().__init__(text)
        self.ambiguous = ambiguous


def readings(text: str) -> list[Decimal]:
    """Every sensible reading of a learner's number, e.g. two for 1.500; none when it is not a number."""
    compact = text.strip().translate({ord(sign): None for sign in _SPACES} | {ord(sign): "-" for sign in _MINUS})
    found = _SHAPE.fullmatch(compact) if len(compact) <= MOST_DIGITS else None
    if not found:
        return []
    sign, digits, exponent = found.groups()
    plain = [reading for reading in (_as_decimal(digits, ","), _as_decimal(digits, ".")) if reading]
    return [Decimal(f"{sign}{number}e{exponent or 0}") for number in dict.fromkeys(plain)]


def _as_decimal(digits: str, mark: str) -> str:
    """The digits read with `mark` as the decimal sign, or nothing when they cannot be."""
    group = "." if mark == "," else ","
    whole, found, fraction = digits.partition(mark)
    if mark in fraction or group in fraction or (found and not fraction):
        return ""
    groups = whole.split(group)
    if len(groups) > 1 and (not _FIRST_GROUP.fullmatch(groups[0]) or any(len(part) != 3 for part in groups[1:])):
        return ""
    return "".join(groups) + ("." + fraction if fraction else "") if whole else f"0.{fraction}"


def read_range(text: str, language: str) -> Range:
    """An author's answer: `900`, `900 +- 10%`, `900 +- 5`, `[39, 45]`, `[1,5; 2,5]`. Raises NumberError."""
    text = text.strip().translate({ord(sign): "-" for sign in _MINUS})
    if len(text) > 2 * MOST_DIGITS:
        raise NumberError(text)
    if text.startswith("[") and text.endswith("]"):
        return _interval(text[1:-1], language)
    tolerant = _TOLERANCE.match(text)
    if not tolerant:
        number = _written(text, language)
        return Range(number, number)
    number, by = _written(tolerant.group(1), language), abs(_written(tolerant.group(2), language))
    if tolerant.group(3):
        by = abs(number) * by / 100
    return Range(number - by, number + by)


def _interval(text: str, language: str) -> Range:
    ends = text.split(";" if ";" in text else ",")
    if len(ends) != 2:
        raise NumberError(text, ambiguous=True)
    low, high = (_written(end, language) for end in ends)
    if low > high:
        raise NumberError(text)
    return Range(low, high)


def _written(text: str, language: str) -> Decimal:
    """One number as an author writes it: a point or, in German, a comma for decimals; no thousands signs."""
    text = text.strip()
    grouped = _LOOKS_GROUPED.fullmatch(text)
    decimal_here = "," if language == "de" else "."
    if grouped and grouped.group(1) != decimal_here:
        raise NumberError(text, ambiguous=True)
    if not _WRITTEN.fullmatch(text) or ("," in text and language != "de"):
        raise NumberError(text)
    return Decimal(text.replace(",", "."))


def as_text(number: Decimal, language: str) -> str:
    """A number for a learner, with the language's decimal sign."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "de" else text


def range_as_text(accepted: Range, language: str) -> str:
    """`900`, or `39–45` when several numbers are accepted."""
    low, high = as_text(accepted.low, language), as_text(accepted.high, language)
    return low if low == high else f"{low}–{high}"
