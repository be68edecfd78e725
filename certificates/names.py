"""Rules about names on certificates: what can be printed, and when two spellings mean the same."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.i18n import N_

LONGEST = 200
# Format characters that some scripts need between their letters (Persian, Indic); all others, such as text direction, are dropped.
_JOINERS = "\u200c\u200d"
_JOINING = re.compile("[\u0600-\u08ff\u0900-\u1fff]")
# Letters and marks by their category that show nothing by themselves: fillers, and selectors of a letter's variant.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NOT_WRITING = ("Cc", "Co", "Cs", "Cn", "So", "Sk", "Me")
_MOST_MARKS = 4                        # Over or under one letter; more would run into the lines beside it.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "æ": "ae", "ł": "l", "đ": "d"})


@dataclass(frozen=True)
class Problem:
    """Why a name cannot be printed: a gettext message id with %(name)s places for `values`."""

    message: str
    values: Mapping[str, str | int]


def tidy(name: str) -> str:
    """The name with single spaces, composed letters, and without characters that nobody sees."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFC", name))
    visible = "".join(c for c in seen if unicodedata.category(c) != "Cf" or c in _JOINERS)
    return " ".join(_without_idle_joiners(visible).split())


def problem(name: str, can_print: Callable[[str], bool]) -> Problem | None:
    """What forbids to print a tidy name; None if nothing does."""
    if not any(character.isalpha() for character in name):
        return Problem(N_("Please enter your name as it shall stand on the certificate."), {})
    if len(name) > LONGEST:
        return Problem(N_("The name has %(length)s characters; at most %(most)s fit on a certificate."),
                       {"length": len(name), "most": LONGEST})
    if _stacked(name):
        return Problem(N_("There are marks in the name that stand on no letter, or too many on one. Please write the name without them, "
                          "for example in Latin letters as in your passport."), {})
    wrong = [c for c in dict.fromkeys(name) if not c.isspace() and c not in _JOINERS and not _writing(c, can_print)]
    if wrong:
        return Problem(N_("These characters cannot be printed: %(characters)s. Please write the name without them, "
                          "for example in Latin letters as in your passport."),
                       {"characters": ", ".join(_called(character) for character in wrong[:5])})
    return None


def same(one: str, other: str) -> bool:
    """Whether two spellings mean the same name: order of the parts, case, accents and punctuation do not count."""
    return _parts(one) == _parts(other) != []


def _without_idle_joiners(name: str) -> str:
    """Joiners between letters of the scripts that need them, and nowhere else: two names that look the same are the same."""
    around = zip(" " + name, name, name[1:] + " ", strict=False)
    return "".join(c for before, c, after in around if c not in _JOINERS or (_JOINING.match(before) and _JOINING.match(after)))


def _stacked(name: str) -> bool:
    """Whether marks stand on nothing, or pile up."""
    marks = _MOST_MARKS                # The first character must be none.
    for character in name:
        if unicodedata.category(character) == "Mn":
            marks += 1
            if marks > _MOST_MARKS:
                return True
        elif character not in _JOINERS:
            marks = _MOST_MARKS if character.isspace() else 0
    return False


def _writing(character: str, can_print: Callable[[str], bool]) -> bool:
    return unicodedata.category(character) not in _NOT_WRITING and can_print(character)


def _called(character: str) -> str:
    shown = f"“{character}” " if character.isprintable() else ""  # A page cannot hold half a surrogate pair.
    return f"{shown}(U+{ord(character):04X} {unicodedata.name(character, '')})".replace(" )", ")")


def _parts(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", tidy(name)).casefold().translate(_UMLAUTS)
    spelled = unicodedata.normalize("NFKD", "".join(c for c in plain if c not in _JOINERS))
    letters = "".join(c if c.isalnum() else " " for c in spelled if not unicodedata.combining(c))
    return sorted(letters.split())
