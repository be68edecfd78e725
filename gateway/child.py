"""What the processes that serve models have in common: where they are found, what they may take, and when they end."""

import json
import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

LOOK_EVERY = 1.0
MEGABYTE = 1 << 20
BAD_FILE: Final = 3        # Exit codes by which the keeper knows that starting again would not help.
BAD_PROCESSOR: Final = 4
_NEEDED = frozenset({"avx2", "fma", "f16c", "bmi2"})


def limit_memory(megabytes: int) -> None:
    """Let this process have so much memory of its own and no more: it ends then, and not the machine. 0: no limit.

    Weights that are only read from a file do not count; the kernel refuses what goes beyond, at once.
    """
    if megabytes:
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * MEGABYTE, megabytes * MEGABYTE))


def missing_instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> list[str]:
    """What the processor lacks of what the models' programs were built for; empty where that cannot be known."""
    with suppress(OSError):
        line = next((line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")), "")
        if line:
            return sorted(_NEEDED - set(line.split()))
    return []


def announce(target: Path, server: dict[str, Any]) -> None:
    """Write the file in one step, so that a reader never sees half of it and nobody else sees the key."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(server, file)
    draft.replace(target)


def refuse(code: int, words: str) -> NoReturn:
    """End with a line that says why."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
    sys.exit(code)


class Life:
    """How long a process goes on: until it is told to stop, or its parent is gone."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())

    def goes_on(self, seconds: float = LOOK_EVERY) -> bool:
        """Wait a moment, and say whether it goes on."""
        return not self._stopping.wait(seconds) and os.getppid() == self._parent


def end(target: Path) -> NoReturn:
    """Take the announcement away and leave at once: threads would wait for answers that nobody reads any more."""
    with suppress(OSError, ValueError, KeyError):
        if json.loads(target.read_text())["pid"] == os.getpid():
            target.unlink()
    os._exit(0)
