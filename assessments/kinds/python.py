"""`python`: the learner writes a program; tests run it in the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments import grading
from assessments.grading import Part, Verdict
from assessments.kinds.base import Kind, Source
from assessments.kinds.item import Form, Item, Response, ResponseError, View
from assessments.kinds.python_source import ATTRIBUTES, FENCES, read_program
from core.i18n import N_
from exercises.program import MOST_CODE, Program


@dataclass(frozen=True, kw_only=True)
class PythonItem(Item):
    """A Python exercise."""

    program: Program


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownTest:
    """A visible test on the page before it was run."""

    name: str
    call: str
    stdin: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PythonView(View):
    """A Python exercise on a page. Hidden tests are a number; their inputs and what they want are not in it."""

    code: str
    starter: str
    asks_a_model: bool
    tests: tuple[ShownTest, ...]
    hidden: int
    results: tuple[Mapping[str, Any], ...] = ()
    solved: str = ""                   # the author's solution

    @property
    def hidden_right(self) -> int:
        """How many hidden tests passed."""
        return sum(bool(result["ok"]) for result in self.results if result["hidden"])


class Python(Kind[PythonItem]):
    """A Python exercise. The response is complete when a task has added `results`: one for each test."""

    name = "python"
    title = N_("Python exercise")
    sample = {
        "de": (
            "Schreiben Sie eine Funktion `doppelt(zahl)`, die das Doppelte zurückgibt.\n"
            "```starter\n"
            "def doppelt(zahl):\n"
            "    return zahl\n"
            "```\n"
            "```solution\n"
            "def doppelt(zahl):\n"
            "    return 2 * zahl\n"
            "```\n"
            "```tests\n"
            "- name: eine Zahl\n"
            "  call: doppelt\n"
            "  args: [21]\n"
            "  returns: 42\n"
            "- name: die Null\n"
            "  call: doppelt\n"
            "  args: [0]\n"
            "  returns: 0\n"
            "  hidden: true\n"
            "```\n"
            "! Was man sich merken sollte."
        ),
        "en": (
            "Write a function `double(number)` that returns twice the number.\n"
            "```starter\n"
            "def double(number):\n"
            "    return number\n"
            "```\n"
            "```solution\n"
            "def double(number):\n"
            "    return 2 * number\n"
            "```\n"
            "```tests\n"
            "- name: a number\n"
            "  call: double\n"
            "  args: [21]\n"
            "  returns: 42\n"
            "- name: zero\n"
            "  call: double\n"
            "  args: [0]\n"
            "  returns: 0\n"
            "  hidden: true\n"
            "```\n"
            "! What to remember."
        ),
    }
    attributes = ATTRIBUTES
    fences = FENCES
    deferred = True
    action = "code"

    def build(self, source: Source, common: dict[str, Any]) -> PythonItem | None:
        """The fenced parts make the program."""
        program = read_program(source)
        return None if program is None else PythonItem(**common, program=program)

    def structure(self, item: PythonItem) -> Any:
        """The tests and the programs; names and hints of tests differ between languages."""
        program = item.program
        return [
            [(test.hidden, str(test.wants), str(test.call), test.stdin, str(test.replies), str(test.draws)) for test in program.tests], program.checker, str(program.limits),
        ]

    def read(self, item: PythonItem, form: Form) -> Response:
        """The learner's program."""
        values = form.get("code", ())
        code = values[0].replace("\r\n", "\n") if len(values) == 1 else ""
        if not code.strip():
            raise ResponseError(N_("There is no program yet. Please write one first."))
        if len(code) > MOST_CODE:
            raise ResponseError(N_("Your program is too long: at most %(most)s characters."), most=MOST_CODE)
        return {"code": code}

    def grade(self, item: PythonItem, response: Response) -> Verdict:
        """Each test counts the same."""
        results = response["results"]
        marks = [bool(result["ok"]) for result in results]
        parts = [Part(str(number), "right" if result["ok"] else "wrong", checks=(result,)) for number, result in enumerate(results, 1)]
        return grading.verdict(grading.share_of_parts(marks), item.points, parts, scoring=item.scoring)

    def show(self, item: PythonItem, variant: int, response: Response | None, verdict: Verdict | None, *, solution: bool) -> PythonView:
        """The exercise with the learner's program, and what the tests found once they ran."""
        program = item.program
        return PythonView(
            **self.seen(item, marked=verdict is not None, solution=solution),
            code=(response or {}).get("code", program.starter),
            starter=program.starter,
            asks_a_model=program.asks_a_model,
            tests=tuple(
                ShownTest(name=test.name, call=f"{test.call.function}(…)" if test.call else "", stdin=test.stdin) for test in program.tests if not test.hidden
            ),
            hidden=sum(test.hidden for test in program.tests),
            results=_named(program, verdict) if verdict else (),
            solved=program.solution if solution else "",
        )

    def advise(self, item: PythonItem, source: Source) -> None:
        """A program should be checked by what nobody can read off, and its author should have solved it."""
        if not item.program.solution:
            source.warning("no-solution", N_("The exercise has no solution, so nobody knows whether its tests can be passed."), N_("Add a fence “solution”."))
        if all(not test.hidden for test in item.program.tests):
            source.warning("no-hidden-test", N_("All tests are visible: a program may just give the expected answers."), N_("Add “hidden: yes” to a test with another input."))


def _named(program: Program, verdict: Verdict) -> tuple[Mapping[str, Any], ...]:
    """The stored results, with names and hints in the language of the page."""
    results = [check for part in verdict.parts for check in part.checks]
    if [result["hidden"] for result in results] != [test.hidden for test in program.tests]:
        return tuple(results)  # Of another edition's tests.
    return tuple(
        {**result, "label": "" if test.hidden else test.name, "hint": test.hint} for result, test in zip(results, program.tests, strict=True)
    )


KIND = Python()
