"""The picture of a badge: a round seal with the course's name. It stands for the credential that is baked into it."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from certificates.fonts import FOLDER

SIDE = 600
_SHARPER = 2                           # Pillow draws circles without smooth edges; scaling down makes them smooth.
_TEXT_WIDTH = 380
_LINES = 4
_LATIN_ENDS = "\u024f"


def draw(*, heading: str, title: str, issuer: str, colour: str, accent: str) -> bytes:
    """A PNG with what was earned (heading), the course (title) and who issued it, in the colours of the organisation."""
    image = Image.new("RGBA", (SIDE * _SHARPER, SIDE * _SHARPER), (0, 0, 0, 0))
    canvas = ImageDraw.Draw(image)
    for inset, fill in ((8, accent), (24, "#ffffff"), (34, colour)):
        edge = inset * _SHARPER
        canvas.ellipse((edge, edge, SIDE * _SHARPER - edge, SIDE * _SHARPER - edge), fill=fill)
    _write(canvas, [heading], 34, 150, accent)
    lines, size = _fitting(title)
    _write(canvas, lines, size, SIDE / 2, "#ffffff")
    _write(canvas, _wrapped(issuer, 26)[:2], 26, 462, "#ffffff")
    out = BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def _fitting(title: str) -> tuple[list[str], int]:
    """The title in lines, as large as it fits; a very long one is cut."""
    for size in (52, 44, 36, 30, 26):
        lines = _wrapped(title, size)
        if len(lines) <= _LINES and all(_width(line, size) <= _TEXT_WIDTH for line in lines):
            return lines, size
    return [*lines[: _LINES - 1], lines[_LINES - 1] + " …"] if len(lines) > _LINES else lines, 26


def _wrapped(text: str, size: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _width(longer, size) > _TEXT_WIDTH:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _write(canvas: ImageDraw.ImageDraw, lines: list[str], size: int, middle: float, fill: str) -> None:
    step = size * 1.25
    for number, line in enumerate(lines):
        y = middle + (number - (len(lines) - 1) / 2) * step
        canvas.text((SIDE / 2 * _SHARPER, y * _SHARPER), line, fill=fill, font=_font(_file(line), size * _SHARPER), anchor="mm")


def _width(text: str, size: int) -> float:
    return _font(_file(text), size).getlength(text)


def _file(text: str) -> str:
    return "source-sans-3-600.ttf" if max(text, default="") <= _LATIN_ENDS else "dejavu-sans.ttf"


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FOLDER / file, size)
