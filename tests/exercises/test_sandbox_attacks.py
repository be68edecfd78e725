"""Programs that try to do harm: each ends as it must, and the next program finds the sandbox as it was."""

import os
from pathlib import Path

import pytest

from exercises.sandbox.job import Job, Limits, Status
from exercises.sandbox.pool import Pool
from tests.exercises.attacks import KNOWN, OWN

# Little of everything, so that each attack is over soon.
TIGHT = Limits(fuel=400_000_000, cpu_seconds=5, wall_seconds=20, memory=64 << 20, output=20_000, calls=5)
NEXT = Job("import sys, os, json\nprint(sum(range(10)), sorted(set(vars()) - set(dir(__builtins__)) - {'__builtins__', '__name__', 'sys', 'os', 'json'})[:9], len(os.environ))")


@pytest.fixture(scope="module")
def usual(pool: Pool) -> str:
    return pool.run(NEXT, TIGHT).stdout


@pytest.mark.parametrize(("program", "endings"), [*KNOWN.values(), *OWN.values()], ids=[*KNOWN, *OWN])
def test_an_attack_ends_as_it_must_and_leaves_nothing_behind(pool: Pool, usual: str, program: str, endings: set[Status]) -> None:
    result = pool.run(Job(program), TIGHT, lambda request: {"text": "x"})
    assert result.status in endings, (result.status, result.detail, result.problem)
    assert sum(len(text) for _, text in result.output) <= TIGHT.output
    assert len(result.exchanges) <= TIGHT.calls
    assert "root:" not in result.stdout
    after = pool.run(NEXT, TIGHT)
    assert (after.status, after.stdout) == (Status.OK, usual)


def test_there_are_all_the_known_classes_and_twenty_more() -> None:
    assert len(KNOWN) >= 51
    assert len(OWN) >= 20


def test_what_one_program_changes_the_next_does_not_see(pool: Pool) -> None:
    pool.run(Job("import builtins, sys, json, random\nbuiltins.print = None\njson.dumps = None\nsys.modules['math'] = None\nrandom.random = lambda: 4"), TIGHT)
    result = pool.run(Job("import math, json, random\nprint(math.floor(2.5), json.dumps([1]), random.random() < 1)"), TIGHT)
    assert result.stdout == "2 [1] True\n"


def test_the_same_program_takes_the_same_steps_and_the_same_chance_each_time(pool: Pool) -> None:
    job = Job("import random, uuid, secrets, time\nprint(random.random(), uuid.uuid4(), secrets.token_hex(4), time.time(), hash('a'), sorted({'b', 'a'}))", seed=7)
    first, second, other = pool.run(job, TIGHT), pool.run(job, TIGHT), pool.run(Job(job.code, seed=8), TIGHT)
    assert first.stdout == second.stdout != other.stdout
    assert first.used.fuel == second.used.fuel


def test_a_worker_has_nothing_that_is_worth_stealing(pool: Pool) -> None:
    pool.run(Job("print(1)"), TIGHT)
    for pid in pool.workers():
        try:
            assert Path(f"/proc/{pid}/environ").read_bytes() == b""
            open_files = {os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}
        except PermissionError:  # It is not dumpable, so only root may look.
            continue
        assert all(name.startswith(("pipe:", "/dev/null", "anon_inode:")) or name.endswith(".cwasm") for name in open_files), open_files


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="looks into /proc")
def test_a_worker_can_open_nothing_and_start_nothing(pool: Pool) -> None:
    pool.run(Job("print(1)"), TIGHT)
    for pid in pool.workers():
        limits = [line.split() for line in Path(f"/proc/{pid}/limits").read_text().splitlines()]
        none = {" ".join(line[:-3]) for line in limits if line[-3:-1] == ["0", "0"]} | {" ".join(line[:-2]) for line in limits if line[-2:] == ["0", "0"]}
        assert {"Max open files", "Max processes", "Max file size", "Max core file size"} <= none
