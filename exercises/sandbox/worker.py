"""A process that runs jobs one after the other, each in an instance of its own. It knows nothing that is worth stealing.

    python -I worker.py ARTEFACT          (started by pool.py, with an empty environment)

Jobs come on the standard input and leave on the standard output, as frames of a length and JSON. The program's output is
passed on as it comes; a call of a model is passed to the house and waits for the reply. Of the house only what stands in this
folder is loaded.
"""

import json
import os
import random
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

from wasmtime import Store, WasmtimeError
from wasmtime import component as components

sys.path.insert(0, str(Path(__file__).parents[2]))  # -I has taken it away.

from exercises.sandbox import engine, hardening

TICK = 0.02                            # seconds between two looks at the processor time
FLUSH_SECONDS = 0.05
FLUSH_CHARACTERS = 2048
MOST_PIECES = 20_000                   # of output, each of which costs a call
MOST_LOOKS = 100_000                   # at the clock and for chance: each costs time, but no steps
MOST_REQUEST = 65_536                  # characters of one request to a model
MOST_REPLY = 1 << 20                   # characters of what the guest says at the end
WARM_UP = {"job": {"code": "print(1)"}, "limits": {"fuel": 10**10, "cpu": 20, "memory": 128 << 20, "output": 100, "calls": 0}, "seed": 0, "clock": 0, "stream": False}


class Stop(Exception):  # noqa: N818 - no error: a limit was reached
    """Ends a run from inside of a host call."""


class Ticker(threading.Thread):
    """Lets time pass for the engine while something runs, and ends the process when its parent is gone."""

    def __init__(self, wasm: Any) -> None:
        super().__init__(daemon=True)
        self._wasm = wasm
        self._parent = os.getppid()
        self._running = threading.Event()

    def run(self) -> None:
        """For ever."""
        while True:
            self._running.wait()
            time.sleep(TICK)
            self._wasm.increment_epoch()
            if os.getppid() != self._parent:
                os._exit(0)

    def begin(self) -> None:
        """Something runs now."""
        self._running.set()

    def end(self) -> None:
        """Nothing runs any more."""
        self._running.clear()


class Guest:
    """The interpreter, ready to be started again and again."""

    def __init__(self, artefact: str) -> None:
        self.engine = engine.new_engine()
        self.component = components.Component.deserialize_file(self.engine, artefact)
        self.run: Run
        self.linker = components.Linker(self.engine)
        with self.linker.root() as root:
            root.add_func("gateway", lambda store, request: self.run.ask(request))
            root.add_func("emit", lambda store, fd, text: self.run.emit(fd, text))
        # Everything of the operating system is missing, and says so by its name; only these few answers are given.
        self.linker.define_unknown_imports_as_traps(self.component)
        self.linker.allow_shadowing = True
        with self.linker.root() as root:
            for name, functions in self._answers().items():
                with root.add_instance(name) as part:
                    for function, answer in functions.items():
                        part.add_func(function, answer)

    def _answers(self) -> dict[str, dict[str, Any]]:
        return {
            "wasi:clocks/wall-clock@0.2.9": {"now": lambda store: self.run.now()},
            "wasi:clocks/monotonic-clock@0.2.9": {"now": lambda store: self.run.moment(), "resolution": lambda store: 1000},
            "wasi:random/random@0.2.9": {
                "get-random-bytes": lambda store, count: self.run.random_bytes(count),
                "get-random-u64": lambda store: self.run.random_number(),
            },
            "wasi:cli/environment@0.2.9": {
                "get-environment": lambda store: [], "get-arguments": lambda store: [], "initial-cwd": lambda store: None,
            },
            "wasi:filesystem/preopens@0.2.9": {"get-directories": lambda store: []},
        }


