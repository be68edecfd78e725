"""What differs between the certificates of one page, and the page that is left without it.

A page is the same for two certificates when their HTML is the same, apart from the values that differ. That is found out
from the HTML alone: whatever a template does with a name beside writing it out makes another page of it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import escape

_FIRST = 0xE000                        # Private characters: names have none (names.problem).
_PRIVATE = re.compile("[\ue000-\uf8ff]")


@dataclass(frozen=True)
class Varying:
    """A value that differs. `stand_ins` are what is printed in its place to learn what depends on it: two, of different widths."""

    value: str
    stand_ins: tuple[str, str]
    picture: bool = False              # it is SVG, written into the page as it is

    def choose(self, stand_in: int | None) -> str:
        """The value, or one of those in its place."""
        return self.value if stand_in is None else self.stand_ins[stand_in]

    def in_html(self, text: str) -> str:
        """As it stands in the page."""
        return text if self.picture else str(escape(text))


def pattern(html: str, values: Iterable[Varying]) -> str | None:
    """The page with a private character in place of each value; None if it has such characters itself.

    Whatever it looks like, filled() with the values gives the page again.
    """
    if _PRIVATE.search(html):
        return None
    for place, entry in enumerate(values):
        if entry.value:
            html = html.replace(entry.in_html(entry.value), chr(_FIRST + place))
    return html


def filled(page: str, values: Sequence[Varying], stand_in: int | None = None) -> str:
    """The page with its values, or with what stands in for them."""
    for place, entry in enumerate(values):
        page = page.replace(chr(_FIRST + place), entry.in_html(entry.choose(stand_in)))
    return page
