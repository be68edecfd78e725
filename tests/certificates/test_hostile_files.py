"""Files that strangers drop on the public page: whatever they hold, the answer comes soon and takes little memory."""

import time
import tracemalloc
import zlib
from collections.abc import Mapping
from contextvars import Context
from functools import cache
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfWriter
from werkzeug.test import TestResponse

from certificates import service
from certificates.sealing.check import State, check
from tests.certificates.earning import earn

SIZE = 7_000_000
SECONDS = 2.5                          # of processor time, on a slow machine


def _pdf(*objects: bytes) -> bytes:
    """A file with these objects; the first one is its root."""
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + end % (len(places) + 1, table, len(places) + 1, len(body))


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def _packed(size: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)), packer.flush()])


def _encrypted() -> bytes:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


@cache
def _files() -> Mapping[str, bytes]:
    """Made when they are needed: the two that unpack to a lot take a second."""
    return {
        "no PDF": b"MZ" + bytes(SIZE), "empty": b"", "encrypted": _encrypted(),
        "page tree that bites its tail": _pdf(b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [2 0 R] >> >>", b"<< /Type /Pages /FT /Sig /T (x) /Kids [2 0 R] /Parent 2 0 R /Count 9 >>"),
        "attachment that unpacks to a gigabyte": _pdf(b"<< /Type /Catalog >>", _stream(b"/Type /EmbeddedFile /Filter /FlateDecode", _packed(1_000_000_000))),
        "objects that unpack to half a gigabyte": _pdf(b"<< /Type /Catalog >>", _stream(b"/Type /ObjStm /N 9 /First 9 /Filter /FlateDecode", _packed(500_000_000))),
        "thousands of attachments": _pdf(b"<< /Type /Catalog >>", *(_stream(b"/Type /EmbeddedFile", b"{}") for _ in range(20_000))),
        "marks of attachments and nothing else": b"%PDF-1.7\n" + b"/Type/EmbeddedFile " * (SIZE // 19),
        "page and PDF at once": b"%PDF-1.7\n<script>alert(1)</script>" + b"PK\x03\x04" * 99,
    }


def _post(app: Flask, code: str, body: bytes) -> TestResponse:
    """As it comes from outside: the test's app context is none of the request's."""
    with BytesIO(body) as stream:
        return Context().run(
            app.test_client().post, f"/z/{code}/file", input_stream=stream, content_type="multipart/form-data; boundary=x",
            base_url="https://localhost", headers={"Accept-Language": "en", "Content-Length": str(len(body))},
        )


def test_a_strange_file_is_not_the_certificate_and_costs_little(quiet_house: tuple[Flask, str]) -> None:
    app, code = quiet_house
    for kind, content in _files().items():
        body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n%s\r\n--x--\r\n' % content
        begun = time.process_time()
        answer = _post(app, code, body)
        spent, page = time.process_time() - begun, answer.text
        answer.close()
        assert answer.status_code == 200, kind
        assert "not the file that was issued" in page, kind
        assert "<script>alert" not in page
        assert spent < SECONDS, kind


def test_a_file_of_a_hundred_megabytes_is_refused_before_it_is_read(quiet_house: tuple[Flask, str]) -> None:
    app, code = quiet_house
    content = bytes(100_000_000)
    tracemalloc.start()
    answer = _post(app, code, content)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 413
    assert used < 10_000_000


@pytest.mark.parametrize("kind", ["no PDF", "encrypted", "page tree that bites its tail", "thousands of attachments", "page and PDF at once"])
def test_the_reader_of_seals_finds_none_in_them(kind: str) -> None:
    assert check(_files()[kind]).state in (State.NONE, State.BROKEN)


@pytest.fixture
def quiet_house(app: Flask) -> tuple[Flask, str]:
    """A house with one certificate, and its code."""
    with app.app_context():
        certificate = earn(app).certificate()
        assert service.pdf_of(certificate)
        return app, certificate.code
