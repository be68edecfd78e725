"""A page as WeasyPrint wrote it into the PDF: finding what was written for a value, and writing another one.

Fonts are cut down to the glyphs that are used, and list them in the order of their first use. So all that is written is gone
through once more for each certificate: the constant text from a list, the values by WeasyPrint's own hand.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Any

from certificates.compiled.assembly import joined
from certificates.compiled.errors import WholeError
from certificates.compiled.paragraphs import Paragraph, SetLine
from certificates.compiled.varying import Varying
from certificates.qr import drawn

_FONT = re.compile(rb"/([A-Z]{6}) \S+ Tf")
_CUTS = 8
_GLYPHS = re.compile(rb"<([0-9a-f]*)>")
Chunk = Any
"""A piece of a content stream, as pydyf keeps it: bytes, text, or something with bytes."""


@dataclass(frozen=True)
class Place:
    """Where a line of a value stands among the chunks of the page's stream: [start, end), and whether its font is named there."""

    paragraph: int
    line: int
    start: int
    end: int
    names_font: bool


@dataclass(frozen=True)
class Drawing:
    """Where a picture stands."""

    value: int
    start: int
    end: int


@dataclass(frozen=True)
class Glyphs:
    """What constant text shows in a font: the glyphs in their order, with their characters."""

    font: int
    characters: Mapping[int, str]


@dataclass(frozen=True)
class Constant:
    """What does not differ, between two places."""

    content: bytes
    glyphs: tuple[Glyphs, ...]


@dataclass(frozen=True)
class Written:
    """The page's stream: what does not differ, with the places between it; and its fonts."""

    constants: tuple[Constant, ...]    # before each place, and behind the last one
    places: tuple[Place | Drawing, ...]
    fonts: Mapping[int, Any]

    def write(self, lines: Sequence[Sequence[SetLine]], values: Sequence[str]) -> tuple[list[Chunk], dict[int, Any]]:
        """The stream with other lines (by paragraph) and pictures, and the fonts with the glyphs that it uses. Raises WholeError."""
        pen, content = _Pen(self.fonts), list[Chunk]()
        for constant, place in zip_longest(self.constants, self.places):
            content.append(constant.content)
            pen.show(constant.glyphs)
            if isinstance(place, Drawing):
                content.append(b"\n".join(drawn(values[place.value])))
            elif place:
                matrix, font, *text = pen.write(lines[place.paragraph][place.line])
                content += [matrix, *([font] if place.names_font else []), *text]
        return content, pen.fonts


def read(stream: Any, fonts: Mapping[int, Any], paragraphs: Sequence[Paragraph], values: Sequence[Varying], shown: Sequence[str]) -> Written:
    """Find the lines of the paragraphs and the pictures in a page's stream. Raises WholeError when one is not there, or there twice."""
    chunks = tuple(stream.stream)
    if any(font.bitmap for font in fonts.values()):
        raise WholeError("a font of pictures")
    pictures = (_drawing(chunks, index, shown[index]) for index, entry in enumerate(values) if entry.picture)
    places: list[Place | Drawing] = [*_places(chunks, fonts, paragraphs), *pictures]
    places.sort(key=lambda place: place.start)
    edges = [0, *(edge for place in places for edge in (place.start, place.end)), len(chunks)]
    names = {font.hash.encode(): key for key, font in fonts.items()}
    constants = (
        Constant(joined(chunks[start:end]), tuple(_shown(chunks, start, end, names, fonts)))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )
    return Written(tuple(constants), tuple(places), fonts)


def _places(chunks: Sequence[Chunk], fonts: Mapping[int, Any], paragraphs: Sequence[Paragraph]) -> Iterator[Place]:
    pen = _Pen(fonts)
    for index, paragraph in enumerate(paragraphs):
        for number, line in enumerate(paragraph.lines):
            matrix, font, *text = pen.write(SetLine(line.text, 0))
            found = [place for place, chunk in enumerate(chunks) if chunk == matrix]
            if len(found) != 1:
                raise WholeError("a text is not to be found in the page")
            start = found[0]
            names_font = chunks[start + 1] == font
            end = start + 1 + names_font + len(text)
            if list(chunks[start + 1 + names_font : end]) != text:
                raise WholeError("a text was written in another way than expected")
            yield Place(index, number, start, end, names_font)


