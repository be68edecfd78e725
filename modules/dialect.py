"""The Markdown that trainers write: which extensions, and what the house makes of formulas, tabs, tables and headings."""

import html
import re
import threading
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import latex2mathml.converter
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString, Registry

from modules.easy import WRITTEN_IN, written_in

MOST_FORMULA_CHARACTERS = 20_000  # In one text: a character takes about a tenth of a millisecond.
DEEPEST_FORMULA = 40
_BOX_TITLES = {
    "de": {"note": "Hinweis", "tip": "Tipp", "info": "Information", "important": "Wichtig", "example": "Beispiel",
           "warning": "Achtung", "danger": "Gefahr"},
    "en": {},
}
BOX_KINDS = frozenset(_BOX_TITLES["de"])
_FOOTNOTE_BACK = {"de": "Zurück zur Stelle der Fußnote {}", "en": "Back to the place of footnote {}"}
_EXTENSIONS = (
    "tables", "footnotes", "admonition", "attr_list", "sane_lists", "def_list", "abbr", "toc", "pymdownx.tasklist",
    "pymdownx.tabbed", "pymdownx.superfences", "pymdownx.highlight", "pymdownx.arithmatex", "pymdownx.details",
)


class _Kept(threading.local):
    """A Markdown object is not safe for threads, and making one takes a hundred times as long as using it."""

    def __init__(self) -> None:
        self.dialects: dict[tuple[str, bool], _Dialect] = {}


_kept = _Kept()


def to_html(markdown: str, language: str, *, inline: bool = False) -> tuple[str, list[str]]:
    """Unsafe HTML from Markdown, and the formulas that could not be read. Only modules.render may call this."""
    dialects = _kept.dialects
    if (language, inline) not in dialects:
        dialects[language, inline] = _Dialect(language, inline=inline)
    return dialects[language, inline].convert(markdown)


class _Dialect:
    """One configured Markdown object."""

    def __init__(self, language: str, *, inline: bool) -> None:
        house = _House(written_in(language))
        lines = ["nl2br"] if language in WRITTEN_IN else []  # In easy language each sentence stays on a line of its own.
        self._formulas = house.formulas
        self._markdown = Markdown(
            extensions=["pymdownx.arithmatex", house] if inline else [*_EXTENSIONS, *lines, house],
            extension_configs=_configs(written_in(language), inline=inline), output_format="html",
        )
        if inline:
            _keep_only_paragraphs(self._markdown)

    def convert(self, markdown: str) -> tuple[str, list[str]]:
        """HTML and unreadable formulas."""
        self._formulas.unreadable.clear()
        self._markdown.reset()
        return str(self._markdown.convert(markdown)), list(self._formulas.unreadable)


def _configs(language: str, *, inline: bool) -> dict[str, dict[str, Any]]:
    configs: dict[str, dict[str, Any]] = {"pymdownx.arithmatex": {"generic": True}}
    if not inline:
        configs |= {
            "tables": {"use_align_attribute": True},
            "toc": {"baselevel": 2, "marker": ""},  # The page's own heading is the module's title.
            "footnotes": {"BACKLINK_TITLE": _FOOTNOTE_BACK[language]},
            "pymdownx.highlight": {"css_class": "highlight", "guess_lang": False, "anchor_linenums": False},
        }
    return configs


def _keep_only_paragraphs(markdown: Markdown) -> None:
    """An option that begins with “1.” or “#” is not a list or a heading."""
    paragraph = markdown.parser.blockprocessors["paragraph"]
    markdown.parser.blockprocessors = Registry()
    markdown.parser.blockprocessors.register(paragraph, "paragraph", 10)
    markdown.preprocessors.deregister("html_block")


class _House(Extension):
    """What is done to the tree after the other extensions."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._titles = _BoxTitles(language)
        self.formulas = _Formulas()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's own name
        """Add the tree processors; "inline" runs at 20, so these see the finished texts."""
        for priority, (name, processor) in enumerate((
            ("formulas", self.formulas), ("boxes", self._titles), ("tabs", _Tabs()), ("tables", _Tables()),
        )):
            processor.md = md
            md.treeprocessors.register(processor, f"house-{name}", 4 - priority)


class _Formulas(Treeprocessor):
    """Formulas become MathML here, so that pages need no script for them."""

    def __init__(self) -> None:
        super().__init__()
        self.unreadable: list[str] = []
        self._characters_left = 0

    def run(self, root: Element) -> None:
        self._characters_left = MOST_FORMULA_CHARACTERS
        for element in root.iter():
            if element.get("class") == "arithmatex":
                self._convert(element)

    def _convert(self, element: Element) -> None:
        formula = (element.text or "")[2:-2].strip()
        if element.tag == "div":  # The extension escapes blocks, but not formulas within a line.
            formula = html.unescape(formula)
        self._characters_left -= len(formula)
        try:
            if self._characters_left < 0:
                raise ValueError
            math = _mathml(formula, "block" if element.tag == "div" else "inline")
        # The library has no exception of its own: what it cannot read shows in many ways.
        except Exception:
            self.unreadable.append(formula)
            element.tag, element.text = "code", AtomicString(formula)
            return
        element.text = None
        element.append(math)


def _mathml(formula: str, display: str) -> Element:
    depth = deepest = 0
    for character in re.sub(r"\\.", "", formula):
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST_FORMULA or depth:
        raise ValueError
    math = latex2mathml.converter.convert_to_element(formula, display=display)
    for element in math.iter():
        if element.text:  # The library writes entities into texts and leaves < and > as they are.
            element.text = AtomicString(html.unescape(element.text))
    return math


class _BoxTitles(Treeprocessor):
    """A note without a title of its own is called by its kind, in the language of the text."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._titles = _BOX_TITLES[language]

    def run(self, root: Element) -> None:
        for element in root.iter():
            kind = (element.get("class") or "").replace("admonition", "").strip()
            title = next(iter(element), None)
            if kind in self._titles and title is not None and title.text == kind.capitalize():
                title.text = self._titles[kind]


class _Tabs(Treeprocessor):
    """Tabs become details of which one is open: they work with a keyboard, without a script, and on paper."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def run(self, root: Element) -> None:
        for element in root.iter("div"):
            if element.get("class") == "tabbed-set":
                self._convert(element)

    def _convert(self, tabs: Element) -> None:
        labels = [child for child in tabs if child.tag == "label"]
        contents = [child for child in tabs if child.get("class") == "tabbed-content"]
        for child in list(tabs):
            tabs.remove(child)
        tabs.attrib.pop("data-tabs", None)
        for index, (label, content) in enumerate(zip(labels, contents, strict=False)):
            details = SubElement(tabs, "details", {"open": ""} if index == 0 else {})
            summary = SubElement(details, "summary")
            summary.text = label.text
            summary.extend(label)
            details.extend(content)


class _Tables(Treeprocessor):
    """A wide table scrolls inside its own box, which the keyboard can reach."""

    def run(self, root: Element) -> None:
        for parent in list(root.iter()):
            for index, child in enumerate(parent):
                if child.tag == "table" and parent.get("class") != "table-scroll":
                    box = Element("div", {"class": "table-scroll", "tabindex": "0"})
                    box.tail, child.tail = child.tail, None
                    box.append(child)
                    parent[index] = box
