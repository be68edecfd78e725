"""Templates of people who are not trusted: what they may do, what they must show, and what they never get at."""

import base64
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin

from app import create_app
from certificates import letterhead, trial
from certificates.looks import apart, pictures
from certificates.looks.designs import gallery
from certificates.looks.faults import LookError
from certificates.looks.template import Template, render
from certificates.trial import Trial
from tests.conftest import settings_for

TRIAL = Trial("de", bilingual=False, long=False)
MODERN = gallery()["modern"].template


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A house that nobody asks for rows."""
    folder = tmp_path_factory.mktemp("house")
    yield create_app(settings_for(f"sqlite:///{folder}/none.sqlite3", folder), testing=True)
    apart.close()


def _printed(house: Flask, page: str = MODERN.page, style: str = MODERN.style, **changes: Any) -> apart.Printed:
    look = replace(letterhead.default(), own=Template(page, style), design=None, **changes)
    with house.app_context():
        return apart.printed(trial.order(look, TRIAL))


def _refused(house: Flask, page: str = MODERN.page, style: str = MODERN.style) -> LookError:
    with pytest.raises(LookError) as caught:
        _printed(house, page, style)
    return caught.value


# --- Filling in -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("trick", [
    "{{ ''.__class__.__mro__ }}", "{{ name.__class__ }}", "{{ facts['__class__'] }}", "{{ name.upper() }}", "{{ '{0.__class__}'.format(name) }}",
    "{{ name | attr('__class__') }}", "{{ range.__globals__ }}", "{{ self.__init__ }}", "{{ lipsum() }}", "{{ cycler.__init__ }}", "{{ facts.append(1) }}",
    "{% include 'base.html' %}", "{% import 'base.html' as b %}", "{% extends 'base.html' %}", "{% autoescape false %}{{ name }}{% endautoescape %}",
    "{{ name | safe }}", "{{ config }}", "{{ request }}", "{{ 9 ** 9 ** 9 }}", "{{ 'a' * 999999999 }}", "{% for i in range(100000) %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% for i in range(500) %}{% for j in range(500) %}{{ name }}{% endfor %}{% endfor %}",
    "{% set x = namespace(a=1) %}",
])
def test_a_trick_of_jinja_is_refused(trick: str) -> None:
    with pytest.raises(LookError) as caught:
        render(trick, {"qr": "", "name": "Ada" * 200, "facts": [{"text": "a"}]})
    assert caught.value.part == "page"


def test_a_mistake_is_told_with_its_line() -> None:
    for page, line in (("\n\n{{ nome }}", 3), ("\n{% if %}", 2), ("a\n{{ name | shout }}", 2), ("\n\n\n{{ name.__class__ }}", 4)):
        with pytest.raises(LookError) as caught:
            render(page, {"qr": "", "name": "Ada"})
        assert caught.value.line == line


def test_markup_in_a_name_stays_text() -> None:
    assert render("<p>{{ name }}</p>", {"qr": "", "name": "<b>&"}) == "<p>&lt;b&gt;&amp;</p>"


def test_endless_work_is_ended_and_the_next_page_is_printed(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    nested = "".join(f"{{% for a{depth} in range(500) %}}" for depth in range(5)) + "{% endfor %}" * 5
    with monkeypatch.context() as hurried:
        hurried.setattr(apart, "PAGE_SECONDS", 1.0)
        assert "too long" in _refused(house, MODERN.page + nested).message
    assert _printed(house).pdf.startswith(b"%PDF")


# --- The page ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("added", "told"), [
    ("<script>alert(1)</script>", "script"), ("<iframe src='file:///etc/passwd'></iframe>", "iframe"), ("<object data='x'></object>", "object"),
    ("<link rel='attachment' href='file:///etc/passwd'>", "link"), ("<a rel='attachment' href='file:///etc/passwd'>x</a>", "rel"),
    ("<a href='http://169.254.169.254/'>x</a>", "Links"), ("<p onclick='x()'>x</p>", "onclick"), ("<img src='file:///etc/passwd' alt='x'>", "file:///etc/passwd"),
    ("<img src='http://127.0.0.1:5000/' alt='x'>", "127.0.0.1"), ("<img src='data:image/png;base64,AAAA' alt='x'>", "data:"), ("<img src='picture:seal'>", "alt"),
    ("<div style=\"background: url('file:///etc/passwd')\">x</div>", "file:///etc/passwd"), ("<style>p { color: red }</style>", "style"),
    ("<svg><image href='file:///etc/passwd'/></svg>", "svg"), ("<h1>Two</h1>", "h1"), ("<table><tr><td>x</td></tr></table>", "table"), ("<base href='http://x/'>", "base"),
    ("<p style='page-break-after: always'>x</p><p>y</p>", "2 pages"),
])
def test_an_element_that_is_not_for_certificates_is_refused(house: Flask, added: str, told: str) -> None:
    error = _refused(house, MODERN.page + added)
    assert told in str(error)


@pytest.mark.parametrize(("added", "told"), [
    ("@import url(file:///etc/passwd);", "import"), ("@font-face { font-family: x; src: url(file:///etc/passwd) }", "font-face"),
    ("p { background: url(http://127.0.0.1/) }", "127.0.0.1"), ("p { background: URL('file:///etc/passwd') }", "file:///etc/passwd"),
    ("p { background: u\\72l(file:///etc/passwd) }", "file:///etc/passwd"), ("p { -weasy-link: 'http://x' }", "-weasy-link"),
    ("p::before { content: attr(class) }", "attr"), (")", "cannot be read"), ("@page { @top-left { content: 'x' } }", "top-left"), ("@page { size: A3 }", "A4"),
    (".name { display: none }", "name"), (".name { position: absolute; left: -200mm }", "name"), (".name { visibility: hidden }", "name"),
    (".name { opacity: 0.1 }", "name"), (".check .qr svg { width: 9mm; height: 9mm }", "QR"),
])
def test_a_style_sheet_that_fetches_or_hides_something_is_refused(house: Flask, added: str, told: str) -> None:
    assert told in str(_refused(house, style=f"{MODERN.style}\n{added}"))


@pytest.mark.parametrize(("left_out", "missing"), [
    ("{{ name }}</p>", "name"), ("{{ qr }}", "QR"), ("{{ address_start }}", "address_start"), ("{{ legal }}", "legal"), ("{{ fact.text }}", "facts"),
])
def test_a_template_that_leaves_out_what_must_be_there_is_told_what(house: Flask, left_out: str, missing: str) -> None:
    assert left_out in MODERN.page
    error = _refused(house, MODERN.page.replace(left_out, "", 1))
    assert missing in str(error)


def test_pictures_with_a_name_are_printed(house: Flask) -> None:
    crest = pictures.to_data(_png(30, 30))
    page = MODERN.page + '<div class="crest"><img src="picture:crest" alt="Wappen"></div>'
    style = MODERN.style + ".crest { position: absolute; right: 10mm; top: 10mm; background: url(picture:crest) }"
    plain, with_crest = _printed(house).pdf, _printed(house, page, style, pictures={"crest": crest}).pdf
    assert with_crest.count(b"/Subtype /Image") > plain.count(b"/Subtype /Image")


# --- Pictures ---------------------------------------------------------------------------------------------------------

def _png(width: int, height: int, **options: Any) -> bytes:
    out = BytesIO()
    Image.new("L", (width, height)).save(out, "PNG", **options)
    return out.getvalue()


def _bomb() -> bytes:
    """A few bytes that say of themselves that they are a picture of 120 million pixels."""
    header = struct.pack(">IIBBBBB", 12_000, 10_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)


def _svg(body: str, head: str = "") -> bytes:
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">{body}</svg>'.encode()


@pytest.mark.parametrize(("content", "told"), [
    (b"GIF89a" + b"\0" * 50, "cannot|can be used|used"), (_bomb(), "pixels"), (_png(20, 20)[:50], "not a picture"), (b"\0" * 400_000, "larger than"),
    (_svg("<script>x</script>"), "script"), (_svg('<rect onload="x()"/>'), "scripts"), (_svg('<image href="file:///etc/passwd"/>'), "image"),
    (_svg('<g id="a"><use href="#a"/></g>'), "use"), (_svg('<rect fill="url(http://127.0.0.1/#a)"/>'), "refers"),
    (_svg('<style>@import "file:///etc/passwd";</style>'), "refers"), (_svg("<foreignObject/>"), "foreignObject"), (_svg("<text>x</text>"), "text"),
    (_svg("&lol;", '<!DOCTYPE svg [<!ENTITY lol "lol">]>'), "entities"), (_svg("", '<?xml-stylesheet href="http://x/"?>'), "instructions"),
    (_svg("<g>" * 60 + "</g>" * 60), "too many"), (_svg("<g/>" * 5000), "too many"), (_svg("<rect"), "cannot be read"),
    (_svg('<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>'), "gradients"), ("<svg/>".encode("utf-16"), "not"),
    (b"<html></html>", "SVG"),
])
def test_a_picture_that_does_more_than_to_be_seen_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(LookError, match=told):
        pictures.to_data(content)


def test_what_hides_in_a_picture_is_left_out() -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Author", "somebody at 51.34, 12.37")
    kept = pictures.content_of(pictures.to_data(_png(8, 8, pnginfo=note)))
    assert b"somebody" not in kept
    drawn = pictures.content_of(pictures.to_data(_svg('<metadata>somebody</metadata><rect width="5" height="5"/>')))
    assert b"somebody" not in drawn
    assert b"rect" in drawn


def test_a_data_address_from_a_form_is_checked_like_a_file() -> None:
    bomb = base64.b64encode(_bomb()).decode()
    for address in (f"data:image/png;base64,{bomb}", "data:text/html;base64,AAAA", "https://example.org/x.png", "data:image/png;base64,%%%"):
        with pytest.raises(LookError):
            pictures.checked(address)
