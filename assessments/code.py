"""Use cases of Python exercises: try a program out, hand it in. assessments.code_run grades what was handed in."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from assessments import drafts, items, service
from assessments.code_model import CourseModel, Translate, model_for
from assessments.kinds import KINDS
from assessments.kinds.item import Form, ResponseError
from assessments.kinds.python import PythonItem
from core import db, jobs
from core.config import settings
from core.i18n import N_
from courses.service import AnyPart
from exercises.program import MOST_STDIN, TestResult
from exercises.program_check import SandboxError, run_tests
from exercises.sandbox.build import BuildError, artefact
from exercises.sandbox.job import Job, OnOutput, Result, Status
from exercises.sandbox.pool import Pool, shared_pool
from gateway.service import Asker, Model, line
from gateway.service.line import Place

_RUN = jobs.queue.signature("assessments.run_try")
MOST_SECONDS = 120         # of a trial, with all that it waits for
MISSING = N_("Python cannot be run here just now. That is not your fault: please try again later.")
NOT_BEGUN = ("SyntaxError", "IndentationError", "TabError")    # Every test would say the same, as it would of a program that never ends.
_ASKS = re.compile(r"^\s*(?:import|from)\s+ai\b", re.MULTILINE)


@dataclass(frozen=True)
class Trial:
    """What came of trying a program out: the program alone, and the visible tests."""

    result: Result
    tests: tuple[TestResult, ...]


def pool() -> Pool:
    """This process's workers. Raises SandboxError when there is no sandbox on this machine."""
    try:
        return shared_pool(settings().sandbox_workers)
    except BuildError as error:
        raise SandboxError(MISSING) from error


def can_run() -> bool:
    """Whether there is a sandbox on this machine."""
    return artefact().exists()


def python_item(edition_id: int, module: str, item_id: str, language: str) -> PythonItem:
    """A Python exercise. Raises LookupError when there is none of this id."""
    item = items.item(edition_id, module, item_id, language)
    if not isinstance(item, PythonItem):
        raise LookupError(item_id)
    return item


def submit(part: AnyPart, module: str, item_id: str, language: str, number: int, *, form: Form, live: bool) -> int:
    """Take a learner's program and give the attempt's id; the tests run afterwards, as for prompts (assessments.prompts.submit).

    Raises LookupError, ResponseError, StaleError and ClosedError; then nothing counts.
    """
    item = python_item(part.edition_id, module, item_id, language)
    response = KINDS[item.kind].read(item, form)
    number = service.free_number(part, module, item, number)
    try:
        with db.transaction():
            attempt = service.add_attempt(part, module, item, number, response)
            # What stays in the editor is what was handed in, on every device.
            drafts.put(part, module, item_id, {**response, "stdin": form.get("stdin", [""])[0][:MOST_STDIN]})
            if not live:
                jobs.hint(_RUN, attempt.id)
    except IntegrityError as error:  # The same attempt arrived twice at the same moment; the other one counts.
        raise service.StaleError from error
    return attempt.id


def read_trial(item: PythonItem, form: Form) -> tuple[str, str]:
    """The program and its input from a form. Raises ResponseError."""
    program = str(KINDS[item.kind].read(item, form)["code"])
    stdin = form.get("stdin", [""])[0].replace("\r\n", "\n")
    if len(stdin) > MOST_STDIN:
        raise ResponseError(N_("The input is too long: at most %(most)s characters."), most=MOST_STDIN)
    return program, stdin


@dataclass(frozen=True)
class Turn:
    """A trial's place before the model's server; who asks no model is at turn at once."""

    asker: Asker
    model: Model | None
    place: Place


def take_turn(asker: Asker, item: PythonItem, program: str) -> Turn:
    """Ask for a turn, again and again until it has come: nobody waits in a thread, and a class gets its answers by turns."""
    model = model_for(asker.run_id, item.program.model) if _ASKS.search(program) else None
    return Turn(asker, model, line.enter(model, asker.person_id, asker.cause) if model else Place(turn=True))


@contextmanager
def _kept(turn: Turn) -> Iterator[None]:
    """Keep the turn during the block and give it up after it."""
    if turn.model is None:
        yield
        return
    try:
        with line.kept(turn.model, turn.asker.cause):
            yield
    finally:
        line.leave(turn.model, turn.asker.cause)


def try_out(
    turn: Turn, item: PythonItem, program: str, stdin: str, *, on_output: OnOutput | None, is_gone: Callable[[], bool], said: Translate,
) -> Trial:
    """Run a program as it is, with a real model within the learner's budget, and then the visible tests. Nothing is graded or kept.

    Call outside a transaction; the session acts for the learner's organisation. Raises SandboxError.
    """
    end = time.monotonic() + MOST_SECONDS

    def stopped() -> bool:
        return is_gone() or time.monotonic() > end

    person = turn.asker.person_id
    with _kept(turn):
        workers = pool()
        ask = CourseModel(turn.asker, item.program.model, turn.model, said, stopped)
        db.session.commit()  # Reads are over; nothing is open while the program runs.
        result = workers.run(Job(program, stdin, seed=person), item.program.limits, ask, on_output, stopped)
    if result.status not in (Status.OK, Status.ERROR) or (result.problem and result.problem.type in NOT_BEGUN):
        return Trial(result, ())
    tests: list[TestResult] = []
    for test in run_tests(item.program, program, workers.run, seed=person, hidden=False):
        tests.append(test)
        if stopped():
            break
    return Trial(result, tuple(tests))
