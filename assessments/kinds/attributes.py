"""The attributes in a block's braces, as every kind shares them."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from assessments.kinds.source import Reader
from core.i18n import N_

COMMON = ("points", "attempts", "scoring", "shuffle", "competence", "show", "tags")
MOST_POINTS = 1000
MOST_ATTEMPTS = 100
_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,4})?", re.ASCII)
YES_NO = {"yes": True, "true": True, "ja": True, "no": False, "false": False, "nein": False}


@dataclass(frozen=True)
class Attributes:
    """What the braces say, with the defaults filled in."""

    points: float
    attempts: int
    scoring: str
    shuffle: bool
    show: str
    competences: tuple[str, ...]


def read_attributes(reader: Reader, *, own: Iterable[str], shuffle: bool, attempts: int = 3) -> Attributes:
    """Read the shared attributes; what is not understood is noted, never ignored."""
    given = reader.block.attributes
    known = (*COMMON, *own)
    for name in given:
        if name not in known:
            reader.error("unknown-attribute", N_("There is no attribute “%(name)s” here."),
                         N_("Known are: %(known)s."), name=name, known=", ".join(known))
    return Attributes(
        points=_points(reader, given.get("points", "1")),
        attempts=whole(reader, "attempts", attempts, 0, MOST_ATTEMPTS),
        scoring=one_of(reader, "scoring", ("partial", "all"), "partial"),
        shuffle=YES_NO[one_of(reader, "shuffle", tuple(YES_NO), "yes" if shuffle else "no")],
        show=one_of(reader, "show", ("now", "after-due", "never"), "now"),
        competences=tuple(part.strip() for part in given.get("competence", "").split(",") if part.strip()),
    )


def one_of(reader: Reader, name: str, allowed: tuple[str, ...], default: str) -> str:
    """An attribute that is one of a few words."""
    value = reader.block.attributes.get(name, default)
    if value in allowed:
        return value
    reader.error("attribute-value", N_("“%(name)s” cannot be “%(value)s”."), N_("Allowed are: %(known)s."),
                 name=name, value=value[:60], known=", ".join(allowed))
    return default


def whole(reader: Reader, name: str, default: int, low: int, high: int) -> int:
    """An attribute that is a whole number within bounds."""
    value = reader.block.attributes.get(name, str(default))
    if value.isascii() and value.isdigit() and len(value) < 9 and low <= int(value) <= high:
        return int(value)
    reader.error("attribute-value", N_("“%(name)s” cannot be “%(value)s”."),
                 N_("Write a whole number from %(low)s to %(high)s."), name=name, value=value[:60], low=low, high=high)
    return default


def _points(reader: Reader, value: str) -> float:
    number = float(value.replace(",", ".")) if _NUMBER.fullmatch(value) else math.inf
    if number <= MOST_POINTS:
        return number
    reader.error("attribute-value", N_("“%(name)s” cannot be “%(value)s”."),
                 N_("Write a number from %(low)s to %(high)s."), name="points", value=value[:60], low=0, high=MOST_POINTS)
    return 1.0
