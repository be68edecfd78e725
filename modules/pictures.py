"""How large pictures are, so that a page keeps their places free before they have arrived."""

import re
from collections.abc import Mapping

Size = tuple[int, int]

_IMG = re.compile(r'<img\b(?:[^>"]|"[^"]*")*>')
_SRC = re.compile(r'\ssrc="([^"]*)"')
_SVG = re.compile(rb"<svg\b[^>]*>")
_NUMBER = rb"\s*([0-9]+(?:\.[0-9]+)?)"
_WIDTH, _HEIGHT = (re.compile(rb"\s%s=[\"']%s(?:px)?\s*[\"']" % (name, _NUMBER)) for name in (b"width", b"height"))
_VIEW_BOX = re.compile(rb"\sviewBox=[\"']\s*\S+[\s,]+\S+[\s,]+%s[\s,]%s\s*[\"']" % (_NUMBER, _NUMBER))
_PNG = b"\x89PNG\r\n\x1a\n"


def size_of(content: bytes) -> Size | None:
    """Width and height in pixels of an SVG or PNG; None for what is neither, or does not say it."""
    if content.startswith(_PNG) and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    root = _SVG.search(content[:4096])
    return _svg_size(root[0]) if root else None


def _svg_size(root: bytes) -> Size | None:
    """As written, else from the coordinates, in which pictures are drawn at their natural size."""
    width, height, box = _WIDTH.search(root), _HEIGHT.search(root), _VIEW_BOX.search(root)
    if width and height:
        return round(float(width[1])), round(float(height[1]))
    return (round(float(box[1])), round(float(box[2]))) if box else None


def sized(html: str, sizes: Mapping[str, Size]) -> str:
    """Safe HTML whose pictures say how large they are, unless their author did. `sizes` is by address."""

    def with_size(img: re.Match[str]) -> str:
        source = _SRC.search(img[0])
        size = sizes.get(source[1]) if source else None
        if size is None or " width=" in img[0] or " height=" in img[0]:
            return img[0]
        return f'{img[0][:-1]} width="{size[0]}" height="{size[1]}">'

    return _IMG.sub(with_size, html)
