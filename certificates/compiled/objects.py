"""The objects of a PDF made anew: with other texts, another file, another place of a link, other glyphs of the fonts."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import pydyf

from certificates.compiled.paragraphs import SetLine

VERSION = "1.7"                        # of PDF, as PDF/A-3 wants it
_POINTS = 0.75                         # of a CSS pixel


def with_texts(entry: Any, change: Callable[[str], str]) -> Any:
    """A copy in which each text is changed."""
    if isinstance(entry, pydyf.String):
        return pydyf.String(change(entry.string) if isinstance(entry.string, str) else entry.string)
    if isinstance(entry, pydyf.Dictionary):
        return pydyf.Dictionary({key: with_texts(value, change) for key, value in entry.items()})
    if isinstance(entry, pydyf.Array):
        return pydyf.Array([with_texts(value, change) for value in entry])
    return entry


def has_text(entry: Any, texts: Iterable[str]) -> bool:
    """Whether one of the texts stands in one of the object's."""
    if isinstance(entry, pydyf.String):
        return isinstance(entry.string, str) and any(text in entry.string for text in texts)
    inner = entry.values() if isinstance(entry, pydyf.Dictionary) else entry if isinstance(entry, pydyf.Array) else ()
    return any(has_text(value, texts) for value in inner)


def file(former: Any, content: bytes) -> Any:
    """An attached file with another content; see weasyprint.pdf.anchors."""
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    params = pydyf.Dictionary({**former.extra["Params"], "CheckSum": f"<{digest}>", "Size": len(content)})
    return pydyf.Stream([content], pydyf.Dictionary({**former.extra, "Params": params}), compress=former.compress)


def rectangle(box: Any, line: SetLine, height: float) -> Any:
    """Where a link around a text is, in points from the page's lower left corner; see weasyprint.pdf.anchors."""
    from weasyprint.matrix import Matrix  # noqa: PLC0415 - needs system libraries, see certificates.pdf

    x, y, _, tall = box.hit_area()
    matrix = Matrix(_POINTS, 0, 0, -_POINTS, 0, height * _POINTS)
    left, right = x + line.moved, x + line.moved + line.text.width
    return pydyf.Array([*matrix.transform_point(left, y), *matrix.transform_point(right, y + tall)])


def fonts(first: int, used: dict[int, Any]) -> list[Any]:
    """The objects of fonts, cut down to the glyphs that are used, numbered from `first` on."""
    from weasyprint import DEFAULT_OPTIONS  # noqa: PLC0415 - as above
    from weasyprint.pdf.fonts import build_fonts_dictionary  # noqa: PLC0415 - as above

    numbers = _Numbers(first)
    build_fonts_dictionary(numbers, used, True, True, {**DEFAULT_OPTIONS, "pdf_version": VERSION})
    return numbers.objects


class _Numbers:
    """Stands for a PDF to which objects are added: it numbers them from a first one on."""

    def __init__(self, first: int) -> None:
        self.first, self.objects = first, list[Any]()

    def add_object(self, entry: Any) -> None:
        """Number it."""
        entry.number = self.first + len(self.objects)
        self.objects.append(entry)