def _drawing(chunks: Sequence[Chunk], value: int, svg: str) -> Drawing:
    path = tuple(drawn(svg))
    found = [start for start in range(len(chunks) - len(path) + 1) if chunks[start : start + 2] == path[:2] and chunks[start : start + len(path)] == path]
    if len(found) != 1:
        raise WholeError("a picture is not to be found in the page")
    return Drawing(value, found[0], found[0] + len(path))


def _shown(chunks: Sequence[Chunk], start: int, end: int, names: Mapping[bytes, int], fonts: Mapping[int, Any]) -> Iterator[Glyphs]:
    """The glyphs that are shown by [start, end), in order, by font; the font may be named before it."""
    font = _font_at(chunks, start, names)
    characters: dict[int, str] = {}
    for chunk in chunks[start:end]:
        if not isinstance(chunk, bytes):
            continue
        if named := _FONT.fullmatch(chunk):
            if characters and font is not None:
                yield Glyphs(font, characters)
            font, characters = names[named[1]], {}
        elif chunk.endswith(b"] TJ") and font is not None:
            for glyph in _glyphs_in(chunk):
                characters.setdefault(glyph, fonts[font].to_unicode[glyph])
    if characters and font is not None:
        yield Glyphs(font, characters)


def _font_at(chunks: Sequence[Chunk], start: int, names: Mapping[bytes, int]) -> int | None:
    for chunk in reversed(chunks[:start]):
        if isinstance(chunk, bytes) and (named := _FONT.fullmatch(chunk)):
            return names[named[1]]
    return None


def _glyphs_in(chunk: bytes) -> Iterator[int]:
    for digits in _GLYPHS.findall(chunk):
        for index in range(0, len(digits), 4):
            yield int(digits[index : index + 4], 16)


class _Pen:
    """Writes text with WeasyPrint's own code, and notes which glyphs of which fonts were used."""

    def __init__(self, fonts: Mapping[int, Any]) -> None:
        self.fonts = {key: fresh(font) for key, font in fonts.items()}
        self._widths = {key: font.widths for key, font in fonts.items()}
        self._stream = _stream(self.fonts)

    def show(self, glyphs: Sequence[Glyphs]) -> None:
        """Note constant text."""
        for shown in glyphs:
            font, widths = self.fonts[shown.font], self._widths[shown.font]
            for glyph, characters in shown.characters.items():
                font.to_unicode.setdefault(glyph, characters)
                font.widths[glyph] = widths[glyph]

    def write(self, line: SetLine) -> list[Chunk]:
        """The chunks that show a line: matrix, font, then the text. Raises WholeError for a text of several fonts, or another one."""
        from weasyprint.draw.text import draw_first_line  # noqa: PLC0415 - needs system libraries, see certificates.pdf
        from weasyprint.matrix import Matrix  # noqa: PLC0415 - as above

        text, stream = line.text, self._stream
        stream.stream, stream._current_font = [], None
        text.pango_layout.reactivate(text.style)
        emojis = draw_first_line(stream, text, "clip", "none", Matrix(d=-1, e=text.position_x, f=text.position_y + text.baseline))
        text.pango_layout.deactivate()
        matrix, *rest = stream.stream
        named = [chunk for chunk in rest if _FONT.fullmatch(chunk)]
        if emojis or len(named) != 1 or rest[0] != named[0] or any(font.missing for font in self.fonts.values()):
            raise WholeError("a text in more than one font")
        return [matrix, *rest]


class _Known(dict[int, Any]):
    """Fonts of the page; another one is not added."""

    def __missing__(self, key: int) -> Any:
        raise WholeError("a font that the page does not have")

    def __contains__(self, key: object) -> bool:
        return True


def _stream(fonts: dict[int, Any]) -> Any:
    from weasyprint.pdf.stream import Stream  # noqa: PLC0415 - as above

    return Stream(_Known(fonts), None, None, None, None, None, None)


def fresh(font: Any) -> Any:
    """A font of which nothing is used yet."""
    other = copy(font)
    other.to_unicode, other.missing, other.widths = {}, {}, {}
    other.clean = partial(_cut, other, font.__dict__.setdefault("cuts", {}))
    return other


def _cut(font: Any, cuts: dict[tuple[int, ...], bytes], glyphs: Mapping[int, str], hinting: bool) -> None:
    """WeasyPrint's `clean`, which remembers the last ones: what is set in digits is often of the same ones."""
    key = tuple(sorted(glyphs))
    if key not in cuts:
        type(font).clean(font, glyphs, hinting)
        if len(cuts) >= _CUTS:
            del cuts[next(iter(cuts))]
        cuts[key] = font.file_content
    font.file_content = cuts[key]
