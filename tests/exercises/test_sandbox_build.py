"""The build: once, in one step, again when damaged. The tools themselves are doubled: the real build is what all other tests run on."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from exercises.sandbox import build
from exercises.sandbox.job import Job, Limits, Status
from exercises.sandbox.pool import Pool, shared_pool
from setup.environment import _stands_whole


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was compiled, one entry for each time."""
    made: list[Path] = []

    def compile_slowly(component: Path, target: Path) -> None:
        made.append(target)
        threading.Event().wait(0.1)
        target.write_bytes(b"machine code")

    monkeypatch.setattr(build, "_component", lambda place: place / "guest.wasm")
    monkeypatch.setattr(build, "_compile", compile_slowly)
    return made


def test_two_that_build_at_once_wait_for_each_other_and_one_builds(tmp_path: Path, built: list[Path]) -> None:
    threads = [threading.Thread(target=build.build, args=(tmp_path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(built) == 1
    assert build.intact(build.artefact(tmp_path))
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".cwasm", ".sha256"]  # The lock, and no draft.


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(b"machine c0de"), lambda path: path.write_bytes(b""), lambda path: path.unlink(),
    lambda path: path.with_suffix(".sha256").unlink(), lambda path: path.with_suffix(".sha256").write_bytes(b""),
], ids=["another byte", "cut", "gone", "sum gone", "sum cut"])  # fmt: skip
def test_what_is_damaged_is_noticed_at_set_up_and_built_again(tmp_path: Path, built: list[Path], damage: object) -> None:
    path = build.build(tmp_path)
    assert _stands_whole(tmp_path)
    path.chmod(0o644)
    damage(path)  # type: ignore[operator]
    assert not _stands_whole(tmp_path)
    build.build(tmp_path)
    assert len(built) == 2
    assert _stands_whole(tmp_path)


def test_a_new_version_takes_the_place_of_the_old(tmp_path: Path, built: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    old = build.build(tmp_path)
    monkeypatch.setattr(build, "_version", lambda package: "99")
    new = build.build(tmp_path)
    assert new != old
    assert [path.name for path in tmp_path.glob("*.cwasm")] == [new.name]


def test_a_folder_that_cannot_be_written_is_said_to_be_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(build.BuildError, match="cannot be built"):
        build.build(tmp_path / "file" / "sandbox")


def test_a_tool_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BUILD_SECONDS", 0.2)
    monkeypatch.setattr(build, "_component", lambda place: build._carry_out([sys.executable, "-c", "import time; time.sleep(60)"], place))
    with pytest.raises(build.BuildError, match="not built within"):
        build.build(tmp_path)


def test_without_a_build_there_is_no_pool_and_the_words_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "artefact", lambda: tmp_path / "none.cwasm")
    monkeypatch.setattr("exercises.sandbox.pool._pools", {})
    with pytest.raises(build.BuildError, match="lotse setup"):
        shared_pool(1)


def test_machine_code_that_was_damaged_behind_the_pools_back_ends_no_house(tmp_path: Path, pool: Pool) -> None:
    """Cut after it was looked at: the worker cannot start, and the house says so."""
    copy = tmp_path / "cut.cwasm"
    shutil.copy(build.artefact(), copy)
    copy.chmod(0o644)
    os.truncate(copy, 1_000_000)
    assert Pool(copy, 1).run(Job("print(1)"), Limits()).status is Status.UNAVAILABLE


def test_the_houses_own_processes_load_no_engine() -> None:
    code = "import sys, app; sys.exit('wasmtime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
