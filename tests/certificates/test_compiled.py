"""Compiled pages: what is placed on one is byte for byte what printing the whole page gives; what cannot be placed is printed whole."""

import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from pypdf import PdfReader

from app import create_app
from certificates import finish, letterhead, pdf
from certificates.compiled import shelf
from certificates.compiled.plain import is_plain
from certificates.compiled.shelf import Attached, Task
from certificates.compiled.varying import Varying, filled, pattern
from certificates.credentials.sample import SNAPSHOT
from certificates.pdf import Look
from certificates.sheet import sheet
from core.i18n import in_language
from tests.conftest import settings_for

CODES = ("aB3-defghijk_mnopqrstu", "ZZZZZZZZZZZZZZZZZZZZZZ", "----iiiillll____000000")


class Press:
    """Prints certificates of one course, and counts how many are printed whole."""

    def __init__(self) -> None:
        self.wholes = 0
        whole = pdf._shelf._whole

        def counted(task: Task) -> object:
            self.wholes += 1
            return whole(task)

        pdf._shelf._whole = counted  # type: ignore[assignment]

    def write(self, name: str, number: int = 1, look: Look | None = None) -> bytes:
        """A certificate, however it is made."""
        base = SNAPSHOT.address.rpartition("/")[0]
        said = replace(SNAPSHOT, name=name, number=f"MUSTERSTADT-2026-{number:06d}", address=f"{base}/{CODES[number % len(CODES)]}")
        with in_language("de"):
            return pdf.write(sheet(said, "de"), look or Look.of(letterhead.default()), "de", said.issued_on, b'{"number": %d}' % number)

    def whole(self, name: str, number: int = 1, look: Look | None = None) -> bytes:
        """A certificate that is printed whole."""
        pdf.forget()
        return self.write(name, number, look)

    def compile(self) -> None:
        """Have the page of the course compiled."""
        self.write("Ada Lovelace")
        self.write("Ben Bit")
        self.wholes = 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A house without tables: printing asks for none."""
    folder = tmp_path_factory.mktemp("house")
    return create_app(settings_for(f"sqlite:///{folder}/none.sqlite3", folder), testing=True)


@pytest.fixture
def press(house: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Press]:
    monkeypatch.setattr(pdf._shelf, "_whole", pdf._shelf._whole)  # Put back afterwards.
    pdf.forget()
    with house.app_context():
        yield Press()
    pdf.forget()


NAMES = ["Anna-Katharina Müßig", "Steffi Pfiffig", "Nguyễn Thị Ánh", "Дмитрий Ωμέγα", "AVA O'Neill"]


def test_a_placed_certificate_has_the_bytes_of_a_whole_print(press: Press) -> None:
    wholes = [press.whole(name, number) for number, name in enumerate(NAMES)]
    press.compile()
    placed = [press.write(name, number) for number, name in enumerate(NAMES)]
    assert press.wholes == 0
    assert placed == wholes
    assert [press.write(name, number) for number, name in enumerate(NAMES)] == wholes


@pytest.mark.skipif(not all(map(shutil.which, ("pdftotext", "pdftoppm", "qpdf", "zbarimg"))), reason="apt-get install poppler-utils qpdf zbar-tools")
def test_a_placed_certificate_is_a_sound_file_with_its_own_name_code_and_badge(press: Press, tmp_path: Path) -> None:
    press.compile()
    path = tmp_path / "placed.pdf"
    path.write_bytes(press.write("Steffi Pfiffig", 7))
    assert press.wholes == 0

    def run(*command: str | Path) -> str:
        return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout

    run("qpdf", "--check", path)
    text = run("pdftotext", path, "-")
    assert "Steffi Pfiffig" in text
    assert "MUSTERSTADT-2026-000007" in text
    run("pdftoppm", "-r", "150", "-png", "-singlefile", path, tmp_path / "page")
    assert run("zbarimg", "--quiet", "--raw", tmp_path / "page.png").strip().endswith(f"/z/{CODES[1]}")
    reader = PdfReader(path)
    assert reader.attachments["open-badge.json"] == [b'{"number": 7}']
    assert reader.metadata is not None
    assert str(reader.metadata.subject).endswith("000007")
    assert b"000007" in reader.trailer["/Root"]["/Metadata"].get_data()  # type: ignore[index]
    assert [link.get_object()["/A"]["/URI"].rpartition("/")[2] for link in reader.pages[0]["/Annots"]] == [CODES[1]] * 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["Anna-Lena Müller", "Łukasz O’Neill", "Ελένη", "Дмитрий", "Nguyễn Thị Ánh", "J. R. (Ron) 2"])
def test_letters_that_stand_one_after_the_other_are_placed(name: str) -> None:
    assert is_plain(name)


@pytest.mark.parametrize("name", ["محمد", "שרה כהן", "देवी", "Ada q\u0303", "李明", "한국", "Ada\u200dB", "", "a + b", "Ada ʻO"])
def test_scripts_that_join_turn_or_stack_their_letters_are_left_to_the_whole_print(name: str) -> None:
    assert not is_plain(name)


@pytest.mark.parametrize("name", ["محمد عبد الله", "Maximiliane " * 12])
def test_a_name_that_cannot_be_placed_is_printed_whole(press: Press, name: str) -> None:
    expected = press.whole(name, 3)
    press.write("Ada Lovelace")
    press.write(name)
    press.wholes = 0
    assert press.write(name, 3) == expected
    assert press.wholes >= 1


def test_another_look_is_another_page(press: Press) -> None:
    other = Look("#112233", "#445566", None, ())
    expected = press.whole("Ben Bit", 2, other)
    press.compile()
    assert press.write("Ben Bit", 2, other) == expected


def test_threads_that_print_at_once_get_their_own_certificates(press: Press) -> None:
    names = ["Ada", *NAMES[:3]]
    expected = [press.whole(name, number) for number, name in enumerate(names)]
    pdf.forget()
    with ThreadPoolExecutor(3) as threads:
        tasks = [threads.submit(copy_context().run, press.write, name, number) for number, name in enumerate(names)]
        assert [task.result() for task in tasks] == expected


def test_few_pages_are_kept(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_PAGES", 1)
    for colour in ("#111111", "#222222"):
        for name in ("Ada", "Ben"):
            press.write(name, look=Look(colour, colour, None, ()))
    assert len(pdf._shelf._pages) == 1


# --- Pages of other makers ----------------------------------------------------------------------------------------------------

STYLE = "@page { size: 200mm 100mm; margin: 10mm } body { font: 20pt 'Certificate Serif' } .sans { font: 12pt 'Certificate Sans' }"
PLACED = {
    "left": "<p>{name}</p>",
    "centred": "<p style='text-align: center'>{name}</p>",
    "right": "<p style='text-align: right'>{name}</p>",
    "with words around it": "<p style='text-align: center'>for {name}, here</p>",
    "spaced": "<p style='letter-spacing: 0.1em; word-spacing: 2px'>{name}</p>",
    "between breaks": "<p>first<br>{name}<br>last</p>",
    "in a link": "<p style='text-align: center'><a style='text-decoration: none' href='https://x.example/'>{name}</a></p>",
    "twice": "<h1>{name}</h1><p class='sans'>Once more: {name}</p>",
    "turned": "<p style='transform: rotate(-90deg)'>{name}</p>",
    "in words for those who do not see": "<img alt='Of {name}' src='picture:dot'>",
    "absolute": "<div style='position: absolute; left: 5mm; width: 120mm; text-align: end'>{name}</div>",
}
WHOLE = {
    "a box as wide as the name": "<p><span style='display: inline-block; border: 1px solid'>{name}</span></p>",
    "words that move": "<p>{name} <b>has passed</b></p>",
    "underlined": "<p style='text-decoration: underline'>{name}</p>",
    "an address with the name in it": "<p><a href='https://x.example/{name}'>here</a></p>",
    "capitals": "<p style='text-transform: uppercase'>{name}</p>",
    "lines that flow around": "<div style='float: left; width: 20mm'>x</div><p>{name}</p>",
    "a background": "<p><span style='background: red'>{name}</span></p>",
    "a second page": "<p>{name}</p><p style='break-before: page'>x</p>",
    "cut": "<p style='width: 20mm; white-space: nowrap; overflow: hidden; text-overflow: ellipsis'>{name}</p>",
}


DOT = "data:image/svg+xml;base64," + b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>').decode()


def _made(page: str, name: str, style: Path) -> bytes:
    html = f"<html lang=de><title>Page</title><body>{page.format(name=name)}<p class=sans>Constant"
    badge = [Attached("a.json", name.encode(), "words", "2026-11-20")]
    return pdf.print_html(html, style, name, finish.declare_accessible, badge, {"dot": DOT}, [Varying(name, pdf.NAMES)])


@pytest.fixture
def style(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "style.css"
    path.write_text(STYLE)
    yield path
    pdf._style.cache_clear()


@pytest.mark.parametrize("kind", [*PLACED, *WHOLE])
def test_pages_of_other_makers_come_out_as_they_are_printed_whole(press: Press, style: Path, kind: str) -> None:
    page = {**PLACED, **WHOLE}[kind]
    pdf.forget()
    names, expected = ["Jo", "Wilhelmine Pfiffig"], []
    for name in names:
        pdf.forget()
        expected.append(_made(page, name, style))
    _made(page, "Ben Bit", style)      # The second of this page: it is compiled, where it can be.
    press.wholes = 0
    assert [_made(page, name, style) for name in names] == expected
    assert (press.wholes == 0) == (kind in PLACED)


def test_a_page_in_which_a_template_does_more_with_a_name_is_another_page(press: Press, style: Path) -> None:
    def shouting(name: str) -> str:
        return f"<p>{{name}}</p><p>{name.upper() if len(name) < 6 else 'long'}</p>"

    expected = _made(shouting("Jo Ho"), "Jo Ho", style)
    pdf.forget()
    for name in ("Ada Lovelace", "Ben Babbage"):
        _made(shouting(name), name, style)
    assert _made(shouting("Jo Ho"), "Jo Ho", style) == expected


def test_a_page_with_its_values_is_the_page_again() -> None:
    values = [Varying("<svg>1</svg>", ("<svg>2</svg>", "<svg>3</svg>"), picture=True), Varying("O'Neill", ("A", "B")), Varying("e", ("C", "D"))]
    html = "<p title='e'>O&#39;Neill, e, <svg>1</svg></p>"
    page = pattern(html, values)
    assert page is not None
    assert filled(page, values) == html
    assert filled(page, values[:2], 0).count("A") == 1
    assert pattern("a\ue000b", values) is None


def test_pages_are_printed_as_ever_where_compiling_fails(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("an inner part has changed")

    expected = press.whole("Ben Bit", 2)
    monkeypatch.setattr(shelf, "compile_page", broken)
    press.compile()
    assert press.write("Ben Bit", 2) == expected
    assert press.write("Ben Bit", 2) == expected
    assert press.wholes == 2
    assert len(PdfReader(BytesIO(expected)).pages) == 1
