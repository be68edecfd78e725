"""The interface for registrars' programs: JSON under a key. No cookies, no session, no CSRF token, no access for pages of other sites.

openapi.yml beside this file describes it, and is served; the tests hold answers against it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any

import structlog
import yaml
from flask import Blueprint, Response, request
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, NotFound

from certificates import names, verifying
from certificates.models import Certificate, Standing
from certificates.problems import API, TITLES, problem
from certificates.registrar import keys, lookup, wire
from certificates.registrar.keys import Registrar
from certificates.registrar.lookup import Cursor, CursorError
from certificates.service import today_here
from core import db
from core.access_keys import given, given_digest
from core.i18n import N_
from core.web import csrf, limiter

bp = Blueprint("registrar", __name__, url_prefix=API)
log = structlog.get_logger("registrar")
MOST_PDF = 4 << 20
MOST_JSON = 4 << 10
MOST_NAME = 400
_by_key = limiter.shared_limit("120 per minute", scope="registrar", key_func=given_digest)
_by_wrong_keys = limiter.shared_limit("30 per minute", scope="registrar wrong", deduct_when=lambda response: response.status_code == 401)


@dataclass(frozen=True)
class Answer:
    """What is told, and the certificate that it is about, for the record of who asked."""

    body: Mapping[str, Any]
    about: Certificate | None = None


class Refusal(Exception):  # noqa: N818 - it is no error of the program
    """A request that is not carried out. `detail` is a message id."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(kind)
        self.status, self.kind, self.detail = status, kind, detail


def _operation(name: str) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """A view that works for a key, under the name that the description gives it; what was asked is written down."""

    def decorate(view: Callable[..., Answer]) -> Callable[..., Response]:
        @wraps(view)
        def guarded(**values: Any) -> Response:
            asking = keys.registrar(given())
            if asking is None:
                raise Refusal(401, "key", N_("Send a valid key as “Authorization: Bearer …”. Administrators make keys under “Keys for the registrar's office”."))
            try:
                answer = view(asking, **values)
            except Refusal as refusal:
                keys.note_request(asking, name, None, refusal.status)
                raise
            keys.note_request(asking, name, answer.about.snapshot["number"] if answer.about else None, 200)
            return _json(answer.body)

        return csrf.exempt(_by_wrong_keys(_by_key(guarded)))  # type: ignore[no-any-return]

    return decorate


@bp.get("/certificates/<code>")
@_operation("lookUp")
def look_up(asking: Registrar, code: str) -> Answer:
    """One certificate."""
    found = _certificate(code)
    return Answer(wire.whole(found, names=asking.names), found)


@bp.post("/certificates/<code>/name-check")
@_operation("checkName")
def check_name(asking: Registrar, code: str) -> Answer:
    """Whether the holder has a name."""
    found, name = _certificate(code), _given_name()
    standing = found.standing(today_here())
    if standing is Standing.DELETED:
        raise Refusal(404, "unknown-certificate", N_("The certificate was deleted, and its name with it."))
    return Answer({"same": names.same(name, found.snapshot["name"] or ""), "status": standing}, found)


@bp.get("/changes")
@_operation("listChanges")
def list_changes(asking: Registrar) -> Answer:
    """What has changed since a place in the list."""
    page = lookup.changes(_cursor(), _limit())
    following = str(page.following) if page.following else None
    return Answer({"changes": [wire.summary(row) for row in page.certificates], "next": following, "more": page.more})


@bp.post("/files")
@_operation("checkFile")
def check_file(asking: Registrar) -> Answer:
    """Whether a PDF is as it was issued."""
    content = _body(MOST_PDF)
    if request.mimetype != "application/pdf" or not content.startswith(b"%PDF"):
        raise Refusal(415, "wrong-type", N_("Send the PDF itself as the body, with “Content-Type: application/pdf”."))
    same, inside = verifying.issued(content), verifying.attached(content)
    found = same or (lookup.certificate((inside.address or "").rpartition("/")[2]) if inside.genuine else None)
    return Answer(wire.file_report(found, inside, unchanged=same is not None, names=asking.names), found)


