"""XML that strangers send: no entities of its own, nothing loaded from elsewhere, and read on past a mistake.

Files of many questions are cut before they are read (exchange.cutting), so that one broken question does not cost the others, and only
one is in memory. What is not well-formed is reported with line and column, and left out by the readers.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import html5
from typing import Any

from lxml import etree

from core.i18n import N_
from exchange.collecting import Collected
from exchange.cutting import LONGEST, Cut, cut
from exchange.model import MOST_ITEMS, UnreadableError
from exchange.text import decode, pieces
from modules.findings import Severity

Element = Any  # lxml's elements; the library has no types.
MOST_TAGS = 200_000                    # of one question, or of a document that is not cut
MOST_PARTS = 10 * MOST_ITEMS           # with those that are no items, such as categories
MOST_FRAME = 2 << 20
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ENTITIES = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINE = re.compile(r" line \d+")         # which the finding says itself
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_XML_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True)
class Part:
    """One of the elements of a document that are read one by one. A mistake lies in it: `fault` says so, and `element` is what could be recovered."""

    line: int
    element: Element | None = None
    fault: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class Parts:
    """A document of any length, of which only the elements of one name are of interest: one of them at a time is in memory."""

    def __init__(self, content: bytes, collected: Collected, *names: str) -> None:
        self._content = content
        self._collected = collected
        self._names = names
        self._found = self._faults = 0
        self.head: Element | None = None   # what stands before the first element

    def __iter__(self) -> Iterator[Part]:
        frame = _Frame()
        for piece in cut(pieces(self._content, self._collected), self._names):
            if not piece.inside:
                if frame.is_empty and not self._begin(piece):
                    return
                frame.add(piece)
                continue
            self._found += 1
            if self._found > MOST_PARTS:
                self._collected.find("too-many", piece.line, N_("The file has more than %(most)s items; the rest was not read."), N_("Split the file."), most=MOST_PARTS)
                return
            yield self._part(piece)
        if not self._faults:  # Else what follows from these would be told once more.
            frame.check(self._collected, found=self._found)

    def _begin(self, piece: Cut) -> bool:
        """Look at what stands before the first element. False: the document must not be read."""
        if _ENTITIES.search(_COMMENT.sub("", piece.text)):
            _refuse(self._collected)
            return False
        if _is_small(piece.text):
            self.head = _tree(piece.text)[0]
        return True

    def _part(self, piece: Cut) -> Part:
        if not piece.whole:
            return Part(piece.line, None, N_("It has more than %(most)s million characters."), {"most": LONGEST >> 20})
        text = piece.text
        if text.count("<") > MOST_TAGS:
            return Part(piece.line, None, N_("It has more than %(most)s tags."), {"most": MOST_TAGS})
        root, errors = _tree(text)
        if errors:
            self._faults += 1
            _tell(self._collected, piece, errors[0])
        return Part(piece.line, root, N_("It is not well-formed.") if errors or root is None else "")


class _Frame:
    """What stands between the elements, which has to be well-formed, too."""

    def __init__(self) -> None:
        self._pieces: list[Cut] = []
        self._letters = 0

    @property
    def is_empty(self) -> bool:
        return not self._letters and not self._pieces

    def add(self, piece: Cut) -> None:
        self._letters += piece.letters
        if self._letters <= MOST_FRAME:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def check(self, collected: Collected, *, found: int) -> None:
        text = "".join(piece.text for piece in self._pieces)
        if not _is_small(text) or self._letters > MOST_FRAME:
            return
        if not re.search(r"<[A-Za-z_]", text):
            if not found:
                collected.find("xml", 1, N_("There is no XML in the file."), N_("Choose another file."))
            return
        _, errors = _tree(text)
        if errors:
            _tell(collected, *self._place(errors[0]))
        if not found:
            collected.find("empty", 1, N_("There are no questions in the file."), N_("Choose another file."), severity=Severity.WARNING)

    def _place(self, error: "_Error") -> tuple[Cut, "_Error"]:
        """The piece in which an error lies, and the error as if that were alone."""
        line = column = 1
        found = self._pieces[0], line, column
        for piece in self._pieces:
            if (line, column) > (error.line, error.column):
                break
            found = piece, line, column
            breaks = piece.text.count("\n")
            column = len(piece.text) - piece.text.rindex("\n") if breaks else column + len(piece.text)
            line += breaks
        piece, line, column = found
        return piece, _Error(error.line - line + 1, error.column - column + 1 if error.line == line else error.column, error.message)


def _is_small(text: str) -> bool:
    return len(text) <= MOST_FRAME and text.count("<") <= MOST_TAGS


@dataclass(frozen=True)
class _Error:
    line: int
    column: int
    message: str


def read_xml(content: bytes, collected: Collected) -> Element | None:
    """Read a document that is one thing; None when nothing of it can be read. The first mistake is a finding with line and column."""
    text = decode(content[:LONGEST + 1], collected)
    if len(content) > LONGEST or text.count("<") > MOST_TAGS:
        collected.find("file-size", 0, N_("An XML file of this kind may have %(most)s MB and %(tags)s tags."), N_("Split the file."),
                       most=LONGEST >> 20, tags=MOST_TAGS)
        return None
    if _ENTITIES.search(_COMMENT.sub("", text)):
        _refuse(collected)
        return None
    root, errors = _tree(text)
    if errors:
        _tell(collected, Cut(1, 1, inside=True), errors[0])
    elif root is None:
        collected.find("xml", 1, N_("There is no XML in the file."), N_("Choose another file."))
    return root


def _tree(text: str) -> tuple[Element | None, list[_Error]]:
    """What a text holds, and what is wrong with it."""
    text = _ENTITY.sub(_character, _DECLARATION.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text, count=1))
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
                             huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    return root, [_Error(error.line, error.column, str(error.message)) for error in parser.error_log
                  if error.level_name in ("ERROR", "FATAL") and error.domain_name == "PARSER"]


def faulty(part: Part) -> Callable[[Any], Any]:
    """What stands in for the reader of an element in which a mistake lies."""
    def refuse(_: Any) -> Any:
        raise UnreadableError(part.fault, **part.values)

    return refuse


def _tell(collected: Collected, piece: Cut, error: _Error) -> None:
    """Report a mistake with its place in the file."""
    column = error.column + piece.column - 1 if error.line == 1 else error.column
    reason = _LINE.sub("", error.message.strip().split("\n")[0][:160])
    collected.find("xml", error.line + piece.line - 1, N_("This is not well-formed XML (column %(column)s): %(reason)s"),
                   N_("What stands on this line was left out; export the file anew, or mend the line."), column=column, reason=reason)


def _refuse(collected: Collected) -> None:
    collected.find("xml-dtd", 1, N_("The file defines entities of its own, which is not allowed."), N_("Export it anew, without a DTD of its own."))


def _character(found: re.Match[str]) -> str:
    """HTML's named characters, which exporters write without defining them."""
    if found[1] in _XML_OWN or f"{found[1]};" not in html5:
        return found[0]
    return "".join(_SPECIAL.get(sign, sign) for sign in html5[f"{found[1]};"])


def local(element: Element) -> str:
    """An element's name without its namespace, or the prefix of one that is declared elsewhere."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


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
