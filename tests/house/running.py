"""Lotse as it really runs: web processes, workers and the clock as programs of their own, which a test may kill."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.guarded import Guard

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


def environ(**settings: str) -> dict[str, str]:
    """The environment of a program: these settings (by field name) and none of this machine's."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    return others | {"PYTHONPATH": str(ROOT)} | {f"LOTSE_{name.upper()}": value for name, value in settings.items()}


def await_that(done: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Wait for another process. Fails with `what` when the time is over."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Programs:
    """Programs in process groups of their own; what they say is in `said`.

    None outlives the block, nor the tests when these are killed: then the guard ends them.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.environ = environ(**settings)
        self._log = folder / "said.txt"
        self._running: list[subprocess.Popen[bytes]] = []
        self._guard = Guard()

    def __enter__(self) -> "Programs":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            kill(process)
        self._guard.close()

    @property
    def said(self) -> str:
        """Everything that all of them have written."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self, module: str, *words: str) -> "subprocess.Popen[bytes]":
        """Run a Python module."""
        return self.run(sys.executable, "-P", "-m", module, *words)

    def run(self, *command: str) -> "subprocess.Popen[bytes]":
        """Run any program."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        self._running.append(process)
        self._guard.watch(process.pid)
        return process

    def serve(self, port: int, target: str = "wsgi:app") -> "subprocess.Popen[bytes]":
        """The web server; returns once it answers."""
        process = self.begin_to_serve(port, target)
        await_that(lambda: process.poll() is not None or _answers(port), "the web server answers")
        assert process.poll() is None, self.said
        return process

    def begin_to_serve(self, port: int, target: str = "wsgi:app") -> "subprocess.Popen[bytes]":
        """The web server as `./lotse run` starts it, with two workers, still on its way up."""
        return self.start(
            "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "4",
            "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "7", "--log-level", "warning", target,
        )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """kill -9 for a program and all its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def children(process: "subprocess.Popen[bytes]") -> list[int]:
    """The process ids of a program's direct children."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def redis(port: int, folder: Path) -> Iterator[None]:
    """A throw-away Redis that keeps nothing."""
    folder.mkdir()
    with Programs(folder) as programs:
        programs.run("redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder))
        await_that(lambda: "Ready to accept" in programs.said, "Redis is ready", 10)
        yield
