"""Answers in words: what counts as the same text, and how `a | b | /pattern/` reads. Used by short and cloze."""

import re
import unicodedata
from dataclasses import dataclass

from exercises import patterns

MOST_LETTERS = 200
_ALIKE = str.maketrans({
    "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-", "’": "'", "‘": "'", "´": "'", "`": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u00ad": None, "\u200b": None,
})  # fmt: skip
_PATTERN = re.compile(r"\s*/((?:[^/\\]|\\.)+)/\s*(?:\||$)")


@dataclass(frozen=True, slots=True)
class Answer:
    """One accepted answer: a text, or a pattern that the whole answer must fit."""

    text: str
    is_pattern: bool = False

    def accepts(self, given: str) -> bool:
        """Whether an answer counts as this one: case, spacing and kinds of dashes and quotation marks do not matter."""
        if self.is_pattern:
            return patterns.fits(self.text, tidy(given))
        return tidy(self.text).casefold() == tidy(given).casefold()


def tidy(text: str) -> str:
    """Composed letters, plain dashes and quotation marks, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_ALIKE).split())


def read_answers(text: str) -> tuple[Answer, ...]:
    """`a | b | /pattern/`. A `|` inside a pattern belongs to it. Raises PatternError for a pattern that cannot be used."""
    answers: list[Answer] = []
    rest = text
    while rest.strip():
        pattern = _PATTERN.match(rest)
        if pattern:
            patterns.compiled(pattern.group(1))
            answers.append(Answer(pattern.group(1), is_pattern=True))
            rest = rest[pattern.end() :]
        else:
            plain, _, rest = rest.partition("|")
            answers.append(Answer(plain.strip()))
    return tuple(answer for answer in answers if answer.text)


def first_text(answers: tuple[Answer, ...]) -> str:
    """The answer to show as the solution: the first that is no pattern."""
    return next((answer.text for answer in answers if not answer.is_pattern), "")
