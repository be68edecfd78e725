"""Warm worker processes, one job at a time in each: asked in the order of arrival, replaced when they die or hang."""

import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exercises.sandbox import build, reply
from exercises.sandbox.job import Ask, Exchange, Job, Limits, OnOutput, Result, Status, nobody

WORKER = Path(__file__).with_name("worker.py")
START_SECONDS = 60
MOST_FRAME = 16 << 20                  # bytes: a megabyte of signs, each written as twelve
LOOK_EVERY = 0.2                       # seconds between two looks whether somebody wants to stop


class WorkerError(RuntimeError):
    """A worker is dead, or says what no worker says."""


class LateError(RuntimeError):
    """The deadline has passed."""


class StoppedError(RuntimeError):
    """Whoever watches has stopped it."""


class Worker:
    """One process and the pipes to it."""

    def __init__(self, artefact: Path) -> None:
        # The environment is empty and the folder is none of ours: nothing is to be found there.
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-I", str(WORKER), str(artefact)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={}, cwd="/", close_fds=True, start_new_session=True,
        )
        try:
            self.protections: tuple[str, ...] = tuple(self.receive(time.monotonic() + START_SECONDS)["protections"])
        except (WorkerError, LateError):
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Give it a frame. Raises WorkerError."""
        data = json.dumps(message).encode()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(struct.pack(">I", len(data)) + data)
            self._process.stdin.flush()
        except OSError as error:
            raise WorkerError("gone") from error

    def receive(self, deadline: float, stopped: Callable[[], bool] | None = None) -> dict[str, Any]:
        """The next frame. Raises WorkerError, LateError and StoppedError."""
        length = struct.unpack(">I", self._read(4, deadline, stopped))[0]
        if length > MOST_FRAME:
            raise WorkerError("too much")
        try:
            message = json.loads(self._read(length, deadline, stopped))
        except (ValueError, RecursionError) as error:
            raise WorkerError("no frame") from error
        if not isinstance(message, dict):
            raise WorkerError("no frame")
        return message

    def _read(self, count: int, deadline: float, stopped: Callable[[], bool] | None) -> bytes:
        assert self._process.stdout is not None
        number, data = self._process.stdout.fileno(), b""
        ready = select.poll()
        ready.register(number, select.POLLIN | select.POLLHUP)
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise LateError
            if stopped is not None and stopped():
                raise StoppedError
            if not ready.poll(1000 * min(left, LOOK_EVERY)):
                continue
            piece = os.read(number, count - len(data))
            if not piece:
                raise WorkerError("gone")
            data += piece
        return data

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # What was still to be written has no reader any more.
                    continue


class Pool:
    """Up to `size` workers, started when they are first needed."""

    def __init__(self, artefact: Path, size: int) -> None:
        self._artefact = artefact
        self._size = size
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._count = 0
        self._line: deque[_Turn] = deque()
        self._closed = False

    def run(
        self, job: Job, limits: Limits, ask: Ask | None = None, on_output: OnOutput | None = None, stopped: Callable[[], bool] | None = None,
    ) -> Result:
        """Run a job in an instance of its own, and wait for a free worker first. Never raises for what the program does.

        `ask` answers the program's calls of a model, in this thread; `on_output` gets (1 or 2, text) as it comes; `stopped` is
        asked a few times a second. What these three raise ends the run and is raised here.
        """
        try:
            worker = self._take(stopped)
        except StoppedError:
            return Result(Status.STOPPED)
        except (WorkerError, LateError, OSError) as error:
            return Result(Status.UNAVAILABLE, detail=str(error)[:200])
        run = _Conversation(job, limits, ask or nobody, on_output, stopped)
        try:
            result = run.hold(worker)
            if result is None:  # It had died while nobody needed it.
                worker = self._replace(worker)
                result = run.hold(worker)
        except (WorkerError, LateError, OSError) as error:
            self._lose(worker)
            return Result(Status.UNAVAILABLE, detail=str(error)[:200])
        except BaseException:  # Of those who answer or listen. The worker is in the middle of a run.
            self._lose(worker)
            raise
        if result is None or result.status in (Status.WALL, Status.CRASHED, Status.STOPPED):
            self._lose(worker)
            return result or Result(Status.CRASHED)
        self._pass_on(worker)
        return result

    def protections(self) -> tuple[str, ...]:
        """What holds around a worker on this machine; empty when none can be started."""
        try:
            worker = self._take()
        except (WorkerError, LateError, OSError):
            return ()
        self._pass_on(worker)
        return worker.protections

    def workers(self) -> list[int]:
        """The process numbers of those who wait for work."""
        with self._lock:
            return [worker.pid for worker in self._idle]

    def close(self) -> None:
        """End all that are idle; whoever is at work, or has a turn to come, ends when that is done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            self._count -= len(idle)
        for worker in idle:
            worker.kill()

    # --- Whose turn it is ---

    def _take(self, stopped: Callable[[], bool] | None = None) -> Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            turn = None
            if self._count < self._size:
                self._count += 1
            else:
                turn = _Turn()
                self._line.append(turn)
        worker = None if turn is None else self._wait(turn, stopped)
        if worker is not None:
            return worker
        try:
            return Worker(self._artefact)
        except BaseException:
            self._pass_on(None)
            raise

    def _wait(self, turn: "_Turn", stopped: Callable[[], bool] | None) -> Worker | None:
        try:
            while not turn.came.wait(LOOK_EVERY):
                if stopped is not None and stopped():
                    raise StoppedError
        except BaseException:
            self._leave(turn)
            raise
        return turn.worker

    def _leave(self, turn: "_Turn") -> None:
        """Give up a turn; should it have come at this moment, the next in line gets it."""
        with self._lock:
            if turn in self._line:
                self._line.remove(turn)
                return
        self._pass_on(turn.worker)

    def _lose(self, worker: Worker) -> None:
        worker.kill()
        self._pass_on(None)

    def _replace(self, worker: Worker) -> Worker:
        worker.kill()
        return Worker(self._artefact)

    def _pass_on(self, worker: Worker | None) -> None:
        """To the next in line: a worker, or the right to start one."""
        with self._lock:
            if self._line:
                turn = self._line.popleft()
                turn.worker = worker
                turn.came.set()
                return
            if worker is not None and not self._closed:
                self._idle.append(worker)
                return
            self._count -= 1
        if worker is not None:
            worker.kill()


