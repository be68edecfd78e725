"""The allow-list: what of a trainer's HTML reaches a page, and a report of what does not.

nh3 (ammonia) does the work. The report is made beside it by reading the same HTML once more with the standard library; it
informs, and nothing relies on it.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from html.parser import HTMLParser

import nh3
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

from modules.dialect import BOX_KINDS

Url = Callable[[str], str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INLINE = _words(
    "a abbr b bdi bdo br cite code del dfn em i img ins kbd mark q s samp small span strong sub sup time u var wbr"
)
_MATH = _words(
    "math menclose merror mfrac mfenced mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt "
    "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover"
)
_BLOCK = _words(
    "blockquote caption col colgroup dd details div dl dt figcaption figure h2 h3 h4 h5 h6 hr input li ol p pre section "
    "summary table tbody td tfoot th thead tr ul"
)
_ERASED = _words("script style iframe object embed applet noscript template textarea select svg title xmp noembed noframes")
_ATTRIBUTES: dict[str, frozenset[str]] = {
    "*": frozenset({"id", "lang", "dir"}),
    "a": frozenset({"href", "title"}),
    "abbr": frozenset({"title"}),
    "details": frozenset({"open"}),
    "img": frozenset({"src", "alt", "title", "width", "height"}),
    "input": frozenset({"checked"}),
    "ol": frozenset({"start", "reversed", "type"}),
    "td": frozenset({"colspan", "rowspan", "headers"}),
    "th": frozenset({"colspan", "rowspan", "headers", "scope", "abbr"}),
    "time": frozenset({"datetime"}),
    **dict.fromkeys(_MATH, _words(
        "accent accentunder close columnalign columnlines columnspacing depth display displaystyle fence form height "
        "largeop linethickness lspace mathsize mathvariant maxsize minsize movablelimits notation open rowlines "
        "rowspacing rspace scriptlevel separator stretchy symmetric voffset width"
    )),
}
_ALIGN = {"align": {"left", "center", "right"}}
_VALUES = {"td": _ALIGN, "th": _ALIGN, "div": {"tabindex": {"0"}}}
_CLASSES = {
    "div": {"admonition", "highlight", "footnote", "table-scroll", "tabbed-set", "arithmatex", *BOX_KINDS},
    "details": set(BOX_KINDS),
    "p": {"admonition-title"},
    "a": {"footnote-ref", "footnote-backref"},
    "li": {"task-list-item"},
    "ul": {"task-list"},
    "span": {"arithmatex", "filename", *filter(None, STANDARD_TYPES.values())},
}
# Every input is a task's box that nobody can change: there is no other way to write one.
_FORCED = {"input": {"type": "checkbox", "disabled": ""}, "img": {"loading": "lazy"}, "pre": {"tabindex": "0"}}
_SCHEMES = {"http", "https", "mailto"}
_RELATIVE = re.compile(r"(?:\.\./)?[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*(?:#[A-Za-z0-9_-]+)?")
_ID = re.compile(r"[A-Za-z0-9][\w:.-]*", re.ASCII)


def sanitise(html: str, *, url: Url, prefix: str, inline: bool) -> str:
    """Safe HTML. Relative addresses pass through `url`; ids get the prefix, and without a prefix there are none."""
    return _cleaner(url, prefix, inline).clean(html)


@lru_cache(maxsize=8)
def _cleaner(url: Url, prefix: str, inline: bool) -> nh3.Cleaner:
    """Kept, because making one costs thirty times as much as cleaning a line, and a module has hundreds of lines."""

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute in ("href", "src"):
            return address(tag, value, url, prefix)
        if attribute == "id":
            return prefix + value if prefix and _ID.fullmatch(value) else None
        return value

    return nh3.Cleaner(
        tags=set(_INLINE | _MATH if inline else _INLINE | _MATH | _BLOCK),
        clean_content_tags=set(_ERASED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=keep,
        tag_attribute_values=_VALUES,
        set_tag_attribute_values=_FORCED,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )


def address(tag: str, value: str, url: Url, prefix: str = "") -> str | None:
    """Where a link or picture may lead; None: nowhere. Pictures come from the course alone: no server learns who reads."""
    if tag == "a" and value.startswith("#"):
        return f"#{prefix}{value[1:]}" if prefix else None
    if tag == "a" and value.split(":", 1)[0].lower() in _SCHEMES and ":" in value:
        return value
    return (url(value) or None) if _RELATIVE.fullmatch(value) else None


def dropped_from(html: str, *, inline: bool) -> list[str]:
    """What sanitise() will leave out, in words that can be searched for in the source: `<script>`, `onclick`, …"""
    tags = _INLINE | _MATH if inline else _INLINE | _MATH | _BLOCK
    if not _doubtful(tags).search(html):
        return []
    report = _Report(tags)
    report.feed(html)
    report.close()
    return list(dict.fromkeys(report.dropped))


@cache
def _doubtful(tags: frozenset[str]) -> re.Pattern[str]:
    """A tag that needs a closer look: any but those on the list with no attributes, or with ones that are never dropped."""
    names = "|".join(sorted(tags | {"p"}))
    return re.compile(rf'<(?!/?(?:{names})(?: (?:id|class)="[^"<>]*")*>|a href="(?:https?|mailto):[^"<>]*">)')


class _Report(HTMLParser):
    """Notes each tag, attribute and address that is not on the list."""

    _SILENT = frozenset({"class", "rel", "type", "disabled", "loading", "tabindex", "xmlns", "p"})

    def __init__(self, tags: frozenset[str]) -> None:
        super().__init__()
        self._tags = tags
        self.dropped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._tags:
            if tag not in self._SILENT:
                self.dropped.append(f"<{tag}>")
            return
        allowed = _ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, frozenset()) | _VALUES.get(tag, {}).keys()
        for name, value in attrs:
            if name not in allowed and name not in self._SILENT:
                self.dropped.append(name)
            elif name in ("href", "src") and address(tag, value or "", str, "-") is None:
                self.dropped.append(value or name)
