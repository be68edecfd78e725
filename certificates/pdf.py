"""Printing: a sheet becomes a tagged PDF/A-3a and PDF/UA-1 file, the same bytes every time.

What is costly is made once for each process: the font configuration, the parsed style sheet, the fetcher (WeasyPrint makes
one with the whole CA bundle for each document otherwise). It is shared, and Pango's part of it is not safe in threads,
so one document is printed at a time.
"""

import ctypes
import hashlib
import math
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from flask import current_app
from flask_babel import gettext as _

from certificates import finish, fonts, qr, scripts
from certificates.compiled.assembly import Kept, assembled
from certificates.compiled.page import Proof
from certificates.compiled.shelf import Attached, Shelf, Task
from certificates.compiled.varying import Varying
from certificates.fonts import Step
from certificates.letterhead import Style
from certificates.models import Letterhead
from certificates.scripts import Spare
from certificates.sheet import Sheet

STYLE = Path(__file__).parent / "sheet.css"
POINTS_PER_MM = 72 / 25.4
MAIN_MM = 168                          # width of the main column, as in sheet.css
TITLE_STEPS = (Step(38, 1), Step(34, 1), Step(30, 1), Step(26, 1))
NAME_STEPS = (Step(32, 1), Step(28, 1), Step(24, 1), Step(20, 1), Step(17, 2), Step(14, 2), Step(11, 3), Step(9, 3))
COURSE_STEPS = (Step(20, 1), Step(17, 1), Step(15, 2), Step(12, 2), Step(9.5, 3))
COMPETENCE_STEPS = (Step(10.5, 8), Step(9.5, 10), Step(8.5, 11), Step(7.5, 13), Step(6.5, 15))
FACT_STEPS = (Step(10.5, 13), Step(9.5, 16), Step(8.5, 19), Step(7.5, 23), Step(6.5, 28))
# What stands on a page while it is compiled. Neither is a word of any language, and of each two one is wider.
NAMES = ("Aqvi Ujk", "Wömqa Yvqjzmá")
CODES = ("Wq8mXz-Wq8mXz_Wq8mXzWq", "il1-jrfil1_jrfil1jrfil")
_DIGIT = re.compile(r"\d")
_lock = threading.Lock()
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, others need not.


class PressError(RuntimeError):
    """WeasyPrint's system libraries are missing; the text says what to install."""


@dataclass(frozen=True)
class Look:
    """What the letterhead adds. Pictures are data: addresses."""

    colour: str
    accent: str
    logo: str | None
    signatures: tuple[str | None, ...]

    @classmethod
    def of(cls, style: Letterhead | Style) -> Self:
        """The look of a letterhead, as kept or as read."""
        return cls(style.colour, style.accent, style.logo, tuple(entry["signature"] for entry in style.signatories))


@dataclass(frozen=True)
class _Press:
    weasyprint: Any
    fonts: Any
    fetcher: Any


def write(sheet: Sheet, look: Look, language: str, issued_on: str, badge: bytes | None = None) -> bytes:
    """Print a certificate, with its badge attached if there is one. Raises PressError when a system library is missing."""
    # Two lines: broken at one of its hyphens, the code would lose it where somebody copies the address from the PDF.
    address = sheet.address.split("//", 1)[-1].rsplit("/", 1)
    title = _("QR code: the address below")
    picture = qr.svg(sheet.address, title)
    html = current_app.jinja_env.get_template("certificates/pdf.html").render(
        sheet=sheet, look=look, language=language, issued_on=issued_on, columns=_columns(sheet.competences),
        sizes=_sizes(sheet), qr=picture, rosette=_rosette(), address=address,
    )
    varying = [
        Varying(picture, _stand_in_pictures(sheet.address.removesuffix(address[1]), title), picture=True),
        Varying(sheet.number, (_DIGIT.sub("8", sheet.number), _DIGIT.sub("3", sheet.number))), Varying(address[1], CODES), Varying(sheet.name, NAMES),
    ]
    attached = [Attached("open-badge.json", badge, _("Open Badge of this certificate"), issued_on)] if badge else []
    return print_html(html, STYLE, sheet.address, finisher=finish.declare_accessible, attached=attached, varying=varying)


def print_html(
    html: str, style: Path, identity: str, finisher: Callable[[Any, Any], None] | None = None, attached: Sequence[Attached] = (),
    varying: Sequence[Varying] = (),
) -> bytes:
    """Print a page with a style sheet as tagged PDF/A-3a; the same page and identity are the same bytes.

    The fonts are those of certificates; `finisher` is WeasyPrint's. `varying` are the values that differ from those of other pages
    like this one: such a page is compiled, which changes no byte. Raises PressError when a system library is missing.
    """
    task = Task(html, (style, finisher), hashlib.sha256(identity.encode()).digest()[:16], attached, varying)
    with _lock:
        return _shelf.written(task)


