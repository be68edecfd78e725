"""Printing: a sheet becomes a tagged PDF/A-3a and PDF/UA-1 file, the same bytes every time.

What is costly is made once for each process: the font configuration, the parsed style sheet, the fetcher (WeasyPrint makes
one with the whole CA bundle for each document otherwise). It is shared, and Pango's part of it is not safe in threads,
so one document is printed at a time.
"""

import ctypes
import hashlib
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from markupsafe import escape

from certificates import finish, fonts
from certificates.looks import apart, fetchers
from certificates.looks.look import Look as Look
from certificates.looks.template import Template, render
from certificates.looks.values import values
from certificates.sheet import Sheet

BASE = Path(__file__).parent / "base.css"
_lock = threading.Lock()
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, others need not.


class PressError(RuntimeError):
    """WeasyPrint's system libraries are missing; the text says what to install."""


@dataclass(frozen=True)
class Attached:
    """A file within the PDF. `day` (ISO) stands in it as the day on which it was made."""

    name: str
    content: bytes
    description: str
    day: str


@dataclass(frozen=True)
class _Press:
    weasyprint: Any
    fonts: Any
    fetcher: Any
    fetcher_of: Callable[[Mapping[str, str]], Any]


@dataclass(frozen=True)
class Order:
    """All that is needed to print a certificate, as plain data: it may go to another process."""

    template: Template
    values: Mapping[str, Any]
    pictures: Mapping[str, str]
    attached: tuple[Attached, ...] = ()

    def html(self) -> str:
        """The whole page: our head, and the template filled in. Raises LookError."""
        return framed(self.values, render(self.template.page, self.values))


def write(sheet: Sheet, look: Look, language: str, issued_on: str, badge: bytes | None = None, other: Sheet | None = None) -> bytes:
    """Print a certificate, with its badge attached if there is one, and in two languages if there is an `other` sheet.

    A template that is not ours is printed by a process of its own. Raises PressError when a system library is missing,
    LookError when the template cannot be used.
    """
    order = order_of(sheet, look, language, issued_on, badge, other)
    if order.template.design is None:
        return apart.printed(order).pdf
    return print_html(
        order.html(), (BASE, order.template.style), sheet.address, finisher=finish.declare_accessible, attached=order.attached,
        pictures=order.pictures,
    )


def order_of(sheet: Sheet, look: Look, language: str, issued_on: str, badge: bytes | None = None, other: Sheet | None = None) -> Order:
    """What is to be printed."""
    attached = (Attached("open-badge.json", badge, _("Open Badge of this certificate"), issued_on),) if badge else ()
    return Order(look.layout, values(sheet, look, language, issued_on, other), look.named_pictures(), attached)


def framed(said: Mapping[str, Any], body: str) -> str:
    """The head that every certificate has, around the page of a template."""
    return (
        f'<!doctype html><html lang="{escape(said["language"])}"><head><meta charset="utf-8"><title>{escape(said["title"])}: {escape(said["course"])}</title>'
        f'<meta name="author" content="{escape(said["issuer"])}"><meta name="description" content="{escape(said["number"])}">'
        f'<meta name="dcterms.created" content="{escape(said["issued_on"])}"><meta name="dcterms.modified" content="{escape(said["issued_on"])}">'
        f'<style>html {{ --colour: {escape(said["colour"])}; --accent: {escape(said["accent"])} }}</style></head><body>{body}</body></html>'
    )


def print_html(
    html: str, style: Path | tuple[Path | str, ...], identity: str, finisher: Callable[[Any, Any], None] | None = None,
    attached: Sequence[Attached] = (), pictures: Mapping[str, str] | None = None,
) -> bytes:
    """Print a page with a style sheet as tagged PDF/A-3a; the same page and identity are the same bytes.

    The fonts are those of certificates; `finisher` is WeasyPrint's. Raises PressError when a system library is missing.
    """
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint 70 leaves the colour profile's file to be closed by Python.
        styles = style if isinstance(style, tuple) else (style,)
        content = pressed(document(html, pictures or {}), styles, identity, attached).write_pdf(finisher=finisher, **_identified(identity))
    if _trim:
        _trim(0)  # Laying a page out takes memory that the process would keep: 5 MB (docs/decisions/0008).
    return bytes(content)


def document(html: str, pictures: Mapping[str, str]) -> Any:
    """The page as WeasyPrint reads it. Its pictures are those with a name, and nothing is fetched."""
    press = _press()
    return press.weasyprint.HTML(string=html, url_fetcher=press.fetcher_of(pictures))


def pressed(page: Any, styles: Sequence[Path | str], identity: str, attached: Sequence[Attached] = ()) -> Any:
    """The page laid out; its `write_pdf` writes the file."""
    press = _press()
    files = [
        press.weasyprint.Attachment(
            string=entry.content, name=entry.name, description=entry.description, relationship="Data",
            created=datetime.fromisoformat(entry.day), modified=datetime.fromisoformat(entry.day),
        ) for entry in attached
    ]
    return page.render(font_config=press.fonts, stylesheets=[_style(entry) for entry in styles], attachments=files, **_identified(identity))


def _identified(identity: str) -> dict[str, Any]:
    return {"pdf_variant": "pdf/a-3a", "pdf_identifier": hashlib.sha256(identity.encode()).digest()[:16]}


@cache
def _press() -> _Press:
    try:
        import weasyprint  # noqa: PLC0415 - it needs system libraries, and only printing needs it
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
    except OSError as error:
        raise PressError(
            f"WeasyPrint does not start ({error}). Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0; macOS: brew install pango"
        ) from error
    finish.tag_languages()
    # Fonts only from this folder: nothing is fetched over the network.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"file"}, allow_redirects=False)
    return _Press(weasyprint, FontConfiguration(), fetcher, fetchers.of_pictures(weasyprint.urls))


@lru_cache(maxsize=32)
def _style(sheet: Path | str) -> Any:
    """A style sheet, read once. Those in files are ours and bring the fonts; a text may name pictures, and fetches nothing."""
    press = _press()
    if isinstance(sheet, str):
        return press.weasyprint.CSS(string=sheet, font_config=press.fonts, url_fetcher=press.fetcher_of({}))
    return press.weasyprint.CSS(
        string=sheet.read_text() + _font_faces(), font_config=press.fonts, url_fetcher=press.fetcher, base_url=fonts.FOLDER.as_uri() + "/",
    )


def _font_faces() -> str:
    return "\n".join(
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url({file}) }}" for family, weight, file in fonts.FACES
    )
