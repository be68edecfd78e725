"""Children of the launcher: started, started again when they end, stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from setup import guard
from setup.terminal import say

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
STEADY_AFTER = 60.0  # A child that ran this long begins again with the first delay.
# A child begins when the guard knows of it. Is the launcher killed just before, the child reads nothing and ends.
GATE = 'read -r go && exec "$@" < /dev/null'
PATIENCE = 9.0  # More than the servers give their own workers.


@dataclass
class Child:
    """A program that should be running. `once`: its end is not a fault."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    once: bool = False
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    delay: float = field(default=FIRST_DELAY, init=False)
    due: float = field(default=0.0, init=False)
    began: float = field(default=0.0, init=False)
    over: bool = field(default=False, init=False)


class Supervisor:
    """Keeps children running, and makes sure that none outlives the launcher, even one that was killed."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        command = [sys.executable, "-I", guard.__file__]
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)

    def add(self, child: Child) -> None:
        """Start this child now and keep it running."""
        self.children.append(child)
        self._start(child)

    def look(self) -> None:
        """Notice children that ended, and start those again whose time has come. To be called a few times a second."""
        for child in self.children:
            if child.process and child.process.poll() is not None:
                self._ended(child)
            elif not child.process and not child.over and time.monotonic() >= child.due:
                self._start(child)

    def stop(self) -> None:
        """Stop all children, the patient way first."""
        running = [child.process for child in self.children if child.process]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _kill_group(process.pid)
            process.wait()
            self._tell(f"-{process.pid}")
        self._close_guard()

    def _start(self, child: Child) -> None:
        # A session of its own: Ctrl-C reaches the launcher alone, and the whole group can be ended together.
        gated = ["/bin/sh", "-c", GATE, "sh", *child.command]
        child.process = subprocess.Popen(gated, env=child.environ, stdin=subprocess.PIPE, start_new_session=True)
        child.began = time.monotonic()
        self._tell(f"+{child.process.pid}")
        _open_gate(child.process)

    def _ended(self, child: Child) -> None:
        process = child.process
        assert process is not None
        _kill_group(process.pid)  # Workers of a server that was killed would keep its port.
        self._tell(f"-{process.pid}")
        child.process = None
        if child.once:
            child.over = True
            return
        if time.monotonic() - child.began >= STEADY_AFTER:
            child.delay = FIRST_DELAY
        say(f"The {child.name} ended ({_reason(process.returncode)}); starting it again in {child.delay:.0f} s.")
        child.due = time.monotonic() + child.delay
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _tell(self, line: str) -> None:
        assert self._guard.stdin is not None
        with suppress(BrokenPipeError):  # Somebody ended the guard; every ordinary way out still stops the children.
            self._guard.stdin.write(line + "\n")
            self._guard.stdin.flush()

    def _close_guard(self) -> None:
        assert self._guard.stdin is not None
        with suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.wait()


def _open_gate(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin:  # Broken: it was ended before it began, which the next look notices.
        process.stdin.write(b"go\n")


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only zombies are left.
        os.killpg(group, signal.SIGKILL)


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
