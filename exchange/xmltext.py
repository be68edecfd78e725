"""XML that strangers send: no entities of its own, nothing loaded from elsewhere, and read on past a mistake.

lxml reads with recovery, so that one broken question does not cost the others; what was recovered is reported with line
and column, and readers leave out the parts in which it happened.
"""

import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any

from lxml import etree

from core.i18n import N_
from exchange.collecting import Collected
from exchange.model import UnreadableError

Element = Any  # lxml's elements; the library has no types.
MOST_ERRORS = 20
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_OWN_ENTITIES = re.compile(r"<!DOCTYPE\b[^>\[]{0,2000}\[.{0,20000}?<!ENTITY\b", re.IGNORECASE | re.DOTALL)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_XML_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Document:
    """An XML document: its root, and the lines on which it is not well-formed."""

    def __init__(self, root: Element, broken: tuple[int, ...]) -> None:
        self.root = root
        self._broken = broken

    def broken_within(self, element: Element, tag: str) -> bool:
        """Whether a mistake lies between an element's first line and the next element of the same name."""
        if not self._broken:
            return False
        following = next((other for other in element.itersiblings() if local(other) == tag), None)
        inside = any(local(other) == tag for other in element.iterdescendants())
        end = following.sourceline if following is not None else _last_line(element) + 1
        return inside or any(element.sourceline <= line < max(end, element.sourceline + 1) for line in self._broken)


def read_xml(text: str, collected: Collected) -> Document | None:
    """Read a document; None when nothing of it can be read. Mistakes are findings with line and column."""
    if _OWN_ENTITIES.search(text[:30_000]):
        _refuse(collected)
        return None
    text = _ENTITY.sub(_character, _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                             huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is not None and (subset := root.getroottree().docinfo.internalDTD) is not None and any(True for _ in subset.iterentities()):
        _refuse(collected)
        return None
    broken: list[int] = []
    for error in parser.error_log:
        if error.level_name in ("ERROR", "FATAL") and error.domain_name in ("PARSER", "NAMESPACE") and len(broken) < MOST_ERRORS:
            if error.domain_name == "NAMESPACE":
                continue
            broken.append(error.line)
            collected.find("xml", error.line, N_("This is not well-formed XML (column %(column)s): %(reason)s"),
                           N_("What stands on this line was left out; export the file anew, or mend the line."),
                           column=error.column, reason=str(error.message).strip()[:160])
    if root is None and not broken:
        collected.find("xml", 1, N_("There is no XML in the file."), N_("Choose another file."))
    return Document(root, tuple(broken)) if root is not None else None


def _refuse(collected: Collected) -> None:
    collected.find("xml-dtd", 1, N_("The file defines entities of its own, which is not allowed."), N_("Export it anew, without a DTD of its own."))


def _last_line(element: Element) -> int:
    return max(int(part.sourceline) + (part.text or "").count("\n") for part in element.iter())


def _character(found: re.Match[str]) -> str:
    """HTML's named characters, which exporters write without defining them."""
    if found[1] in _XML_OWN or f"{found[1]};" not in html5:
        return found[0]
    return "".join(_SPECIAL.get(sign, sign) for sign in html5[f"{found[1]};"])


def local(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    """The children of these names, whatever their namespace."""
    return [child for child in element if local(child) in names]


def child(element: Element, *path: str) -> Element | None:
    """The first element that the names lead to."""
    for name in path:
        found = children(element, name)
        if not found:
            return None
        element = found[0]
    return element


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """All elements of these names below an element, in order."""
    return (found for found in element.iterdescendants() if local(found) in names)


def text_of(element: Element | None, *path: str) -> str:
    """The text of an element (or of the one that the path leads to), without that of elements in it."""
    found = child(element, *path) if element is not None and path else element
    return (found.text or "").strip() if found is not None else ""


def whole_text(element: Element | None) -> str:
    """All text within an element."""
    return "".join(element.itertext()).strip() if element is not None else ""


def inner(element: Element) -> str:
    """What stands within an element, as HTML."""
    start = _escaped(element.text or "")
    return start + "".join(
        etree.tostring(part, encoding="unicode", method="html") for part in element
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def number(text: str | None, default: float = 0.0) -> float:
    """A number as formats write it. Raises UnreadableError."""
    try:
        value = float((text or "").strip().replace(",", ".") or default)
    except ValueError:
        raise UnreadableError(N_("“%(text)s” is not a number."), text=(text or "")[:40]) from None
    if value != value or abs(value) > 1e9:  # noqa: PLR0124 - not a number is not equal to itself
        raise UnreadableError(N_("“%(text)s” is not a number."), text=(text or "")[:40])
    return value
