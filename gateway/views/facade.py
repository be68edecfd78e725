"""OpenAI's interface for learners' own tools: the course's models, budget and rules, under a key of their own.

No cookies, no session, no CSRF token, no access for pages of other sites: only the key counts. Each answer holds one of the
server's few threads, so only some run at once in each process; others are told when to come again, which tools do by themselves.
"""

import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, jsonify, request, stream_with_context
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from core.access_keys import given, given_digest
from core.i18n import N_
from core.web import csrf, limiter
from gateway import facade_wire as wire
from gateway import service
from gateway.abilities import CHAT, EMBEDDER, LOGPROBS, SCHEMA
from gateway.client import Outcome
from gateway.facade_wire import ChatWish, Names, Refusal
from gateway.faults import MESSAGES, GatewayError
from gateway.service import access, line
from gateway.service.access import Holder
from gateway.service.policies import run_models

bp = Blueprint("facade", __name__, url_prefix="/api/v1")
MOST_AT_ONCE = 2           # answers in each process, whose server has four threads
MOST_BYTES = 1 << 20
PATIENCE = 10.0            # seconds that a request waits in line; then its tool is told to come again
AGAIN_SOON = 3
RATE = "60/minute"
_places = threading.BoundedSemaphore(MOST_AT_ONCE)
_STATUS = {"long": (400, "context_length_exceeded"), "refused": (400, "invalid_request"), "model": (404, "model_not_found")}


@bp.get("/models")
@limiter.limit(RATE, key_func=given_digest)
def models() -> Response:
    """The models that the key's course may use."""
    found = dict.fromkeys(model.name for role in (CHAT, EMBEDDER) for model in service.models(_holder().run_id, role))
    return jsonify(object="list", data=[{"id": name, "object": "model", "created": 0, "owned_by": "lotse"} for name in found])