class Run:
    """One job with its limits."""

    def __init__(self, guest: Guest, given: dict[str, Any]) -> None:
        limits = given["limits"]
        self.guest = guest
        self.job = json.dumps(given["job"])
        self.limits = limits
        self.stream = given["stream"]
        self.clock = given["clock"]
        self.chance = random.Random(given["seed"])  # noqa: S311 - the same again is what is wanted
        self.looks = 0
        self.room = limits["output"]
        self.pieces = 0
        self.calls = 0
        self.waited = 0.0
        self.stopped = ""
        self.waiting: list[tuple[int, str]] = []
        self.characters = 0
        self.flushed = self.began = time.monotonic()
        self.store = Store(guest.engine)

    # --- What the guest may call ---

    def emit(self, fd: int, text: str) -> None:
        """Pass output on, as far as there is room for it."""
        self.pieces += 1
        kept = text[: self.room]
        self.room -= len(kept)
        if kept:
            self.waiting.append((2 if fd == 2 else 1, kept))
            self.characters += len(kept)
        if len(kept) < len(text) or self.pieces > MOST_PIECES:
            self.stopped = "output"
            raise Stop
        if self.stream and (self.characters > FLUSH_CHARACTERS or time.monotonic() - self.flushed > FLUSH_SECONDS):
            self.flush()

    def flush(self) -> None:
        """Send what has gathered."""
        if self.waiting:
            send({"t": "out", "out": joined(self.waiting)})
        self.waiting, self.characters, self.flushed = [], 0, time.monotonic()

    def ask(self, request: str) -> str:
        """Pass a request to a model on and wait for the reply."""
        self.calls += 1
        if len(request) > MOST_REQUEST:
            return '{"error": "The request to the model is too long."}'
        if self.calls > self.limits["calls"]:
            return json.dumps({"error": f"Too many calls of the model: {self.limits['calls']} are allowed in one run."})
        if self.stream:
            self.flush()
        began = time.monotonic()
        send({"t": "ask", "request": request})
        reply = receive()["reply"]
        self.waited += time.monotonic() - began
        # The model's time is not the program's: the engine's clock is set anew.
        used = time.monotonic() - self.began - self.waited
        self.store.set_epoch_deadline(max(1, int((self.limits["cpu"] - used) / TICK)))
        return json.dumps(reply)

    def now(self) -> Any:
        """A clock that stands still."""
        self.look()
        record: Any = components.Record()
        record.seconds, record.nanoseconds = self.clock, 0
        return record

    def look(self) -> None:
        """Count what costs the machine's time, but no steps; too much of it is too many steps."""
        self.looks += 1
        if self.looks > MOST_LOOKS:
            self.stopped = "fuel"
            raise Stop

    def moment(self) -> int:
        """A stopwatch that moves by a millionth of a second each time somebody looks."""
        self.look()
        return 1000 * self.looks

    def random_bytes(self, count: int) -> bytes:
        """The same chance each time."""
        self.look()
        if count > MOST_REQUEST:
            self.stopped = "memory"
            raise Stop
        return self.chance.randbytes(count)

    def random_number(self) -> int:
        """The same chance each time, as a number."""
        self.look()
        return self.chance.getrandbits(64)

    # --- The run itself ---

    def carry_out(self) -> dict[str, Any]:
        """Run the job and say how it ended. Nothing of what the guest says is looked into here."""
        limits = self.limits
        done: dict[str, Any] = {"t": "done"}
        self.store.set_limits(memory_size=limits["memory"])
        self.store.set_fuel(limits["fuel"])
        self.store.set_epoch_deadline(max(1, int(limits["cpu"] / TICK)))
        try:
            instance = self.guest.linker.instantiate(self.store, self.guest.component)
            function = instance.get_func(self.store, "run")
            assert function is not None
            reply = function(self.store, self.job)
            done |= {"status": "reply"} if len(reply) > MOST_REPLY else {"status": "ok", "reply": reply}
        except (WasmtimeError, Stop, ValueError, TypeError) as error:
            status, detail = self.ending(str(error))
            done |= {"status": status, "detail": detail}
        done |= {
            "fuel": limits["fuel"] - self.store.get_fuel(), "out": joined(self.waiting), "calls": self.calls,
            "output": limits["output"] - self.room, "ms": round(1000 * (time.monotonic() - self.began), 2),
        }
        self.store.close()
        return done

    def ending(self, text: str) -> tuple[str, str]:
        """What a trap means: a limit, something that is missing here, or that the interpreter fell over."""
        if self.stopped:
            return self.stopped, ""
        if "unknown import" in text:
            missing = text.split("unknown import: `")[1].split("`", maxsplit=1)[0]
            # Without memory the runtime tries to complain, and cannot.
            return ("memory", "") if "cli/stderr" in missing else ("denied", missing[:200])
        for sign, status in (("fuel", "fuel"), ("interrupt", "cpu"), ("call stack", "stack")):
            if sign in text:
                return status, ""
        return "fell", text[-300:]


def joined(pieces: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Neighbouring pieces of the same stream as one."""
    whole: list[tuple[int, str]] = []
    for fd, text in pieces:
        if whole and whole[-1][0] == fd:
            whole[-1] = fd, whole[-1][1] + text
        else:
            whole.append((fd, text))
    return whole


def receive() -> Any:
    """The next frame; the process ends when there will be none any more."""
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        os._exit(0)
    return json.loads(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))


def send(message: dict[str, Any]) -> None:
    """Write a frame; the process ends when nobody reads it."""
    data = json.dumps(message).encode()
    try:
        sys.stdout.buffer.write(struct.pack(">I", len(data)) + data)
        sys.stdout.buffer.flush()
    except OSError:
        os._exit(0)


def main() -> None:
    """Load, warm up, give away all rights, and serve."""
    guest = Guest(sys.argv[1])
    ticker = Ticker(guest.engine)
    ticker.start()

    def carried_out(given: dict[str, Any]) -> dict[str, Any]:
        guest.run = Run(guest, given)
        ticker.begin()
        try:
            return guest.run.carry_out()
        finally:
            ticker.end()

    carried_out(WARM_UP)
    send({"t": "ready", "protections": hardening.harden()})
    while True:
        send(carried_out(receive()))


if __name__ == "__main__":
    main()
