"""Markdown to HTML that may stand on a page. Trainers' HTML is untrusted input."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from modules.dialect import to_html
from modules.easy import written_in
from modules.sanitise import dropped_from, sanitise

_MARK = "lotse-part-{}-of-the-page"
_PARAGRAPH = re.compile(r"<p>(.*)</p>", re.DOTALL)
# A line that begins with a letter and holds no sign that means anything in Markdown or HTML.
_PLAIN = re.compile(r"[^\W\d_](?:[^\W_]|[ .,;:?!()%/'\"„“”‚‘’–—…€§°-])*")
LONGEST_KEPT = 4_000
TEXTS_KEPT = 8_192


@dataclass(frozen=True)
class Rendered:
    """Safe HTML, and what was left out on the way."""

    html: str
    dropped: list[str]


def render(markdown: str, *, language: str, media_url: Callable[[str], str], prefix: str = "") -> Rendered:
    """Render a text of one or more paragraphs.

    `media_url` gives the address for a relative one such as media/x.svg ("" refuses it). Headings and footnotes get ids
    that begin with `prefix`; without a prefix they get none, so that texts rendered apart can stand on one page.
    """
    return _renderer(markdown, media_url)(markdown, language, media_url, prefix, inline=False)


def render_inline(markdown: str, *, language: str, media_url: Callable[[str], str]) -> Rendered:
    """Render a text within a line, such as an option: no paragraphs, lists or headings."""
    return _renderer(markdown, media_url)(" ".join(markdown.split()), language, media_url, "", inline=True)


def render_parts(
    parts: Sequence[str], *, language: str, media_url: Callable[[str], str], prefix: str
) -> tuple[list[str], list[str]]:
    """Render the prose between a module's blocks as one text, so that footnotes and link definitions serve all of it.

    Returns the HTML of each part and what was dropped. When an HTML element or comment of the author spans a block, the
    parts are rendered one by one, each with ids of its own.
    """
    if not parts:
        return [], []
    marks = [_MARK.format(index) for index in range(1, len(parts))]
    pieces = [part for pair in zip(parts, [*marks, ""], strict=True) for part in pair]
    whole = render("\n\n".join(pieces), language=language, media_url=media_url, prefix=prefix)
    found = re.split("|".join(f"<p>{mark}</p>" for mark in marks), whole.html) if marks else [whole.html]
    if len(found) == len(parts) and all(closed(piece) for piece in found):
        return found, whole.dropped
    single = [render(part, language=language, media_url=media_url, prefix=f"{prefix}{number}-")
              for number, part in enumerate(parts, 1)]
    return [piece.html for piece in single], [dropped for piece in single for dropped in piece.dropped]


def closed(html: str) -> bool:
    """Whether every element that begins in the piece ends in it."""
    depth = 0
    for closing, name in re.findall(r"<(/?)([a-z][a-z0-9]*)", html):
        if name not in ("br", "hr", "img", "input", "wbr", "col"):
            depth += -1 if closing else 1
            if depth < 0:
                return False
    return depth == 0


def _renderer(markdown: str, media_url: Callable[[str], str]) -> Callable[..., Rendered]:
    """Short texts are kept, unless `media_url` was made on the spot: nothing would ever be found by it again."""
    return _render if len(markdown) > LONGEST_KEPT or getattr(media_url, "__closure__", None) else _kept_render


@lru_cache(maxsize=TEXTS_KEPT)
def _kept_render(markdown: str, language: str, media_url: Callable[[str], str], prefix: str, *, inline: bool) -> Rendered:
    return _render(markdown, language, media_url, prefix, inline=inline)


def _render(markdown: str, language: str, media_url: Callable[[str], str], prefix: str, *, inline: bool) -> Rendered:
    if _PLAIN.fullmatch(markdown):  # Most options and much feedback: nothing to do, and a course may have thousands of them.
        text = markdown.rstrip()
        return Rendered(text if inline else f"<p>{text}</p>", [])
    unsafe, formulas = to_html(markdown, language, inline=inline)
    if inline and (paragraph := _PARAGRAPH.fullmatch(unsafe)):
        unsafe = paragraph[1]
    html = sanitise(unsafe, url=media_url, prefix=prefix, inline=inline)
    return Rendered(_name_boxes(html, language), dropped_from(unsafe, inline=inline) + formulas)


def _name_boxes(html: str, language: str) -> str:
    """Give a task's box a name for those who cannot see it."""
    done, open_ = ("erledigt", "offen") if written_in(language) == "de" else ("done", "open")
    return re.sub(
        r"<input([^>]*)>", lambda box: f'<input{box[1]} aria-label="{done if "checked" in box[1] else open_}">', html
    )
