"""The three designs: what stands in them in one language and in two, what both standards say, and that issued looks never change."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import outloud
import pdfua
import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from app import create_app
from certificates import letterhead, pdf, service, tasks, trial, versions
from certificates.looks import apart, designs
from certificates.looks.designs import gallery
from certificates.looks.languages import Languages
from certificates.looks.template import Template
from certificates.models import TemplateVersion
from certificates.trial import Trial
from core import db
from core.jobs import WorkState
from tests import builders
from tests.certificates.earning import COURSE, FILES, complete, earn
from tests.conftest import settings_for

EXAMPLE = letterhead.DEFAULT.parents[1] / "example" / "letterhead.yml"
NAMES = ("classic", "engraved", "modern")
needs_pdftotext = pytest.mark.skipif(not shutil.which("pdftotext"), reason="apt-get install poppler-utils")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A house that nobody asks for rows."""
    folder = tmp_path_factory.mktemp("house")
    yield create_app(settings_for(f"sqlite:///{folder}/none.sqlite3", folder), testing=True)
    apart.close()


@pytest.fixture(scope="module", params=NAMES)
def printed(request: pytest.FixtureRequest, house: Flask) -> bytes:
    """A design with all that there is: two languages, a logo, signatures, a long name and much to say; its own demands are kept."""
    style = replace(letterhead.read(EXAMPLE), design=request.param)
    with house.app_context():
        return apart.printed(trial.order(style, Trial("de", bilingual=True, long=True))).pdf


def _words(content: bytes, folder: Path) -> str:
    path = folder / "one.pdf"
    path.write_bytes(content)
    told = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout
    return "".join(told.split()).casefold()


@needs_pdftotext
def test_a_bilingual_file_says_everything_twice_and_on_one_page(printed: bytes, tmp_path: Path) -> None:
    told = _words(printed, tmp_path)
    snapshot = trial.snapshot(letterhead.read(EXAMPLE), long=True)
    for text in (*snapshot.course.values(), *snapshot.competences[0].values(), "Teilnahmebescheinigung", "Certificate of participation", snapshot.name, "Workload", "Umfang"):
        assert "".join(str(text).split()).replace("-", "").casefold() in told.replace("-", ""), text
    assert len(PdfReader(BytesIO(printed)).pages) == 1


