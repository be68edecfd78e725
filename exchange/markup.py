r"""The Markdown of courses to HTML for other systems. Formulas stay TeX in `\(…\)`, which they show by MathJax."""

import html
import re
import threading
from collections.abc import Callable

import nh3
from markdown import Markdown

_FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|(?<!\\)\$\$(.+?)\$\$|(?<![\\$\w])\$(?![\s$])([^$\n]+?)(?<!\s)\$(?![\d$])", re.DOTALL)
_CODE = re.compile(r"(`+)(?:.(?!\1))*?.\1", re.DOTALL)
_KEPT = re.compile("\ue020(\\d+)\ue021")
_PARAGRAPH = re.compile(r"<p>(.*)</p>", re.DOTALL)
_TAGS = nh3.ALLOWED_TAGS | {"figure", "figcaption"}

Address = Callable[[str], str]


class _Kept(threading.local):
    def __init__(self) -> None:
        self.markdown = Markdown(extensions=["tables", "fenced_code", "sane_lists", "footnotes", "def_list", "abbr", "admonition"], output_format="xhtml")


_kept = _Kept()


def to_html(markdown: str, address: Address = str) -> str:
    """HTML of one or more paragraphs; `address` says what to write for a course's file such as media/x.svg."""
    formulas: list[str] = []

    def keep(found: re.Match[str]) -> str:
        inside = next(filter(None, found.groups()))
        display = found[0].startswith(("\\[", "$$"))
        formulas.append(html.escape(f"\\[{inside}\\]" if display else f"\\({inside}\\)", quote=False))
        return f"\ue020{len(formulas) - 1}\ue021"

    codes = [found.span() for found in _CODE.finditer(markdown)]
    text = _FORMULA.sub(lambda found: found[0] if any(a <= found.start() < b for a, b in codes) else keep(found), markdown)
    _kept.markdown.reset()
    unsafe = _kept.markdown.convert(text)
    safe = nh3.clean(unsafe, tags=_TAGS, attribute_filter=lambda tag, name, value: _address(name, value, address), link_rel=None)
    return _KEPT.sub(lambda found: formulas[int(found[1])], safe).strip()


def to_line(markdown: str, address: Address = str) -> str:
    """HTML within a line."""
    whole = to_html(" ".join(markdown.split()), address)
    paragraph = _PARAGRAPH.fullmatch(whole)
    return paragraph[1] if paragraph and "<p>" not in paragraph[1] else whole


def to_text(markdown: str) -> str:
    """Only the words."""
    bare = nh3.clean(to_html(markdown), tags=set(), clean_content_tags={"script", "style"})
    return " ".join(html.unescape(bare).split())


def _address(name: str, value: str, address: Address) -> str | None:
    if name == "src" and not value.startswith("media/"):
        return None
    return address(value) if name in ("src", "href") and value.startswith("media/") else value
