"""The small model, served for the tests by the real process."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = "smollm2-135m-instruct-q4_1.gguf"
PLACES = [Path(os.environ.get("LOTSE_DATA_DIR", ROOT / "var")) / "models", ROOT / "var" / "models"]


class ModelServer:
    """A running `python -m gateway.embedded`."""

    def __init__(self, data: Path) -> None:
        self.data = data
        command = [sys.executable, "-m", "gateway.embedded", "--model", str(small_model()), "--data", str(data)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)

    @property
    def file(self) -> Path:
        """Where it says how to reach it."""
        return self.data / "models" / "server.json"

    def serve(self, data: Path) -> None:
        """Let a house with this data folder use it."""
        (data / "models").mkdir(exist_ok=True)
        (data / "models" / "server.json").write_text(self.file.read_text())

    @property
    def pid(self) -> int:
        """The process that serves."""
        return int(json.loads(self.file.read_text())["pid"])


def wait_for(file: Path) -> None:
    """Until a model is served: loading it takes a second, and there is nothing to be told by but the file."""
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, "the model server does not start"
        time.sleep(0.05)


def small_model() -> Path:
    """The small model's file; skips the test where it could not be fetched."""
    found = next((place / FILE for place in PLACES if (place / FILE).exists()), None)
    if found is None:
        pytest.skip("the small model is not there: ./lotse models fetch small")
    return found


@contextmanager
def running(data: Path) -> Iterator[ModelServer]:
    """A model server of one's own."""
    server = ModelServer(data)
    try:
        wait_for(server.file)
        yield server
    finally:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    """One model server for all tests."""
    with running(tmp_path_factory.mktemp("model")) as server:
        yield server
