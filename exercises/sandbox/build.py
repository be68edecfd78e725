"""Builds the sandbox: CPython with our guest as one WebAssembly component, compiled ahead for this machine.

It takes half a minute, once: what was built is kept under a name made from the guest's source and the versions of the
tools, so a change of either is a new build and nothing old is ever loaded.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".lotse" / "sandbox"
GUEST = ("guest.py", "world.wit")
SOURCES = (*GUEST, "engine.py")
BUILD_SECONDS = 600


class BuildError(RuntimeError):
    """The sandbox cannot be built here; the text says why and what to do."""


def artefact(folder: Path = FOLDER) -> Path:
    """Where the sandbox stands, or will stand, for this source, these versions and this kind of machine."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    digest.update(f"{_version('wasmtime')} {_version('componentize-py')} {platform.machine()} {sys.platform}".encode())
    return folder / f"python-{digest.hexdigest()[:20]}.cwasm"


def _version(package: str) -> str:
    """A platform that has no such package gets as far as the build, which says so."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def build(folder: Path = FOLDER) -> Path:
    """Build the sandbox, unless it stands there whole. Two that build at once wait for each other. Raises BuildError."""
    target = artefact(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder / "lock"):
            if not intact(target):
                _make(folder, target)
    except OSError as error:
        raise BuildError(f"The sandbox for Python exercises cannot be built: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"The sandbox for Python exercises was not built within {BUILD_SECONDS // 60} minutes.") from error
    return target


def _make(folder: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        draft = Path(place) / "whole.cwasm"
        _compile(_component(Path(place)), draft)
        _seal(draft, target)
    for old in folder.glob("python-*"):
        if not old.name.startswith(target.stem):
            old.unlink(missing_ok=True)


def intact(target: Path) -> bool:
    """Whether the file is what was built: loading it trusts every byte (wasmtime, Component.deserialize)."""
    try:
        with target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == _sum(target).read_text()
    except OSError:
        return False


def _sum(target: Path) -> Path:
    return target.with_suffix(".sha256")


def _seal(draft: Path, target: Path) -> None:
    """Put the file where it belongs in one step, with its sum, and for reading only."""
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    _sum(target).write_text(digest)
    draft.chmod(0o444)
    draft.replace(target)


def _component(place: Path) -> Path:
    """The interpreter with the guest inside, as WebAssembly."""
    for name in GUEST:
        shutil.copy(HERE / name, place)
    tool = str(Path(sys.executable).with_name("componentize-py"))
    _carry_out([tool, "-d", "world.wit", "-w", "exercise", "componentize", "-p", ".", "guest", "-o", "guest.wasm"], place)
    return place / "guest.wasm"


def _compile(component: Path, target: Path) -> None:
    _carry_out([sys.executable, "-m", "exercises.sandbox.ahead", str(component), str(target)], HERE.parents[1])


def _carry_out(command: list[str], place: Path) -> None:
    # With VIRTUAL_ENV set componentize-py would take all packages of the house along.
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(command, cwd=place, env=environ, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise BuildError(f"The sandbox for Python exercises cannot be built: {done.stderr.strip()[-500:]}")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        build()
    except BuildError as error:
        sys.exit(str(error))
