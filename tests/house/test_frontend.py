"""The front end's build: only when something changed, and never half."""

import os
from pathlib import Path

import pytest

from setup import frontend

NPM = '#!/bin/sh\necho "$@" >> npm.log\nmkdir -p node_modules\n'
NODE = '#!/bin/sh\necho "$@" >> node.log\n[ -e broken ] && { echo "no such file" >&2; exit 1; }\nmkdir -p "$2"\necho built > "$2/app.css"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A front end whose npm and node are shell scripts that note how they were called."""
    (tmp_path / "static" / "src").mkdir(parents=True)
    (tmp_path / "static" / "src" / "app.scss").write_text("a {}")
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "bin").mkdir()
    for name, script in (("npm", NPM), ("node", NODE)):
        program = tmp_path / "bin" / name
        program.write_text(script)
        program.chmod(0o755)
    return tmp_path


def _calls(project: Path, name: str) -> int:
    log = project / f"{name}.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_second_build_does_nothing(project: Path) -> None:
    assert frontend.build(project, project / "bin")
    assert not frontend.build(project, project / "bin")
    assert (_calls(project, "npm"), _calls(project, "node")) == (1, 1)


def test_a_changed_style_is_built_without_installing_again(project: Path) -> None:
    frontend.build(project, project / "bin")
    (project / "static" / "src" / "app.scss").write_text("b {}")
    assert frontend.build(project, project / "bin")
    assert (_calls(project, "npm"), _calls(project, "node")) == (1, 2)


def test_a_changed_lock_file_installs_again(project: Path) -> None:
    frontend.build(project, project / "bin")
    (project / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assert frontend.build(project, project / "bin")
    assert _calls(project, "npm") == 2


def test_a_build_that_fails_says_why_and_leaves_the_old_one(project: Path) -> None:
    frontend.build(project, project / "bin")
    (project / "broken").touch()
    (project / "static" / "src" / "app.scss").write_text("b {")
    with pytest.raises(frontend.FrontendError, match="no such file"):
        frontend.build(project, project / "bin")
    assert (project / "static" / "dist" / "app.css").read_text() == "built\n"


def test_where_node_is_missing_the_message_names_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(project))
    with pytest.raises(frontend.FrontendError, match=r"Node\.js 18"):
        frontend.build(project)
