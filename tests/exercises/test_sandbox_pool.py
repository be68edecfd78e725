"""The pool: whoever waits gets a turn, and no worker is lost whatever happens around it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from exercises.sandbox import build
from exercises.sandbox.job import Job, Limits, Result, Status
from exercises.sandbox.pool import Pool, shared_pool

LIMITS = Limits(fuel=400_000_000, wall_seconds=20)
ASKS = Job("import ai\nprint(ai.chat('x'))")


@pytest.fixture
def one() -> Iterator[Pool]:
    """A pool of a single worker: whoever keeps it keeps everybody waiting."""
    pool = Pool(build.build(), 1)
    yield pool
    pool.close()


class Together:
    """Runs things in threads, and gives what came of them in the order of their ending."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self._threads: list[threading.Thread] = []

    def begin(self, work: Callable[[], Any]) -> None:
        thread = threading.Thread(target=lambda: self.results.append(work()))
        self._threads.append(thread)
        thread.start()

    def end(self) -> list[Any]:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        return self.results


class Held:
    """A model that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.set()
        assert self.go.wait(30)
        return {"text": "at last"}


def test_a_model_or_a_listener_that_fails_costs_no_worker(one: Pool) -> None:
    def fail(*given: object) -> Any:
        raise KeyError("the house's own fault")

    for _ in range(3):
        with pytest.raises(KeyError, match="own fault"):
            one.run(ASKS, LIMITS, fail)
        with pytest.raises(KeyError, match="own fault"):
            one.run(Job("print(1)"), LIMITS, on_output=fail)
        with pytest.raises(KeyError, match="own fault"):
            one.run(Job("while True: pass"), LIMITS, stopped=fail)
    assert one.run(Job("print(1)"), LIMITS).stdout == "1\n"


def test_whoever_comes_first_is_served_first(one: Pool) -> None:
    held, together = Held(), Together()
    together.begin(lambda: one.run(ASKS, LIMITS, held).stdout)
    assert held.asked.wait(30)
    for number in range(4):
        together.begin(lambda number=number: one.run(Job(f"print({number})"), LIMITS).stdout)  # type: ignore[misc]
        while len(one._line) <= number:
            threading.Event().wait(0.005)
    held.go.set()
    assert together.end() == ["at last\n", "0\n", "1\n", "2\n", "3\n"]


def test_who_gives_up_while_waiting_leaves_the_line_to_the_others(one: Pool) -> None:
    held, together = Held(), Together()
    together.begin(lambda: one.run(ASKS, LIMITS, held).status)
    assert held.asked.wait(30)
    assert one.run(Job("print(1)"), LIMITS, stopped=lambda: True).status is Status.STOPPED
    together.begin(lambda: one.run(Job("print(2)"), LIMITS).status)
    held.go.set()
    assert together.end() == [Status.OK, Status.OK]


def test_a_pool_that_closes_lets_those_at_work_and_in_line_end_and_keeps_no_process(one: Pool) -> None:
    held, together, worker = Held(), Together(), []

    def first() -> Result:
        return one.run(ASKS, LIMITS, held)

    one.run(Job("1"), LIMITS)
    worker += one.workers()
    together.begin(first)
    assert held.asked.wait(30)
    together.begin(lambda: one.run(Job("print(1)"), LIMITS))
    while not one._line:
        threading.Event().wait(0.005)
    one.close()
    held.go.set()
    assert [result.status for result in together.end()] == [Status.OK, Status.OK]
    assert not Path(f"/proc/{worker[0]}").exists()


def test_a_worker_killed_while_it_calculates_is_replaced_within_the_same_run(one: Pool) -> None:
    one.run(Job("1"), LIMITS)
    pid, together = one.workers()[0], Together()
    together.begin(lambda: one.run(Job("for _ in range(3_000_000): pass\nprint('through')"), Limits(fuel=10**12)).stdout)
    while one.workers():
        threading.Event().wait(0.005)
    os.kill(pid, signal.SIGKILL)
    assert together.end() == ["through\n"]  # Nothing had left it yet, so another could begin anew.


def test_each_process_has_a_pool_of_its_own_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    build.build()
    monkeypatch.setattr("exercises.sandbox.pool._pools", {})  # Other tests have one that is not to be closed.
    mine = shared_pool(1)
    assert shared_pool(1) is mine
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # Whatever happens here, pytest must not go on in the child.
        try:
            other = shared_pool(1)
            said = other is not mine and other.run(Job("print('child')"), LIMITS).stdout == "child\n"
            other.close()
            os.write(write, b"y" if said else b"n")
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    assert os.read(read, 1) == b"y"
    os.close(read)
    assert mine.run(Job("print('parent')"), LIMITS).stdout == "parent\n"
    mine.close()