class _Turn:
    """Somebody who waits, and what they get."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.worker: Worker | None = None


class _Conversation:
    """One job with one worker, from the first frame to the last."""

    def __init__(self, job: Job, limits: Limits, ask: Ask, on_output: OnOutput | None, stopped: Callable[[], bool] | None) -> None:
        self._job, self._limits = job, limits
        self._ask, self._on_output, self._stopped = ask, on_output, stopped
        self._output: list[tuple[int, str]] = []
        self._exchanges: list[Exchange] = []
        self._deadline = 0.0

    def hold(self, worker: Worker) -> Result | None:
        """The result; None when the worker was dead before it began."""
        began = False
        self._deadline = time.monotonic() + self._limits.wall_seconds
        try:
            worker.send(self._order())
            while True:
                message = worker.receive(self._deadline, self._stopped)
                began = True
                result = self._react(worker, message)
                if result is not None:
                    return result
        except WorkerError:
            return self._ended(Status.CRASHED) if began else None
        except LateError:
            return self._ended(Status.WALL)
        except StoppedError:
            return self._ended(Status.STOPPED)

    def _react(self, worker: Worker, message: Mapping[str, Any]) -> Result | None:
        """Do what a frame asks for; the result when it is the last."""
        match message:
            case {"t": "out", "out": list(pieces)}:
                self._print(pieces)
            case {"t": "ask", "request": str(text)}:
                asked = time.monotonic()
                worker.send({"reply": self._answer(text)})
                self._deadline += time.monotonic() - asked  # The model's time is not the program's.
            case {"t": "done", "out": list(pieces)}:
                self._print(pieces)
                try:
                    return reply.read(message, tuple(self._output), tuple(self._exchanges))
                except (KeyError, TypeError, ValueError) as error:
                    raise WorkerError("no frame") from error
            case _:
                raise WorkerError("no frame")
        return None

    def _order(self) -> dict[str, Any]:
        job, limits = self._job, self._limits
        told: dict[str, Any] = {"code": job.code, "stdin": job.stdin, "seed": job.seed}
        if job.call is not None:
            told["call"] = {"function": job.call.function, "arguments": list(job.call.arguments), "named": dict(job.call.named)}
        if job.data is not None:
            told["data"] = job.data
        return {
            "job": told, "seed": job.seed, "clock": job.clock, "stream": self._on_output is not None,
            "limits": {"fuel": limits.fuel, "cpu": limits.cpu_seconds, "memory": limits.memory, "output": limits.output, "calls": limits.calls},
        }

    def _print(self, pieces: list[Any]) -> None:
        for piece in pieces:
            match piece:
                case [1 | 2 as fd, str(text)]:
                    text = reply.clean_text(text)
                    self._output.append((fd, text))
                    if self._on_output is not None:
                        self._on_output(fd, text)
                case _:
                    raise WorkerError("no frame")

    def _answer(self, text: str) -> Mapping[str, Any]:
        request = reply.request(text)
        answer: Mapping[str, Any] = {"error": "This is no request to a model."} if request is None else self._ask(request)
        self._exchanges.append(Exchange(request or {}, answer))
        return answer

    def _ended(self, status: Status) -> Result:
        return Result(status, output=tuple(self._output), exchanges=tuple(self._exchanges))


# --- The pool of this process -----------------------------------------------------------------------------------------------

_pools: dict[int, Pool] = {}
_opening = threading.Lock()


def _begin_anew() -> None:
    """After a fork: the parent's workers stay the parent's, and its lock may have been held just then."""
    global _opening  # noqa: PLW0603 - the one of this process
    _pools.clear()
    _opening = threading.Lock()


os.register_at_fork(after_in_child=_begin_anew)


def shared_pool(size: int) -> Pool:
    """The pool of this process, made when it is first needed; a process that was forked has one of its own.

    Raises build.BuildError when the sandbox has not been built on this machine.
    """
    with _opening:
        pool = _pools.get(os.getpid())
        if pool is None:
            artefact = build.artefact()
            if not build.intact(artefact):
                raise build.BuildError("The sandbox for Python exercises is not built here: ./lotse setup builds it.")
            pool = _pools[os.getpid()] = Pool(artefact, size)
        return pool
