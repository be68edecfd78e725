"""What a learner writes in an exercise that asks for more than one text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

KINDS = ("text", "short", "url")
USES = ("model", "key", "kept")        # sent to the model; what checks compare with; kept beside
MOST_LETTERS = {"text": 8000, "short": 200, "url": 500}
NEARLY = 0.005                         # numbers: half a percent, unless the author says otherwise
_NUMBER = re.compile(r"[-−]?\d{1,3}(?:[ .,'\u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d{1,6})?|[-−]?\d{1,15}(?:[.,]\d{1,6})?")


@dataclass(frozen=True)
class Field:
    """One named input. `use`: goes to the model, is the key for checks, or is only kept."""

    name: str
    title: str
    kind: str = "text"
    use: str = "model"
    hint: str = ""


def prompt_of(fields: Sequence[Field], given: Mapping[str, str]) -> str:
    """What goes to the model of the fields."""
    return "\n\n".join(given[field.name] for field in fields if field.use == "model" and given.get(field.name))


def is_link(text: str) -> bool:
    """Whether this is a web address that could be looked at. Nothing is fetched."""
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in host.strip(".") and not any(sign.isspace() for sign in text.strip())


def numbers(text: str) -> list[float]:
    """The numbers that a text may mean; one that can be read in two ways (1.250) gives both."""
    found: list[float] = []
    for written in _NUMBER.findall(text):
        sign, digits = (-1, written[1:]) if written[0] in "-−" else (1, written)
        found += [sign * value for value in _readings(digits)]
    return found


def _readings(digits: str) -> set[float]:
    whole = re.sub(r"[ '\u00a0\u202f]", "", digits)
    readings = {whole.replace(".", "").replace(",", ".", 1), whole.replace(",", "")}
    values = set()
    for reading in readings:
        try:
            values.add(float(reading))
        except ValueError:
            continue
    return values


def says(answer: str, key: str, tolerance: float = NEARLY) -> bool:
    """Whether an answer gives a key: its number within the tolerance, else its words. `|` separates ways to say it."""
    return any(_says(answer, way.strip(), tolerance) for way in key.split("|") if way.strip())


def _says(answer: str, way: str, tolerance: float) -> bool:
    wanted = numbers(way)
    if wanted and _NUMBER.fullmatch(way):
        return any(abs(value - want) <= tolerance * max(abs(want), 1e-9) for value in numbers(answer) for want in wanted)
    inner = re.escape(" ".join(way.casefold().split()))
    return re.search(rf"(?<!\w){inner}(?!\w)", " ".join(answer.casefold().split())) is not None
