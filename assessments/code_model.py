"""What answers a learner's program that is tried out: the course's model, within the learner's budget."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from core.i18n import N_
from gateway import service as gateway
from gateway.faults import GatewayError
from gateway.service import Asker, Model, Outcome, line

MOST_TOKENS = 500          # of one answer to a program
PATIENCE = 20.0            # seconds that a call of a program waits for its turn
NO_MODEL = N_("No model is available just now.")
NO_EMBEDDINGS = N_("No model for embeddings is available just now.")
Translate = Callable[[str], str]


def model_for(run_id: int, wanted: str) -> Model | None:
    """The model that an exercise names; where it is not offered, the course's usual one."""
    return (gateway.model(run_id, wanted) if wanted else None) or gateway.model(run_id)


class CourseModel:
    """Answers a program's requests. `usual`: the model that the exercise names, if any; `at_turn`: the model before whose server the program has its turn already."""

    def __init__(self, asker: Asker, usual: str, at_turn: Model | None, said: Translate, stopped: Callable[[], bool]) -> None:
        self._asker, self._usual, self._at_turn, self._said, self._stopped = asker, usual, at_turn, said, stopped

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The reply to a request (exercises.sandbox.job.Ask)."""
        try:
            return self._vectors(request["texts"]) if request["op"] == "embed" else self._text(request)
        except GatewayError as error:
            return {"error": self._said(error.message)}

    def _text(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        named = str(request.get("model") or "")
        model = gateway.model(self._asker.run_id, named) if named else model_for(self._asker.run_id, self._usual)
        if model is None:
            return {"error": self._said(NO_MODEL)}
        with self._turn(model):
            pieces = [
                piece for piece in gateway.ask(
                    model, self._asker, request["messages"], max_tokens=_whole(request.get("max_tokens"), MOST_TOKENS),
                    temperature=_temperature(request.get("temperature")), seed=0, stopped=self._stopped,
                ) if not isinstance(piece, Outcome)
            ]
        return {"text": "".join(pieces)}

    def _vectors(self, texts: list[str]) -> Mapping[str, Any]:
        model = gateway.model(self._asker.run_id, role="embed")
        if model is None:
            return {"error": self._said(NO_EMBEDDINGS)}
        with self._turn(model):
            return {"vectors": gateway.embed(model, self._asker, texts)}

    def _turn(self, model: Model) -> AbstractContextManager[None]:
        """A turn at the model's server, unless the program has it already."""
        has_turn = self._at_turn is not None and self._at_turn.server == model.server
        return nullcontext() if has_turn else line.turn(model, self._asker.person_id, self._asker.cause, PATIENCE)


def _whole(value: Any, most: int) -> int:
    return min(max(value, 1), most) if isinstance(value, int) and not isinstance(value, bool) else most


def _temperature(value: Any) -> float:
    return min(max(float(value), 0.0), 2.0) if isinstance(value, int | float) and value == value else 0.0  # noqa: PLR0124 - not NaN
