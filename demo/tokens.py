"""Access tokens for the platform's services (LTI Security Framework 1.0, 4.1; RFC 7523)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import httpx2
import jwt
from flask import Blueprint, Response, jsonify, request
from jwt import PyJWK, PyJWKSet

from demo import people, registration
from demo.claims import AGS, SCOPES
from demo.parts import addresses, store
from demo.store import TOKEN_SECONDS

bp = Blueprint("tokens", __name__)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Arguments = ParamSpec("Arguments")


class ServiceError(Exception):
    """An answer that is not 2xx, in Moodle's form: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@bp.post("/lti/token")
def token() -> tuple[Response, int]:
    """An access token for a tool that proves with its key who it is."""
    try:
        if request.form.get("grant_type") != "client_credentials":
            raise jwt.InvalidTokenError("unsupported_grant_type")
        if request.form.get("client_assertion_type") != ASSERTION:
            raise jwt.InvalidTokenError("invalid_request")
        header, assertion = _checked(request.form.get("client_assertion", ""))
        scopes = [scope for scope in request.form.get("scope", "").split() if scope in (*SCOPES, *people.SCOPES)]
        if not scopes:
            raise jwt.InvalidTokenError("invalid_scope")
    except (jwt.PyJWTError, httpx2.HTTPError, ValueError) as error:
        store().note("refused", {"request": f"POST {addresses().token}", "status": 400, "reason": str(error)})
        return jsonify(error=str(error) or "invalid_client"), 400
    store().note("token", {"to": addresses().token, "header": header, "assertion": assertion, "scopes": scopes})
    answer = jsonify(access_token=store().new_token(scopes), token_type="Bearer", expires_in=TOKEN_SECONDS, scope=" ".join(scopes))  # noqa: S106
    return answer, 200


def _checked(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the tool's assertion, checked against the keys that it publishes, without any clock tolerance."""
    header = jwt.get_unverified_header(assertion)
    claims: dict[str, Any] = jwt.decode(
        assertion, tool_key(header.get("kid")), algorithms=["RS256"], audience=addresses().token,
        options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
    )
    if claims["sub"] != claims["iss"] or registration.tool(claims["sub"]) is None:
        raise jwt.InvalidTokenError("iss and sub are not a client_id of this platform")
    return header, claims


def tool_key(kid: str | None) -> PyJWK:
    """The tool's public key of this name, fetched now. Raises jwt.InvalidTokenError when it has published none."""
    answer = httpx2.get(addresses().tool_keys, timeout=5, trust_env=False)
    try:
        return PyJWKSet.from_dict(answer.json())[kid or ""]
    except KeyError as error:
        raise jwt.InvalidTokenError('"kid" invalid, unable to lookup correct key') from error


def allowed(*scopes: str) -> Callable[[Callable[Arguments, Response]], Callable[Arguments, Response]]:
    """Let a request in only with an access token for one of these scopes."""

    def decorate(view: Callable[Arguments, Response]) -> Callable[Arguments, Response]:
        @wraps(view)
        def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
            bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not store().scopes_of(bearer) & {scope if "://" in scope else f"{AGS}scope/{scope}" for scope in scopes}:
                raise ServiceError(401, "Unauthorized")
            return view(*args, **kwargs)

        return guarded

    return decorate
