"""What a template must do: be made of plain elements that a screen reader understands, and show what a certificate must show.

The first is read off the page's elements, the second off the boxes after layout: what is hidden, tiny or outside the page does
not count. This catches mistakes; nobody is kept from writing untruths on their own certificates.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from certificates.looks.css import PICTURE, check_declarations
from certificates.looks.faults import PAGE, STYLE, LookError
from core.i18n import N_

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset({
    "div", "span", "p", "h1", "h2", "h3", "ul", "ol", "li", "dl", "dt", "dd", "strong", "em", "b", "i", "small", "sup", "sub", "br", "img", "a",
    "header", "footer", "main", "section", "article", "blockquote",
})
ATTRIBUTES = frozenset({"class", "id", "lang", "style", "alt", "src", "href"})
PX_PER_MM = 96 / 25.4
PAGE_MM = (210.0, 297.0)
LEAST_QR_MM = 18.0
LEAST_POINTS = 4.5


# --- Elements ---------------------------------------------------------------------------------------------------------

def check_elements(root: ElementTree.Element, pictures: Mapping[str, str], address: str, qr: str) -> None:
    """Raises LookError where the filled-in page has elements that are not for certificates."""
    body = root.find("body")
    if body is None:
        raise LookError(N_("The page is empty."), part=PAGE)
    _check_head(root)
    for element in _elements(body, qr):
        if element.tag not in ELEMENTS:
            raise LookError(N_("<%(name)s> is not for certificates."), {"name": _plain(element.tag)}, part=PAGE)
        _check_attributes(element, pictures, address)
    _check_headings(body)


def _check_head(root: ElementTree.Element) -> None:
    """The head is ours. An element of a template that the parser puts there would be one too many."""
    head = root.find("head")
    tags = [str(element.tag) for element in head] if head is not None else []
    if tags != ["meta", "title", "meta", "meta", "meta", "meta", "style"] or [str(part.tag) for part in root] != ["head", "body"]:
        raise LookError(N_("A template has no head of its own: it begins with what stands on the paper."), part=PAGE)


def _elements(body: ElementTree.Element, qr: str) -> Iterator[ElementTree.Element]:
    """All elements of the page; of the QR code, which is ours, none."""
    for child in body:
        if child.tag == f"{SVG}svg" and _drawing(child) == qr:
            continue
        if isinstance(child.tag, str):  # Comments are no elements.
            yield child
            yield from _elements(child, qr)


def _drawing(svg: ElementTree.Element) -> str | None:
    """What an SVG of one path draws."""
    paths = [element for element in svg.iter() if element is not svg and element.tag != f"{SVG}title"]
    return paths[0].get("d") if len(paths) == 1 and paths[0].tag == f"{SVG}path" and set(svg.attrib) <= {"viewBox", "role", "aria-label"} else None


def qr_drawing(svg: str) -> str:
    """The path of our own QR code."""
    found = re.search(r' d="([^"]+)"', svg)
    assert found is not None
    return found[1]


def _check_attributes(element: ElementTree.Element, pictures: Mapping[str, str], address: str) -> None:
    for key, value in element.attrib.items():
        if key not in ATTRIBUTES:
            raise LookError(N_("The attribute %(name)s of <%(element)s> is not for certificates."), {"name": key[:40], "element": _plain(element.tag)}, part=PAGE)
        if key == "style":
            check_declarations(value, pictures)
    if element.tag == "img":
        _check_picture(element, pictures)
    if "src" in element.attrib and element.tag != "img":
        raise LookError(N_("The attribute %(name)s of <%(element)s> is not for certificates."), {"name": "src", "element": _plain(element.tag)}, part=PAGE)
    if "href" in element.attrib and (element.tag != "a" or element.get("href") != address):
        raise LookError(N_("Links may lead to the certificate's own page only: href=\"{{ address }}\"."), part=PAGE)


def _check_picture(element: ElementTree.Element, pictures: Mapping[str, str]) -> None:
    source = element.get("src", "")
    found = PICTURE.fullmatch(source)
    if not found or found[1] not in pictures:
        known = ", ".join(sorted(pictures))
        raise LookError(N_("“%(address)s” cannot be used. Pictures are named like picture:logo; there are: %(known)s"), {"address": source[:80], "known": known}, part=PAGE)
    if not element.get("alt", "").strip():
        raise LookError(N_("The picture %(name)s has no words for those who do not see it: give it an alt. Ornaments belong into the style sheet, as a background."), {"name": source}, part=PAGE)


def _check_headings(body: ElementTree.Element) -> None:
    levels = [int(element.tag[1]) for element in body.iter() if element.tag in ("h1", "h2", "h3")]
    if levels.count(1) != 1 or levels[0] != 1 or any(after > before + 1 for before, after in pairwise(levels)):
        raise LookError(N_("The page needs exactly one <h1>, before all other headings, and no level may be left out."), part=PAGE)


def _plain(tag: Any) -> str:
    return str(tag).rpartition("}")[2][:40]


# --- What can be seen -------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Frame:
    """The rectangle in which things can be seen, in CSS pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, box: "_Frame") -> bool:
        slack = 2.0
        return box.left >= self.left - slack and box.top >= self.top - slack and box.right <= self.right + slack and box.bottom <= self.bottom + slack

    def within(self, other: "_Frame") -> "_Frame":
        return _Frame(max(self.left, other.left), max(self.top, other.top), min(self.right, other.right), min(self.bottom, other.bottom))


