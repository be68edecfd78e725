"""Use cases of Python exercises: try a program out, hand it in. assessments.code_run grades what was handed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from assessments import items, service
from assessments.kinds import KINDS
from assessments.kinds.item import Form, ResponseError
from assessments.kinds.python import PythonItem
from core import db, jobs
from core.config import settings
from core.i18n import N_
from courses.service import AnyPart
from exercises.program import MOST_STDIN, TestResult
from exercises.program_check import SandboxError, run_tests
from exercises.sandbox.build import BuildError
from exercises.sandbox.job import Job, OnOutput, Result
from exercises.sandbox.pool import Pool, shared_pool
from gateway import service as gateway
from gateway.faults import GatewayError
from gateway.service import Asker, Model, Outcome, line

_RUN = jobs.queue.signature("assessments.run_try")
MOST_TOKENS = 500          # of one answer to a program
PATIENCE = 20.0            # seconds that a program waits for its turn at the model; it holds a thread meanwhile
MISSING = N_("Python cannot be run here just now. That is not your fault: please try again later.")
NO_MODEL = N_("No model is available just now.")
NO_EMBEDDINGS = N_("No model for embeddings is available just now.")
Translate = Callable[[str], str]


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


def try_out(
    asker: Asker, item: PythonItem, program: str, stdin: str, *, on_output: OnOutput | None, stopped: Callable[[], bool] | None, said: Translate,
) -> Trial:
    """Run a program as it is, with a real model within the learner's budget, and then the visible tests. Nothing is graded or kept.

    Call outside a transaction; the session acts for the learner's organisation. Raises SandboxError.
    """
    workers = pool()
    ask = _Model(asker, said, stopped or (lambda: False))
    result = workers.run(Job(program, stdin, seed=asker.person_id), item.program.limits, ask, on_output, stopped)
    if result.status.value == "stopped":
        return Trial(result, ())
    return Trial(result, tuple(run_tests(item.program, program, workers.run, seed=asker.person_id, hidden=False)))


class _Model:
    """Answers a program's calls by the course's model."""

    def __init__(self, asker: Asker, said: Translate, stopped: Callable[[], bool]) -> None:
        self._asker, self._said, self._stopped = asker, said, stopped

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply to a request (exercises.sandbox.job.Ask)."""
        try:
            return self._vectors(request["texts"]) if request["op"] == "embed" else self._text(request)
        except GatewayError as error:
            return {"error": self._said(error.message)}

    def _text(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        model = gateway.model(self._asker.run_id, str(request.get("model") or ""))
        if model is None:
            return {"error": self._said(NO_MODEL)}
        with line.turn(model, self._asker.person_id, self._asker.cause, PATIENCE):
            pieces = [
                piece for piece in gateway.ask(
                    model, self._asker, request["messages"], max_tokens=_whole(request.get("max_tokens"), MOST_TOKENS),
                    temperature=_temperature(request.get("temperature")), seed=0, stopped=self._stopped,
                ) if not isinstance(piece, Outcome)
            ]
        return {"text": "".join(pieces)}

    def _vectors(self, texts: list[str]) -> Mapping[str, Any]:
        model: Model | None = gateway.model(self._asker.run_id, role="embed")
        if model is None:
            return {"error": self._said(NO_EMBEDDINGS)}
        with line.turn(model, self._asker.person_id, self._asker.cause, PATIENCE):
            return {"vectors": gateway.embed(model, self._asker, texts)}


def _whole(value: Any, most: int) -> int:
    return min(max(value, 1), most) if isinstance(value, int) and not isinstance(value, bool) else most


def _temperature(value: Any) -> float:
    return min(max(float(value), 0.0), 2.0) if isinstance(value, int | float) and value == value else 0.0  # noqa: PLR0124 - not NaN
