"""HTML of other systems, or of Word, to the Markdown of courses.

nh3 reads whatever it is and leaves only what Markdown can say; markdownify writes it. Formulas are set aside before, so that
nothing in them is taken for Markdown.
"""

import html as entities
import re
from collections.abc import Callable, Iterator
from typing import Any

import nh3
from markdownify import ATX, MarkdownConverter

from core.i18n import N_
from exchange.media import Media
from exchange.model import Entry, UnreadableError, without_gap_marks

Find = Callable[[str], str | None]
DEEPEST = 80
MOST_LETTERS = 50_000
_TAGS = frozenset(
    ["p", "br", "b", "strong", "i", "em", "u", "s", "del", "sub", "sup", "code", "pre", "kbd", "samp", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "a", "img", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "div"]
)
_ERASED = frozenset(["script", "style", "object", "applet", "iframe", "embed", "noscript", "template", "textarea", "select", "svg", "title", "head", "form"])
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "td": {"colspan"}, "th": {"colspan"}, "ol": {"start"}}
# What is looked for has a length: else a text with ten thousand beginnings and no end would take hours.
_MATH_SCRIPT = re.compile(r'<script[^>]{0,200}type="math/tex[^>]{0,200}>(.{0,5000}?)</script>', re.DOTALL | re.IGNORECASE)
_MATHML = re.compile(r"<math\b.{0,5000}?</math>", re.DOTALL | re.IGNORECASE)
_TEX = re.compile(r"<annotation[^>]{0,200}tex[^>]{0,200}>(.{0,5000}?)</annotation>", re.DOTALL | re.IGNORECASE)
_CANVAS_MATH = re.compile(r'<img\b[^>]{0,4000}data-equation-content="([^"]*)"[^>]*>', re.IGNORECASE)
_FORMULA = re.compile(r"\\\(|\\\[|\$\$")
_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
LONGEST_FORMULA = 3000
_DATA = re.compile(r"data:image/[a-z0-9.+-]{1,30}(?:;[a-z0-9=-]{1,30})*;base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_NO_WORDS = re.compile(r"!\[\s*\]\((media/([^)\s]{1,200}))\)")
_MOVING = re.compile(r"<(iframe|video|audio|source|embed|object)\b[^>]{0,500}?\b(?:src|data)\s{0,9}=\s{0,9}[\"']([^\"']{1,1000})[\"'][^>]{0,1000}>", re.IGNORECASE)
_ON_A_DISK = re.compile(r"<img\b[^>]{0,2000}?\bsrc\s{0,9}=\s{0,9}[\"']?((?:file|cid|blob):[^\"'\s>]{1,500})", re.IGNORECASE)  # as Word has them
_ACTIVE = re.compile(r"<(script|form|iframe|object|embed|style)\b|\son[a-z]+\s*=", re.IGNORECASE)
_LANGUAGE = re.compile(r'<span\b[^>]*\blang="|class="multilang"', re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*?>")
_ANY_TAG = re.compile(r"<[^>]*>")
_VOID = frozenset({"br", "img", "hr"})
_KEPT = re.compile("\ue020(\\d+)\ue021")
_SPECIAL = re.compile(r"([\\`*_]|\{(?=[:#.]))")
_BRACKET = re.compile(r"\[(?=\^|\[|[^\]\n]{0,500}\][(:\[])|<")
_LINE_START = re.compile(r"^([ \t]*)(?:(#{1,6}(?=\s)|[-+](?=\s)|>)|(\d+)(?=[.)]\s)|([~!?:/])(?=\4\4)|([=-])(?=\5*[ \t]*$)|(=)(?==))", re.MULTILINE)
_ENTITY_LOOKALIKE = re.compile(r"&(?=#?\w+;)")
_SPACES = re.compile(r"[ \t\xa0]+")


class Writer:
    """HTML texts of one file to Markdown; pictures go into its media, and what is lost into the item's entry."""

    def __init__(self, media: Media, find: Find | None = None) -> None:
        self.media = media
        self.find: Find = find or (lambda _: None)
        self._formulas: list[str] = []
        self._pictures: list[str] = []
        self._cleaner: nh3.Cleaner | None = None
        self._entry = Entry(0, "")

    def markdown(self, html: str, entry: Entry, *, gaps: bool = False) -> str:
        """A text of one or more paragraphs; `gaps`: its marks of gaps were set by us."""
        html = self._short(html if gaps else without_gap_marks(html))
        if "<" not in html and "&" not in html:
            return plain(html)
        return with_words(self._kept(_tidy(_Converter.make().convert(self._clean(html, entry)))), entry)

    def line(self, html: str, entry: Entry) -> str:
        """A text within a line, such as an option."""
        html = self._short(without_gap_marks(html))
        if "<" not in html and "&" not in html:
            return " ".join(plain(html).split())
        clean = self._clean(html, entry)
        if re.search(r"<(table|ul|ol|h[1-6]|blockquote)\b", clean):
            entry.change(N_("A list, table or heading in an answer became running text."))
        return with_words(self._kept(" ".join(_Converter.make(inline=True).convert(clean).split())), entry)

    def _short(self, html: str) -> str:
        """The text with its embedded pictures set aside; what is still too long is no question."""
        self._formulas, self._pictures = [], []
        if "base64," in html:
            html = _DATA.sub(self._aside, html)
        if len(html) > MOST_LETTERS:
            raise UnreadableError(N_("A text has more than %(most)s characters."), most=MOST_LETTERS)
        return html

    def _aside(self, found: re.Match[str]) -> str:
        self._pictures.append(found[0])
        return f"data:{len(self._pictures) - 1}"

    def _clean(self, html: str, entry: Entry) -> str:
        """Only what Markdown can say, with formulas set aside."""
        html = _KEPT.sub("", html)
        html = _MATH_SCRIPT.sub(lambda found: self._keep(f"\\({found[1]}\\)"), html)
        html = _CANVAS_MATH.sub(lambda found: self._keep(f"\\({entities.unescape(found[1])}\\)"), html)
        html = _MATHML.sub(lambda found: self._mathml(found[0], entry), html)
        html = "".join(self._keep(entities.unescape(_ANY_TAG.sub("", part))) if is_formula else part for part, is_formula in with_formulas(html))
        if moving := _MOVING.search(html):
            entry.change(N_("Embedded media became a link."))
            html = _MOVING.sub(lambda found: f' <a href="{found[2]}">{_host(found[2])}</a> ' if found[2].startswith("https://") else " ", html)
        if not moving and _ACTIVE.search(html):
            entry.change(N_("Scripts, styles and forms were left out."))
        for picture in _ON_A_DISK.findall(html):
            entry.change(N_("The picture “%(name)s” is not in the file."), name=re.split(r"[/\\]", picture)[-1][:120])
        html = re.sub(r"<(/?)(?:h[1-6])\b[^>]*>", lambda found: "</strong></p>" if found[1] else "<p><strong>", html, flags=re.IGNORECASE)
        self._entry = entry
        self._cleaner = self._cleaner or self._made_cleaner()
        clean = self._cleaner.clean(html)
        if _depth(clean) > DEEPEST:
            entry.change(N_("The text was nested too deeply; only its words were kept."))
            clean = nh3.clean(clean, tags=set())
        return clean

    def _made_cleaner(self) -> nh3.Cleaner:
        """One for all texts of a file: making it costs more than using it."""
        def address(tag: str, attribute: str, value: str) -> str | None:
            if tag == "a" and attribute == "href":
                return value if value.startswith(("http://", "https://", "mailto:")) else self._file(value, self._entry)
            if tag == "img" and attribute == "src":
                return self._picture(value, self._entry)
            return value

        return nh3.Cleaner(tags=set(_TAGS), clean_content_tags=set(_ERASED), attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
                           attribute_filter=address, url_schemes={"http", "https", "mailto", "data"}, link_rel=None, strip_comments=True)

    def _picture(self, value: str, entry: Entry) -> str | None:
        if value.startswith("data:"):
            number = value.removeprefix("data:")
            known = number.isdecimal() and int(number) < len(self._pictures)
            if known and (kept := self.media.keep_data(self._pictures[int(number)])):
                return kept
            entry.change(N_("A picture that was written into the text cannot be shown and was left out."))
        elif re.match(r"[a-z]+:|//", value, re.IGNORECASE):
            entry.change(N_("A picture from another server (%(host)s) was left out."), host=_host(value))
        elif kept := self.find(value):
            return kept
        else:
            entry.change(N_("The picture “%(name)s” is not in the file."), name=value[:120])
        return None

    def _file(self, value: str, entry: Entry) -> str | None:
        if value.startswith("#") or value.startswith("data:") or re.match(r"[a-z]+:", value, re.IGNORECASE):
            return None
        kept = self.find(value)
        if kept is None:
            entry.change(N_("A link to “%(name)s”, which is not in the file, became text."), name=value[:120])
        return kept

    def _mathml(self, math: str, entry: Entry) -> str:
        if tex := _TEX.search(math):
            return self._keep(f"\\({entities.unescape(tex[1]).strip()}\\)")
        entry.change(N_("A formula (MathML without TeX) became plain text."))
        return str(nh3.clean(math, tags=set()))

    def _keep(self, formula: str) -> str:
        self._formulas.append(_formula(formula))
        return f"\ue020{len(self._formulas) - 1}\ue021"

    def _kept(self, markdown: str) -> str:
        return _KEPT.sub(lambda found: self._formulas[int(found[1])], markdown)


def with_words(markdown: str, entry: Entry) -> str:
    """The text with something said for every picture: where nobody did, its file's name, which is noted."""
    def named(found: re.Match[str]) -> str:
        entry.change(N_("The picture “%(name)s” has no words for those who cannot see it; its file name stands there."), name=found[2])
        return f"![{found[2].rsplit('.', 1)[0]}]({found[1]})"

    return _NO_WORDS.sub(named, markdown)


def _formula(formula: str) -> str:
    """A formula in the signs that courses use."""
    inside = " ".join(formula[2:-2].split())
    return f"$${inside}$$" if formula.startswith(("\\[", "$$")) else f"\\({inside}\\)"


def _host(address: str) -> str:
    return re.sub(r"^[a-z]*:?//", "", address)[:80].split("/")[0]


def _depth(html: str) -> int:
    depth = deepest = 0
    for closing, tag in _TAG.findall(html):
        if tag not in _VOID:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


class _Converter(MarkdownConverter):
    """markdownify with the house's ways: pictures always carry words, sub and sup stay HTML."""

    inline = False

    @classmethod
    def make(cls, *, inline: bool = False) -> "_Converter":
        kept = _kept.get(inline)
        if kept is None:
            kept = _kept[inline] = cls(
                heading_style=ATX, escape_misc=False, sub_symbol="<sub>", sup_symbol="<sup>", table_infer_header=True, strip_document=None,
            )
            kept.inline = inline
        return kept

    def convert(self, html: str) -> str:
        """Markdown of the HTML."""
        return str(super().convert(html))

    def escape(self, text: str, parent_tags: Any) -> str:
        """What could be taken for Markdown or HTML."""
        if not text or {"pre", "code", "kbd", "samp"} & set(parent_tags):
            return text
        return _escape(text)

    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        """A picture that was found, with the words that stand for it."""
        source = el.attrs.get("src")
        words = " ".join((el.attrs.get("alt") or "").split())
        return f"![{_escape(words)}]({source})" if source else _escape(words)

    def convert_pre(self, el: Any, text: str, parent_tags: Any) -> str:
        """Code: a fence, or within a line one piece of code for each line."""
        code = el.get_text().strip("\n")
        if not self.inline:
            fence = "`" * max([2, *(len(run) for run in re.findall("`+", code))]) + "`"
            return f"\n\n{fence}\n{code}\n{fence}\n\n"
        return "<br>".join(f"<code>{_spaces(line)}</code>" for line in code.split("\n"))

    def convert_br(self, el: Any, text: str, parent_tags: Any) -> str:
        """A new line."""
        return "<br>" if self.inline or {"td", "th"} & set(parent_tags) else "  \n"

    def convert_li(self, el: Any, text: str, parent_tags: Any) -> str:
        """An entry of a list; what belongs to it is indented by four, as Python-Markdown wants it."""
        first, *rest = text.strip().split("\n")
        return "\n".join([f"{_bullet(el)} {first}", *("    " + line if line.strip() else "" for line in rest)]) + "\n"

    def convert_u(self, el: Any, text: str, parent_tags: Any) -> str:
        """Markdown knows no underlining, HTML in Markdown does."""
        return f"<u>{text}</u>" if text.strip() else text


_kept: dict[bool, _Converter] = {}


def _bullet(entry: Any) -> str:
    if entry.parent is None or entry.parent.name != "ol":
        return "-"
    start = str(entry.parent.get("start") or "1")
    return f"{(int(start[:6]) if start.isdecimal() else 1) + len(entry.find_previous_siblings('li'))}."


def _spaces(line: str) -> str:
    bare = line.lstrip()
    return "&nbsp;" * (len(line.expandtabs(4)) - len(bare)) + entities.escape(bare, quote=False)


def _escape(text: str) -> str:
    """Text as Markdown that shows it as it is."""
    text = _ENTITY_LOOKALIKE.sub("&amp;", text)
    text = _BRACKET.sub(lambda found: "&lt;" if found[0] == "<" else "&#91;", _SPECIAL.sub(r"\\\1", text))
    if text.count("$") > 1:
        text = text.replace("$", "\\$")
    return _LINE_START.sub(_not_at_start, text)


def _not_at_start(found: re.Match[str]) -> str:
    space, escapable, digits, *others = found.groups()
    if escapable:
        return f"{space}\\{escapable}"
    return f"{space}{digits}\\" if digits else f"{space}&#{ord(next(filter(None, others)))};"


def _tidy(markdown: str) -> str:
    """Without the many empty lines and the spaces at line ends that only look like something."""
    lines = [line.rstrip() + ("  " if line.endswith("  ") and line.strip() else "") for line in markdown.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip().removesuffix("  ")


def plain(text: str) -> str:
    """Text in which nothing is markup, as Markdown that shows the same. Formulas stay."""
    return "".join(_formula(part) if is_formula else _escape(part) for part, is_formula in with_formulas(text)).strip()


def with_formulas(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and which of them are formulas with their signs. Takes no longer for signs that nobody closes."""
    end = at = 0
    while opening := _FORMULA.search(text, at):
        start = opening.end()
        closing = text.find(_CLOSING[opening[0]], start, start + LONGEST_FORMULA)
        if closing <= start:
            at = start
            continue
        yield text[end : opening.start()], False
        end = at = closing + 2
        yield text[opening.start() : end], True
    yield text[end:], False
