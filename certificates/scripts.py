"""Fonts of the world's other scripts, for names that the certificate's own fonts lack: Chinese, Japanese, Korean, Indic, Thai, Ethiopic …

They come as packages and are only opened when a text needs them: an ordinary certificate knows nothing of them. One font has
the Han characters of all regions; which form it prints follows the language that is told to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont

_PACKAGES = ("manimgx_fonts", "noto_cjk_sans_jp_regular")
_WANTED = re.compile(r"NotoSans(?!-Italic|Symbols|\[)")  # Beside the scripts, the packages bring Latin, italics and symbols.
_VARIATIONS = {"fvar", "gvar", "avar", "cvar", "HVAR", "MVAR", "VVAR", "STAT"}
_LANGUAGES = (
    ("ja", re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")), ("ko", re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")),
    ("zh-Hant", re.compile("[\u3100-\u312f\u31a0-\u31bf]")), ("zh-Hans", re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
)


@dataclass(frozen=True)
class Spare:
    """A font that stands in where the certificate's own have no letter."""

    family: str
    file: Path

    def content(self) -> bytes:
        """The file; of a variable font its regular weight alone. WeasyPrint would cut another one out for each page, with the time of day in it."""
        with TTFont(self.file, recalcTimestamp=False) as font:
            if "fvar" not in font:
                return self.file.read_bytes()
            for table in _VARIATIONS & set(font.keys()):
                del font[table]
            out = BytesIO()
            font.save(out)
        return out.getvalue()


def having(character: str) -> Spare | None:
    """The font that has a character; None if none of them does."""
    return next((font for font in _spares() if ord(character) in _widths(font.file)), None)


def width(character: str) -> float | None:
    """How wide a character gets, in em; None if none of the fonts has it."""
    font = having(character)
    return _widths(font.file)[ord(character)] if font else None


def needed(characters: set[str]) -> tuple[Spare, ...]:
    """The fonts that these characters need, in an order that is always the same."""
    found = {font for character in characters if (font := having(character))}
    return tuple(font for font in _spares() if font in found)


def language(text: str) -> str | None:
    """The language whose forms of Han characters fit a text, as far as its writing tells; None where it has none.

    Names in Han characters only may be of any region; they are printed in the forms of most of their readers.
    """
    return next((tag for tag, writing in _LANGUAGES if writing.search(text)), None)


@cache
def _spares() -> tuple[Spare, ...]:
    return tuple(Spare(f"Certificate {file.name.partition('[')[0].partition('.')[0]}", file) for file in _files())


def _files() -> Iterator[Path]:
    for package in _PACKAGES:
        found = find_spec(package)
        for folder in found.submodule_search_locations or () if found else ():
            yield from sorted(file for file in Path(folder).iterdir() if file.suffix in (".ttf", ".otf") and _WANTED.match(file.name))


@cache
def _widths(file: Path) -> Mapping[int, float]:
    """Width in em by character. A tenth of a second for the largest font, and nothing of its outlines is read."""
    with TTFont(file, lazy=True) as font:
        metrics, em = font["hmtx"].metrics, font["head"].unitsPerEm
        return {character: metrics[glyph][0] / em for character, glyph in font.getBestCmap().items()}
