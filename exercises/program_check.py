"""Carrying out the tests of a Python exercise: one instance of the sandbox for each, compared on the host."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

from core.i18n import N_
from exercises.program import Program, Test, TestResult
from exercises.program_draws import drawn
from exercises.sandbox import compare
from exercises.sandbox.compare import Finding
from exercises.sandbox.explain import explain
from exercises.sandbox.job import Ask, Call, Job, Limits, Result, Status
from exercises.sandbox.scripted import Script

MOST_OUTPUT_SHOWN = 2000
Run = Callable[[Job, Limits, Ask | None], Result]
_FELL = N_("The sandbox fell over. That was not your fault: please try again.")
_BROKEN = N_("The exercise's own check failed. Please tell your lecturers; it does not count against you.")
CHECKER_LIMITS = Limits(calls=0)


class SandboxError(RuntimeError):
    """The sandbox itself failed, which is not the learner's fault. The text is a message id."""


def run_tests(program: Program, code: str, run: Run, *, seed: int = 0, hidden: bool = True) -> Iterator[TestResult]:
    """Carry out the tests, one after the other. Without `hidden` only the visible ones. Raises SandboxError."""
    for number, test in enumerate(program.tests):
        if hidden or not test.hidden:
            yield run_test(program, drawn(test, f"{seed}/{number}"), code, run, seed)


def run_test(program: Program, test: Test, code: str, run: Run, seed: int) -> TestResult:
    """One test. The sandbox gets the program and this one input; what is wanted never goes there."""
    job = Job(code, test.stdin, test.call, seed=seed)
    result = run(job, program.limits, Script(test.replies))
    words = explain(result, program.limits)
    if words is not None and not words.own_fault:
        raise SandboxError(words.text)
    told = TestResult(
        test.name, ok=False, hidden=test.hidden, hint=test.hint, call=_written(test.call),
        output=_output(result), error=result.problem.traceback if result.problem else "", line=result.problem.line if result.problem else 0,
    )
    if result.status is not Status.OK:
        why = (words.text, words.values) if words else (N_("The program ended with an error: %(error)s"), {"error": _error(result)})
        return replace(told, why=why[0], values=why[1])
    found = _first_fault(program, test, result, run, seed)
    return replace(told, ok=found.ok, why=found.text, values=found.values)


def _first_fault(program: Program, test: Test, result: Result, run: Run, seed: int) -> Finding:
    """The first of the wishes that is not fulfilled; a good finding when all are."""
    wants = test.wants
    findings: list[Callable[[], Finding]] = []
    if wants.value is not None:
        how, wanted = wants.value
        findings.append(lambda: compare.compare_value(result, how, wanted, wants.tolerance))
    if wants.like_solution:
        findings.append(lambda: _as_solved(program, test, result, run, seed))
    if wants.output is not None:
        output = wants.output
        findings.append(lambda: compare.compare_output(result, *output))
    if wants.most_output is not None:
        most = wants.most_output
        findings.append(lambda: compare.output_length(result, most))
    if wants.fewest_calls or wants.most_calls is not None:
        findings.append(lambda: compare.calls_made(result.exchanges, wants.fewest_calls, wants.most_calls))
    if wants.prompt:
        findings.append(lambda: compare.prompt_contains(result.exchanges, wants.prompt))
    if wants.system:
        findings.append(lambda: compare.system_role_used(result.exchanges))
    if wants.checker:
        findings.append(lambda: _checked(program, result, run))
    return next((found for found in (finding() for finding in findings) if not found.ok), compare.GOOD)


def _as_solved(program: Program, test: Test, result: Result, run: Run, seed: int) -> Finding:
    """Against what the author's solution gives for the same input, in an instance of its own."""
    solved = run(Job(program.solution, test.stdin, test.call, seed=seed), program.limits, Script(test.replies))
    if solved.status is not Status.OK:
        raise SandboxError(_FELL if solved.status in (Status.CRASHED, Status.UNAVAILABLE) else _BROKEN)
    if test.call is None:
        return compare.compare_output(result, "equals", solved.stdout)
    return compare.compare_value(result, test.wants.like_solution, solved.value, test.wants.tolerance)


def _checked(program: Program, result: Result, run: Run) -> Finding:
    """What the author's own program says. It runs in an instance of its own and sees data only, never the learner's code."""
    data = {
        "value": result.value, "output": result.stdout, "calls": [asdict(exchange) for exchange in result.exchanges],
    }
    said = run(Job(program.checker, call=Call("check"), data=data), CHECKER_LIMITS, None)
    if said.status in (Status.CRASHED, Status.UNAVAILABLE):
        raise SandboxError(_FELL)
    if said.value is True:
        return compare.GOOD
    if isinstance(said.value, str) and said.value:
        return Finding(False, "%(said)s", {"said": said.value[:compare.MOST_SHOWN]})
    # Also when it failed over the value: else odd values would be a way to get every try back.
    return Finding(False, N_("The result is not what the exercise asks for."))


def _written(call: Call | None) -> str:
    if call is None:
        return ""
    arguments = [repr(argument) for argument in call.arguments] + [f"{name}={value!r}" for name, value in call.named.items()]
    return f"{call.function}({', '.join(arguments)})"[:500]


def _output(result: Result) -> str:
    text = "".join(text for _, text in result.output)
    return text if len(text) <= MOST_OUTPUT_SHOWN else text[:MOST_OUTPUT_SHOWN] + " …"


def _error(result: Result) -> str:
    problem = result.problem
    return "" if problem is None else f"{problem.type}: {problem.message}"[:300]
