"""What a rendered text consists of, for lint and for a page's contents list: headings, pictures, links, tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from modules.course import ModuleSource
from modules.render import render_parts


@dataclass(frozen=True)
class Heading:
    """A heading as it stands on the page (level 2 and below: the page's own heading is the module's title)."""

    level: int
    id: str
    text: str


@dataclass
class Outline:
    """The parts of a text that people find their way by."""

    headings: list[Heading] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)  # address, alternative text
    links: list[tuple[str, str]] = field(default_factory=list)  # address, text
    tables: list[list[str]] = field(default_factory=list)  # texts of the header cells
    ids: set[str] = field(default_factory=set)
    text: str = ""  # without code


def outline_of(html: str) -> Outline:
    """Read the outline from sanitised HTML."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.outline


class _Reader(HTMLParser):
    """Collects texts between the tags that matter."""

    def __init__(self) -> None:
        super().__init__()
        self.outline = Outline()
        self._heading: tuple[int, str] | None = None
        self._link: str | None = None
        self._code = 0
        self._texts: dict[str, list[str]] = {"heading": [], "link": [], "th": [], "all": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.outline.ids.add(given["id"])
        if re.fullmatch("h[2-6]", tag):
            self._heading = (int(tag[1]), given.get("id", ""))
            self._texts["heading"] = []
        elif tag == "a":
            self._link = given.get("href", "")
            self._texts["link"] = []
        elif tag == "img":
            self.outline.images.append((given.get("src", ""), given.get("alt", "")))
            self._texts["link"].append(given.get("alt", ""))
        elif tag == "table":
            self.outline.tables.append([])
        elif tag == "th":
            self._texts["th"] = []
        self._code += tag in ("code", "math")

    def handle_endtag(self, tag: str) -> None:
        if self._heading and re.fullmatch("h[2-6]", tag):
            self.outline.headings.append(Heading(*self._heading, _joined(self._texts["heading"])))
            self._heading = None
        elif tag == "a" and self._link is not None:
            self.outline.links.append((self._link, _joined(self._texts["link"])))
            self._link = None
        elif tag == "th" and self.outline.tables:
            self.outline.tables[-1].append(_joined(self._texts["th"]))
        self._code -= tag in ("code", "math")

    def handle_data(self, data: str) -> None:
        for texts in self._texts.values():
            texts.append(data)
        if not self._code:
            self.outline.text += data


def _joined(texts: Sequence[str]) -> str:
    return " ".join("".join(texts).split())


@dataclass(frozen=True)
class ProseReport:
    """A module's prose as learners will see it, and what was noticed while rendering it."""

    source: ModuleSource
    outline: Outline
    addresses: tuple[str, ...]  # relative ones: pictures, files, other modules
    dropped: tuple[str, ...]

    def line_of(self, needle: str, after: int = 0) -> int:
        """The first line after `after` on which `needle` stands in the source; the module's first line if on none."""
        lines = [
            (prose.line + offset, line)
            for prose in self.source.prose for offset, line in enumerate(prose.markdown.lower().split("\n"))
        ]
        needle = needle.lower()
        found = (number for number, line in lines if number > after and needle in line)
        return next(found, lines[0][0] if lines else 0)


def report_on(source: ModuleSource) -> ProseReport:
    """Render a module's prose once and note what lint wants to know."""
    addresses: list[str] = []

    def note(address: str) -> str:
        addresses.append(address)
        return address

    parts, dropped = render_parts(
        [prose.markdown for prose in source.prose], language=source.language, media_url=note, prefix="-"
    )
    return ProseReport(source, outline_of("".join(parts)), tuple(dict.fromkeys(addresses)), tuple(dropped))
