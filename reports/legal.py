"""What the law asks for, as texts with dates: those that Lotse brings, and those that an organisation has added."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from modules.yamltext import read_yaml

FILE = Path(__file__).parent / "legal.yml"


@dataclass(frozen=True)
class LegalText:
    """What holds from a day on, and where the wording can be read. `own`: the organisation has written it."""

    valid_from: date
    de: str
    en: str
    source: str
    own: bool = False

    def text(self, language: str) -> str:
        """In one language."""
        return self.de if language == "de" else self.en


@dataclass(frozen=True)
class LegalFile:
    """The texts that Lotse brings, and up to which day they take the law into account."""

    as_of: date
    texts: tuple[LegalText, ...]


@cache
def brought() -> LegalFile:
    """What stands in legal.yml."""
    values = read_yaml(FILE.read_text(encoding="utf-8")).value
    return LegalFile(date.fromisoformat(values["as_of"]), tuple(
        LegalText(date.fromisoformat(entry["from"]), entry["de"], entry["en"], entry["source"]) for entry in values["texts"]
    ))


def holding(texts: Iterable[LegalText]) -> tuple[LegalText, ...]:
    """One text for each day from which one holds, the oldest first. Of several from the same day, the last one given."""
    by_day = {text.valid_from: text for text in texts}
    return tuple(by_day[day] for day in sorted(by_day))


def on(texts: Iterable[LegalText], day: date) -> LegalText | None:
    """Which of the texts holds on a day, if any."""
    return next(iter(in_force(texts, day, day)), None)


def in_force(texts: Iterable[LegalText], first: date, last: date) -> tuple[LegalText, ...]:
    """Which of the texts held on some day from the first to the last."""
    started = [text for text in holding(texts) if text.valid_from <= last]
    before = [text for text in started if text.valid_from <= first]
    return (*before[-1:], *[text for text in started if text.valid_from > first])