def test_a_design_keeps_to_both_standards(printed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "design.pdf"
    path.write_bytes(printed)
    assert [finding.message for finding in outloud.check(str(path)).findings] == []
    assert [finding.message for finding in pdfua.validate(str(path)).findings] == []
    root: Any = PdfReader(path).trailer["/Root"]
    assert all(sign in root["/Metadata"].get_data() for sign in (b"pdfaid:part", b"pdfuaid:part"))


def test_the_second_language_is_named_in_the_tags(printed: bytes) -> None:
    root: Any = PdfReader(BytesIO(printed)).trailer["/Root"]
    assert root["/Lang"] == "de"
    spoken = [entry.get("/Lang") for entry in _tags(root["/StructTreeRoot"]) if entry.get("/Lang")]
    assert spoken.count("en") > 20


def _tags(entry: Any) -> Iterator[Any]:
    entry = entry.get_object()
    children = entry.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        found = child.get_object()
        if isinstance(found, dict) and "/S" in found:
            yield found
            yield from _tags(found)


@pytest.mark.parametrize("name", NAMES)
def test_without_logo_signatures_and_legal_sentence_a_design_is_whole(house: Flask, name: str) -> None:
    bare = replace(letterhead.default(), design=name, legal=())
    with house.app_context():
        assert apart.printed(trial.order(bare, Trial("en", bilingual=False, long=False)), picture_width=300).png


def test_a_course_or_the_organisation_chooses_the_languages(app: Flask) -> None:
    files = {**FILES, "course.yml": COURSE.replace("certificate:\n", "certificate:\n  language: both\n").encode()}
    with app.app_context():
        organisation = builders.organisation()
        versions.save(organisation.id, replace(letterhead.default(), languages=Languages.ENGLISH))
        by_organisation = earn(app).certificate()
        assert (by_organisation.language, by_organisation.bilingual) == ("en", False)
        other = builders.person("Erika", username="erika")
        enrolment = builders.enrolment(other, files)
        complete(enrolment)
        by_course = service.certificates_of(other.id)[0]
        assert (by_course.language, by_course.bilingual) == ("de", True)
        content = service.pdf_of(by_course)
        assert content is not None
        page = PdfReader(BytesIO(content)).pages[0].extract_text()
        assert "AI literacy at university" in page


def test_what_was_issued_looks_the_same_when_it_is_printed_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither another look of the organisation's nor another version of Lotse's own design touches it."""
    with app.app_context():
        organisation = builders.organisation()
        versions.save(organisation.id, replace(letterhead.read(EXAMPLE), design="modern"))
        holder = earn(app)
        before = holder.certificate()
        versions.save(organisation.id, replace(letterhead.default(), design="engraved", colour="#550000"))
        changed = {name: replace(design, template=replace(design.template, style=design.template.style + "h1 { color: red }")) for name, design in gallery().items()}
        monkeypatch.setattr(designs, "gallery", lambda: changed)
        with db.transaction():
            kept = before.sha256
            before.state, before.due_at, before.sha256, before.pdf = WorkState.DUE, db.now(), None, None
        tasks.print_certificate.run(before.id)
        assert holder.certificate().sha256 == kept
        assert kept is not None


def test_a_template_of_ones_own_is_printed_by_the_process_for_it_and_kept_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    printed_by = apart.printed

    def remembered(order: pdf.Order, **options: Any) -> apart.Printed:
        asked.append(order.template.design)
        return printed_by(order, **options)

    monkeypatch.setattr(apart, "printed", remembered)
    with app.app_context():
        organisation = builders.organisation()
        modern = gallery()["modern"].template
        versions.save(organisation.id, replace(letterhead.default(), design=None, own=Template(modern.page, modern.style)))
        certificate = earn(app).certificate()
        assert asked == [None]
        assert "open-badge.json" in PdfReader(BytesIO(service.pdf_of(certificate) or b"")).attachments
        versions.save(organisation.id, replace(letterhead.default(), design=None, own=Template(modern.page, modern.style), colour="#550000"))
        assert len(db.session.scalars(select(TemplateVersion)).all()) == 1


def test_where_a_template_of_ones_own_has_no_room_the_learner_still_gets_a_certificate(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(service.log, "warning", lambda event, **values: told.append(event))
    with app.app_context():
        organisation = builders.organisation()
        modern = gallery()["modern"].template
        narrow = Template(modern.page.replace("{{ name }}</p>", "{% if name | length < 30 %}{{ name }}{% endif %}</p>", 1), modern.style)
        versions.save(organisation.id, replace(letterhead.default(), design=None, own=narrow))
        certificate = earn(app, "Maximiliane " * 8).certificate()
        content = service.pdf_of(certificate)
        assert content is not None
        assert "Maximiliane" in PdfReader(BytesIO(content)).pages[0].extract_text()
        assert told == ["template"]


def test_another_organisations_template_is_out_of_reach(app: Flask) -> None:
    with app.app_context():
        first, second = builders.organisation("eins"), builders.organisation("zwei")
        with db.scoped(first.id):
            row = versions.save(first.id, letterhead.default())
        with db.scoped(second.id):
            assert versions.version(row.id) is None
            assert versions.restore(second.id, row.id) is None


def test_the_names_of_a_template_are_documented(house: Flask) -> None:
    told = (Path(__file__).parents[2] / "docs" / "operators" / "certificate-templates.md").read_text(encoding="utf-8")
    with house.app_context():
        names = trial.order(letterhead.read(EXAMPLE), Trial("de", bilingual=True, long=False)).values
    assert not {name for name in names if f"`{name}`" not in told}
