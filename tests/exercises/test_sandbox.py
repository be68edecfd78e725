"""The sandbox: what a program may do, how it is told what went wrong, and that workers come and go unseen."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from exercises.sandbox import build
from exercises.sandbox.explain import explain
from exercises.sandbox.job import Call, Job, Limits, Result, Status
from exercises.sandbox.pool import Pool

LIMITS = Limits(fuel=400_000_000, wall_seconds=20)


def run(pool: Pool, code: str, **given: object) -> Result:
    return pool.run(Job(code, **given), LIMITS)  # type: ignore[arg-type]


def test_a_program_reads_prints_and_returns(pool: Pool) -> None:
    result = run(pool, "name = input()\nprint('Hallo', name)\ndef double(x, y=2): return {'x': (x * y, None)}", stdin="Ada\n", call=Call("double", (21,)))
    assert (result.status, result.stdout, result.value) == (Status.OK, "Hallo Ada\n", {"x": [42, None]})


LIBRARY = (
    "dataclasses", "enum", "typing", "json", "re", "math", "random", "statistics", "collections", "itertools", "functools", "datetime", "decimal", "fractions",
    "csv", "io", "html", "urllib.parse", "xml.etree.ElementTree", "hashlib", "base64", "uuid", "secrets", "unittest", "logging", "argparse", "tomllib", "pathlib",
    "heapq", "graphlib", "difflib", "textwrap", "string", "pickle", "asyncio", "contextlib", "zoneinfo", "calendar", "copy", "pprint",
)


def test_the_standard_library_is_there_without_any_file(pool: Pool) -> None:
    result = run(pool, "\n".join(f"import {name}" for name in LIBRARY) + "\nprint('there')")
    assert result.stdout == "there\n", result.problem


def test_output_comes_while_the_program_runs(pool: Pool) -> None:
    came: list[str] = []
    result = pool.run(Job("import ai\nprint('before')\nai.chat('x')\nprint('after')"), LIMITS, lambda request: {"text": str(came)}, lambda fd, text: came.append(text))
    assert result.exchanges[0].reply == {"text": "['before\\n']"}
    assert "".join(came) == "before\nafter\n"


def test_a_program_asks_a_model_and_the_host_writes_down_what(pool: Pool) -> None:
    job = Job("import ai\nprint(ai.chat('Wie geht es?', system='Kurz.', temperature=0.5))\nprint(ai.embed(['a', 'b']))")
    result = pool.run(job, LIMITS, lambda request: {"text": "Gut."} if request["op"] == "chat" else {"vectors": [[1.0], [2.0]]})
    assert result.stdout == "Gut.\n[[1.0], [2.0]]\n"
    assert result.exchanges[0].request["messages"] == [{"role": "system", "content": "Kurz."}, {"role": "user", "content": "Wie geht es?"}]
    assert result.used.calls == 2


def test_a_model_that_does_not_answer_is_an_error_that_a_program_can_catch(pool: Pool) -> None:
    result = pool.run(Job("import ai\ntry:\n    ai.chat('x')\nexcept ai.AIError as error:\n    print(error)"), LIMITS, lambda request: {"error": "too busy"})
    assert result.stdout == "too busy\n"


def test_an_error_names_the_line_and_shows_the_learners_own_lines_only(pool: Pool) -> None:
    result = run(pool, "x = 1\ndef f():\n    return x / 0\nf()")
    assert result.problem is not None
    assert (result.problem.type, result.problem.line) == ("ZeroDivisionError", 3)
    assert "return x / 0" in result.problem.traceback
    assert "guest" not in result.problem.traceback


WORDS = {
    "while True: pass": "too many steps", "x = 'a' * 10**9": "more memory", "while True: print('x' * 1000)": "printed more", "open('x')": "no files",
    "import socket\nsocket.create_connection(('a', 1))": "no network", "import threading\nthreading.Thread(target=print).start()": "no threads",
    "def f(): f()\nf()": "too deeply", "input()": "nothing more to read", "import numpy": "no such module", "x = (": "does not understand line 1",
    "1 / 0": "divides by zero", "print(y)": "no such name",
}


@pytest.mark.parametrize(("code", "words"), WORDS.items(), ids=WORDS.keys())
def test_how_a_run_ended_is_said_in_plain_words(pool: Pool, code: str, words: str) -> None:
    said = explain(run(pool, code), LIMITS)
    assert said is not None
    assert words in said.text % said.values
    assert said.own_fault


def test_time_stands_still(pool: Pool) -> None:
    result = run(pool, "import time, asyncio\ntime.sleep(1000)\nasync def f():\n    await asyncio.gather(asyncio.sleep(500), asyncio.sleep(300))\nasyncio.run(f())\nprint('awake')")
    assert result.stdout == "awake\n"


# --- Workers ------------------------------------------------------------------------------------------------------------

def test_a_worker_that_is_killed_in_the_middle_is_replaced_and_it_was_nobodys_fault() -> None:
    pool = Pool(build.artefact(), 1)
    run(pool, "print(1)")
    [worker] = pool.workers()

    def kill(request: object) -> dict[str, str]:
        os.kill(worker, signal.SIGKILL)
        return {"text": ""}

    result = pool.run(Job("import ai\nai.chat('x')"), LIMITS, kill)
    assert result.status is Status.CRASHED
    said = explain(result, LIMITS)
    assert said is not None
    assert not said.own_fault
    assert run(pool, "print(1)").stdout == "1\n"
    pool.close()


def test_a_worker_that_died_while_idle_is_not_noticed(pool: Pool) -> None:
    run(pool, "print(1)")
    for pid in pool.workers():
        os.kill(pid, signal.SIGKILL)
    assert run(pool, "print(2)").stdout == "2\n"


def test_a_run_that_passes_its_deadline_is_ended_and_the_worker_replaced(pool: Pool) -> None:
    endless = Limits(fuel=10**15, cpu_seconds=1000, wall_seconds=0.3)
    assert pool.run(Job("while True: pass"), endless).status is Status.WALL
    assert run(pool, "print(1)").stdout == "1\n"


def test_the_models_time_is_not_the_programs(pool: Pool) -> None:
    waiting = threading.Event()
    limits = Limits(fuel=400_000_000, cpu_seconds=0.2, wall_seconds=0.4)
    result = pool.run(Job("import ai\nai.chat('x')\nprint('done')"), limits, lambda request: {"text": str(waiting.wait(0.6))})
    assert result.stdout == "done\n"


def test_whoever_watches_can_stop_a_run(pool: Pool) -> None:
    result = pool.run(Job("while True: pass"), Limits(fuel=10**15, cpu_seconds=1000), stopped=lambda: True)
    assert result.status is Status.STOPPED


def test_more_programs_than_workers_wait_and_all_are_run(pool: Pool) -> None:
    came: list[str] = []
    threads = [threading.Thread(target=lambda at=at: came.append(run(pool, f"print({at})").stdout)) for at in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came, key=int) == [f"{at}\n" for at in range(12)]


def test_workers_go_when_the_house_is_killed(tmp_path: Path) -> None:
    program = "import sys\nfrom exercises.sandbox.build import artefact\nfrom exercises.sandbox.job import *\nfrom exercises.sandbox.pool import Pool\np = Pool(artefact(), 1)\np.run(Job('1'), Limits())\nprint(p.workers()[0], flush=True)\nsys.stdin.read()"
    house = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert house.stdout is not None
    pid = int(house.stdout.readline())
    gone = os.pidfd_open(pid)
    house.kill()
    house.communicate()
    assert select.select([gone], [], [], 20)[0]
    os.close(gone)


# --- Building ---------------------------------------------------------------------------------------------------------------

def test_a_damaged_sandbox_is_noticed_and_never_loaded(tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = build.artefact()
    copy = build.artefact(tmp_path)
    copy.write_bytes(whole.read_bytes()[:-1] + b"x")
    copy.with_suffix(".sha256").write_text(whole.with_suffix(".sha256").read_text())
    assert build.intact(whole)
    assert not build.intact(copy)


def test_a_sandbox_that_cannot_be_loaded_is_said_to_be_unavailable(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.cwasm"
    wrong.write_bytes(b"no component")
    result = Pool(wrong, 1).run(Job("print(1)"), LIMITS)
    assert result.status is Status.UNAVAILABLE


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "SOURCES", ("world.wit",))
    monkeypatch.setattr(build, "GUEST", ())
    with pytest.raises(build.BuildError, match="cannot be built"):
        build.build(tmp_path)
    assert not list(tmp_path.glob("*.cwasm"))


# --- The command ----------------------------------------------------------------------------------------------------------

def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "exercises.sandbox.commands", "run", *words], check=False, capture_output=True, text=True, timeout=60)


def test_the_command_says_how_it_ended_what_was_printed_and_what_it_took(tmp_path: Path) -> None:
    program, words = tmp_path / "p.py", tmp_path / "in.txt"
    program.write_text("import ai\nprint(input(), ai.chat('x'))\nprint(1/0)")
    words.write_text("Ada")
    done = command(str(program), "--stdin", str(words), "--reply", "hallo", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert (told["status"], told["stdout"], told["problem"]["line"]) == ("error", "Ada hallo\n", 3)
    assert 0 < told["used"]["fuel"][0] < told["used"]["fuel"][1]


def test_the_command_prints_for_people_too(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text("print('hallo')\ndef f(n): return n + 1")
    done = command(str(program), "--call", "f", "--args", "[1]")
    assert done.returncode == 0
    assert done.stdout.startswith("hallo\nReturned: 2\nStatus: ok\nUsed: ")
