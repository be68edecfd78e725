"""`./lotse test`: all checks that a change must pass, in the order in which they are quick to fail."""

import os
import signal
import subprocess
import time
from pathlib import Path

from setup import frontend, models, system, tools
from setup.environment import Environment, bring_up
from setup.part_download import with_uv
from setup.terminal import Progress, SetupError, say

CHECKS = {
    "ruff": ("ruff", "check", "."),
    "mypy": ("mypy", "."),
}
# One more at a time than there are cores, as each often waits for a browser or another process: with two cores that halved the time.
# Four at most, as each brings a PostgreSQL, a model and a browser. Who is through takes over from others.
# Each test has its own limit (pyproject.toml); this one is for what hangs outside of them.
MOST_SECONDS = 45 * 60
SUMMARY_SECONDS = 30
TOGETHER = ["-n", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "worksteal"]


def test(root: Path, arguments: list[str]) -> int:
    """Run ruff, mypy, import-linter and pytest; with arguments only pytest, with these. Returns the exit code."""
    environment = bring_up(root, ["dev"])
    system.ensure([*system.RUN_NEEDS, *system.TEST_NEEDS], environment.own / "system.json")
    fetch_small_model(environment)
    build_other_platform(environment)
    bring_verifiers(environment)
    if arguments:
        return pytest(environment, arguments)
    results = {name: check(environment, name, environment.module(*words)) for name, words in CHECKS.items()}
    results["import-linter"] = check(environment, "import-linter", [str(environment.python.with_name("lint-imports"))])
    return conclude(results, pytest(environment, TOGETHER))


def build_other_platform(environment: Environment) -> None:
    """Bring the LTI platform that we did not write, in an environment apart; without it its tests say that they were not run."""
    command = [str(environment.python), str(environment.root / "tests" / "xblock" / "setup.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"The LTI platform for tests cannot be had: {done.stderr.strip()[-300:]}")


def bring_verifiers(environment: Environment) -> None:
    """Bring the verifiers of badges and readers of questions that we did not write; without them their tests say that they were not run."""
    for folder in ("certificates/verifiers", "exchange/readers"):
        try:
            frontend.packages(environment.root / "tests" / folder, tools.node_folder() or environment.own / "node")
        except (OSError, frontend.FrontendError) as error:
            say(f"{folder} cannot be had: {error}")


def fetch_small_model(environment: Environment) -> None:
    """Bring the model that the tests talk to; without it those tests are skipped and say so."""
    model = models.pinned("small")
    progress = Progress(model.title, model.bytes)
    try:
        # Not by `models fetch`: the status in the data folder speaks of the model that the site uses.
        models.fetch(model, environment.data, with_uv(environment.uv(), tools.base_python()), progress.show)
    except (SetupError, OSError) as error:
        say(f"{model.title} cannot be had: {error}")
    finally:
        progress.close()


def check(environment: Environment, name: str, command: list[str]) -> bool:
    """Run one check; its own words are on the terminal."""
    say(f"--- {name}")
    began = time.monotonic()
    passed = subprocess.run(command, cwd=environment.root, env=environment.environ(), check=False).returncode == 0
    say(f"{name}: {'passed' if passed else 'FAILED'} ({time.monotonic() - began:.1f} s)")
    return passed


def pytest(environment: Environment, arguments: list[str]) -> int:
    """Run the tests; their summary is the last line on the terminal. A run that does not end is ended, and fails."""
    say("--- pytest")
    process = subprocess.Popen(environment.module("pytest", *arguments), cwd=environment.root, env=environment.environ())
    try:
        return process.wait(MOST_SECONDS)
    except subprocess.TimeoutExpired:
        say(f"The tests did not end within {MOST_SECONDS // 60} minutes and are stopped; what failed until then follows.")
        return stop(process) or 1


def stop(process: subprocess.Popen[bytes]) -> int:
    """Let pytest say what failed until now, and end it if it does not."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(SUMMARY_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def conclude(results: dict[str, bool], tests: int) -> int:
    """The exit code of the whole. Pytest's summary stays the last line unless another check failed."""
    failed = [name for name, passed in results.items() if not passed]
    if not failed:
        return tests
    results = results | {"pytest": tests == 0}
    say(f"Failed besides the tests: {', '.join(failed)}")
    print(f"Checks: {sum(results.values())} passed, {len(results) - sum(results.values())} failed", flush=True)
    return tests or 1
