"""`./lotse import FILE` and `./lotse export`, on real rows."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from accounts import service as accounts
from core import db
from courses import service as courses
from exchange import collecting
from tests import builders
from tests.exchange.samples import BLOCKS, answer, moodle, question, read, zipped

GIFT = "::One::Who? {=A#yes ~B#no####Because.}\n\n{T} x }\n\n::Two::When? {#1848}\n"
COURSE = 'id: probe\ntitle: {en: "Sample"}\nlanguages: [en]\nmodules: [01-a]\n'
MODULE = '---\nid: a\ntitle: {en: "A"}\n---\n'


def run(app: Flask, *args: object) -> Result:
    return app.test_cli_runner().invoke(args=[str(arg) for arg in args], env={"LANG": "", "LC_ALL": "", "LC_MESSAGES": ""})


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def bundle() -> bytes:
    return zipped({"probe/course.yml": COURSE, "probe/01-a/module.en.md": MODULE + BLOCKS, "probe/01-a/media/map.png": b"\x89PNG\r\n\x1a\n"})


def files(slug: str) -> dict[str, bytes]:
    organisation = accounts.organisations()[0]
    with db.scoped(organisation.id):
        found = courses.course(slug)
        return courses.files_of(courses.newest_edition(found.id).id) if found else {}


def test_a_dry_run_reports_each_item_and_stores_nothing(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        builders.organisation()
    result = run(app, "import", written(tmp_path / "quiz.gift", GIFT), "--format", "auto", "--dry-run", "--report", "json", "--language", "en")
    report = json.loads(result.output)
    assert [(item["name"], item["line"], item["state"]) for item in report["items"]] == [("One", 1, "read"), ("", 3, "dropped"), ("Two", 5, "read")]
    assert report["items"][1]["notes"] == ["This question has a second pair of braces."]
    assert (report["read"], report["changed"], report["dropped"], report["outcome"]) == (2, 0, 1, "Nothing was stored.")
    with app.app_context():
        assert files("quiz") == {}


def test_questions_become_a_course_that_is_published(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        builders.organisation()
    result = run(app, "import", written(tmp_path / "Mein Quiz.gift", GIFT), "--language", "en")
    assert "“mein-quiz” is published in Universität Musterstadt as edition 1." in result.output, result.output
    with app.app_context():
        module = files("mein-quiz")["01-questions/module.en.md"].decode()
    assert "::: single {#one points=1}\nWho?\n(x) A\n    > yes\n( ) B\n    > no\n! Because.\n:::" in module
    assert run(app, "import", tmp_path / "Mein Quiz.gift", "--language", "en", "--lang", "de").output.endswith("als Ausgabe 1 veröffentlicht.\n")


def test_a_bundle_is_the_same_bytes_on_its_way_in_and_out(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        builders.organisation()
    assert run(app, "import", written(tmp_path / "probe.zip", bundle())).exit_code == 0
    result = run(app, "export", "probe", "--format", "bundle", "--out", tmp_path / "out.zip", "--language", "en")
    assert result.exit_code == 0, result.output
    with app.app_context():
        assert read((tmp_path / "out.zip").read_bytes(), "out.zip").files == files("probe")


def test_a_folder_to_edit_is_written_only_where_nothing_is(app: Flask, tmp_path: Path) -> None:
    quiz = written(tmp_path / "quiz.gift", GIFT)
    assert run(app, "import", quiz, "--out", tmp_path / "course").exit_code == 0
    assert (tmp_path / "course/course.yml").exists()
    assert "not an empty folder" in run(app, "import", quiz, "--out", tmp_path / "course").output


def test_the_thin_cartridge_links_to_each_module(app: Flask, tmp_path: Path) -> None:
    bundled = written(tmp_path / "probe.zip", bundle())
    assert run(app, "export", bundled, "--format", "cartridge", "--out", tmp_path / "c.imscc", "--language", "en").exit_code == 0
    again = read((tmp_path / "c.imscc").read_bytes(), "c.imscc")
    assert [entry.name for entry in again.report] == ["Sample", "A"]


def test_what_cannot_be_read_is_told_and_fails(app: Flask, tmp_path: Path) -> None:
    result = run(app, "import", written(tmp_path / "x.bin", b"\x00\x01"), "--dry-run")
    assert result.exit_code == 1
    assert "Nothing here knows the format of “x.bin”." in result.output


def test_of_a_bank_beyond_the_bound_what_fits_becomes_one_edition_and_the_report_says_so(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_ITEMS", 20)
    with app.app_context():
        builders.organisation()
    bank = written(tmp_path / "bank.xml", moodle("".join(question("shortanswer", answer(f"a{number}", 100), f"What is {number}?") for number in range(50))))
    for _ in range(2):  # Twice is the same edition.
        result = run(app, "import", bank, "--language", "en", "--report", "json")
        report = json.loads(result.output)
        assert (report["read"], report["dropped"], [finding["rule"] for finding in report["findings"] if finding["severity"] == "error"]) == (20, 0, ["too-many"])
        assert "edition 1" in report["outcome"]
    with app.app_context():
        text = "".join(content.decode() for path, content in files("bank").items() if path.endswith(".md"))
    assert (text.count("::: short"), "What is 19?" in text, "What is 20?" in text) == (20, True, False)
