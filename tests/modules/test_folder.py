import os
from pathlib import Path

import pytest

from modules.folder import MOST_TEXT_BYTES, check_files, read_folder
from tests.modules.folders import folder, rules, write


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return write(tmp_path / "kurs")


def test_a_folder_is_read_byte_for_byte(course: Path) -> None:
    (course / "01-eins" / "media").mkdir()
    (course / "01-eins" / "media" / "a.png").write_bytes(bytes(range(256)))
    files, findings = read_folder(course)
    assert findings == []
    assert files == {**folder(), "01-eins/media/a.png": bytes(range(256))}


def test_links_are_reported_and_never_followed(course: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.md").write_text("SECRET")
    (course / "link.md").symlink_to(secret / "key.md")
    (course / "folder").symlink_to(secret)
    (course / "loop").symlink_to(course)
    (course / "broken.md").symlink_to("nowhere")
    files, findings = read_folder(course)
    assert files == folder()
    assert sorted(finding.path for finding in findings if finding.rule == "file-kind") == ["broken.md", "folder", "link.md", "loop"]


def test_a_pipe_is_reported_and_not_waited_for(course: Path) -> None:
    os.mkfifo(course / "pipe.md")
    assert rules(read_folder(course)[1]) == ["file-kind"]


def test_names_that_begin_with_a_dot_are_no_part_of_the_course(course: Path) -> None:
    (course / ".git").mkdir()
    (course / ".git" / "config").write_text("x")
    (course / ".DS_Store").write_bytes(b"\x00")
    assert read_folder(course) == (folder(), [])


def test_of_a_huge_file_no_more_is_read_than_shows_that_it_is_huge(course: Path) -> None:
    with (course / "huge.md").open("wb") as file:
        file.truncate(50 << 20)
    files, _ = read_folder(course)
    assert len(files["huge.md"]) == MOST_TEXT_BYTES + 1
    assert rules(check_files(files)) == ["file-size"]


def test_a_name_that_is_no_text_is_a_finding(course: Path) -> None:
    with open(os.fsencode(course) + b"/\xff.md", "wb"):
        pass
    files, findings = read_folder(course)
    assert rules([*findings, *check_files(files)]) == ["file-name"]


def test_a_deep_folder_ends_in_a_finding(course: Path) -> None:
    deep = course.joinpath(*"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "x.md").write_text("x")
    assert rules(read_folder(course)[1]) == ["file-depth"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_finding(course: Path) -> None:
    (course / "x.md").touch(mode=0)
    assert rules(read_folder(course)[1]) == ["file-unreadable"]
