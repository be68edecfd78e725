"""A long XML text cut where elements of one name begin and end, without ever holding more of it than one of them.

Only CDATA, comments and the tags of these elements are looked at. So whatever is wrong within one element, even that it has no
end, stays in it: the next one begins anew.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST = 20 << 20                     # characters of one piece; of a longer one only its beginning is kept
LONGEST_BETWEEN = 1 << 20              # of what stands between two of them
_BEGINNING = 2_000
_TAG = 2_000                           # characters of a start tag that are waited for
_PREFIX = r"(?:[A-Za-z_][\w.-]{0,40}:)?"
_SELF_CLOSING = re.compile(r"[^<>]*/>")
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->"}


@dataclass
class Cut:
    """A piece of the text, and where it begins. `inside`: it is one of the elements; else what stands between them."""

    line: int
    column: int
    inside: bool
    letters: int = 0
    _parts: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether all of it was kept."""
        return self.letters <= (LONGEST if self.inside else LONGEST_BETWEEN)

    @property
    def text(self) -> str:
        """What it holds."""
        return "".join(self._parts)

    def add(self, text: str) -> None:
        """Add to it, as long as that can be kept."""
        self.letters += len(text)
        if self.whole:
            self._parts.append(text)
        elif self._parts:
            self._parts = [self.text[:_BEGINNING]] if self.inside else []


def cut(pieces: Iterable[str], names: Iterable[str]) -> Iterator[Cut]:
    """All of a text in order: what stands between the elements, element, what stands between them, and so on."""
    return _Cutting(names).of(pieces)


class _Cutting:
    def __init__(self, names: Iterable[str]) -> None:
        known = "|".join(names)
        self._token = re.compile(rf"(<!\[CDATA\[|<!--)|(<{_PREFIX}(?:{known})(?=[\s/>]))|(</{_PREFIX}(?:{known})\s{{0,20}}>)")
        self._longest = 80 + max(map(len, names))
        self._now = Cut(1, 1, False)
        self._line = self._column = 1
        self._text = ""
        self._at = 0
        self._end = ""                 # what ends the CDATA or comment in which we are

    def of(self, pieces: Iterable[str]) -> Iterator[Cut]:
        for piece in pieces:
            self._text = self._text[self._at:] + piece
            self._at = 0
            yield from self._look(last=False)
        yield from self._look(last=True)
        yield self._now

    def _look(self, *, last: bool) -> Iterator[Cut]:
        """Go on as far as it is certain what the text is."""
        while True:
            if self._end:
                end = self._text.find(self._end, self._at)
                if end < 0:
                    return self._take(len(self._text) - (0 if last else len(self._end) - 1))
                self._take(end + len(self._end))
                self._end = ""
            found = self._token.search(self._text, self._at)
            if found is None:
                return self._take(len(self._text) - (0 if last else self._longest))
            aside, begins, _ = found.groups()
            if aside:
                self._take(found.end())
                self._end = _ENDS[aside]
            elif begins:
                if not last and self._unfinished(found):
                    return self._take(found.start())
                self._take(found.start())
                yield self._next(inside=True)
                closed = _SELF_CLOSING.match(self._text, found.end())
                self._take(closed.end() if closed else found.end())
                if closed:
                    yield self._next(inside=False)
            else:
                self._take(found.end())
                if self._now.inside:
                    yield self._next(inside=False)

    def _unfinished(self, found: re.Match[str]) -> bool:
        return self._text.find(">", found.end()) < 0 and len(self._text) - found.start() < _TAG

    def _take(self, end: int) -> None:
        text = self._text[self._at:end]
        if text:
            self._now.add(text)
            self._at = end
            breaks = text.count("\n")
            self._column = len(text) - text.rindex("\n") if breaks else self._column + len(text)
            self._line += breaks

    def _next(self, *, inside: bool) -> Cut:
        done, self._now = self._now, Cut(self._line, self._column, inside)
        return done
