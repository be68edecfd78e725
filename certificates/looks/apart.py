"""Templates that are not ours are printed by a process of their own (pressroom.py), with an end to its time and memory.

There is one such process beside each process of Lotse. It starts when it is needed, makes a copy of itself for each page, and
ends when nobody has asked for a while.
"""

import base64
import json
import os
import struct
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, Any

from certificates.looks.faults import LookError
from core.i18n import N_

if TYPE_CHECKING:
    from certificates.pdf import Order

ROOT = Path(__file__).parents[2]
START_SECONDS, PAGE_SECONDS = 60.0, 20.0  # Of a clock on the wall; a page gets half as much of the processor.
MOST_FRAME = 24 << 20
LONGEST_WAIT = 90.0
# What fonts and Python need; no settings, no secrets.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME")


class BusyError(RuntimeError):
    """Somebody else's page is being drawn."""


class RoomError(RuntimeError):
    """The process does not start, or does not say what it should; the text says what it said."""


@dataclass(frozen=True)
class Printed:
    """The file, and a picture of it if one was asked for."""

    pdf: bytes
    png: bytes | None


class Room:
    """The process, and who may ask it: one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, order: dict[str, Any], *, wait: float) -> dict[str, Any]:
        """Its answer. Raises BusyError, RoomError, and LookError when the page took too long."""
        if not self._lock.acquire(timeout=wait):
            raise BusyError
        try:
            for last in (False, True):
                try:
                    return self._asked(order)
                except (OSError, EOFError) as error:  # It had ended while nobody needed it.
                    self._end()
                    if last:
                        raise RoomError("the process that prints templates ends at once") from error
            raise AssertionError
        finally:
            self._lock.release()

    def _asked(self, order: dict[str, Any]) -> dict[str, Any]:
        process = self._process or self._start()
        try:
            self._send(process, order)
            return self._receive(process, time.monotonic() + PAGE_SECONDS + 3)
        except TimeoutError as error:
            self._end()
            raise too_long() from error

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-m", "certificates.looks.pressroom"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, cwd=ROOT, close_fds=True, start_new_session=True,
        )
        self._process = process
        try:
            told = self._receive(process, time.monotonic() + START_SECONDS)
        except TimeoutError as error:
            self._end()
            raise RoomError("the process that prints templates does not start") from error
        if "broken" in told:
            self._end()
            raise RoomError(str(told["broken"]))
        return process

    @staticmethod
    def _send(process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        assert process.stdin is not None
        process.stdin.write(struct.pack(">I", len(data)) + data)
        process.stdin.flush()

    @staticmethod
    def _receive(process: subprocess.Popen[bytes], deadline: float) -> dict[str, Any]:
        assert process.stdout is not None
        number, data = process.stdout.fileno(), bytearray()
        with DefaultSelector() as ready:
            ready.register(number, EVENT_READ)
            while len(data) < 4 or len(data) < 4 + struct.unpack(">I", data[:4])[0]:
                if not ready.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                piece = os.read(number, 1 << 16)
                if not piece or len(data) > MOST_FRAME:
                    raise EOFError
                data += piece
        message: dict[str, Any] = json.loads(data[4:])
        return message

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # What was still to be written has no reader any more.
                    continue

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()


_room = Room()
os.register_at_fork(after_in_child=lambda: globals().update(_room=Room()))  # A worker's copy must not speak through its parent's pipes.


def printed(order: "Order", *, picture_width: int = 0, wait: float = LONGEST_WAIT) -> Printed:
    """Print a page by a template that is not ours, and draw it so many pixels wide if that is wanted.

    Raises LookError when the template cannot be used, BusyError, RoomError.
    """
    answer = _room.ask({**packed(order), "picture_width": picture_width, "seconds": PAGE_SECONDS}, wait=wait)
    if fault := answer.get("fault"):
        raise LookError(fault["message"], fault["values"], part=fault["part"], line=fault["line"])
    if "broken" in answer:
        raise RoomError(str(answer["broken"]))
    picture = answer.get("png")
    return Printed(base64.b64decode(answer["pdf"]), base64.b64decode(picture) if picture else None)


def close() -> None:
    """End the process if there is one. It would end by itself."""
    _room.close()


def too_long() -> LookError:
    """What is said of endless loops and of pages that are too much work."""
    return LookError(N_("Drawing this page takes too long or too much memory. Look for loops within loops, and for very large pictures or numbers."))


def packed(order: "Order") -> dict[str, Any]:
    """An order on its way."""
    attached = [{**asdict(entry), "content": base64.b64encode(entry.content).decode()} for entry in order.attached]
    return {"template": asdict(order.template), "values": dict(order.values), "pictures": dict(order.pictures), "attached": attached}
