"""Texts in easy language: a module may have one beside its text in the same language, and learners choose which they read.

It is no language of its own. Questions keep their ids and keys, so an answer counts the same in both texts; what the easy text
leaves out is there in the other one.
"""

WRITTEN_IN = {"leicht": "de"}  # Name of an easy text (module.leicht.md) → the language that it is written in.


def written_in(text: str) -> str:
    """The language of a text: that of an easy one, and of any other its own name."""
    return WRITTEN_IN.get(text, text)


def easy_text_in(language: str) -> str | None:
    """What the easy text of a language is called."""
    return next((text for text, written in WRITTEN_IN.items() if written == language), None)
