"""A Python exercise: what the learner starts from, and the tests that look at what they made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exercises.sandbox.job import Call, Limits
from exercises.sandbox.scripted import Reply

MOST_CODE = 20_000                     # characters of a learner's program
MOST_STDIN = 20_000


@dataclass(frozen=True)
class Wants:
    """What a test looks at. Each entry is (how, wanted): see exercises.sandbox.compare."""

    value: tuple[str, Any] | None = None
    tolerance: float = 0.0
    output: tuple[str, str] | None = None
    most_output: int | None = None
    fewest_calls: int = 0
    most_calls: int | None = None
    prompt: str = ""
    system: bool = False
    checker: bool = False              # the author's own program decides
    like_solution: str = ""            # how to compare with what the author's solution gives for the same input; empty: not at all


@dataclass(frozen=True)
class Draw:
    """What is drawn for an input: one of the choices or a whole number of a range; with `count` a list of so many."""

    choices: tuple[Any, ...] = ()
    low: int = 0
    high: int = 0
    count: tuple[int, int] | None = None


@dataclass(frozen=True)
class Test:
    """One run of the learner's program, with one input. Of a hidden one learners see the hint at most."""

    name: str
    wants: Wants
    call: Call | None = None
    stdin: str = ""
    hidden: bool = False
    hint: str = ""
    replies: tuple[Reply, ...] = ()
    draws: Mapping[str, Draw] = field(default_factory=dict)    # by the names that stand as $name in the input


@dataclass(frozen=True)
class Program:
    """All of a Python exercise but its wording."""

    starter: str
    tests: tuple[Test, ...]
    solution: str = ""
    checker: str = ""
    limits: Limits = field(default_factory=Limits)
    model: str = ""                    # that programs ask when they name none; empty: the course's usual one

    @property
    def asks_a_model(self) -> bool:
        """Whether the exercise is about calling a model: the starter or the solution does."""
        return "import ai" in self.starter or "import ai" in self.solution


@dataclass(frozen=True)
class TestResult:
    """What came of one test: data only, to be stored with the grade. `why` is a message id with its values."""

    name: str
    ok: bool
    hidden: bool
    why: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)
    hint: str = ""
    call: str = ""                     # what was called, as Python writes it
    output: str = ""
    error: str = ""                    # the traceback
    line: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For storing. Of a hidden test only what learners may see: its output and its reasons would tell the input."""
        told: dict[str, Any] = {"ok": self.ok, "hidden": self.hidden, "label": self.name, "hint": self.hint}
        if self.hidden:
            return told | {"label": "", "line": 0}
        return told | {
            "detail": self.why, "values": dict(self.values), "call": self.call, "output": self.output, "error": self.error, "line": self.line,
        }
