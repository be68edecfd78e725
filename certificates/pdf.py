"""Printing: a sheet becomes a tagged PDF/A-3a and PDF/UA-1 file, the same bytes every time.

What is costly is made once for each process: the font configuration, the parsed style sheets, the fetchers (WeasyPrint makes
one with the whole CA bundle for each document otherwise). It is shared, and Pango's part of it is not safe in threads,
so one document is printed at a time.
"""

import ctypes
import hashlib
import re
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask_babel import gettext as _
from markupsafe import escape
from PIL import ImageFile

from certificates import finish, fonts, qr, scripts
from certificates.compiled.assembly import Kept, assembled
from certificates.compiled.page import Proof
from certificates.compiled.shelf import Attached as Attached
from certificates.compiled.shelf import Shelf, Task
from certificates.compiled.varying import Varying
from certificates.looks import apart, fetchers
from certificates.looks.look import Look as Look
from certificates.looks.template import Template, render
from certificates.looks.values import QR_TITLE, values
from certificates.scripts import Spare
from certificates.sheet import Sheet

BASE = Path(__file__).parent / "base.css"
VARIANT = "pdf/a-3a"
# What stands on a page while it is compiled. Neither is a word of any language, and of each two one is wider.
NAMES = ("Aqvi Ujk", "Wömqa Yvqjzmá")
CODES = ("Wq8mXz-Wq8mXz_Wq8mXzWq", "il1-jrfil1_jrfil1jrfil")
_DIGIT = re.compile(r"\d")
_lock = threading.Lock()
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, others need not.


class PressError(RuntimeError):
    """WeasyPrint's system libraries are missing; the text says what to install."""


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
        pictures=order.pictures, varying=_varying(order.values),
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


def _varying(said: Mapping[str, Any]) -> tuple[Varying, ...]:
    """What differs between the certificates of a course."""
    start, number = said["address"].removesuffix(said["code"]), said["number"]
    return (
        Varying(said["qr"], _stand_in_pictures(start, _(QR_TITLE)), picture=True),
        Varying(number, (_DIGIT.sub("8", number), _DIGIT.sub("3", number))), Varying(said["code"], CODES), Varying(said["name"], NAMES),
    )


@cache
def _stand_in_pictures(address: str, title: str) -> tuple[str, str]:
    return qr.svg(address + CODES[0], title), qr.svg(address + CODES[1], title)


def print_html(
    html: str, style: Path | tuple[Path | str, ...], identity: str, finisher: Callable[[Any, Any], None] | None = None,
    attached: Sequence[Attached] = (), pictures: Mapping[str, str] | None = None, varying: Sequence[Varying] = (),
) -> bytes:
    """Print a page with style sheets as tagged PDF/A-3a; the same page and identity are the same bytes.

    The fonts are those of certificates; `finisher` is WeasyPrint's. `varying` are the values that differ from those of other pages
    like this one: such a page is compiled, which changes no byte. Raises PressError when a system library is missing.
    """
    styles = style if isinstance(style, tuple) else (style,)
    task = Task(html, (styles, finisher), identifier(identity), attached, varying, pictures or {})
    with _lock:
        return _shelf.written(task)


def _whole(task: Task) -> Proof:
    styles, finisher = task.form
    written: list[Any] = []

    def write(output: Any, *_: object) -> None:
        file = written[1]
        output.write(assembled((Kept.of(entry, entry.number) for entry in file.objects[1:]), file.catalog.number, file.info, task.identifier))

    def finish_and_keep(document: Any, file: Any) -> None:
        if finisher:
            finisher(document, file)
        written.extend((document, file))
        file.write = write

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint 70 leaves the colour profile's file to be closed by Python.
        laid_out = pressed(document(task.html, task.pictures), task.html, styles)
        content: bytes = laid_out.write_pdf(finisher=finish_and_keep, **options(task.identifier, task.attached))
    if _trim:
        _trim(0)  # Laying a page out takes memory that the process would keep: 5 MB (docs/decisions/0008).
    return Proof(content, *written)


