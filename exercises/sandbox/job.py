"""What the sandbox is asked to do, within which limits, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAIN = "main.py"                       # the name of the learner's file in tracebacks


class Status(StrEnum):
    """How a run ended. Only OK and ERROR are the program's own doing; the others are limits, or the house's fault."""

    OK = "ok"
    ERROR = "error"                    # an exception that nobody caught
    FUEL = "fuel"                      # more steps than allowed: the same on every machine
    CPU = "cpu"                        # the back-stop in seconds, should the fuel not do
    WALL = "wall"                      # the deadline of the whole run; the worker was replaced
    MEMORY = "memory"
    OUTPUT = "output"
    STACK = "stack"                    # recursion too deep
    DENIED = "denied"                  # something that does not exist in the sandbox, named in `detail`
    REPLY = "reply"                    # what came out is no answer of our guest
    STOPPED = "stopped"                # by whoever watches
    FELL = "fell"                      # the interpreter fell over the program: the same each time
    CRASHED = "crashed"                # the worker died
    UNAVAILABLE = "unavailable"        # there is no sandbox on this machine


@dataclass(frozen=True)
class Limits:
    """What one run may use. An exercise may ask for less or more, within the organisation's maxima."""

    fuel: int = 5_000_000_000          # about half a second of a core
    cpu_seconds: float = 5.0
    wall_seconds: float = 20.0         # from start to end, without the time that a model takes
    memory: int = 64 << 20             # bytes
    output: int = 64 << 10             # characters, of both streams together
    calls: int = 20                    # of a model


@dataclass(frozen=True)
class Call:
    """A function of the learner's program to call once the program has run, with arguments that JSON can write."""

    function: str
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One program and one input. It never holds an expected value, another input, or a checker."""

    code: str
    stdin: str = ""
    call: Call | None = None
    data: Any = None                   # for an author's checker: what it looks at
    seed: int = 0
    clock: int = 1_760_000_000         # seconds since 1970: what the program sees as now


@dataclass(frozen=True)
class Problem:
    """An exception as a learner sees it. `line` is the line of the learner's file where it arose; 0 when there is none."""

    type: str
    message: str
    line: int = 0
    traceback: str = ""


@dataclass(frozen=True)
class Used:
    """What a run took."""

    fuel: int = 0
    milliseconds: float = 0.0
    output: int = 0
    calls: int = 0


@dataclass(frozen=True)
class Exchange:
    """One call of a model as the host recorded it: what was asked, and what came back or why not."""

    request: Mapping[str, Any]
    reply: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """What came of a job. `value` is what the called function returned, checked and parsed on the host."""

    status: Status
    value: Any = None
    returned: bool = False             # whether there is a value
    output: tuple[tuple[int, str], ...] = ()   # (1 or 2, text) in the order of printing
    problem: Problem | None = None
    detail: str = ""
    used: Used = Used()
    exchanges: tuple[Exchange, ...] = ()

    @property
    def stdout(self) -> str:
        """What the program printed, without its error stream."""
        return "".join(text for stream, text in self.output if stream == 1)


# A request of the program ({"op": "chat", "messages": […], …} or {"op": "embed", "texts": […]}) to its reply:
# {"text": …}, {"vectors": …}, or {"error": words that the learner can use}.
Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]
OnOutput = Callable[[int, str], None]


def nobody(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where there is no model to ask."""
    return {"error": "There is no model here."}
