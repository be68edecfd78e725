"""QR codes as SVG, of one path, and the same path as WeasyPrint writes it."""

import math
import re
from functools import cache
from html import escape
from typing import Any

import zxingcpp

COLOUR = "#10243e"
_DARK = re.compile(b"\x00+")
_BAR = re.compile(r"M(\d+) (\d+)\.5h(\d+)")


def svg(address: str, title: str) -> str:
    """The code of an address; `title` is read to those who do not see it. Around it must be left white, of four of its squares."""
    rows = _squares(address)
    bars = "".join(
        f"M{bar.start()} {line}.5h{bar.end() - bar.start()}" for line, row in enumerate(rows) for bar in _DARK.finditer(row)
    )
    return (
        f'<svg viewBox="0 0 {len(rows)} {len(rows)}"><title>{escape(title)}</title>'
        f'<path stroke="{COLOUR}" d="{bars}"/></svg>'
    )


def _squares(address: str) -> list[bytes]:
    """The rows of a code's squares: 0 is dark. Its correction is of level M: 15 % of it may be lost.

    A fixed mask: trying all eight takes longer than the rest, and every reader copes.
    """
    return _rows(_made(address, version=_version(len(address)), data_mask=3))


@cache
def _version(length: int) -> int:
    """The size of all codes of addresses of this length, in the standard's numbers (ISO/IEC 18004, 5.3.1): capitals alone would need less room."""
    return (len(_rows(_made("a" * length))) - 17) // 4


def _made(text: str, **form: int) -> Any:
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M", **form)


def _rows(code: Any) -> list[bytes]:
    squares = memoryview(code.to_image(add_quiet_zones=False))
    content, size = squares.tobytes(), math.isqrt(squares.nbytes)
    return [content[start : start + size] for start in range(0, size * size, size)]


def drawn(picture: str) -> list[bytes]:
    """The path of such a picture in the words of PDF."""
    path = "\n".join(f"{left} {line}.5 m\n{int(left) + int(length)} {line}.5 l" for left, line, length in _BAR.findall(picture))
    return f"0 0 m\n{path}".encode().split(b"\n")
