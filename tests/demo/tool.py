"""The smallest honest LTI 1.3 tool, to prove the stand-in platform by itself, without Lotse."""

import secrets
import time
from typing import Any
from urllib.parse import urlencode

import httpx2
import jwt
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from demo.keys import Key
from demo.tokens import ASSERTION


class Tool:
    """A tool at `base`, registered at the platform at `platform`."""

    def __init__(self, base: str, platform: str) -> None:
        self.base = base
        self.platform = platform
        self.key = Key.new()
        self.nonces: dict[str, str] = {}
        self.launches: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.app = Flask("tool")
        self.app.add_url_rule("/lti/login", view_func=self.login, methods=["POST"])
        self.app.add_url_rule("/lti/launch", view_func=self.launch, methods=["POST"])
        self.app.add_url_rule("/lti/jwks", view_func=lambda: jsonify({"keys": [self.key.jwk()]}))

    def login(self) -> BaseResponse:
        """Answer the initiation with an authentication request."""
        state, nonce = secrets.token_urlsafe(8), secrets.token_urlsafe(8)
        self.nonces[state] = nonce
        return redirect(f"{self.platform}/lti/auth?" + urlencode(self.question(state, nonce)))

    def question(self, state: str, nonce: str) -> dict[str, str]:
        """The authentication request for the initiation at hand."""
        return {
            "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
            "client_id": request.form["client_id"], "redirect_uri": f"{self.base}/lti/launch", "state": state, "nonce": nonce,
            "login_hint": request.form["login_hint"], "lti_message_hint": request.form["lti_message_hint"],
        }

    def launch(self) -> Response:
        """Check the id_token and remember what it says."""
        if "error" in request.form:
            self.errors.append(request.form["error"])
            return Response("error", 400)
        token = request.form["id_token"]
        kid = jwt.get_unverified_header(token)["kid"]
        keys = httpx2.get(f"{self.platform}/lti/certs", trust_env=False).json()
        key = jwt.PyJWKSet.from_dict(keys)[kid]
        claims = jwt.decode(token, key, algorithms=["RS256"], audience="lotse-demo", issuer=self.platform)
        assert claims["nonce"] == self.nonces.pop(request.form["state"])
        self.launches.append(claims)
        return Response(f"Hello {claims['name']}")

    def assertion(self, **changes: Any) -> str:
        """The proof for the token endpoint."""
        moment = int(time.time())
        claims = {
            "iss": "lotse-demo", "sub": "lotse-demo", "aud": f"{self.platform}/lti/token", "iat": moment - 5, "exp": moment + 60,
            "jti": secrets.token_hex(8), **changes,
        }
        return self.key.sign({name: value for name, value in claims.items() if value is not None})

    def token(self, *scopes: str, **changes: str) -> httpx2.Response:
        """Ask for an access token."""
        form = {
            "grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": self.assertion(),
            "scope": " ".join(f"https://purl.imsglobal.org/spec/lti-ags/scope/{scope}" for scope in scopes), **changes,
        }
        return httpx2.post(f"{self.platform}/lti/token", data=form, trust_env=False)
