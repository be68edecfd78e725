"""Reading the fenced parts and attributes of a `python` block into a program with its tests."""

import ast
import warnings

from assessments.kinds.attributes import whole
from assessments.kinds.base import Source
from assessments.kinds.source import Fence
from core.i18n import N_
from exercises.program import MOST_CODE, Program, Test
from exercises.program_reading import read_tests
from exercises.reading import ChecksError
from exercises.sandbox.job import Limits

ATTRIBUTES = ("steps", "memory", "output", "calls", "model")
FENCES = frozenset({"starter", "solution", "tests", "checker"})
MOST_STEPS, MOST_MEMORY, MOST_OUTPUT, MOST_CALLS = 20_000, 128, 200, 20     # millions of steps, MB, thousand characters, calls


def read_program(source: Source) -> Program | None:
    """The program; None when its tests cannot be read. All that is wrong is noted."""
    starter, solution, checker = (_code(source, name) for name in ("starter", "solution", "checker"))
    tests = _tests(source)
    if tests is None:
        return None
    if any(test.wants.checker for test in tests) and not checker:
        source.error("no-checker", N_("A test wants the author's own check, but there is none."), N_("Add a fence “checker” with a function check()."))
    if any(test.wants.like_solution for test in tests) and not solution:
        source.error("solution-missing", N_("A test wants the same as the solution, but there is none."), N_("Add a fence “solution”."))
    return Program(starter, tests, solution, checker, _limits(source), source.block.attributes.get("model", "")[:200])


def _limits(source: Source) -> Limits:
    """What an exercise may set, within the maxima of the house."""
    return Limits(
        fuel=whole(source, "steps", 5000, 1, MOST_STEPS) * 1_000_000, memory=whole(source, "memory", 64, 32, MOST_MEMORY) << 20,
        output=whole(source, "output", 64, 1, MOST_OUTPUT) * 1000, calls=whole(source, "calls", 5, 0, MOST_CALLS),
    )


def _code(source: Source, name: str) -> str:
    fence = _only(source, name)
    if fence is None:
        return ""
    if len(fence.text) > MOST_CODE:
        source.error("code-long", N_("The program is longer than %(most)s characters."), N_("Shorten it."), fence.line, most=MOST_CODE)
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(fence.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = fence.line + (getattr(error, "lineno", None) or 1) - 1
        if name != "starter":  # A starter may have gaps.
            source.error("code-syntax", N_("Python does not understand the “%(name)s”: %(reason)s"), N_("Mend this line."), line, name=name, reason=str(error)[:200])
    return fence.text


def _only(source: Source, name: str) -> Fence | None:
    found = [fence for fence in source.body.fences if fence.name == name]
    if len(found) > 1:
        source.error("fence-double", N_("There are several “%(name)s” fences."), N_("Put them into one."), found[1].line, name=name)
    return found[0] if found else None


def _tests(source: Source) -> tuple[Test, ...] | None:
    fence = _only(source, "tests")
    if fence is None or not fence.text.strip():
        source.error("no-tests", N_("The exercise has no tests."), N_("Add a fence “tests” that says what the program is to do."))
        return None
    try:
        return read_tests(fence.text)
    except ChecksError as error:
        for fault in error.faults:
            source.error(fault.rule, fault.message, fault.mend, fence.line + fault.line, **fault.values)
        return None
