"""Advice on how questions are written: flaws that let test-wise learners guess, or leave learners without a reason."""

import re

from assessments.kinds.base import Source
from assessments.kinds.options import ChoiceItem, Option
from core.i18n import N_

_ALL_OF_THEM = re.compile(
    r"\b(?:all|none|both) of the (?:above|below|mentioned|other)"
    r"|\b(?:alle|keine|keiner|keines) (?:der |dieser |die )?(?:oben |hier )?(?:genannt|vorstehend|vorgenannt|aufgeführt|obig|ander)"
    r"|\b(?:alle|keine) (?:der |diese[r]? )?(?:antworten|aussagen|optionen)\b"
    r"|\b(?:a und b|a and b|beide antworten|both answers)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"(?<![*_\w])(?:nicht|kein|keine|keinen|keinem|keiner|keines|nie|not|never|except|isn't|aren't|doesn't|don't)(?![*_\w])")
_SENTENCE_END = re.compile(r"(?<=[.!?])")
_EMPHASIS = re.compile(r"[*_`]")
_MUCH_LONGER = 1.3
_MORE_LETTERS = 15


def advise_choice(item: ChoiceItem, source: Source) -> None:
    """Everything that is checked in questions with options."""
    _advise_length(item, source)
    _advise_all_of_them(item, source)
    _advise_negation(source)
    _advise_feedback(item, source)


def advise_explanation(explanation: str, feedback: bool, source: Source) -> None:
    """A learner who was wrong should learn why."""
    if not explanation and not feedback:
        source.warning("no-feedback", N_("A wrong answer gets no reason."),
                       N_("Add an explanation with “!”, or feedback with “>” below the answers."))


def _length(option: Option) -> int:
    return len(_EMPHASIS.sub("", option.written))


def _advise_length(item: ChoiceItem, source: Source) -> None:
    right = min(_length(option) for option in item.options if option.right)
    wrong = max((_length(option) for option in item.options if not option.right), default=right)
    if right > wrong * _MUCH_LONGER and right - wrong >= _MORE_LETTERS:
        source.warning("right-is-longest", N_("The right option is much longer than the others, which gives it away."),
                       N_("Shorten it, or write the others as fully."))


def _advise_all_of_them(item: ChoiceItem, source: Source) -> None:
    for option in item.options:
        if _ALL_OF_THEM.search(option.written):
            source.warning("all-of-the-above", N_("“All of the above” can be guessed from two options, and shuffling breaks it."),
                           N_("Make a “multi” question, or name the content."), option.line)


def _advise_negation(source: Source) -> None:
    text = source.body.text
    questions = [sentence for sentence in _SENTENCE_END.split(text) if sentence.endswith("?")] or [text]
    if any(_NEGATION.search(question) for question in questions):
        source.warning("negation", N_("The question has a negation that is easily overlooked."),
                       N_("Ask positively, or emphasise it: **not**."), source.block.line)


def _advise_feedback(item: ChoiceItem, source: Source) -> None:
    explained = bool(item.explanation)
    if not explained and any(not option.right and not option.feedback for option in item.options):
        advise_explanation("", False, source)