def _whole(task: Task) -> Proof:
    style, finisher = task.form
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
        press = _press()
        document = press.weasyprint.HTML(string=task.html, url_fetcher=press.fetcher)
        files = [
            press.weasyprint.Attachment(
                string=entry.content, name=entry.name, description=entry.description, relationship="Data",
                created=datetime.fromisoformat(entry.day), modified=datetime.fromisoformat(entry.day),
            ) for entry in task.attached
        ]
        content: bytes = document.write_pdf(
            stylesheets=_styles_for(task.html, style), font_config=press.fonts, pdf_variant="pdf/a-3a", finisher=finish_and_keep, attachments=files,
        )
    if _trim:
        _trim(0)  # Laying a page out takes memory that the process would keep: 5 MB (docs/decisions/0008).
    return Proof(content, *written)


_shelf = Shelf(_whole)


def forget() -> None:
    """Forget the compiled pages."""
    with _lock:
        _shelf.clear()


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
    # Fonts and pictures only from this folder and from the page itself: nothing is fetched over the network.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"file", "data"}, allow_redirects=False)
    return _Press(weasyprint, FontConfiguration(), fetcher)


def _styles_for(html: str, file: Path) -> list[Any]:
    """The style sheet, and the fonts of other scripts if the page needs any."""
    rest = fonts.beyond(html)
    if not rest:
        return [_style(file)]
    spare = scripts.needed(rest)
    return [_style(file, tuple(font.family for font in spare), scripts.language("".join(rest))), *(_spare_face(font) for font in spare)]


@cache
def _style(file: Path, spare: tuple[str, ...] = (), language: str | None = None) -> Any:
    """`spare` families come after the last of the certificate's own; `language` chooses the forms of Han characters."""
    press = _press()
    families = ", ".join(f"'{family}'" for family in (fonts.LAST, *spare))
    forms = f".name {{ -weasy-lang: '{language}' }}\n" if language else ""
    return press.weasyprint.CSS(
        string=file.read_text().replace(f"'{fonts.LAST}'", families) + forms + _font_faces(), font_config=press.fonts, url_fetcher=press.fetcher,
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


@cache
def _stand_in_pictures(address: str, title: str) -> tuple[str, str]:
    return qr.svg(address + CODES[0], title), qr.svg(address + CODES[1], title)


@cache
def _rosette() -> tuple[str, str]:
    """The ornament of turned ellipses in two colours, each colour one path: an element for each ellipse costs a style each."""
    paths: tuple[list[str], list[str]] = ([], [])
    for turn in range(0, 180, 5):
        x, y = 97 * math.cos(math.radians(turn)), 97 * math.sin(math.radians(turn))
        arc = f"A97 56 {turn} 1 1"
        paths[turn % 15 == 0].append(f"M{x:.2f} {y:.2f}{arc} {-x:.2f} {-y:.2f}{arc} {x:.2f} {y:.2f}")
    return "".join(paths[0]), "".join(paths[1])


def _columns(texts: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Two columns of about the same length; CSS columns would lay the page out several times."""
    lengths = [max(1, len(text)) + 25 for text in texts]
    half, so_far = sum(lengths) / 2, 0
    for index, length in enumerate(lengths):
        if so_far + length / 2 >= half:
            return texts[:index], texts[index:]
        so_far += length
    return texts, ()


def _sizes(sheet: Sheet) -> dict[str, float]:
    """The texts that vary in length step their sizes down until they fit; WeasyPrint cannot do that itself."""
    main = MAIN_MM * POINTS_PER_MM
    return {
        "title": fonts.fit(sheet.title, fonts.SERIF, main, TITLE_STEPS),
        "name": fonts.fit(sheet.name, fonts.SERIF, main, NAME_STEPS),
        "course": fonts.fit(sheet.course, fonts.STRONG, main, COURSE_STEPS),
        "competences": _list_size(_columns(sheet.competences), fonts.SANS, 78, COMPETENCE_STEPS),
        "facts": _list_size([[fact.text for fact in sheet.facts]], fonts.STRONG, 54, FACT_STEPS),
    }


def _list_size(columns: Iterable[Sequence[str]], files: tuple[str, ...], width_mm: float, steps: tuple[Step, ...]) -> float:
    """The largest size at which the longest column stays within its lines."""
    for step in steps:
        room = width_mm * POINTS_PER_MM / step.size * 0.92
        lines = [sum(1 + int(fonts.width(text, files) / room) for text in column) for column in columns]
        if max(lines) <= step.lines:
            return step.size
    return steps[-1].size
