"""Ends the launcher's children when the launcher itself was killed and could not do it.

The launcher holds the other end of this process's standard input: it writes `+PID` for each process group it starts and
`-PID` for each that ended. When the launcher dies in any way, the system closes that end, and what is left is stopped.
A pipe works on Linux and macOS alike, and unlike a parent-death signal it also reaches the children's children.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Collection

PATIENCE = 6.0  # More than the servers give their own workers.


def main() -> None:
    """Read until the launcher is gone, then stop the groups that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    stop(groups)


def stop(groups: Collection[int], patience: float = PATIENCE) -> None:
    """Ask each group's leader to end; when it has, or took longer than `patience` seconds, kill what is left."""
    leaders = {group for group in groups if _send(os.kill, group, signal.SIGTERM)}
    deadline = time.monotonic() + patience
    while any(_send(os.kill, leader, 0) for leader in leaders) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        _send(os.killpg, group, signal.SIGKILL)


def _send(how: Callable[[int, int], None], target: int, number: int) -> bool:
    try:
        how(target, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
