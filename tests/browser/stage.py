"""Where everything is in the demonstration that the tests of this folder share."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import campus

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Actor:
    """Somebody on the stage: the cookie that signs them in, and their certificate if they have one."""

    cookie: str
    certificate: int | None
    code: str | None


@dataclass(frozen=True)
class Stage:
    """The addresses of Lotse and of the stand-in LMS, the run of the starter curriculum, and everybody in it.

    `password` is that of the user `student`, who has not begun anything but this course.
    """

    lotse: str
    platform: str
    run_id: int
    password: str
    actors: dict[str, Actor]

    def path(self, pattern: str) -> str:
        """A path with the places filled: {course}, {module}, {certificate} and {code} of an actor as in {code:open}."""
        filled = pattern.replace("{course}", f"/courses/{self.run_id}").replace("{module}", f"/courses/{self.run_id}/{campus.LOTSE_MODULE}")
        for role, actor in self.actors.items():
            filled = filled.replace(f"{{certificate:{role}}}", f"/certificates/{actor.certificate}").replace(f"{{code:{role}}}", str(actor.code))
        return filled


@contextmanager
def performing(folder: Path) -> Iterator[Stage]:
    """Let the demonstration play in a process of its own: what it keeps by row numbers is not what other tests keep."""
    command = [sys.executable, "-m", "tests.browser.demonstration", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin
        assert process.stdout
        said: dict[str, Any] = json.loads(process.stdout.readline())
        actors = {role: Actor(**actor) for role, actor in said.pop("actors").items()}
        try:
            yield Stage(**said, actors=actors)
        finally:
            process.stdin.close()
