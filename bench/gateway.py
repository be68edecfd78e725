"""`./lotse bench gateway`: what the platform adds to the bare server of models: budget, rows, faults, all of it real."""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from bench import house
from bench.report import Figure
from core import db
from gateway import service
from gateway.wire import Endpoint

ROOT = Path(__file__).parent.parent
FILE = "smollm2-135m-instruct-q4_1.gguf"
PAIRS = 40                             # at most; a busy machine gets through fewer
FEWEST = 9
SECONDS = 40.0
TOKENS = 32
MESSAGES = [{"role": "user", "content": "Write a long story about a lighthouse and a ship."}]
Times = tuple[float, float]            # seconds to the first piece; pieces a second after it


def figures() -> list[Figure]:
    """Both ways in turn, each first every other time, so that what else the machine does meets both alike."""
    with _served() as said, house.house(1) as built, db.scoped(built.organisation_id), _client() as bare:
        model = service.Model(Endpoint(said["url"], said["key"]), said["model"])
        asker = service.Asker(built.learners[0].id, built.run_id, "bench")
        pairs = _pairs(lambda: _bare(bare, said), lambda: _through(model, asker))
    later = statistics.median(through[0] - direct[0] for direct, through in pairs)
    share = statistics.median(through[1] / direct[1] for direct, through in pairs)
    return [
        Figure("first token later than from the bare server", round(1000 * later, 1), "ms", 20, at_least=False),
        Figure("tokens per second, of the bare server's", round(100 * share, 1), "%", 97),
        Figure("first token from the bare server", round(1000 * statistics.median(direct[0] for direct, _ in pairs), 1), "ms"),
        Figure("tokens per second from the bare server", round(statistics.median(direct[1] for direct, _ in pairs), 1), "1/s"),
    ]


def _pairs(direct: Callable[[], Times], through: Callable[[], Times]) -> list[tuple[Times, Times]]:
    """As many pairs as fit into the time. The first one is not counted: it reads the prompt and the certificates."""
    direct(), through()
    ends = time.monotonic() + SECONDS
    found: list[tuple[Times, Times]] = []
    while len(found) < FEWEST or (len(found) < PAIRS and time.monotonic() < ends):
        if len(found) % 2:
            later = through()
            found.append((direct(), later))
        else:
            found.append((direct(), through()))
    return found


def _client() -> httpx2.Client:
    """A new connection for each call: the server closes idle ones, and whoever speaks at that moment hears nothing."""
    return httpx2.Client(trust_env=False, timeout=60, limits=httpx2.Limits(max_keepalive_connections=0))


def _bare(http: httpx2.Client, said: dict[str, Any]) -> Times:
    body = {"model": said["model"], "messages": MESSAGES, "max_tokens": TOKENS, "temperature": 0, "seed": 1, "stream": True}
    begun = time.perf_counter()
    with http.stream("POST", f"{said['url']}/chat/completions", json=body, headers={"Authorization": f"Bearer {said['key']}"}) as response:
        return _timed((line for line in response.iter_lines() if '"content":"' in line), begun)


def _through(model: service.Model, asker: service.Asker) -> Times:
    begun = time.perf_counter()
    pieces = service.ask(model, asker, MESSAGES, max_tokens=TOKENS, temperature=0, seed=1, stopped=lambda: False)
    return _timed((piece for piece in pieces if isinstance(piece, str)), begun)


def _timed(pieces: Iterator[str], begun: float) -> Times:
    next(pieces)
    first = time.perf_counter()
    count, last = 0, first
    for count, _ in zip(itertools.count(1), pieces, strict=False):  # noqa: B007 - the last value is the count
        last = time.perf_counter()
    return first - begun, count / max(last - first, 1e-6)


@contextmanager
def _served() -> Iterator[dict[str, Any]]:
    """The small model, served by the real process until the block ends."""
    file = Path(os.environ.get("LOTSE_DATA_DIR", ROOT / "var")) / "models" / FILE
    if not file.exists():
        sys.exit("The small model is not there: ./lotse models fetch small")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gateway.embedded", "--model", str(file), "--data", folder]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            yield _announced(Path(folder) / "models" / "server.json", process)
        finally:
            process.kill()
            process.wait()


def _announced(file: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit("The server of the small model does not start.")
        time.sleep(0.05)
    found: dict[str, Any] = json.loads(file.read_text())
    return found
