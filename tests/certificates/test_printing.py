"""Printing: real files, read by programs that we did not write; and a press that stalls, races or is missing."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import outloud
import pytest
from flask import Flask
from pypdf import PdfReader

from certificates import pdf, service, tasks
from certificates.looks.designs import template_of
from certificates.models import Certificate
from certificates.sheet import Sheet, sheet
from certificates.snapshot import Snapshot
from core import db, jobs
from core.i18n import in_language
from core.jobs import WorkState
from tests import builders
from tests.certificates.earning import Holder, complete, earn, learner

needs_tools = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("pdftotext", "pdftoppm", "qpdf", "zbarimg")),
    reason="apt-get install poppler-utils qpdf zbar-tools",
)


def _file(holder: Holder, folder: Path) -> Path:
    content = service.pdf_of(holder.certificate())
    assert content is not None
    path = folder / "certificate.pdf"
    path.write_bytes(content)
    return path


def _run(*command: str | Path) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def _words(text: str) -> str:
    """Without what layout changes: spaces, line breaks, capitals of labels."""
    return "".join(text.split()).casefold()


def _shown(certificate: Certificate) -> Sheet:
    with in_language(certificate.language):
        return sheet(Snapshot.from_json(certificate.snapshot), certificate.language)


@needs_tools
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("award", ["achievement", "participation"])
def test_every_text_of_the_record_is_in_the_file(app: Flask, tmp_path: Path, language: str, award: str) -> None:
    with app.app_context():
        holder = earn(app, "Dr. Anna-Katharina Müßiggang", award=award, language=language)
        printed = _words(_run("pdftotext", _file(holder, tmp_path), "-"))
        for text in _shown(holder.certificate()).all_texts():
            for word in text.removeprefix("http://").split():
                assert _words(word) in printed, word


@needs_tools
def test_the_file_is_sound_and_the_code_leads_to_the_public_page(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        holder = earn(app)
        path = _file(holder, tmp_path)
        _run("qpdf", "--check", path)
        _run("pdftoppm", "-r", "150", "-png", "-singlefile", path, tmp_path / "page")
        assert _run("zbarimg", "--quiet", "--raw", tmp_path / "page.png").strip() == holder.certificate().snapshot["address"]


def test_the_file_is_one_tagged_landscape_page_with_its_data(app: Flask) -> None:
    with app.app_context():
        holder = earn(app)
        reader = PdfReader(BytesIO(service.pdf_of(holder.certificate()) or b""))
        catalogue: Any = reader.trailer["/Root"]
        assert len(reader.pages) == 1
        assert float(reader.pages[0].mediabox.width) > float(reader.pages[0].mediabox.height)
        assert catalogue["/MarkInfo"]["/Marked"]
        assert catalogue["/Lang"] == "de"
        assert reader.metadata is not None
        assert reader.metadata.title == "Zertifikat: KI-Kompetenz an der Hochschule"
        assert reader.metadata.author == "Universität Musterstadt"
        assert b"pdfaid:part" in catalogue["/Metadata"].get_data()


@needs_tools
@pytest.mark.parametrize("name", ["<b>Ada</b> &amp; {{ 7*7 }}", "Nguyễn Thị Ánh Łukasz", "Дмитрий Ωμέγα", "W" * 200, "Maximiliane " * 16])
def test_markup_other_scripts_and_long_names_are_printed_as_they_are(app: Flask, tmp_path: Path, name: str) -> None:
    with app.app_context():
        path = _file(earn(app, name), tmp_path)
        assert _words(name) in _words(_run("pdftotext", path, "-"))
        assert len(PdfReader(path).pages) == 1


@needs_tools
def test_a_name_written_from_right_to_left_is_printed_with_its_own_letters(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        printed = _run("pdftotext", _file(earn(app, "شادي كريم"), tmp_path), "-")
        assert "شادي" in printed or "يداش" in printed


@needs_tools
def test_names_of_other_scripts_are_printed_with_their_own_letters_and_leave_the_page_sound(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        for name, font in (("𠮷野 さくら", "CJKjp"), ("김민수", "CJKjp"), ("ณัฐ", "Thai"), ("አበበ", "Ethiopic")):
            path = _file(earn(app, name), tmp_path)
            assert _words(name) in _words(_run("pdftotext", path, "-"))
            assert font in _run("pdffonts", path)
            _run("qpdf", "--check", path)
            result = outloud.check(str(path))
            assert [finding.message for finding in result.findings] == []
            assert len(path.read_bytes()) < 200_000
        assert "CJK" not in _run("pdffonts", _file(earn(app, "Ada Lovelace"), tmp_path))


def test_han_characters_take_the_form_of_their_readers(app: Flask) -> None:
    with app.app_context(), in_language("de"):
        page, look = '<p class="name">{}</p>', (pdf.BASE, template_of(None).style)
        chinese, japanese = (pdf.print_html(page.format(f"骨{more}"), look, "x") for more in ("", '</p><p class="name">の'))
        assert pdf.print_html(page.format("骨"), look, "x") == chinese
        assert _outlines(chinese) != _outlines(japanese)


def _outlines(content: bytes) -> list[str]:
    """The characters that a page shows, by their number in the font."""
    page = PdfReader(BytesIO(content)).pages[0].get_contents()
    assert page is not None
    return re.findall(r"<([0-9a-f]{4})", page.get_data().decode())[:1]


@pytest.mark.parametrize("name", ["Ada Lovelace", "王小明 አበበ"])
def test_the_same_record_gives_the_same_bytes(app: Flask, name: str) -> None:
    with app.app_context():
        certificate = earn(app, name).certificate()
        shown, look = _shown(certificate), pdf.Look("#112233", "#aabbcc", None, ())
        with in_language("de"):
            first, second = (pdf.write(shown, look, "de", "2026-11-22") for _ in range(2))
        assert first == second


def test_nothing_is_fetched_over_the_network(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.app_context():
        certificate = earn(app).certificate()
        look = pdf.Look("#112233", "#aabbcc", "https://example.org/logo.png", ())
        with in_language("de"):
            pdf.write(_shown(certificate), look, "de", "2026-11-22")
    assert "Failed to load image" in caplog.text


# --- The press --------------------------------------------------------------------------------------------------------

@pytest.fixture
def due(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Holder:
    """A certificate that is due while nobody works."""
    with app.app_context():
        builders.organisation()
        holder = learner(app)
        monkeypatch.setattr(jobs, "hint", lambda task, row_id: None)
        complete(holder.enrolment)
        return holder


def test_of_two_workers_one_prints(app: Flask, due: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[int] = []
    write = pdf.write

    def slow(*args: object) -> bytes:
        printed.append(1)
        if len(printed) == 1:  # The other worker gets the same message while this one prints.
            with app.app_context():
                tasks.print_certificate.run(certificate_id)
        return write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pdf, "write", slow)
    with app.app_context():
        certificate_id = due.certificate().id
        tasks.print_certificate.run(certificate_id)
        assert due.certificate().state == WorkState.DONE
    assert printed == [1]


def test_a_worker_that_was_killed_is_replaced_by_the_sweep(app: Flask, due: Holder) -> None:
    with app.app_context():
        jobs.claim(Certificate, due.certificate().id, timedelta(seconds=-1))  # Claimed, and never seen again.
        db.session.remove()
        assert due.certificate().state == WorkState.RUNNING
        assert jobs.sweep() == 1
        assert due.certificate().state == WorkState.DONE


def test_a_worker_that_comes_too_late_changes_nothing(app: Flask, due: Holder) -> None:
    with app.app_context():
        slow = jobs.claim(Certificate, due.certificate().id, timedelta(seconds=-1))
        db.session.remove()
        jobs.sweep()
        done = due.certificate()
        assert slow is not None
        with pytest.raises(jobs.LostLeaseError):
            service.print_claimed(slow)
        assert due.certificate().sha256 == done.sha256
        assert due.certificate().state == WorkState.DONE


def test_without_the_system_libraries_it_comes_later_and_operators_read_what_to_install(
    app: Flask, due: Holder, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(*args: object) -> bytes:
        raise pdf.PressError("apt-get install libpango-1.0-0")

    with app.app_context():
        with monkeypatch.context() as broken:
            broken.setattr(pdf, "write", missing)
            tasks.print_certificate.run(due.certificate().id)
        certificate = due.certificate()
        assert certificate.state == WorkState.DUE
        assert "apt-get install libpango-1.0-0" in (certificate.error or "")
        page = due.open(f"/certificates/{certificate.id}").text
        assert "Your certificate comes later" in page
        assert "apt-get" not in page
        with db.transaction():
            certificate.due_at = db.now()
        assert jobs.sweep() == 1
        assert due.certificate().state == WorkState.DONE


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libgobject-2.0-0'")

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refusing(), *sys.meta_path])
    press: Callable[[], object] = pdf._press.__wrapped__
    with pytest.raises(pdf.PressError, match="apt-get install libpango"):
        press()


def test_what_always_fails_is_given_up_with_the_reason(app: Flask, due: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> bytes:
        raise ValueError("no such glyph")

    monkeypatch.setattr(pdf, "write", broken)
    with app.app_context():
        for _ in range(service.TRIES):
            with db.transaction():
                due.certificate().due_at = db.now()
            tasks.print_certificate.run(due.certificate().id)
        assert due.certificate().state == WorkState.FAILED
        assert due.certificate().error == "ValueError: no such glyph"
