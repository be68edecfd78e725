"""A web process without a launcher starts the keeper of the models, once for all, and anew when it died."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings
from gateway import keeper, keeping
from tests.gateway.test_keeper import until


class Watched:
    """What was started, and how often somebody looked whether that is needed."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        self.found_free: list[bool] = []
        self._start, self._free = subprocess.Popen, keeper.free

    def start(self, *arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        self.started.append(self._start(*arguments, **options))
        return self.started[-1]

    def free(self, data: Path) -> bool:
        self.found_free.append(self._free(data))
        return self.found_free[-1]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Short pauses; the keeper finds the same settings in its environment, and no model's file."""
    found = Watched()
    monkeypatch.setattr(keeping, "FIRST_LOOK", 0.0)
    monkeypatch.setattr(keeping, "LOOK_EVERY", 0.02)
    monkeypatch.setattr("gateway.keeping.subprocess.Popen", found.start)
    monkeypatch.setattr(keeper, "free", found.free)
    for name, value in (("DATA_DIR", str(tmp_path)), ("MODEL", "none"), ("EMBEDDED_MODEL_PATH", str(tmp_path / "own.gguf"))):
        monkeypatch.setenv(f"LOTSE_{name}", value)
    return found


@pytest.fixture
def web_process(watched: Watched) -> Iterator[Callable[[], None]]:
    """What each web process does at its start; at the end nobody looks any more and nothing runs."""
    over = threading.Event()
    yield lambda: keeping.see_to_models(Settings.from_env(), over)
    over.set()
    for thread in [thread for thread in threading.enumerate() if thread.name == "keeper"]:
        thread.join()
    for process in watched.started:
        process.kill()
        process.wait()


def test_of_several_web_processes_one_starts_the_keeper_and_when_it_died_one_starts_the_next(
    watched: Watched, web_process: Callable[[], None], tmp_path: Path,
) -> None:
    web_process()
    until(lambda: not watched._free(tmp_path), "the keeper has the lock")
    web_process()
    looks = len(watched.found_free)
    until(lambda: len(watched.found_free) > looks + 3, "the second process has looked")
    assert len(watched.started) == 1
    watched.started[0].kill()
    until(lambda: len(watched.started) > 1, "another keeper is started")


def test_where_no_model_is_wanted_nobody_looks(watched: Watched, web_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOTSE_EMBEDDED_MODEL_PATH")
    web_process()
    assert "keeper" not in {thread.name for thread in threading.enumerate()}


def test_before_the_first_look_a_launcher_has_time_to_bring_its_own(
    watched: Watched, web_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "FIRST_LOOK", 60.0)
    web_process()
    assert "keeper" in {thread.name for thread in threading.enumerate()}
    assert (watched.found_free, watched.started) == ([], [])
