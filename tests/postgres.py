"""A throw-away PostgreSQL: a cluster in a temporary folder, on loopback, gone after the tests."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.guarded import Guard
from tests.ports import free_port

# Nothing of it need outlive the machine's power.
CARELESS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
# Emptying all tables by `truncate` takes a fifth of a second, as each gets new files; hardly any row is there to be deleted.
EMPTY = """
do $$
declare name text;
begin
    set local session_replication_role = replica;  -- In any order: no foreign key is looked at.
    for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
        execute format('delete from %I', name);
    end loop;
    perform setval(seqrelid::regclass, seqstart, false) from pg_sequence;
end $$
"""


@dataclass
class Postgres:
    """A running server with one database."""

    url: str
    folder: Path
    binaries: Path
    guard: Guard = field(default_factory=Guard)

    def __post_init__(self) -> None:
        """Its process is the first line of a file that it keeps."""
        self.guard.watch(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]))

    @classmethod
    def start(cls) -> "Postgres | None":
        """Start a server in a folder of its own; None where PostgreSQL is not installed."""
        binaries = _binaries()
        if binaries is None:
            return None
        folder = Path(tempfile.mkdtemp(prefix="lotse-postgres-"))  # pytest's own folders are closed to other users.
        data = folder / "data"
        port = free_port()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
            shutil.chown(folder, "postgres")
        _run(binaries / "initdb", "-D", data, "-U", "lotse", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=60 {CARELESS}"
        _run(binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
        _run(binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "lotse", "lotse")
        return cls(f"postgresql+psycopg://lotse@127.0.0.1:{port}/lotse", folder, binaries)

    def empty(self) -> None:
        """Remove all rows, and count from one again."""
        with psycopg.connect(make_url(self.url).set(drivername="postgresql").render_as_string()) as connection:
            connection.execute(EMPTY)

    def stop(self) -> None:
        """End the server at once."""
        with suppress(subprocess.CalledProcessError):  # It may be gone already.
            _run(self.binaries / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        self.guard.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _binaries() -> Path | None:
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or ([Path(on_path)] if on_path else [])
    return found[-1].parent if found else None


def _run(*command: str | Path) -> None:
    user = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [str(part) for part in command], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **user,  # type: ignore[call-overload]
    )
