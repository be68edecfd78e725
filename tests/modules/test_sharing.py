"""Folders that share modules with those beside them: read whole, and whole from then on."""

from pathlib import Path

import pytest

from modules.findings import Severity
from modules.folder import read_folder
from modules.service import check_folder
from tests.modules.folders import folder, rules, write


def _beside(tmp_path: Path, *places: str) -> Path:
    """A course “lehre” beside the sample course “kurs”; its own files are course.yml only."""
    write(tmp_path / "kurs")
    own = tmp_path / "lehre"
    own.mkdir()
    said = folder()["course.yml"].decode().replace("id: ", "id: lehre-", 1)
    (own / "course.yml").write_text(said + "shared:\n" + "".join(f"  - {place}\n" for place in places))
    return own


def _shared() -> list[str]:
    return [f"../kurs/{name}" for name in sorted({path.split("/")[0] for path in folder()} - {"course.yml"})]


def test_what_a_course_shares_is_part_of_it_and_there_is_nothing_to_mend(tmp_path: Path) -> None:
    own = _beside(tmp_path, *_shared())
    files, findings = read_folder(own)
    assert findings == []
    assert {path: content for path, content in files.items() if path != "course.yml"} == {path: content for path, content in folder().items() if path != "course.yml"}
    assert rules(check_folder(own).findings) == rules(check_folder(tmp_path / "kurs").findings)


def test_what_was_handed_out_is_whole_and_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    files, _ = read_folder(_beside(tmp_path, *_shared()))
    elsewhere = tmp_path / "elsewhere" / "lehre"
    beside_a_changed_one = tmp_path / "changed" / "lehre"
    for place in (elsewhere, beside_a_changed_one):
        write(place, files)
    write(tmp_path / "changed" / "kurs", {path: content + b"\nMore." for path, content in folder().items()})
    assert read_folder(elsewhere) == (files, [])
    assert read_folder(beside_a_changed_one) == (files, [])


def test_what_a_course_has_itself_it_keeps(tmp_path: Path) -> None:
    own = _beside(tmp_path, *_shared())
    (own / "competences.yml").write_text("[]\n")
    assert read_folder(own)[0]["competences.yml"] == b"[]\n"


def test_what_is_not_there_is_named_with_its_place(tmp_path: Path) -> None:
    found = read_folder(_beside(tmp_path, "../kurs/09-nichts"))[1]
    assert [(finding.rule, finding.severity, finding.values) for finding in found] == [("shared-missing", Severity.ERROR, {"place": "../kurs/09-nichts"})]


@pytest.mark.parametrize("place", ["../../etc/passwd", "/etc", "../kurs/../../x", "../kurs", "../.git/config", "../kurs/.env", "kurs/01", "..\\kurs\\x", "../kurs/a/b/c/d/e/f"])
def test_nothing_but_files_of_courses_beside_it_can_be_shared(tmp_path: Path, place: str) -> None:
    own = _beside(tmp_path, f"'{place}'", *_shared())
    assert read_folder(own)[1] == []
    assert "shared-place" in rules(check_folder(own).findings)


def test_links_are_not_followed_to_what_is_shared(tmp_path: Path) -> None:
    own = _beside(tmp_path, "../linked/secret.txt", "../kurs/secret")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (tmp_path / "linked").symlink_to(outside)
    (tmp_path / "kurs" / "secret").symlink_to(outside)
    files, findings = read_folder(own)
    assert (set(files), rules(findings)) == ({"course.yml"}, ["file-kind", "file-kind"])
