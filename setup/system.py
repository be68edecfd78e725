"""What Lotse needs from the operating system: what is missing, and how this machine would install it.

Nothing here is needed to start; without Pango there are no PDF certificates, without a browser no browser tests.
"""

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from setup.terminal import command_line, say

BREW_LIBRARIES = (Path("/opt/homebrew/lib"), Path("/usr/local/lib"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium")
# Places outside PATH: Debian keeps initdb and its kin in one folder per version, and so does Homebrew.
POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")

SOFTHSM_MODULES = tuple(f"{folder}/softhsm/libsofthsm2.so" for folder in ("/usr/lib", "/usr/lib64", "/opt/homebrew/lib", "/usr/local/lib"))


@dataclass(frozen=True)
class Need:
    """Something from the system: what for, whether it is there, and its packages by package manager."""

    what: str
    there: Callable[[], bool]
    apt: tuple[str, ...]
    brew: tuple[str, ...]
    # Ubuntu has no browser among its packages, only as a snap.
    snap: str = ""


def has_library(linux: str, mac: str) -> bool:
    """Whether the dynamic linker finds this library."""
    if sys.platform == "darwin":
        return any((folder / mac).exists() for folder in BREW_LIBRARIES)
    try:
        ctypes.CDLL(linux)
    except OSError:
        return False
    return True


def has_pango() -> bool:
    """The libraries that WeasyPrint draws with."""
    names = (("libpango-1.0.so.0", "libpango-1.0.0.dylib"), ("libpangoft2-1.0.so.0", "libpangoft2-1.0.0.dylib"))
    return all(has_library(*name) for name in names)


def has_harfbuzz_subset() -> bool:
    """The library that cuts fonts down to the letters used; without it a certificate is ten times as large."""
    return has_library("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib")


def browser() -> Path | None:
    """An installed Chromium or Chrome for the browser tests."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return Path(found)
    if sys.platform != "darwin":
        return None
    folders = (Path("/Applications"), Path.home() / "Applications")
    return next((folder / name for folder in folders for name in MAC_BROWSERS if (folder / name).exists()), None)


def postgres(program: str) -> Path | None:
    """A program of the PostgreSQL server (initdb, postgres), the newest version's when there are several."""
    for pattern in POSTGRES_FOLDERS:
        found = sorted(Path("/").glob(f"{pattern[1:]}/{program}"), key=_version_in)
        if found:
            return found[-1]
    on_path = shutil.which(program)
    return Path(on_path) if on_path else None


def softhsm() -> Path | None:
    """The PKCS#11 module of SoftHSM, a device for keys that is only a program."""
    return next((Path(path) for path in SOFTHSM_MODULES if Path(path).exists()), None)


def _version_in(path: Path) -> int:
    return int("".join(letter for letter in path.parent.parent.name if letter.isdigit()) or 0)


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


RUN_NEEDS = (
    Need("Pango (PDF certificates)", has_pango, ("libpango-1.0-0", "libpangoft2-1.0-0"), ("pango",)),
    Need("libharfbuzz-subset (small PDF files)", has_harfbuzz_subset, ("libharfbuzz-subset0",), ("harfbuzz",)),
)
TEST_NEEDS = (
    Need("a browser (browser tests)", lambda: browser() is not None, ("chromium",), ("--cask", "google-chrome"), "chromium"),
    Need("pdftotext (certificate tests)", _program("pdftotext"), ("poppler-utils",), ("poppler",)),
    Need("zbarimg (QR code tests)", _program("zbarimg"), ("zbar-tools",), ("zbar",)),
    Need("qpdf (certificate tests)", _program("qpdf"), ("qpdf",), ("qpdf",)),
    Need("SoftHSM (tests of seals by a device)", lambda: softhsm() is not None, ("softhsm2",), ("softhsm",)),
    Need("git (tests of courses that follow a repository)", _program("git"), ("git",), ("git",)),
    Need("PostgreSQL (database tests)", lambda: postgres("initdb") is not None, ("postgresql",), ("postgresql@17",)),
    Need("Redis (worker tests)", _program("redis-server"), ("redis-server",), ("redis",)),
)


def missing(needs: Iterable[Need]) -> list[Need]:
    """Those of the needs that are not there."""
    return [need for need in needs if not need.there()]


@dataclass(frozen=True)
class Machine:
    """How software is installed here. `prefix` comes before a command for all users; None: we may not."""

    manager: str  # apt, brew or nothing
    prefix: tuple[str, ...] | None

    @classmethod
    def present(cls) -> "Machine":
        """This machine and this user."""
        if sys.platform == "darwin":
            # Homebrew belongs to the user who installed it: never with sudo.
            return cls("brew", () if shutil.which("brew") else None)
        if not shutil.which("apt-get"):
            return cls("", None)
        if os.geteuid() == 0:
            return cls("apt", ())
        sudo = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
        return cls("apt", ("sudo", "-n") if sudo else None)


Offer = Callable[[list[str]], set[str]]


def install_commands(needs: Iterable[Need], manager: str, offer: Offer) -> list[list[str]]:
    """The commands for these needs, without sudo. `offer` says which of these packages apt has."""
    if manager == "brew":
        return [["brew", "install", *need.brew] for need in needs]
    needs = list(needs)
    packages = [package for need in needs for package in need.apt]
    offered = offer(packages)
    commands = [["apt-get", "install", "-y", "--no-install-recommends", *filter(offered.__contains__, packages)]]
    snaps = [need.snap for need in needs if need.snap and offered.isdisjoint(need.apt)]
    return (commands if offered else []) + [["snap", "install", snap] for snap in snaps]


def apt_offer(packages: list[str]) -> set[str]:
    """Those of the packages that apt has; as long as it has no lists at all, every name is worth trying."""
    asked = [*packages, "python3"]
    command = ["apt-cache", "show", "--no-all-versions", *asked]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    found = {line.removeprefix("Package: ") for line in lines if line.startswith("Package: ")}
    return found.intersection(packages) if "python3" in found else set(packages)


def advice(needs: list[Need], machine: Machine) -> str:
    """What is missing, and the exact command that brings it."""
    names = ", ".join(need.what for need in needs)
    commands = install_commands(needs, machine.manager, apt_offer) if machine.manager else []
    if not commands:
        return f"Missing: {names}. This system's package manager is not known to have it; please install it by hand."
    if machine.manager == "apt":
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        commands = [[*sudo, *command] for command in [["apt-get", "update"], *commands]]
    return f"Missing: {names}. Install with:\n    {' && '.join(map(command_line, commands))}"


def ensure(needs: Iterable[Need], notes: Path | None = None) -> list[Need]:
    """Install what is missing where we may; say what remains and how to get it. Never fails.

    What could not be installed is noted in the file `notes`, so that the next start does not try for a minute again.
    """
    lacking = missing(needs)
    if not lacking:
        return []
    machine = Machine.present()
    failed_before: list[str] = json.loads(notes.read_text()) if notes and notes.exists() else []
    if machine.prefix is not None and any(need.what not in failed_before for need in lacking):
        say(f"Installing {', '.join(need.what for need in lacking)} …")
        _install(lacking, machine)
        lacking = missing(lacking)
        if notes:
            notes.write_text(json.dumps([need.what for need in lacking]))
    if lacking:
        say(advice(lacking, machine))
    return lacking


def _install(needs: list[Need], machine: Machine) -> None:
    if machine.manager == "apt":
        _quietly(machine, ["apt-get", "update"])
    for command in install_commands(needs, machine.manager, apt_offer):
        if command[0] != "snap":  # A snap needs its own daemon, which a server or container may lack: named, not run.
            _quietly(machine, command)


def _quietly(machine: Machine, command: list[str]) -> None:
    environ = ["env", "DEBIAN_FRONTEND=noninteractive"] if machine.manager == "apt" else []
    wait = ["-o", "DPkg::Lock::Timeout=120"] if machine.manager == "apt" else []
    whole = [*(machine.prefix or ()), *environ, command[0], *wait, *command[1:]]
    result = subprocess.run(whole, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode:
        say(f"{command_line(command)} failed: {(result.stderr.strip().splitlines() or ['?'])[-1]}")


def library_paths(environ: dict[str, str]) -> dict[str, str]:
    """The environment for programs that load Pango: on macOS only Homebrew's Python looks into Homebrew's folders."""
    if sys.platform != "darwin":
        return environ
    folders = [environ.get("DYLD_FALLBACK_LIBRARY_PATH", ""), *map(str, BREW_LIBRARIES)]
    return environ | {"DYLD_FALLBACK_LIBRARY_PATH": ":".join(filter(None, folders))}
