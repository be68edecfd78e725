import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from core.i18n import compile_catalogues
from courses import service as courses
from tests import builders
from tests.modules.folders import DE, folder
from tests.modules.test_service import written


@pytest.fixture(scope="module", autouse=True)
def _german() -> None:
    compile_catalogues()


def run(app: Flask, *args: object, **env: str) -> Result:
    return app.test_cli_runner().invoke(args=[str(arg) for arg in args], env={"LANG": "", "LC_ALL": "", "LC_MESSAGES": "", **env})


def broken() -> dict[str, bytes]:
    return folder(":::\n\n[hier](https://x.example)\n", "")


def test_check_says_file_line_rule_and_how_to_mend(app: Flask, tmp_path: Path) -> None:
    result = run(app, "check", written(tmp_path, broken()))
    assert result.exit_code == 1
    assert f"{DE}:6  error  block-close  This line closes a block, but none is open.\n    → Remove the line" in result.output
    assert f"{DE}:8  warning  link-text" in result.output
    assert result.output.splitlines()[-1] == "1 error, 1 warning"


def test_check_speaks_german_when_the_terminal_or_the_option_says_so(app: Flask, tmp_path: Path) -> None:
    course = written(tmp_path, broken())
    for result in (run(app, "check", course, "--lang", "de"), run(app, "check", course, LANG="de_DE.UTF-8")):
        assert f"{DE}:6  Fehler  block-close  Diese Zeile schließt einen Block" in result.output
        assert result.output.splitlines()[-1] == "1 Fehler, 1 Warnung"


def test_a_sound_folder_passes_with_exit_code_0(app: Flask, tmp_path: Path) -> None:
    result = run(app, "check", written(tmp_path, folder("# A\n")))
    assert (result.exit_code, result.output) == (0, "0 errors, 0 warnings\n")


def test_the_report_as_json(app: Flask, tmp_path: Path) -> None:
    result = run(app, "check", written(tmp_path, broken()), "--json")
    report = json.loads(result.output)
    assert (report["errors"], report["warnings"]) == (1, 1)
    assert report["findings"][0] == {
        "path": DE, "line": 6, "severity": "error", "rule": "block-close",
        "message": "This line closes a block, but none is open.",
        "mend": "Remove the line, or open the block before it with “::: kind {#id}”.",
    }


@pytest.mark.parametrize(("name", "word"), [("nowhere", "no folder"), ("kurs.zip", "unpack"), ("course.yml", "is a file")])
def test_what_is_no_folder_is_told_clearly(app: Flask, tmp_path: Path, name: str, word: str) -> None:
    if name != "nowhere":
        (tmp_path / name).write_bytes(b"PK")
    result = run(app, "check", tmp_path / name)
    assert result.exit_code == 1
    assert word in result.output
    assert "Traceback" not in result.output


def test_import_publishes_and_a_second_time_changes_nothing(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        builders.organisation()
    course = written(tmp_path, folder("# A\n"))
    for _ in range(2):
        result = run(app, "import", course)
        assert result.exit_code == 0, result.output
        assert "“probe” is published in Universität Musterstadt as edition 1." in result.output


def test_import_of_a_folder_with_errors_stores_nothing(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        builders.organisation()
    result = run(app, "import", written(tmp_path, broken()), "--organisation", "musterstadt")
    assert result.exit_code == 1
    assert result.output.endswith("Nothing was imported: mend the errors first.\n")
    with app.app_context():
        builders.organisation()
        assert courses.course("probe") is None


def test_import_asks_for_the_organisation_when_there_is_not_exactly_one(app: Flask, tmp_path: Path) -> None:
    course = written(tmp_path, folder("# A\n"))
    assert "people add-organisation" in run(app, "import", course).output
    with app.app_context():
        builders.organisation("eins")
        builders.organisation("zwei")
    assert "one of: eins, zwei" in run(app, "import", course).output
    assert "one of: eins, zwei" in run(app, "import", course, "--organisation", "drei").output
    assert run(app, "import", course, "--organisation", "zwei").exit_code == 0
