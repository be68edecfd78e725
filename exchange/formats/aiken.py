"""Aiken: a question on one line, options `A. …`, and `ANSWER: A`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.i18n import N_
from exchange.collecting import Collected
from exchange.html import plain
from exchange.model import Choice, Entry, Item, Reading, UnreadableError
from exchange.normal import one_right
from exchange.text import lines

NAME = "aiken"
_OPTION = re.compile(r"([A-Z])[.)]\s+(.*)")
_ANSWER = re.compile(r"ANSWER:\s*([A-Z])\s*", re.IGNORECASE)


def looks_like(text: str) -> bool:
    """Whether a text may be Aiken."""
    return bool(re.search(r"^[A-Z][.)] .*\n(?:.*\n)*?ANSWER:\s*[A-Z]\s*$", text[:100_000], re.MULTILINE))


@dataclass
class _Question:
    line: int
    text: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    answer: str = ""


def read(content: bytes, path: str, language: str) -> Reading:
    """Read a file in Aiken."""
    collected = Collected(NAME, path, language)
    questions = _questions(lines(content, collected))
    collected.each((" ".join(question.text), "multiple choice", question.line, lambda entry, question=question: _item(question, entry))  # type: ignore[misc]
                   for question in questions)
    return collected.done()


def _questions(lines: Iterable[str]) -> Iterator[_Question]:
    question: _Question | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        question = question or _Question(number)
        if answer := _ANSWER.fullmatch(line.strip()):
            question.answer = answer[1].upper()
            yield question
            question = None
        elif option := _OPTION.fullmatch(line.strip()):
            question.options[option[1]] = option[2]
        elif question.options:  # A new question begins, and the one before had no answer.
            yield question
            question = _Question(number, [line.strip()])
        else:
            question.text.append(line.strip())
    if question:
        yield question


def _item(question: _Question, entry: Entry) -> Item:
    if not question.answer:
        raise UnreadableError(N_("The line “ANSWER: …” is missing."))
    if question.answer not in question.options:
        raise UnreadableError(N_("The right answer “%(letter)s” is none of the options."), letter=question.answer)
    choices = [Choice(plain(text), weight=1.0 if letter == question.answer else None) for letter, text in question.options.items()]
    return Item(kind="single", line=question.line, title=" ".join(question.text)[:60], stem=plain("\n".join(question.text)), choices=one_right(choices, entry))
