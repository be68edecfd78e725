"""A throw-away PostgreSQL: a cluster in a temporary folder, on loopback, gone after the tests."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, inspect, text


@dataclass
class Postgres:
    """A running server with one database."""

    url: str
    folder: Path
    binaries: Path

    @classmethod
    def start(cls) -> "Postgres | None":
        """Start a server in a folder of its own; None where PostgreSQL is not installed."""
        binaries = _binaries()
        if binaries is None:
            return None
        folder = Path(tempfile.mkdtemp(prefix="lotse-postgres-"))  # pytest's own folders are closed to other users.
        data = folder / "data"
        port = _free_port()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
            shutil.chown(folder, "postgres")
        _run(binaries / "initdb", "-D", data, "-U", "lotse", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
        _run(binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
        _run(binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "lotse", "lotse")
        return cls(f"postgresql+psycopg://lotse@127.0.0.1:{port}/lotse", folder, binaries)

    def empty(self) -> None:
        """Remove all rows."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            names = ", ".join(f'"{name}"' for name in inspect(connection).get_table_names() if name != "alembic_version")
            connection.execute(text(f"truncate {names} restart identity cascade"))
        engine.dispose()

    def stop(self) -> None:
        """End the server at once."""
        with suppress(subprocess.CalledProcessError):  # It may be gone already.
            _run(self.binaries / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def _binaries() -> Path | None:
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or ([Path(on_path)] if on_path else [])
    return found[-1].parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: str | Path) -> None:
    user = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [str(part) for part in command], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **user,  # type: ignore[call-overload]
    )