@bp.get("/openapi.json")
def description() -> Response:
    """What the interface offers (OpenAPI 3.1). It is no secret."""
    return Response(_description(), mimetype="application/json")


@bp.get("/problems")
def problems() -> Response:
    """What the types of refusals mean: their addresses lead here."""
    return _json({kind: _(title) for kind, title in TITLES.items()})


@bp.route("/", defaults={"_rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@bp.route("/<path:_rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@csrf.exempt
def elsewhere(_rest: str) -> Response:
    """What is not offered."""
    raise NotFound


# --- What came ---------------------------------------------------------------------------------------------------------

def _certificate(code: str) -> Certificate:
    found = lookup.certificate(code)
    if found is None:
        raise Refusal(404, "unknown-certificate", N_("Your organisation has issued no certificate with this code. It is the last part of the public address."))
    return found


def _body(most: int) -> bytes:
    request.max_content_length = most
    return request.get_data(cache=False)


def _given_name() -> str:
    try:
        data = json.loads(_body(MOST_JSON))
    except (ValueError, RecursionError):
        data = None
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MOST_NAME:
        raise Refusal(422, "wrong-content", N_("Send a JSON object with the text “name”."))
    return name


def _cursor() -> Cursor | None:
    try:
        if "cursor" in request.args:
            return Cursor.read(request.args["cursor"])
        return Cursor.since(request.args["since"].replace(" ", "+")) if "since" in request.args else None
    except CursorError as error:
        raise Refusal(422, "wrong-cursor", N_(
            "“cursor” is the “next” of an earlier answer, “since” a moment with its time zone, such as 2026-11-01T00:00:00Z."
        )) from error


def _limit() -> int:
    limit = request.args.get("limit", str(lookup.USUAL))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= lookup.MOST):
        raise Refusal(422, "wrong-content", N_("“limit” is a whole number from 1 to 200."))
    return int(limit)


# --- What is told ------------------------------------------------------------------------------------------------------

def _json(body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json", headers={"Cache-Control": "no-store"})


@cache
def _description() -> str:
    return json.dumps(yaml.safe_load((Path(__file__).parent / "openapi.yml").read_text("utf-8")), ensure_ascii=False)


@bp.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """A request that is not carried out."""
    challenge = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
    return problem(refusal.status, refusal.kind, _(refusal.detail), challenge)


@bp.errorhandler(HTTPException)
def other(error: HTTPException) -> Response:
    """Whatever else can be wrong with a request."""
    kinds = {
        404: ("no-such-address", N_("Lotse offers what stands in openapi.json.")), 405: ("wrong-method", N_("Lotse offers what stands in openapi.json.")),
        413: ("too-large", N_("A PDF may have 4 MiB here, and a question 4 KiB.")), 429: ("too-often", N_("Please wait as long as Retry-After says.")),
    }
    kind, detail = kinds.get(error.code or 500, ("wrong-content", N_("The request was not understood.")))
    wait = {"Retry-After": str(_seconds_to_wait())} if error.code == 429 else {}
    return problem(error.code or 500, kind, _(detail), wait)


@bp.errorhandler(OperationalError)
def busy(error: OperationalError) -> Response:
    """The database is locked, full or away."""
    db.session.rollback()
    log.error("database", error=type(error.orig).__name__)
    return problem(503, "broken", _("The database is busy. Please try again in a minute."), {"Retry-After": "30"})


@bp.errorhandler(Exception)
def crashed(_error: Exception) -> Response:
    """A mistake of ours."""
    db.session.rollback()
    log.exception("crash", path=request.url_rule.rule if request.url_rule else "?")
    return problem(500, "broken", _("It is not your fault. Please try again; if it happens again, tell those who run Lotse."))


def _seconds_to_wait() -> int:
    limit = limiter.current_limit
    return max(1, limit.reset_at - int(db.now().timestamp())) if limit else 60


