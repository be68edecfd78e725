"""What the set-up says on the terminal: plain lines, and progress that reads well in a log file too."""

import sys
from collections.abc import Sequence

BAR_WIDTH = 24


class SetupError(Exception):
    """The set-up cannot go on; the text says why and what to do."""


def say(text: str = "") -> None:
    """One line for the person at the terminal; standard output stays free for results."""
    print(text, file=sys.stderr, flush=True)


def command_line(words: Sequence[str]) -> str:
    """A command as one would type it."""
    return " ".join(words)


def megabytes(count: int) -> str:
    """A size as people read it."""
    return f"{count / 1e6:,.0f} MB"


class Progress:
    """A bar that redraws itself on a terminal, or a line at every tenth elsewhere."""

    def __init__(self, label: str, total: int) -> None:
        self.label = label
        self.total = max(total, 1)
        self._live = sys.stderr.isatty()
        self._shown = -1

    def show(self, done: int) -> None:
        """Show that `done` of the total is there."""
        step = self._step(done)
        if step == self._shown:
            return
        self._shown = step
        text = f"{self.label}: {megabytes(done)} of {megabytes(self.total)} ({done * 100 // self.total} %)"
        if self._live:
            filled = min(BAR_WIDTH, done * BAR_WIDTH // self.total)
            print(f"\r[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {text}", end="", file=sys.stderr, flush=True)
        else:
            say(text)

    def close(self) -> None:
        """End the bar's line so that the next text begins on its own."""
        if self._live and self._shown >= 0:
            say()

    def _step(self, done: int) -> int:
        return done // 1_000_000 if self._live else done * 10 // self.total
