"""The front end's build: npm's locked packages, bundled by esbuild into static/dist. Needs Python's standard library only.

It costs nothing when nothing changed: a stamp over the sources is kept with what was built from them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

STAMP = ".stamp"


class FrontendError(RuntimeError):
    """The front end could not be built; the text says what npm or esbuild said."""


def build(root: Path, node_bin_dir: Path | None = None) -> bool:
    """Bring `static/dist` up to date. True when something was built, False when all was there.

    `node_bin_dir` holds node and npm when they are not on the PATH. A build that fails or is cut off leaves the
    old one as it was. Raises FrontendError.
    """
    dist = root / "static" / "dist"
    stamp = _digest(root, _sources(root))
    if _read(dist / STAMP) == stamp:
        return False
    environment = _environment(node_bin_dir)
    _install(root, environment)
    fresh = dist.with_name("dist.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _run(root, environment, "node", "static/src/build.mjs", str(fresh))
    (fresh / STAMP).write_text(stamp)
    _replace(dist, fresh)
    return True


def packages(folder: Path, node_bin_dir: Path | None = None) -> None:
    """Bring the locked npm packages of a folder, unless they are there. Raises FrontendError."""
    _install(folder, _environment(node_bin_dir))


def _sources(root: Path) -> Iterable[Path]:
    yield root / "package-lock.json"
    yield from sorted(path for path in (root / "static" / "src").rglob("*") if path.is_file())


def _digest(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _environment(node_bin_dir: Path | None) -> dict[str, str]:
    if node_bin_dir is None:
        return dict(os.environ)
    return {**os.environ, "PATH": f"{node_bin_dir}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _install(root: Path, environment: dict[str, str]) -> None:
    """`npm ci`, unless the packages of this very lock file are there already."""
    marker = root / "node_modules" / STAMP
    wanted = _digest(root, [root / "package-lock.json"])
    if _read(marker) != wanted:
        _run(root, environment, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        marker.write_text(wanted)


def _run(root: Path, environment: dict[str, str], *command: str) -> None:
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is None:
        raise FrontendError(f"{command[0]} was not found. Node.js 18 or newer is needed.")
    done = subprocess.run([program, *command[1:]], cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FrontendError(f"{' '.join(command)} failed:\n{(done.stderr or done.stdout).strip()}")


def _replace(dist: Path, fresh: Path) -> None:
    """Put the new build in the old one's place. Pages already open may still ask for old names: a reload helps them."""
    old = dist.with_name("dist.old")
    shutil.rmtree(old, ignore_errors=True)
    if dist.exists():
        dist.rename(old)
    fresh.rename(dist)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    try:
        build(Path(__file__).resolve().parent.parent)
    except FrontendError as error:
        sys.exit(str(error))
