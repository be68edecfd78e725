"""One try of a Python exercise: every test in the sandbox, compared on the host, with nothing open in the database meanwhile."""

from collections.abc import Iterator

from assessments import code
from assessments.kinds import KINDS
from assessments.kinds.python import PythonItem
from assessments.tries import LEASE, Event, Try, finish
from core import db, jobs
from exercises.program import TestResult
from exercises.program_check import run_tests


def carry_out(this: Try[PythonItem]) -> Iterator[Event]:
    """Run all tests and grade. Raises SandboxError."""
    pool = code.pool()
    results: list[TestResult] = []
    source = str(this.attempt.response["code"])
    # The attempt's own number decides chance in the program, so that a repeated run gives the same.
    for result in run_tests(this.item.program, source, pool.run, seed=this.attempt.id):
        results.append(result)
        with db.transaction():
            jobs.renew(this.attempt, LEASE)
        yield Event("test", {"number": len(results), "of": len(this.item.program.tests)})
    finish(this, KINDS[this.item.kind].grade(this.item, {"results": [result.as_dict() for result in results]}))
