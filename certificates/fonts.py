"""The fonts that certificates are printed with: which characters they have, and how wide a text gets."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

from certificates import scripts

FOLDER = Path(__file__).parent / "fonts"
# Whole fonts, one file a face: WeasyPrint 70 takes the subsets of one family, as the web uses them, for one font and prints
# wrong letters.
SERIF = ("source-serif-4-600.ttf", "dejavu-sans.ttf")
SANS = ("source-sans-3-400.ttf", "dejavu-sans.ttf")
STRONG = ("source-sans-3-600.ttf", "dejavu-sans.ttf")
FACES = (
    ("Certificate Sans", 400, "source-sans-3-400.ttf"), ("Certificate Sans", 600, "source-sans-3-600.ttf"),
    ("Certificate Serif", 600, "source-serif-4-600.ttf"), ("Certificate Rest", 400, "dejavu-sans.ttf"),
)
LAST = "Certificate Rest"              # The family that style sheets name last.
_UNKNOWN = 1.0  # em; a wide guess for characters of fonts that the system brings


@dataclass(frozen=True)
class Step:
    """A size in points at which a text may stand, on so many lines."""

    size: float
    lines: int


@cache
def _widths(files: tuple[str, ...]) -> Mapping[int, float]:
    """Width in em by character, of the first font that has it."""
    widths: dict[int, float] = {}
    for file in reversed(files):
        widths |= _widths_in(file)
    return widths


@cache
def _widths_in(file: str) -> Mapping[int, float]:
    """Each font is read once: fontTools takes some megabytes for it, and they stay in the process."""
    with TTFont(FOLDER / file) as font:
        metrics, em = font["hmtx"].metrics, font["head"].unitsPerEm
        return {character: metrics[glyph][0] / em for character, glyph in font.getBestCmap().items()}


@lru_cache(maxsize=2000)
def width(text: str, files: tuple[str, ...]) -> float:
    """How wide a text is on one line, in em."""
    known = _widths(files)
    return sum(known[ord(character)] if ord(character) in known else _width_elsewhere(character) for character in text)


def _width_elsewhere(character: str) -> float:
    found = scripts.width(character)
    return _UNKNOWN if found is None else found


def beyond(text: str) -> set[str]:
    """The characters of a text that none of the certificate's own fonts has."""
    known = _widths(SERIF)
    return {character for character in set(text) if ord(character) not in known and not character.isspace()}


def fit(text: str, files: tuple[str, ...], points: float, steps: tuple[Step, ...]) -> float:
    """The first size at which the text fits into a box that is `points` wide; the last one if none does.

    Lines break at words, so that several lines are counted as nine tenths full.
    """
    needed = width(text, files)
    for step in steps:
        room = points / step.size * (1 if step.lines == 1 else 0.9 * step.lines)
        if needed <= room:
            return step.size
    return steps[-1].size


def can_print(character: str) -> bool:
    """Whether a font that comes with Lotse, or one on this system, has the character. Else the print shows a box."""
    return ord(character) in _widths(SERIF) or scripts.having(character) is not None or _system_has(character)


@lru_cache(maxsize=10_000)
def _system_has(character: str) -> bool:
    """Ask fontconfig, which Pango asks too. A university that needs one more script installs a font for it."""
    command = shutil.which("fc-list")
    if command is None:
        return False
    found = subprocess.run(  # noqa: S603 - the only variable part is a hexadecimal number
        [command, f":scalable=true:charset={ord(character):x}", "file"], capture_output=True, timeout=10, check=False,
    )
    return bool(found.stdout.strip())
