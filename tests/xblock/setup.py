"""Brings the environment of the lti-consumer-xblock platform: apart from Lotse's, with exactly the locked packages."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"


class BuildError(RuntimeError):
    """The environment cannot be made; the text says why, for the line that says that the test was not run."""


def build(root: Path) -> Path:
    """Make the environment below `root`/.lotse (or find it there) and return its Python.

    Safe to repeat: a stamp with the lock's digest tells whether there is anything to do. Raises BuildError.
    """
    folder = root / ".lotse" / "xblock"
    python = folder / "bin" / "python"
    stamp = folder / "lock.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    uv = _uv(root)
    _run(uv, "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, str(folder))
    _run(uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", "--python", str(python), "-r", str(REQUIREMENTS))
    stamp.write_text(wanted)
    return python


def _uv(root: Path) -> str:
    found = shutil.which("uv") or next((str(path) for path in [root / ".lotse" / "uv" / "bin" / "uv"] if path.exists()), None)
    if found is None:
        raise BuildError("uv is not there: ./lotse test brings it")
    return found


def _run(*command: str) -> None:
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-400:]}")


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(__file__).parents[2])}\n")
