"""A real server for a bench: granian with two workers, in processes of its own, on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORKERS = 2


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(target: str, environ: Mapping[str, str], *, port: int | None = None, workers: int = WORKERS) -> Iterator[tuple[str, int]]:
    """Serve `target` (module:app) until the block ends; gives the base address and the server's process id."""
    port = port or free_port()
    base = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers),
        "--blocking-threads", "4", "--no-ws", "--workers-kill-timeout", "5", "--log-level", "warning", target,
    ]
    surroundings = {**os.environ, "MALLOC_ARENA_MAX": "2", **environ}  # As ./lotse run has it.
    process = subprocess.Popen(command, cwd=ROOT, env=surroundings, start_new_session=True)
    try:
        wait_for(f"{base}/health", process)
        yield base, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]", seconds: float = 30) -> None:
    """Wait until `url` answers with any status. Raises RuntimeError when the process ends or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server on loopback
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server does not answer")


def memory_mb(pid: int) -> float:
    """Memory of a process and its children in MB: what would be freed if they ended (proportional set size)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = sum(int(line.split()[1]) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    return own / 1024 + sum(memory_mb(int(child)) for child in children)
