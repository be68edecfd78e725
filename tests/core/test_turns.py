"""Writers take turns, and nobody waits for ever."""

import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core import turns
from core.turns import Turns


def test_only_one_at_a_time_writes_across_threads_and_holders_of_the_file(tmp_path: Path) -> None:
    both = [Turns(tmp_path / "db"), Turns(tmp_path / "db")]  # As two processes would open it.
    inside, most = 0, 0

    def write(line: Turns) -> None:
        nonlocal inside, most
        for _ in range(50):
            with line.turn():
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=write, args=(both[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


@pytest.mark.parametrize("same_process", [True, False])
def test_whoever_waits_too_long_is_told_that_the_database_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_process: bool) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    first = Turns(tmp_path / "db")
    second = first if same_process else Turns(tmp_path / "db")
    with first.turn(), pytest.raises(OperationalError, match="locked"), second.turn():
        pass


def test_an_error_gives_the_turn_on(tmp_path: Path) -> None:
    line = Turns(tmp_path / "db")
    with pytest.raises(ZeroDivisionError), line.turn():
        raise ZeroDivisionError
    with line.turn():
        pass
