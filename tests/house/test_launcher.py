"""The script `lotse`, the options of `run`, and the children it looks after."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from setup import run, tools
from setup.environment import Environment
from setup.supervise import Child, Supervisor
from setup.terminal import Progress, SetupError
from setup.test import conclude

ROOT = Path(__file__).parents[2]


# --- Finding Python -----------------------------------------------------------------------------------------------------

def lotse_with(folder: Path, **pythons: str) -> "subprocess.CompletedProcess[str]":
    """Run a copy of the script where these are the only Pythons: name to the version that it claims to be."""
    shutil.copy(ROOT / "lotse", folder / "lotse")
    bin_ = folder / "bin"
    bin_.mkdir()
    for tool in ("dirname", "uname"):
        (bin_ / tool).symlink_to(str(shutil.which(tool)))
    for name, version in pythons.items():
        fake = f"import sys\nsys.version_info = ({version.replace('.', ', ')})\nexec(sys.argv[2])"
        (bin_ / f"{name}.py").write_text(fake)
        (bin_ / name).write_text(
            f'#!/bin/sh\ncase $1 in --version) echo "Python {version}";; -c) exec {sys.executable} {bin_}/{name}.py "$@";; '
            f'*) echo "{name} $*";; esac\n'
        )
        (bin_ / name).chmod(0o755)
    return subprocess.run(["/bin/sh", folder / "lotse", "help"], env={"PATH": str(bin_)}, capture_output=True, text=True, check=False)


def test_the_first_python_that_fits_is_taken(tmp_path: Path) -> None:
    result = lotse_with(tmp_path, **{"python3": "3.10.9", "python3.13": "3.14.0", "python3.12": "3.12.1", "python3.11": "3.11.9"})
    assert result.stdout == "python3.12 -P -m setup help\n"


def test_without_a_fitting_python_the_script_says_which_it_found_and_how_to_get_one(tmp_path: Path) -> None:
    result = lotse_with(tmp_path, python3="3.10.12")
    assert result.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13. Found: Python 3.10.12" in result.stderr
    assert "install" in result.stderr


def test_versions_of_tools_are_read_as_numbers(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    for said, version in {"uv 0.13.9 (x86_64)": (0, 13), "v20.20.2": (20, 20), "nothing": ()}.items():
        tool.write_text(f"#!/bin/sh\necho '{said}'\n")
        tool.chmod(0o755)
        assert tools.version(str(tool)) == version
    assert tools.version(str(tmp_path / "absent")) == ()


# --- Options --------------------------------------------------------------------------------------------------------------

def test_a_taken_port_is_named_with_another_to_try(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SetupError, match=rf"Port {port} .* --port {port + 10}"):
            run.check_ports(run.parse(["--port", str(port)], tmp_path))


def test_the_command_line_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_MODEL", "small")
    assert run.parse([], tmp_path).model == "small"
    options = run.parse(["--model", "none", "--data", str(tmp_path / "here"), "--port", "9000"], tmp_path)
    environ = run.settings(Environment(ROOT), options)
    assert environ["LOTSE_MODEL"] == "none"
    assert environ["LOTSE_DATA_DIR"] == str(tmp_path / "here")
    assert environ["LOTSE_BASE_URL"] == "http://localhost:9000"


def test_processes_get_two_heaps_unless_the_operator_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    options = run.parse([], tmp_path)
    assert run.settings(Environment(ROOT), options)["MALLOC_ARENA_MAX"] == "2"
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    assert run.settings(Environment(ROOT), options)["MALLOC_ARENA_MAX"] == "8"


@pytest.mark.parametrize("wrong", [["--port", "0"], ["--port", "65535"], ["--workers", "0"], ["--model", "huge"]])
def test_wrong_options_are_refused(wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        run.parse(wrong, tmp_path)
    assert exit_.value.code == 2
    assert wrong[0] in capsys.readouterr().err


# --- Children ---------------------------------------------------------------------------------------------------------------

class Family:
    """A child with a child of its own; both hold a pipe open, so its end tells that neither is left."""

    def __init__(self, folder: Path) -> None:
        pipe = folder / "alive"
        os.mkfifo(pipe)
        self._reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        script = f"exec 3>{pipe}; echo up >&3; sleep 1000 & wait"
        self.child = Child("family", ["/bin/sh", "-c", script], dict(os.environ))

    def is_up(self) -> bool:
        """Whether it says so within a few seconds."""
        return self._reads(b"up\n")

    def is_gone(self) -> bool:
        """Whether nobody holds the pipe any more after a few seconds."""
        return self._reads(b"")

    def _reads(self, wanted: bytes) -> bool:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            select.select([self._reader], [], [], 1)
            with suppress(BlockingIOError):
                if os.read(self._reader, 100) == wanted:
                    return True
        return False


def test_a_child_that_was_killed_is_started_again_without_its_leftovers(tmp_path: Path) -> None:
    supervisor = Supervisor()
    family = Family(tmp_path)
    family.child.delay = 0.0
    supervisor.add(family.child)
    assert family.is_up()
    first = family.child.process
    assert first
    first.kill()
    first.wait()
    supervisor.look()
    assert family.is_gone()
    supervisor.look()
    assert family.is_up()
    supervisor.stop()
    assert family.is_gone()


def test_a_child_that_keeps_ending_waits_longer_each_time() -> None:
    supervisor = Supervisor()
    child = Child("short", ["/bin/sh", "-c", "exit 3"], {})
    supervisor.add(child)
    waits = []
    for _ in range(3):
        assert child.process
        child.process.wait()
        supervisor.look()
        waits.append(round(child.due - time.monotonic()))
        child.due = 0.0
        supervisor.look()
    supervisor.stop()
    assert waits == [1, 2, 4]


def test_a_child_for_once_is_not_started_again() -> None:
    supervisor = Supervisor()
    child = Child("download", ["/bin/sh", "-c", "exit 1"], {}, once=True)
    supervisor.add(child)
    assert child.process
    child.process.wait()
    supervisor.look()
    supervisor.look()
    assert child.over
    assert child.process is None
    supervisor.stop()


def test_a_launcher_that_was_killed_leaves_no_child_behind(tmp_path: Path) -> None:
    family = Family(tmp_path)
    script = (
        "import signal; from setup.supervise import Child, Supervisor; "
        f"Supervisor().add(Child('family', {family.child.command!r}, {{}})); signal.pause()"
    )
    launcher = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    assert family.is_up()
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    assert family.is_gone()


# --- What is said -------------------------------------------------------------------------------------------------------------

def test_progress_in_a_log_is_a_line_at_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("Model", 100_000_000)
    for done in range(0, 100_000_001, 1_000_000):
        progress.show(done)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[5] == "Model: 50 MB of 100 MB (50 %)"


def test_the_last_line_tells_a_failure_that_pytest_does_not_know_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude({"ruff": True, "mypy": True}, 0) == 0
    assert capsys.readouterr().out == ""
    assert conclude({"ruff": False, "mypy": True}, 0) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "Checks: 2 passed, 1 failed"
