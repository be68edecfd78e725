"""The whole run of the tests ends, whatever hangs inside of it."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import setup.test
from setup.environment import Environment


@dataclass(frozen=True)
class Hanging(Environment):
    """In place of pytest a program that does not end by itself. `stubborn`: nor when it is asked to."""

    stubborn: bool = False

    def module(self, *words: str) -> list[str]:
        ears = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); " if self.stubborn else ""
        return [sys.executable, "-c", f"{ears}print('begun', flush=True); import signal; signal.pause()"]


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_run_that_hangs_is_ended_and_fails(stubborn: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(setup.test, "MOST_SECONDS", 1)
    monkeypatch.setattr(setup.test, "SUMMARY_SECONDS", 1)
    assert setup.test.pytest(Hanging(Path.cwd(), stubborn=stubborn), []) != 0
    assert "did not end" in "".join(capfd.readouterr())
