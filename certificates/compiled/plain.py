"""Which texts may be placed on a page that is printed already: those of letters that stand one after the other.

Scripts that are written from right to left, that join their letters or set marks above them are left to the whole print.
"""

import unicodedata
from functools import lru_cache

_ALPHABETS = ("LATIN ", "GREEK ", "CYRILLIC ")
_DIRECTIONS = ("L", "EN", "ES", "ET", "CS", "ON", "WS")


def is_plain(text: str) -> bool:
    """Whether the text is of Latin, Greek or Cyrillic letters, digits, punctuation and spaces only."""
    return bool(text) and all(map(_is_plain, text))


@lru_cache(maxsize=1000)
def _is_plain(character: str) -> bool:
    kind = unicodedata.category(character)
    if unicodedata.bidirectional(character) not in _DIRECTIONS:
        return False
    if kind in ("Lu", "Ll"):
        return unicodedata.name(character, "").startswith(_ALPHABETS)
    return kind in {"Nd", "Zs"} or kind.startswith("P")