def check_pages(pages: list[Any]) -> None:
    """One page of A4. Raises LookError."""
    if len(pages) != 1:
        raise LookError(N_("The certificate has %(count)s pages, and it must be one. Make something smaller, or place it with position: absolute."), {"count": len(pages)}, part=STYLE)
    sides = sorted((pages[0].width / PX_PER_MM, pages[0].height / PX_PER_MM))
    if any(abs(side - wanted) > 1 for side, wanted in zip(sides, PAGE_MM, strict=True)):
        raise LookError(N_("The paper must be A4: @page { size: A4 landscape } or @page { size: A4 }."), part=STYLE)


def check_content(page: Any, values: Mapping[str, Any]) -> None:
    """Whether all that must stand on a certificate can be seen on it. Raises LookError with what is missing."""
    box = page._page_box  # Where things are in the end is told nowhere else.
    whole = _Frame(0, 0, page.width, page.height)
    texts: list[str] = []
    drawings: list[str] = []
    for kind, found in _seen(box, whole, 1.0):
        (texts if kind == "text" else drawings).append(found)
    printed = _compact("".join(texts))
    missing = [name for name, text in required(values) if _compact(text) not in printed]
    if missing:
        raise LookError(N_("Something is missing that must stand on a certificate where it can be seen: %(names)s"), {"names": ", ".join(dict.fromkeys(missing))}, part=PAGE)
    if qr_drawing(values["qr"]) not in drawings:
        raise LookError(N_("The QR code is missing, or it is smaller than %(most)s mm: {{ qr }}"), {"most": int(LEAST_QR_MM)}, part=PAGE)


def required(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What must be seen, by the name of the value."""
    plain = ("title", "name", "statement", "course", "issuer", "number", "legal", "name_note", "address_start", "code", "other_title", "other_statement", "other_course")
    found = [(name, str(values[name])) for name in plain]
    for name, key in (("competences", "text"), ("facts", "label"), ("facts", "text"), ("signatories", "name"), ("competences", "other"), ("facts", "other")):
        found += [(name, str(entry[key])) for entry in values[name]]
    return [(name, text) for name, text in found if text]


def _seen(box: Any, frame: _Frame, opacity: float) -> Iterator[tuple[str, str]]:
    """Texts and drawings that can be seen, in the order of the page."""
    box = getattr(box, "_box", box)
    style = box.style
    opacity *= style["opacity"]
    if opacity < 0.4 or (style["transform"] and box.element_tag not in (None, "html")):
        return
    if hasattr(box, "text"):
        if _can_be_read(box, frame, style):
            yield "text", box.text
    elif hasattr(box, "replacement"):
        if box.element is not None and box.element.tag == f"{SVG}svg" and style["visibility"] == "visible":
            yield from _drawn(box, frame)
    else:
        inner = frame if style["overflow"] == "visible" or box.element_tag in ("html", "body") else frame.within(_frame_of(box))
        for child in box.all_children() if hasattr(box, "all_children") else ():
            yield from _seen(child, inner, opacity)


def _can_be_read(box: Any, frame: _Frame, style: Any) -> bool:
    points = style["font_size"] * 72 / 96
    return style["visibility"] == "visible" and points >= LEAST_POINTS and style["color"].alpha >= 0.4 and frame.holds(_frame_of(box))


def _drawn(box: Any, frame: _Frame) -> Iterator[tuple[str, str]]:
    side = min(box.width, box.height) / PX_PER_MM
    x, y = box.content_box_x(), box.content_box_y()
    drawing = _drawing(box.element)
    if drawing and side >= LEAST_QR_MM - 0.1 and frame.holds(_Frame(x, y, x + box.width, y + box.height)):
        yield "drawing", drawing


def _frame_of(box: Any) -> _Frame:
    width, height = float(box.width or 0), float(box.height or 0)
    if not all(math.isfinite(number) for number in (box.position_x, box.position_y, width, height)):
        return _Frame(-1e9, -1e9, 1e9, 1e9)
    return _Frame(box.position_x, box.position_y, box.position_x + width, box.position_y + height)


def _compact(text: str) -> str:
    """Without what layout changes: spaces, line breaks, hyphens, capitals."""
    return re.sub(r"[\s\u00ad\u200b\u2010-]+", "", text).casefold()