_shelf = Shelf(_whole)


def forget() -> None:
    """Forget the compiled pages."""
    with _lock:
        _shelf.clear()


def document(html: str, pictures: Mapping[str, str]) -> Any:
    """The page as WeasyPrint reads it. Its pictures are those with a name, and nothing is fetched."""
    press = _press()
    return press.weasyprint.HTML(string=html, url_fetcher=press.fetcher_of(pictures))


def pressed(page: Any, html: str, styles: Sequence[Path | str]) -> Any:
    """The page, which was read from this HTML, laid out; its `write_pdf` writes the file."""
    return page.render(font_config=_press().fonts, stylesheets=sheets(styles, html), pdf_variant=VARIANT)


def options(identifier: bytes, attached: Sequence[Attached]) -> dict[str, Any]:
    """What `write_pdf` is to be told: the standard, the file's identifier, what is attached."""
    files = [
        _press().weasyprint.Attachment(
            string=entry.content, name=entry.name, description=entry.description, relationship="Data",
            created=datetime.fromisoformat(entry.day), modified=datetime.fromisoformat(entry.day),
        ) for entry in attached
    ]
    return {"pdf_variant": VARIANT, "pdf_identifier": identifier, "attachments": files}


def identifier(identity: str) -> bytes:
    """The file's identifier, the same for the same page."""
    return hashlib.sha256(identity.encode()).digest()[:16]


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
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint lets the whole process read pictures that are cut off; ours are whole.
    finish.tag_languages()
    # Fonts only from this folder: nothing is fetched over the network.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"file"}, allow_redirects=False)
    return _Press(weasyprint, FontConfiguration(), fetcher, fetchers.of_pictures(weasyprint.urls))


def sheets(styles: Sequence[Path | str], text: str) -> list[Any]:
    """The style sheets, and the fonts of other scripts if the text needs any."""
    rest = fonts.beyond(text)
    if not rest:
        return [_style(entry) for entry in styles]
    spare = scripts.needed(rest)
    families, language = tuple(font.family for font in spare), scripts.language("".join(rest))
    return [*(_style(entry, families, language) for entry in styles), *(_spare_face(font) for font in spare)]


@lru_cache(maxsize=32)
def _style(sheet: Path | str, spare: tuple[str, ...] = (), language: str | None = None) -> Any:
    """A style sheet, read once. Those in files are ours and bring the fonts; a text may name pictures, and fetches nothing.

    `spare` families come after the last of the certificate's own; `language` chooses the forms of Han characters.
    """
    press = _press()
    families = ", ".join(f"'{family}'" for family in (fonts.LAST, *spare))
    if isinstance(sheet, str):
        return press.weasyprint.CSS(string=sheet.replace(f"'{fonts.LAST}'", families), font_config=press.fonts, url_fetcher=press.fetcher_of({}))
    forms = f".name {{ -weasy-lang: '{language}' }}\n" if language else ""
    return press.weasyprint.CSS(
        string=sheet.read_text().replace(f"'{fonts.LAST}'", families) + forms + _font_faces(), font_config=press.fonts, url_fetcher=press.fetcher,
        base_url=fonts.FOLDER.as_uri() + "/",
    )


@cache
def _spare_face(font: Spare) -> Any:
    """Apart from the style sheets: each font is opened once."""
    press = _press()
    with TemporaryDirectory() as folder:  # WeasyPrint keeps a copy. A data: address of this length takes it seconds.
        file = Path(folder, "font")
        file.write_bytes(font.content())
        face = f"@font-face {{ font-family: '{font.family}'; src: url('{file.as_uri()}') }}"
        return press.weasyprint.CSS(string=face, font_config=press.fonts, url_fetcher=press.fetcher)


def _font_faces() -> str:
    return "\n".join(
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url({file}) }}" for family, weight, file in fonts.FACES
    )
