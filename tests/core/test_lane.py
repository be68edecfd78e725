"""In a process one request at a time changes something, and a slow one holds nobody up."""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest

from core.lane import Lane

LONG = 10


class Road:
    """An application whose requests go on when the test says so."""

    def __init__(self) -> None:
        self.arrived: dict[str, threading.Event] = {}
        self.may_end: dict[str, threading.Event] = {}

    def expect(self, *names: str) -> None:
        for name in names:
            self.arrived[name], self.may_end[name] = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = environ["PATH_INFO"]
        self.arrived[name].set()
        assert self.may_end[name].wait(LONG)
        if "error" in name:
            raise ZeroDivisionError
        return [name.encode()]


def drive(lane: Lane, name: str, method: str = "POST") -> threading.Thread:
    def request() -> None:
        with suppress(ZeroDivisionError):
            lane({"REQUEST_METHOD": method, "PATH_INFO": name}, lambda *_: None)

    thread = threading.Thread(target=request)
    thread.start()
    return thread


@pytest.fixture
def road() -> Road:
    return Road()


def test_the_second_begins_when_the_first_has_ended(road: Road) -> None:
    road.expect("first", "second")
    lane = Lane(road, patience=LONG)
    threads = [drive(lane, "first")]
    assert road.arrived["first"].wait(LONG)
    threads.append(drive(lane, "second"))
    assert not road.arrived["second"].wait(0.05)
    road.may_end["first"].set()
    assert road.arrived["second"].wait(LONG)
    road.may_end["second"].set()
    for thread in threads:
        thread.join(LONG)


def test_a_slow_request_is_overtaken_and_disturbs_nobody_when_it_ends(road: Road) -> None:
    road.expect("slow", "second", "third")
    lane = Lane(road, patience=0.02)
    slow = drive(lane, "slow")
    assert road.arrived["slow"].wait(LONG)
    second = drive(lane, "second")
    assert road.arrived["second"].wait(LONG), "it is overtaken"
    road.may_end["slow"].set()
    slow.join(LONG)
    road.may_end["second"].set()
    second.join(LONG)
    third = drive(lane, "third")
    assert road.arrived["third"].wait(LONG), "the lane is free"
    road.may_end["third"].set()
    third.join(LONG)


def test_whoever_only_reads_does_not_wait(road: Road) -> None:
    road.expect("writes", "reads")
    lane = Lane(road, patience=LONG)
    writes = drive(lane, "writes")
    assert road.arrived["writes"].wait(LONG)
    reads = drive(lane, "reads", "GET")
    assert road.arrived["reads"].wait(LONG)
    for name in ("reads", "writes"):
        road.may_end[name].set()
    reads.join(LONG)
    writes.join(LONG)


def test_an_error_lets_the_next_one_in(road: Road) -> None:
    road.expect("error", "next")
    lane = Lane(road, patience=LONG)
    first = drive(lane, "error")
    assert road.arrived["error"].wait(LONG)
    second = drive(lane, "next")
    for name in ("error", "next"):
        road.may_end[name].set()
    assert road.arrived["next"].wait(LONG)
    first.join(LONG)
    second.join(LONG)
