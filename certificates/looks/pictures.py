"""Pictures of people who are not trusted: measured before they are opened, and kept without anything that is not the picture.

PNG and JPEG are written anew, which leaves out places, names of cameras and whatever else hides in such files. SVG may draw
shapes and nothing else.
"""

import base64
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any, cast
from xml.etree import ElementTree

import tinycss2
from PIL import Image, ImageOps, UnidentifiedImageError

from certificates.looks.faults import LookError
from core.i18n import N_

MOST_BYTES = 300_000
MOST_PIXELS = 4_000_000
MOST_SIDE = 6_000
MOST_ELEMENTS, MOST_DEPTH = 4_000, 24
SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_SHAPES = frozenset({
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "title", "desc", "defs", "linearGradient", "radialGradient",
    "stop", "clipPath", "style",
})
_LEFT_OUT = frozenset({"metadata", "title", "desc"})
_GRADIENTS = frozenset({"linearGradient", "radialGradient"})
_DATA = re.compile(r"data:image/(svg\+xml|png|jpeg);base64,([A-Za-z0-9+/]+={0,2})")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)


def to_data(content: bytes) -> str:
    """A picture as data: address, once it is found to be one. Raises LookError."""
    if len(content) > MOST_BYTES:
        raise LookError(N_("The picture is larger than %(most)s kB."), {"most": MOST_BYTES // 1000})
    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    kind, kept = ("svg+xml", _svg(content)) if head == b"<" else _raster(content)
    return f"data:image/{kind};base64,{base64.b64encode(kept).decode()}"


def checked(address: str) -> str:
    """A data: address that came from outside, checked like a file. Raises LookError."""
    return to_data(content_of(address))


def content_of(address: str) -> bytes:
    """What a data: address holds. Raises LookError."""
    found = _DATA.fullmatch(address) if len(address) < 2 * MOST_BYTES else None
    if found is None:
        raise LookError(N_("This is not a picture."))
    return base64.b64decode(found[2])


def kind_of(address: str) -> str:
    """The media type of a data: address that is kept."""
    return address.split(":", 1)[1].split(";", 1)[0]


# --- PNG and JPEG -----------------------------------------------------------------------------------------------------

def _raster(content: bytes) -> tuple[str, bytes]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # We count ourselves, and stricter.
            with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
                width, height = image.size  # From the header: nothing is unpacked yet.
                if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
                    raise LookError(N_("The picture has %(width)s × %(height)s pixels; at most %(most)s million are allowed."), {"width": width, "height": height, "most": MOST_PIXELS // 1_000_000})
                return _written_anew(image)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, LookError):
            raise
        raise LookError(N_("This is not a picture that can be used. SVG, PNG and JPEG can.")) from error


def _written_anew(image: Image.Image) -> tuple[str, bytes]:
    kind, written = str(image.format), BytesIO()
    upright = ImageOps.exif_transpose(image)
    if kind == "JPEG":
        upright.convert("RGB").save(written, "JPEG", quality=92)
    else:
        transparent = "A" in upright.getbands() or "transparency" in upright.info
        plain = Image.new("RGBA" if transparent else "RGB", upright.size)
        plain.paste(upright.convert(plain.mode))  # A new picture knows nothing of the old one's notes.
        plain.save(written, "PNG", optimize=True)
    return kind.lower(), written.getvalue()


# --- SVG --------------------------------------------------------------------------------------------------------------

def _svg(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LookError(N_("This SVG is not written in UTF-8.")) from error
    declared = re.match(r"\s*<\?xml\s[^>]*\?>", text)
    body = text[declared.end():] if declared else text
    body = re.sub(r"\s*<!DOCTYPE svg PUBLIC \"[^\"\[\]]*\"\s+\"[^\"\[\]]*\"\s*>", "", body, count=1)  # Old programs write it; without a part of its own it does nothing.
    if "<!DOCTYPE" in body.upper() or "<!ENTITY" in body.upper() or "<?" in body:
        raise LookError(N_("An SVG with a document type, entities or instructions cannot be used."))
    root = _parsed(body)
    if root.tag != f"{SVG}svg":
        raise LookError(N_("This is not an SVG picture."))
    _clean(root)
    _check_size(root)
    ElementTree.register_namespace("", SVG[1:-1])
    return bytes(ElementTree.tostring(root, encoding="utf-8"))


def _parsed(text: str) -> ElementTree.Element:
    """The tree, unless it is a bomb of depth or number."""
    parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(events=("start", "end"))
    depth = count = 0
    root: ElementTree.Element | None = None
    try:
        for start in range(0, len(text), 8192):
            parser.feed(text[start : start + 8192])
            for event, element in cast("Iterator[tuple[str, ElementTree.Element]]", parser.read_events()):
                root = element if root is None else root
                depth, count = (depth + 1, count + 1) if event == "start" else (depth - 1, count)
                if depth > MOST_DEPTH or count > MOST_ELEMENTS:
                    raise LookError(N_("This SVG has too many parts. Please simplify it, or use a PNG."))
        parser.close()
    except ElementTree.ParseError as error:
        raise LookError(N_("This SVG cannot be read (line %(line)s)."), {"line": error.position[0]}) from error
    assert root is not None
    return root


def _clean(root: ElementTree.Element) -> None:
    """Take out what programs write for themselves; refuse what does more than draw."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not str(child.tag).startswith(SVG) or str(child.tag).removeprefix(SVG) in _LEFT_OUT:
                parent.remove(child)
    gradients = {element.get("id", ""): element for element in root.iter() if _name(element) in _GRADIENTS}
    for element in root.iter():
        name = _name(element)
        if name not in _SHAPES:
            raise LookError(_ADVICE.get(name, N_("<%(name)s> cannot be used in an SVG: it may only draw shapes.")), {"name": name[:40]})
        _clean_attributes(element, name)
        if name == "style":
            _check_css(tinycss2.parse_component_value_list(element.text or ""))
    for element in gradients.values():
        _check_chain(element, gradients)
    if any(_name(child) == "clipPath" or child.get("clip-path") for element in root.iter() if _name(element) == "clipPath" for child in element.iter() if child is not element):
        raise LookError(N_("A clip within a clip cannot be used in an SVG."))


_ADVICE = {
    "text": N_("<text> cannot be used in an SVG: please turn letters into paths when you export it."),
    "use": N_("<use> cannot be used in an SVG: please export it without symbols, or as PNG."),
    "image": N_("<image> cannot be used in an SVG: please use that picture itself."),
}


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).removeprefix(SVG)


def _clean_attributes(element: ElementTree.Element, name: str) -> None:
    for key, value in list(element.attrib.items()):
        local = key.rpartition("}")[2].lower()
        if local.startswith("on"):
            raise LookError(N_("An SVG with scripts cannot be used."))
        if local == "href":
            if name not in _GRADIENTS or not value.startswith("#"):
                raise LookError(N_("An SVG that refers to something else cannot be used."))
        elif "}" in key or len(value) > MOST_BYTES:
            del element.attrib[key]  # Notes of the program that made it.
        elif "(" in value or local == "style":
            _check_css(tinycss2.parse_component_value_list(value))


def _check_css(tokens: Iterable[object], depth: int = 0) -> None:
    for token in tokens:
        kind = getattr(token, "type", "")
        if kind == "at-keyword" or depth > 8:
            raise LookError(N_("An SVG that refers to something else cannot be used."))
        address = getattr(token, "value", "") if kind == "url" else None
        if kind == "function" and getattr(token, "lower_name", "") == "url":
            address = "".join(str(getattr(argument, "value", "")) for argument in getattr(token, "arguments", []))
        if address is not None and not str(address).startswith("#"):
            raise LookError(N_("An SVG that refers to something else cannot be used."))
        _check_css(getattr(token, "arguments", None) or getattr(token, "content", None) or (), depth + 1)


def _check_chain(gradient: ElementTree.Element, known: Mapping[str, ElementTree.Element]) -> None:
    """A gradient may take its colours from another one, and that from a third; not from itself."""
    current: ElementTree.Element | None = gradient
    for _step in range(8):
        address = (current.get("href") or current.get(_XLINK)) if current is not None else None
        if not address:
            return
        current = known.get(address[1:])
    raise LookError(N_("The gradients of this SVG refer to each other too often."))


def _check_size(root: ElementTree.Element) -> None:
    """An SVG says how large it is in numbers that can be drawn."""
    numbers = [float(number) for key in ("width", "height", "viewBox") for number in _NUMBER.findall(root.get(key, ""))]
    if not numbers or any(not abs(number) <= 100_000 for number in numbers):
        raise LookError(N_("An SVG must say how large it is (viewBox, or width and height)."))
