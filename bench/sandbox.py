"""`./lotse bench sandbox`: what a run of a learner's program costs."""

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.report import Figure
from exercises.sandbox.build import build
from exercises.sandbox.job import Call, Job, Limits
from exercises.sandbox.pool import Pool

HELLO = Job("print('hello')")
EXERCISE = """
import ai

def classify(text):
    answer = ai.chat("positive or negative? " + text)
    return answer.strip().lower()
"""
TESTS = [Job(EXERCISE, call=Call("classify", (f"text {number}",)), seed=number) for number in range(5)]
MODEL_SECONDS = 0.5


def figures() -> list[Figure]:
    """All figures, warm."""
    artefact = build()
    pool = Pool(artefact, 2)
    try:
        hello = _median(lambda: pool.run(HELLO, Limits()), 200)
        five = _median(lambda: _exercise(pool), 60)
        rate = _rate(lambda: _exercise(pool), 2, 120)
        memory = _own_memory(pool)
    finally:
        pool.close()
    return [
        Figure("hello, median", round(1000 * hello, 1), "ms", 5, at_least=False),
        Figure("five tests, median", round(1000 * five, 1), "ms", 40, at_least=False),
        Figure("exercises of five tests", round(rate, 1), "per s", 40),
        Figure("a worker's own memory", round(memory / 1e6, 1), "MB", 50, at_least=False),
        Figure(f"runs with a model call of {MODEL_SECONDS} s, 16 workers", round(_waiting(artefact), 1), "per s", 25),
    ]


def _exercise(pool: Pool) -> None:
    for job in TESTS:
        result = pool.run(job, Limits(), _says_positive)
        if result.value != "positive":
            raise RuntimeError(f"The sandbox did not do its work: {result}")


def _says_positive(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"text": "Positive"}


def _median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _rate(work: Callable[[], object], together: int, times: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(together) as threads:
        for done in [threads.submit(work) for _ in range(times)]:
            done.result()
    return times / (time.perf_counter() - began)


def _own_memory(pool: Pool) -> float:
    """The most private memory of a worker (USS), in bytes."""
    return max(sum(_private(line) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()) for pid in pool.workers())


def _private(line: str) -> int:
    return int(line.split()[1]) * 1024 if line.startswith("Private_") else 0


def _waiting(artefact: Path) -> float:
    """Runs that mostly wait for a model: the workers are more than the cores."""
    pool = Pool(artefact, 16)
    waiting = threading.Event()

    def slow(request: Mapping[str, Any]) -> Mapping[str, Any]:
        waiting.wait(MODEL_SECONDS)
        return {"text": "Positive"}

    try:
        _rate(lambda: pool.run(HELLO, Limits()), 16, 64)  # All are started.
        return _rate(lambda: pool.run(TESTS[0], Limits(), slow), 16, 128)
    finally:
        pool.close()
