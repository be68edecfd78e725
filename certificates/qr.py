"""QR codes as SVG, of one path, and the same path as WeasyPrint writes it."""

import re
from html import escape

import segno

COLOUR = "#10243e"
_DARK = re.compile(b"\x01+")
_BAR = re.compile(r"M(\d+) (\d+)\.5h(\d+)")


def svg(address: str, title: str) -> str:
    """The code of an address; `title` is read to those who do not see it.

    A fixed mask: trying all eight takes longer than the rest, and every reader copes.
    """
    rows = segno.make(address, error="m", mask=3, micro=False, boost_error=False).matrix
    bars = "".join(
        f"M{bar.start()} {line}.5h{bar.end() - bar.start()}" for line, row in enumerate(rows) for bar in _DARK.finditer(row)
    )
    return (
        f'<svg viewBox="0 0 {len(rows)} {len(rows)}"><title>{escape(title)}</title>'
        f'<path stroke="{COLOUR}" d="{bars}"/></svg>'
    )


def drawn(picture: str) -> list[bytes]:
    """The path of such a picture in the words of PDF."""
    path = "\n".join(f"{left} {line}.5 m\n{int(left) + int(length)} {line}.5 l" for left, line, length in _BAR.findall(picture))
    return f"0 0 m\n{path}".encode().split(b"\n")