@bp.post("/chat/completions")
@csrf.exempt
@limiter.limit(RATE, key_func=given_digest)
def chat() -> Response:
    """An answer, whole or as a stream."""
    holder = _holder()
    wish = wire.chat_wish(_body())
    model = _model(holder, wish.model, CHAT)
    for ability, wanted, name in ((LOGPROBS, wish.logprobs, "logprobs"), (SCHEMA, wish.schema is not None, "response_format")):
        if wanted and ability not in model.abilities:
            raise Refusal(400, "unsupported_parameter", N_("This model cannot do that."), param=name)
    running = _Running(_answering(holder, model, wish))
    if wish.stream:
        names = Names(model.name)
        first = running.begin()
        told = stream_with_context(_told(running, names, first, wish))
        next(told)  # So that it is begun: what never began would not give its place free when it is closed.
        return Response(told, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    text, outcome = "", None
    for piece in running:
        text, outcome = (text, piece) if isinstance(piece, Outcome) else (text + piece, outcome)
    assert outcome is not None
    return jsonify(wire.answer(Names(outcome.model), text, outcome, wish))


@bp.post("/embeddings")
@csrf.exempt
@limiter.limit(RATE, key_func=given_digest)
def embeddings() -> Response:
    """Vectors of texts."""
    holder, body = _holder(), _body()
    texts = wire.texts_of(body)
    model = _model(holder, str(body.get("model", "")), EMBEDDER)
    with _place(), line.turn(model, holder.person_id, f"tool {holder.key_id}", PATIENCE):
        vectors = service.embed(model, _asker(holder), texts)
    told = wire.vectors(model.name, vectors, texts, packed=body.get("encoding_format") == "base64")
    return jsonify(told)


@bp.route("/<path:_rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@csrf.exempt
def elsewhere(_rest: str) -> Response:
    """What OpenAI offers and Lotse does not."""
    raise NotFound


@bp.errorhandler(Refusal)
def refused(error: Refusal) -> Response:
    """A request that is not carried out."""
    reply = jsonify(wire.error(_(error.message), error.status, error.code, error.param))
    reply.status_code = error.status
    if error.again is not None:
        reply.headers["Retry-After"] = str(error.again)
    if not error.retried:
        reply.headers["x-should-retry"] = "false"  # OpenAI's own programs heed it.
    return reply


@bp.errorhandler(GatewayError)
def failed(error: GatewayError) -> Response:
    """A model that gave no proper answer."""
    if error.kind == "busy":
        return refused(Refusal(429, "rate_limit_exceeded", error.message, again=AGAIN_SOON))
    if error.kind == "quota" or "tokens" in error.kind:
        return refused(Refusal(429, "insufficient_quota", error.message, retried=False))
    status, code = _STATUS.get(error.kind, (502, error.kind))
    return refused(Refusal(status, code, error.message, retried=False))


@bp.errorhandler(HTTPException)
def other(error: HTTPException) -> Response:
    """Whatever else can be wrong with a request, in the envelope that tools read."""
    texts = {
        404: N_("There is nothing at this address. Lotse offers /models, /chat/completions and /embeddings."),
        413: N_("This request is too large."), 429: N_("These were too many requests in a minute."),
    }
    status = error.code or 500
    again = 30 if status == 429 else None
    return refused(Refusal(status, error.name.casefold().replace(" ", "_"), texts.get(status, N_("This request was not understood.")), again=again))


def _holder() -> Holder:
    found = access.holder(given())
    if found is None:
        raise Refusal(401, "invalid_api_key", N_("This key is not valid, or no longer. You get a new one on the course's page “Own tools”."), retried=False)
    if run_models(found.run_id).silent:
        raise Refusal(403, "silent", N_("AI is silent in this course at present."), retried=False)
    return found


def _body() -> dict[str, Any]:
    request.max_content_length = MOST_BYTES
    try:
        body = request.get_json(force=True)
    except (BadRequest, RecursionError) as error:
        raise Refusal(400, "invalid_json", N_("The body of the request is not JSON.")) from error
    if not isinstance(body, dict):
        raise Refusal(400, "invalid_json", N_("The body of the request is not a JSON object."))
    return body


def _model(holder: Holder, name: str, role: str) -> service.Model:
    found = next((model for model in service.models(holder.run_id, role) if name.casefold() in (model.name.casefold(), model.title.casefold())), None)
    if found is None:
        raise Refusal(404, "model_not_found", N_("This course has no model of that name for this. /models lists those that may be used."), param="model")
    return found


def _asker(holder: Holder) -> service.Asker:
    return service.Asker(holder.person_id, holder.run_id, f"tool {holder.key_id}", "tool")


class _place:  # noqa: N801 - used as a context
    """One of the few places of this process."""

    def __init__(self) -> None:
        self._places = _places

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            raise GatewayError("busy")

    def __exit__(self, *_: object) -> None:
        self._places.release()


def _answering(holder: Holder, model: service.Model, wish: ChatWish) -> Generator[str | Outcome, None, None]:
    with ExitStack() as held:
        held.enter_context(_place())
        held.enter_context(line.turn(model, holder.person_id, f"tool {holder.key_id}", PATIENCE))
        yield from service.ask(
            model, _asker(holder), wish.messages, max_tokens=wish.max_tokens, temperature=wish.temperature, seed=wish.seed,
            stopped=lambda: False, schema=wish.schema, top_logprobs=max(1, wish.top_logprobs) if wish.logprobs else 0, stop=wish.stop,
        )


class _Running(Iterator[str | Outcome]):
    """An answer that is being written; ended with what asks for it."""

    def __init__(self, pieces: Generator[str | Outcome, None, None]) -> None:
        self._pieces = pieces

    def begin(self) -> str | Outcome:
        """The first piece. Raises GatewayError, while a proper status can still be sent."""
        return next(self._pieces)

    def __next__(self) -> str | Outcome:
        return next(self._pieces)

    def close(self) -> None:
        """Stop it: the model's server notices, and what was written so far is booked."""
        self._pieces.close()


def _told(running: _Running, names: Names, first: str | Outcome, wish: ChatWish) -> Generator[str, None, None]:
    """The events of a stream; an empty one first, see there."""
    try:
        yield ""
        if isinstance(first, Outcome):
            yield wire.last_pieces(names, first, wish)
            return
        yield wire.piece(names, first, first=True)
        for piece in running:
            yield wire.last_pieces(names, piece, wish) if isinstance(piece, Outcome) else wire.piece(names, piece, first=False)
    except GatewayError as error:
        yield wire.broken_off(_(MESSAGES[error.kind]), error.kind)
    finally:
        running.close()
