r"""Authors' patterns, matched in linear time.

Python's own `re` backtracks and cannot be stopped, so one careless pattern in a course could hold a worker for hours.
RE2 matches every pattern in time linear to the text. What it cannot do (look-around, back references) is refused
when the course is checked. Its `\w` knows ASCII letters only; here it means any letter, as German needs it.
"""

import re
from functools import lru_cache
from typing import Any

import re2

from core.i18n import N_

MOST_PATTERN = 300
MOST_TEXT = 20_000
_WORD = r"\p{L}\p{M}\p{N}_"
_MEMORY = 1 << 20
_compile: Any = re2.compile
_OUTSIDE_ASCII = r"[^\x00-\x7f]"
_BOUNDARY = re.compile(rf"\\b[\[(]*{_OUTSIDE_ASCII}|{_OUTSIDE_ASCII}[\])]*\\b")


class PatternError(ValueError):
    """A pattern cannot be used. The first argument is a message id, `reason` is its only place."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The pattern, ready to match without regard to case. Raises PatternError with the reason."""
    if len(pattern) > MOST_PATTERN:
        raise PatternError(N_("The pattern is too long."))
    if _BOUNDARY.search(pattern):
        raise PatternError(N_("“\\b” beside a letter such as ä or ß never fits."))
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return _compile(_with_all_letters(pattern), options)
    except (re2.error, UnicodeError) as error:
        raise PatternError(N_("The pattern cannot be read: %(reason)s"), _reason(error)) from error


def search(pattern: str, text: str) -> str | None:
    """The first part of the text that fits, or None. Only the first 20,000 characters are looked at."""
    found = compiled(pattern).search(_clean(text))
    return None if found is None else str(found.group(0))


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern."""
    return compiled(pattern).fullmatch(_clean(text)) is not None


def _clean(text: str) -> str:
    """Lone surrogates cannot be encoded, and RE2 reads UTF-8."""
    return text[:MOST_TEXT].encode("utf-8", "replace").decode()


def _with_all_letters(pattern: str) -> str:
    out, in_class, at = [], False, 0
    while at < len(pattern):
        sign = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        at += len(sign)
        if sign == r"\w":
            sign = _WORD if in_class else f"[{_WORD}]"
        elif sign == r"\W" and not in_class:
            sign = f"[^{_WORD}]"
        elif sign == "[":
            in_class = True
        elif sign == "]":
            in_class = False
        out.append(sign)
    return "".join(out)


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
