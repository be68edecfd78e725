"""The pages for administrators, the files that they take along, and the command."""

import csv
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from accounts.models import Role
from certificates import pdf
from core import db
from reports import document, legal, service
from tests import builders
from tests.certificates.earning import request
from tests.reports.scene import Scene, group, university

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # The rows behind the pages: test_evidence, on both.
REPORT = "/reports/evidence?first=2026-01-01&last=2026-12-31&k=5&language=en"
FILES = {kind: REPORT.replace("evidence?", f"evidence.{kind}?") for kind in ("pdf", "csv")}
PURPOSE = {"first": "2026-01-01", "last": "2026-12-31", "language": "en", "purpose": "The staff council asks who was trained.", "needed": "y"}


@pytest.fixture
def scene(app: Flask) -> Scene:
    """A university with three course groups, one of them small."""
    with app.app_context():
        scene = university(app)
        group("Seminar A", 20, participated=17, achieved=9)
        group("=Seminar B", 7, participated=7)
        group("Winzig", 2, achieved=1)
    return scene


def _rows(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_only_administrators_see_the_pages(scene: Scene) -> None:
    for path in (REPORT, *FILES.values(), "/reports/evidence/names", "/reports/legal"):
        assert [scene.get(path, who=who).status_code for who in ("lecturer", "administrator")] == [403, 200], path


def test_lecturers_can_send_neither_form(scene: Scene) -> None:
    text = {"valid_from": "2027-01-01", "de": "x", "en": "x", "source": "https://example.org"}
    assert [scene.post(path, data, who="lecturer").status_code for path, data in (("/reports/evidence/names", PURPOSE), ("/reports/legal", text))] == [403, 403]


def test_the_page_leads_there_and_shows_figures_and_no_name(scene: Scene) -> None:
    assert "/reports/evidence" in scene.get("/admin/usage").text
    page = scene.get(REPORT).text
    for text in ("AI literacy at university", "30 hours, 1 ECTS", "Explain how language models write", "Seminar A", ">16–19<", "Other groups", ">1–4<", ">28–31<"):
        assert text in page, text
    assert "Person" not in page
    assert "Winzig" not in page


def test_the_report_speaks_its_own_language_in_a_page_of_another(scene: Scene) -> None:
    page = scene.get(REPORT.replace("language=en", "language=de")).text
    assert '<article class="evidence" lang="de">' in page
    assert "Nachweisbericht: Maßnahmen zur KI-Kompetenz" in page
    assert "Language of the report" in page


WRONG = {
    "?first=2026-12-31&last=2026-01-01": "The last day is before the first one.", "?k=2": "from 3 to 20", "?k=21": "from 3 to 20", "?k=x": "Not a valid integer",
    "?first=0001-01-01": "between 2000 and 2100", "?last=9999-12-31": "between 2000 and 2100", "?first=": "Please enter a day.", "?first=soon": "Not a valid date",
    "?language=fr": "Not a valid choice",
}


def test_what_cannot_be_asked_for_is_said_and_no_file_comes_of_it(scene: Scene) -> None:
    for query, problem in WRONG.items():
        page = scene.get(f"/reports/evidence{query}")
        assert page.status_code == 422
        assert problem in page.text
        assert "Seminar A" not in page.text
        assert scene.get(f"/reports/evidence.pdf{query}").status_code == 303


def test_the_table_has_the_figures_of_the_page_and_no_formula(scene: Scene) -> None:
    answer = scene.get(FILES["csv"])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lotse-evidence-2026-01-01-2026-12-31.csv"'
    rows = _rows(answer.data)
    assert [(row["Course group"], row["Participants"], row["Participation"]) for row in rows] == [
        ("'=Seminar B", "7", "7"), ("Seminar A", "20", "16–19"), ("Other groups", "1–4", "0–4"),
    ]
    assert {row["Legal text in force since"] for row in rows} == {"2025-02-02, 2026-07-27"}
    assert "Person" not in answer.text
    assert "Winzig" not in answer.text


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="apt-get install poppler-utils")
def test_the_file_is_tagged_and_has_what_the_page_has_and_no_name(scene: Scene, tmp_path: Path) -> None:
    answer = scene.get(FILES["pdf"])
    (tmp_path / "report.pdf").write_bytes(answer.data)
    text = " ".join(subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], check=True, capture_output=True, text=True).stdout.split())
    for expected in (
        "Evidence report: measures for AI literacy", "1 January 2026 to 31 December 2026", "Universität Musterstadt", "Seminar A 20 20 16–19 9", "Other groups 1–4",
        "From 27 July 2026", "https://eur-lex.europa.eu/eli/reg/2026/1744/oj", "30 hours, 1 ECTS", "It says nothing about the level",
    ):
        assert expected in text, expected
    assert "Person " not in text
    assert "Winzig" not in text
    catalogue: Any = PdfReader(io.BytesIO(answer.data)).trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own boolean
    assert catalogue["/Lang"] == "en"
    assert scene.get(FILES["pdf"]).data == answer.data


