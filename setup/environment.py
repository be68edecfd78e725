"""The environment in the project's folder: the locked packages, the front end, the translations.

A stamp in .lotse/ says what was built from what; when nothing changed, a start costs a few file reads.
"""

import fcntl
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from setup import frontend, system, tools
from setup.terminal import SetupError, command_line, say


@dataclass(frozen=True)
class Stamp:
    """What the environment was last built from."""

    packages: str = ""
    groups: tuple[str, ...] = ()
    node: str = ""  # The folder of the Node that builds the front end.
    translations: str = ""
    sandbox: str = ""


@dataclass(frozen=True)
class Environment:
    """The project's folder and what was brought up in it."""

    root: Path

    @property
    def python(self) -> Path:
        """The interpreter that has the locked packages."""
        return self.root / ".venv" / "bin" / "python"

    @property
    def own(self) -> Path:
        """The set-up's own folder: stamps, and uv where the machine has none."""
        return self.root / ".lotse"

    @property
    def data(self) -> Path:
        """The data folder when no --data names another."""
        return Path(os.environ.get("LOTSE_DATA_DIR") or self.root / "var").absolute()

    def uv(self) -> str:
        """The program uv. Raises SetupError when it cannot be had."""
        return tools.uv(self.own / "uv")

    def environ(self) -> dict[str, str]:
        """The environment variables for the application's processes.

        Compiled bytecode is always kept: without it each process would compile the whole house at its start.
        """
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        own = {"PYTHONPATH": str(self.root), "LOTSE_DATA_DIR": str(self.data)}
        return system.library_paths(kept | own)

    def module(self, *words: str) -> list[str]:
        """The command that runs a Python module of the project or of its packages."""
        return [str(self.python), "-P", "-m", *words]

    def application(self, *words: str) -> list[str]:
        """The command that runs one of the application's own commands."""
        return self.module("cli", *words)


def bring_up(root: Path, groups: Iterable[str] = ()) -> Environment:
    """Make everything current and return it. `groups` are the dependency groups wanted beyond the run-time packages.

    Raises SetupError when there can be no environment; a front end that cannot be built is only named.
    """
    environment = Environment(root)
    environment.own.mkdir(exist_ok=True)
    with _alone(environment.own / "lock"):
        old = _read_stamp(environment)
        new = _sync(environment, old, groups)
        _build_front_end(root, new)
        new = _build_sandbox(environment, _translate(environment, new))
        if new != old:
            (environment.own / "stamp.json").write_text(json.dumps(asdict(new)))
    return environment


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let a second start wait for the first."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_stamp(environment: Environment) -> Stamp:
    try:
        stamp = Stamp(**json.loads((environment.own / "stamp.json").read_text()))
    except (OSError, ValueError, TypeError):
        return Stamp()
    return replace(stamp, groups=tuple(stamp.groups))


def _sync(environment: Environment, stamp: Stamp, groups: Iterable[str]) -> Stamp:
    """Install the locked packages. A group once wanted stays, so that run and test do not undo each other's work."""
    wanted = {*stamp.groups, *groups}
    node = Path(stamp.node) if stamp.node and Path(stamp.node, "node").exists() else tools.node_folder()
    if node is None:
        wanted.add("node")
    ordered = tuple(sorted(wanted))
    packages = f"{_digest([environment.root / 'uv.lock'])} {platform.python_version()} {tools.base_python()}"
    if (packages, ordered) != (stamp.packages, stamp.groups) or not environment.python.exists():
        _install_packages(environment, ordered)
    return replace(stamp, packages=packages, groups=ordered, node=str(node or tools.bundled_node(environment.python.parents[1], environment.own / "node")))


def _install_packages(environment: Environment, groups: tuple[str, ...]) -> None:
    say("Installing the locked packages …")
    chosen = [word for group in groups for word in ("--group", group)]
    command = [environment.uv(), "sync", "--frozen", "--compile-bytecode", "--no-default-groups", *chosen]
    # uv would rather download a Python of its own than take one outside PATH.
    environ = os.environ | {"UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(environment.python.parents[1])}
    python = ["--python", str(tools.base_python())]
    if subprocess.run([*command, *python], cwd=environment.root, env=environ, check=False).returncode:
        raise SetupError(f"The packages could not be installed (see above). The command was: {command_line(command)}")


def _build_front_end(root: Path, stamp: Stamp) -> None:
    try:
        frontend.build(root, Path(stamp.node))
    except (OSError, frontend.FrontendError) as error:
        say(f"The front end could not be built, so pages will look bare: {error}. The next start tries again.")


def _translate(environment: Environment, stamp: Stamp) -> Stamp:
    catalogues = sorted((environment.root / "locale").glob("*/*.po"))
    digest = _digest(catalogues)
    compiled = all((path.parent / "LC_MESSAGES" / "messages.mo").exists() for path in catalogues)
    if compiled and digest == stamp.translations:
        return stamp
    if subprocess.run(environment.module("core.i18n"), env=environment.environ(), check=False).returncode:
        say("The translations could not be compiled (see above), so pages will be in English.")
        return stamp
    return replace(stamp, translations=digest)


def _build_sandbox(environment: Environment, stamp: Stamp) -> Stamp:
    """The sandbox for Python exercises: half a minute, once for each version of it."""
    sources = sorted((environment.root / "exercises" / "sandbox").glob("*.*"))
    digest = _digest([*sources, environment.root / "uv.lock"])
    if digest == stamp.sandbox and _stands_whole(environment.own / "sandbox"):
        return stamp
    say("Building the sandbox for Python exercises …")
    if subprocess.run(environment.module("exercises.sandbox.build"), env=environment.environ(), cwd=environment.root, check=False).returncode:
        say("Python exercises cannot be run here (see above); all else can. The next start tries again.")
        return stamp
    return replace(stamp, sandbox=digest)


def _stands_whole(folder: Path) -> bool:
    """Whether what was built is still what it was: a damaged file is built anew (exercises/sandbox/build.py)."""
    built = list(folder.glob("*.cwasm"))
    try:
        return bool(built) and all(hashlib.sha256(path.read_bytes()).hexdigest() == path.with_suffix(".sha256").read_text() for path in built)
    except OSError:
        return False


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
