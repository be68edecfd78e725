"""The keeper of the embedded models: one for a data folder, however many web processes and launchers there are.

    python -m gateway.keeper

It reads the same settings as the site. Whoever gets the lock DIR/models/keeper.lock keeps the models; a second keeper waits, and
takes over when the first has died. Each model is served by a child process, which is started again when it ends, later and later,
and given up for ten minutes after many deaths. What answers now stands in DIR/models/server.json, how all stand in state.json.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.config import Settings
from gateway.abilities import CHAT, EMBED, EMBEDDER, LOGPROBS, SCHEMA, TOKENIZE
from gateway.child import BAD_FILE, BAD_PROCESSOR, Life, announce
from gateway.embedded import AT_ONCE, SERVER_FILE
from gateway.reading import read
from setup import fitting
from setup.models import Model, discard, path_of, sound

STATE_FILE = Path("models/state.json")
LOCK_FILE = Path("models/keeper.lock")
LOOK_EVERY = 0.25
STEADY_AFTER = 60.0        # seconds after which a life counts as one that went well
MOST_DEATHS = 5            # short lives in a row, after which a model is given up for REST
LONGEST_DELAY = 30.0
REST = 600.0
SPARE_MB = 500
ROOT = Path(__file__).parents[1]
PATIENCE = 5.0
_FOR_GOOD = {BAD_FILE: "file", BAD_PROCESSOR: "processor"}


@dataclass
class Kept:
    """A model that is kept serving. `fault`: why it does not serve (file, processor, memory or deaths)."""

    name: str
    title: str
    path: Path
    command: list[str]
    about: Mapping[str, Any]
    model: Model | None = None         # None: a file of the operator's own, which is never touched
    process: "subprocess.Popen[bytes] | None" = None
    began: float = 0.0
    due: float = 0.0
    deaths: int = 0
    fault: str = ""
    tried: tuple[float, int] | None = None   # the file that could not be served, by its time and size
    said: dict[str, Any] = field(default_factory=dict)


class Keeper:
    """Keeps the models of a data folder serving. `look` is to be called a few times a second."""

    def __init__(self, data: Path, kept: list[Kept]) -> None:
        self._data = data
        self.kept = kept
        self._written: Any = None

    def look(self) -> None:
        """Notice what ended, start what is due, and write down what has changed."""
        for one in self.kept:
            self._look_at(one)
        self._write()

    def stop(self) -> None:
        """End all children, and take their addresses away."""
        running = [one.process for one in self.kept if one.process]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for path in (SERVER_FILE, STATE_FILE):
            (self._data / path).unlink(missing_ok=True)

    def _look_at(self, one: Kept) -> None:
        if one.process:
            if one.process.poll() is not None:
                self._ended(one, one.process.returncode)
            elif not one.said:
                said = read(self._file(one))
                one.said = said if said.get("pid") == one.process.pid else {}
        elif time.monotonic() >= one.due and one.path.exists() and one.tried != _stamp(one.path):
            self._start(one)

    def _start(self, one: Kept) -> None:
        if one.model and not sound(one.model, self._data):
            _say(f"{one.title} is damaged on the disk and was removed. Fetch it again: ./lotse models fetch {one.name}")
            discard(one.model, self._data)
            one.fault = "file"
            return
        self._file(one).unlink(missing_ok=True)
        # A backtrace would call a debugger, which takes longer than a new start.
        environ = os.environ | {"GGML_NO_BACKTRACE": "1", "PYTHONPATH": str(ROOT)}
        one.process = subprocess.Popen([*one.command, "--file", str(self._file(one))], stdin=subprocess.DEVNULL, env=environ)
        one.began, one.said, one.fault = time.monotonic(), {}, ""

    def _ended(self, one: Kept, code: int) -> None:
        one.process, one.said = None, {}
        self._file(one).unlink(missing_ok=True)
        if code in _FOR_GOOD:
            one.fault, one.tried = _FOR_GOOD[code], _stamp(one.path)  # Until there is another file.
            return
        one.deaths = 1 if time.monotonic() - one.began >= STEADY_AFTER else one.deaths + 1
        if one.deaths >= MOST_DEATHS:
            one.fault, delay = "deaths", REST
            one.deaths = 0
        else:
            delay = min(LONGEST_DELAY, 0.5 * 2 ** (one.deaths - 1))
        one.due = time.monotonic() + delay
        _say(f"The server of {one.title} ended ({f'signal {-code}' if code < 0 else f'exit code {code}'}); starting it again in {delay:.1f} s.")

    def _file(self, one: Kept) -> Path:
        return self._data / "models" / f"{one.name}.server.json"

    def _write(self) -> None:
        serving = [{**one.said, **one.about, "name": one.said["model"], "title": one.title} for one in self.kept if one.said]
        states = [{
            "name": one.name, "title": one.title, "state": _state(one), "fault": one.fault, "pid": one.process.pid if one.process else None,
        } for one in self.kept]
        if (serving, states) != self._written:
            with suppress(OSError):  # A full disk: what stands there stays, and the next look tries again.
                announce(self._data / SERVER_FILE, {"pid": os.getpid(), "models": serving})
                announce(self._data / STATE_FILE, {"pid": os.getpid(), "models": states})
                self._written = (serving, states)


def main() -> None:
    """Wait for the lock, and keep the models until told to stop or left alone."""
    settings = Settings.from_env()
    life = Life()
    (settings.data_dir / "models").mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / LOCK_FILE).open("w") as lock:
        while not _got(lock.fileno()):
            if not life.goes_on(LOOK_EVERY):
                return
        keeper = Keeper(settings.data_dir, wanted(settings))
        try:
            while life.goes_on(LOOK_EVERY):
                keeper.look()
        finally:
            keeper.stop()


def wanted(settings: Settings) -> list[Kept]:
    """The models that the settings choose, the usual one first."""
    own, data = settings.embedded_model_path, settings.data_dir
    kept = [_kept(model, data) for model in fitting.chosen(settings.model, bool(own), fitting.memory())]
    return [_own(Path(own), data), *kept] if own else kept


def free(data: Path) -> bool:
    """Whether nobody keeps the models of this data folder now."""
    (data / "models").mkdir(parents=True, exist_ok=True)
    with (data / LOCK_FILE).open("a") as lock:
        return _got(lock.fileno())


def _got(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kept(model: Model, data: Path) -> Kept:
    path = path_of(model, data)
    limit = ["--limit", str(model.memory_mb * 3 // 2 + SPARE_MB)]
    if model.members:
        command = [*_module("gateway.embedded_texts"), "--folder", str(path), *limit]
        about: dict[str, Any] = {"kind": "embed", "roles": [EMBEDDER], "abilities": [EMBED], "places": 1}
    else:
        command, about = [*_module("gateway.embedded"), "--model", str(path), "--data", str(data), *limit], _chatting()
    return Kept(model.name, model.title, path, command, about, model)


def _own(path: Path, data: Path) -> Kept:
    """A file of the operator's own. What it will take is not known: as much again as it is long, at the most, and some more."""
    size = path.stat().st_size >> 20 if path.is_file() else 0
    command = [*_module("gateway.embedded"), "--model", str(path), "--data", str(data), "--limit", str(2 * size + 4 * SPARE_MB)]
    return Kept("own", path.stem, path, command, _chatting())


def _chatting() -> dict[str, Any]:
    return {"kind": "chat", "roles": [CHAT], "abilities": [LOGPROBS, SCHEMA, TOKENIZE], "places": AT_ONCE}


def _module(name: str) -> list[str]:
    return [sys.executable, "-P", "-m", name]


def _state(one: Kept) -> str:
    if one.said:
        return "ready"
    if one.process:
        return "starting"
    return "failed" if one.fault else "starting" if one.path.exists() else "absent"


def _stamp(path: Path) -> tuple[float, int]:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime, found.st_size
    return 0.0, 0


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