def test_names_come_only_with_a_purpose_that_is_kept(app: Flask, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for missing in ("purpose", "needed"):
        answer = scene.post("/reports/evidence/names", {**PURPOSE, missing: ""} if missing == "purpose" else {key: PURPOSE[key] for key in PURPOSE if key != missing})
        assert answer.status_code == 422
        assert "Seminar A Person" not in answer.text
    with app.app_context(), db.scoped(scene.organisation_id):
        assert service.reports_with_names() == []
    page = scene.post("/reports/evidence/names", PURPOSE).text
    assert "Winzig Person 1" in page
    assert page.count("The staff council asks") == 3  # In the form, on the report, and in the list of such reports.
    rows = _rows(scene.post("/reports/evidence/names", {**PURPOSE, "as": "csv"}).data)
    assert len(rows) == 29
    assert (rows[0]["Name"], rows[0]["Purpose"], rows[0]["Begun"]) == ("'=Seminar B Person 0", PURPOSE["purpose"], "2026-03-01")
    monkeypatch.setattr(document, "MOST_PRINTED", 28)
    assert "take the table" in scene.post("/reports/evidence/names", {**PURPOSE, "as": "pdf"}).text
    with app.app_context(), db.scoped(scene.organisation_id):
        assert [(entry.purpose, name) for entry, name in service.reports_with_names()] == [(PURPOSE["purpose"], "Root")] * 3
    assert scene.get(f"/reports/evidence/names?names=1&purpose={PURPOSE['purpose']}&needed=y").text.count("Seminar A Person") == 0


def test_an_administrator_adds_a_legal_text_and_the_old_ones_stay(scene: Scene) -> None:
    new = {"valid_from": "2026-07-27", "de": "Unser <b>Text</b>", "en": "Our <b>text</b>", "source": "https://eur-lex.europa.eu/x"}
    for wrong in ({**new, "source": "javascript:alert(1)"}, {**new, "source": "http://example.org"}, {**new, "en": ""}, {**new, "valid_from": "soon"}):
        assert scene.post("/reports/legal", wrong).status_code == 422
    assert scene.post("/reports/legal", new).status_code == 303
    page = scene.get("/reports/legal").text
    assert page.count('<li class="panel">') == 3
    assert "replaced by another one from the same day" in page
    report = scene.get(REPORT).text
    assert "Our &lt;b&gt;text&lt;/b&gt;" in report
    assert legal.brought().texts[0].en in report
    assert legal.brought().texts[1].en not in report


def test_another_universitys_administrator_sees_nothing_of_it(app: Flask, scene: Scene) -> None:
    scene.post("/reports/legal", {"valid_from": "2026-07-27", "de": "Unser Text", "en": "Our text", "source": "https://eur-lex.europa.eu/x"})
    scene.post("/reports/evidence/names", PURPOSE)
    with app.app_context():
        builders.organisation("anderswo")
        stranger = builders.browser(app, builders.person("Stranger", roles=(Role.ADMINISTRATOR,)))
    for path in (REPORT, "/reports/evidence/names", "/reports/legal"):
        page = request(stranger, path).text
        assert not any(text in page for text in ("Seminar", "staff council", "Our text"))
    assert "Seminar" not in request(stranger, "/reports/evidence/names", "POST", PURPOSE).text


def test_without_the_press_the_page_says_so_and_the_table_comes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*args: object) -> bytes:
        raise pdf.PressError("apt-get install libpango-1.0-0")

    monkeypatch.setattr(pdf, "print_html", missing)
    answer = scene.get(FILES["pdf"])
    assert answer.status_code == 503
    assert "apt-get" not in answer.text
    assert scene.get(FILES["csv"]).status_code == 200


def test_operators_write_the_same_files(app: Flask, scene: Scene, tmp_path: Path) -> None:
    def run(out: str, **changed: str) -> tuple[int, str]:
        given = {"--organisation": "musterstadt", "--from": "2026-01-01", "--to": "2026-12-31", "--language": "en", "--out": str(tmp_path / out), **changed}
        result = app.test_cli_runner().invoke(args=["reports", "evidence", *(part for pair in given.items() for part in pair)])
        return result.exit_code, result.output

    assert run("r.pdf")[0] == run("r.csv")[0] == 0
    assert (tmp_path / "r.csv").read_bytes() == scene.get(FILES["csv"]).data
    assert (tmp_path / "r.pdf").read_bytes() == scene.get(FILES["pdf"]).data
    assert "no organisation" in run("r.pdf", **{"--organisation": "nirgends"})[1]
    assert "must end with .pdf or .csv" in run("r.docx")[1]
    assert "before --from" in run("r.csv", **{"--to": "2025-01-01"})[1]
    assert run("r.csv", **{"-k": "2"})[0] == 2
