"""`./lotse check` and `./lotse import` as programs on what must not hurt: time and memory stay bounded, the words clear."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.house.running import ROOT, environ
from tests.modules.folders import DE, EN, folder

MEMORY = 1 << 20  # Kilobytes of addresses, which are several times the memory in use.
SECONDS = 20  # Of work, however busy the machine is; coming up takes two.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _huge(root: Path) -> None:
    (root / DE).write_bytes((root / DE).read_bytes() + b"Ein Satz. " * 5_000_000)


def _bomb(root: Path) -> None:
    levels = "".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12))
    (root / "course.yml").write_text(f"a0: &a0 boom\n{levels}{(root / 'course.yml').read_text()}")


def _utf16(root: Path) -> None:
    (root / DE).write_bytes((root / DE).read_text().encode("utf-16"))


def _latin1(root: Path) -> None:
    (root / DE).write_bytes((root / DE).read_text().replace("Welche", "Grün, welche").encode("latin-1"))


@pytest.mark.parametrize(
    ("spoil", "path", "words"),
    [
        (_huge, DE, "larger than 1 MB"),
        (_bomb, "course.yml", "anchors (&) and aliases (*) are not allowed"),
        (_utf16, DE, "UTF-8"),
        (_latin1, DE, "UTF-8"),
    ],
)
def test_a_harmful_folder_is_refused_in_time_and_nothing_of_it_is_stored(
    spoil: Callable[[Path], None], path: str, words: str, database_url: str, tmp_path: Path
) -> None:
    _organisation(tmp_path)
    root = _folder(tmp_path / "kurs")
    spoil(root)
    done = _lotse(database_url, tmp_path, "import", str(root), "--lang", "en")
    assert done.returncode == 1, done.stderr
    assert path in done.stdout
    assert words in done.stdout
    assert "Nothing was imported" in done.stdout
    assert "Traceback" not in done.stderr
    assert _rows(tmp_path) == (0, 0, 0)


def test_a_check_names_each_harmful_file_in_time_and_stores_nothing(database_url: str, tmp_path: Path) -> None:
    root = _folder(tmp_path / "kurs")
    _huge(root)
    (root / EN).write_bytes((root / EN).read_text().encode("utf-16"))
    done = _lotse(database_url, tmp_path, "check", str(root), "--lang", "en")
    assert done.returncode == 1, done.stderr
    assert [(path in done.stdout, words in done.stdout) for path, words in ((DE, "larger than 1 MB"), (EN, "UTF-8"))] == [(True, True)] * 2
    assert "Traceback" not in done.stderr
    assert _rows(tmp_path) == (0, 0, 0)


def test_a_check_is_through_with_a_yaml_bomb_in_time(database_url: str, tmp_path: Path) -> None:
    root = _folder(tmp_path / "kurs")
    _bomb(root)
    done = _lotse(database_url, tmp_path, "check", str(root), "--lang", "en")
    assert (done.returncode, "anchors (&) and aliases (*) are not allowed" in done.stdout, "Traceback" in done.stderr) == (1, True, False)


def test_two_imports_at_once_make_one_edition(database_url: str, tmp_path: Path) -> None:
    _organisation(tmp_path)
    root = _folder(tmp_path / "kurs")
    both = [_begin(database_url, tmp_path, "import", str(root), "--lang", "en") for _ in range(2)]
    said = [program.communicate(timeout=60)[0] for program in both]
    assert [program.returncode for program in both] == [0, 0], said
    assert all("as edition 1" in text for text in said)
    assert _rows(tmp_path) == (1, 1, 4)


def _folder(root: Path) -> Path:
    for path, content in folder().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def _begin(url: str, data: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["/bin/sh", "-c", f'ulimit -v {MEMORY} && ulimit -t {SECONDS} && exec "$@"', "sh", sys.executable, "-P", "-m", "cli", *words], cwd=ROOT, env=environ(database_url=url, data_dir=str(data), secret_key=SECRET),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


def _lotse(url: str, data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    program = _begin(url, data, *words)
    out, err = program.communicate(timeout=60)
    return subprocess.CompletedProcess(words, program.returncode, out, err)


def _organisation(data: Path) -> None:
    with closing(sqlite3.connect(data / "lotse.sqlite3")) as database, database:
        database.execute("insert into organisation (slug, name, unit, country, created_at) values ('uni', 'Universität', '', 'DEU', '2026-01-01')")


def _rows(data: Path) -> tuple[int, ...]:
    with closing(sqlite3.connect(data / "lotse.sqlite3")) as database:
        return tuple(database.execute(f"select count(*) from {table}").fetchone()[0] for table in ("course", "edition", "edition_file"))
