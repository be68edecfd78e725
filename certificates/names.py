"""Rules about names on certificates: what can be printed, and when two spellings mean the same."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.i18n import N_

LONGEST = 200
# Format characters that scripts need between letters (Persian, Indic); all others, such as text direction, are dropped.
_JOINERS = "\u200c\u200d"
_NOT_WRITING = ("Cc", "Co", "Cs", "Cn", "So", "Sk")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "æ": "ae", "ł": "l", "đ": "d"})


@dataclass(frozen=True)
class Problem:
    """Why a name cannot be printed: a gettext message id with %(name)s places for `values`."""

    message: str
    values: Mapping[str, str | int]


def tidy(name: str) -> str:
    """The name with single spaces, composed letters, and without characters that nobody sees."""
    visible = (c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) != "Cf" or c in _JOINERS)
    return " ".join("".join(visible).split())


def problem(name: str, can_print: Callable[[str], bool]) -> Problem | None:
    """What forbids to print a tidy name; None if nothing does."""
    if not any(character.isalpha() for character in name):
        return Problem(N_("Please enter your name as it shall stand on the certificate."), {})
    if len(name) > LONGEST:
        return Problem(N_("The name has %(length)s characters; at most %(most)s fit on a certificate."),
                       {"length": len(name), "most": LONGEST})
    wrong = [c for c in dict.fromkeys(name) if not c.isspace() and c not in _JOINERS and not _writing(c, can_print)]
    if wrong:
        return Problem(N_("These characters cannot be printed: %(characters)s. Please write the name without them, "
                          "for example in Latin letters as in your passport."),
                       {"characters": ", ".join(_called(character) for character in wrong[:5])})
    return None


def same(one: str, other: str) -> bool:
    """Whether two spellings mean the same name: order of the parts, case, accents and punctuation do not count."""
    return _parts(one) == _parts(other) != []


def _writing(character: str, can_print: Callable[[str], bool]) -> bool:
    return unicodedata.category(character) not in _NOT_WRITING and can_print(character)


def _called(character: str) -> str:
    return f"“{character}” (U+{ord(character):04X} {unicodedata.name(character, '')})".replace(" )", ")")


def _parts(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", tidy(name)).casefold().translate(_UMLAUTS)
    letters = "".join(
        c if c.isalnum() else " " for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c)
    )
    return sorted(letters.split())
