"""Packages with an imsmanifest.xml: QTI of every version, and Common Cartridge with its pages and links."""

import html as entities
import re
from collections.abc import Callable, Mapping

from core.i18n import N_
from exchange.collecting import Collected
from exchange.formats import qti, qti1
from exchange.html import Writer
from exchange.media import Finder
from exchange.model import TEXT, Entry, Item, Reading, UnreadableError
from exchange.text import decode
from exchange.xmltext import Element, descendants, read_xml, text_of, whole_text
from modules.findings import Severity

NAME = "package"
MANIFEST = "imsmanifest.xml"
MOST_PAGE = 200_000
_BODY = re.compile(r"<body[^>]*>(.*?)</body>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_LEFT_OUT = {"imsbasiclti": N_("Links to tools (LTI) are made anew by the learning platform."),
             "imsdt": N_("Discussions have no counterpart here.")}
_TEST = re.compile(r"imsqti_(?:test|assessment)_xmlv[23]")



def read(files: Mapping[str, bytes], path: str, language: str) -> Reading:
    """Read a package that was unpacked."""
    collected = Collected(NAME, path, language)
    root = next((name.removesuffix(MANIFEST) for name in sorted(files, key=len) if name.rsplit("/", 1)[-1] == MANIFEST), None)
    if root is not None and (manifest := read_xml(files[root + MANIFEST], collected)) is not None:
        _read_resources(manifest, files, root, collected)
    if not collected.entries:
        for name in sorted(files):
            _read_xml_file(name, files, collected)
    if not collected.entries:
        collected.find("package", 0, N_("There is nothing in the package that can be read."),
                       N_("Choose another export. Files of questions without a package are read one by one; unpack them first."))
    return collected.done()


def _read_resources(manifest: Element, files: Mapping[str, bytes], root: str, collected: Collected) -> None:
    titles = {item.get("identifierref", ""): text_of(item, "title") for item in descendants(manifest, "item")}
    order = {identifier: at for at, identifier in enumerate(titles)}
    resources = sorted(descendants(manifest, "resource"), key=lambda resource: order.get(resource.get("identifier", ""), len(order)))
    collected.title = next((whole_text(title) for title in descendants(manifest, "title") if whole_text(title)), "")[:200]
    for resource in resources:
        href = resource.get("href") or next((file.get("href", "") for file in descendants(resource, "file")), "")
        _Resource(resource.get("type", ""), root + href, titles.get(resource.get("identifier", ""), ""), files, collected).read()


class _Resource:
    """One resource of a manifest."""

    def __init__(self, type_: str, path: str, title: str, files: Mapping[str, bytes], collected: Collected) -> None:
        self.type = type_
        self.path = path
        self.title = title
        self.files = files
        self.collected = collected

    def read(self) -> None:
        """Read it by its type; what is only used by others is silent."""
        for part, reason in _LEFT_OUT.items():
            if self.type.startswith(part):
                self._drop(reason)
                return
        if _TEST.match(self.type):
            self.collected.find("test", 0, N_("The rules of the test “%(title)s” were left out; its questions were read one by one."),
                                N_("Set times and weights of the test anew."), severity=Severity.WARNING, title=self.title or self.path)
            return
        if self.path not in self.files:
            if self.type.startswith(("imsqti", "imswl")):
                self._drop(N_("The file “%(path)s” is not in the package."), path=self.path[:120])
            return
        if self.type.startswith("imsqti"):
            _read_xml_file(self.path, self.files, self.collected)
        elif self.type.startswith("imswl"):
            self._take("link", self._link)
        elif self.type == "webcontent" and self.path.lower().endswith((".html", ".htm", ".xhtml")):
            self._take("page", self._page)

    def _drop(self, reason: str, **values: str) -> None:
        self.collected.take(self.title or self.path, self.type, 0, lambda entry: entry.drop(reason, **values))

    def _take(self, what: str, read: Callable[[Entry], Item]) -> None:
        self.collected.take(self.title or self.path, what, 0, read)

    def _link(self, _: Entry) -> Item:
        link = read_xml(self.files[self.path], self.collected)
        found = None if link is None else next(descendants(link, "url"), None)
        address = "" if found is None else found.get("href", "")
        if not address.startswith(("https://", "http://")):
            raise UnreadableError(N_("The link leads nowhere."))
        title = (self.title or address).replace("[", "(").replace("]", ")")
        return Item(kind=TEXT, title=self.title, stem=f"[{title}](<{address}>)" if ">" not in address else title)

    def _page(self, entry: Entry) -> Item:
        text = decode(self.files[self.path][:MOST_PAGE], self.collected)
        body, title = _BODY.search(text), _TITLE.search(text)
        finder = Finder(self.collected.media, self.files, self.path.rpartition("/")[0])
        markdown = Writer(self.collected.media, finder).markdown(body[1] if body else text, entry)
        if not markdown:
            raise UnreadableError(N_("There is no text."))
        name = self.title or (entities.unescape(title[1]).strip() if title else "")
        heading = f"# {' '.join(name.split())}\n\n" if name else ""
        return Item(kind=TEXT, title=name, stem=heading + markdown)


def _read_xml_file(path: str, files: Mapping[str, bytes], collected: Collected) -> None:
    if not path.lower().endswith((".xml", ".qti", ".dat")) or path.rsplit("/", 1)[-1] == MANIFEST:
        return
    head = files[path][:20_000].decode("utf-8", "replace")
    finder = Finder(collected.media, files, path.rpartition("/")[0])
    before = collected.path
    collected.path = path
    if qti1.looks_like(head):
        qti1.read_into(collected, files[path], finder)
    elif qti.looks_like(head):
        qti.read_into(collected, files[path], path, finder)
    collected.path = before
