"""Programs that must not outlive the tests, even when these are killed."""

import subprocess
import sys

from setup import guard


class Guard:
    """The launcher's guard at the tests' service: ends process groups once this process is gone."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-I", guard.__file__], stdin=subprocess.PIPE, start_new_session=True)

    def watch(self, group: int) -> None:
        """From here on this group ends with the tests."""
        assert self._process.stdin
        self._process.stdin.write(b"+%d\n" % group)
        self._process.stdin.flush()

    def close(self) -> None:
        """End what is left, and the guard."""
        self._process.communicate(timeout=20)
