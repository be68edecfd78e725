"""A platform under the tests' control: signs launches as told, and answers the services over real HTTP on loopback."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from werkzeug.test import TestResponse

from core import db
from lti.registration import PlatformData
from lti.service import add_platform

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
BASE = "http://localhost:8000"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"


@cache
def key_pair(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """Key pairs are made once for all tests."""
    return rsa.generate_private_key(65537, bits)


def jwk(key: rsa.RSAPrivateKey, kid: str, **more: str) -> dict[str, str]:
    """The public half as it stands in a key set."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "kid": kid, "n": public["n"], "e": public["e"], **more}


@dataclass
class Asked:
    """A request that the platform received."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body of a score or line item."""
        return json.loads(self.body)


@dataclass
class Answer:
    """An answer prepared by a test. Status 0 closes the connection without one; `gate` holds the answer back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None


class Lms:
    """A platform. `answers[place]` (jwks, token, scores, lineitems) are given first; then it behaves like Moodle."""

    def __init__(self, issuer: str = "https://lms.example", client_id: str = "lotse-at-lms", family: str = "") -> None:
        self.issuer, self.client_id, self.deployment_id, self.family = issuer, client_id, "1", family
        self.key, self.kid = key_pair(), "first"
        self.published = [jwk(self.key, self.kid, alg="RS256", use="sig")]
        self.asked: list[Asked] = []
        self.answers: dict[str, deque[Answer]] = {place: deque() for place in ("jwks", "token", "scores", "lineitems", "members", "groups", "sets")}
        self.members: list[dict[str, Any]] = []
        self.groups: list[dict[str, Any]] = []
        self.sets: list[dict[str, Any]] = []
        self.line_items: list[dict[str, Any]] = []
        self.grades: dict[str, list[tuple[float, float]]] = {}
        self.tokens: set[str] = set()
        self.score_arrived = threading.Event()
        self._last: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def register(self, organisation_id: int) -> None:
        """Enter this platform at Lotse, as the operator does."""
        add_platform(organisation_id, PlatformData(
            issuer=self.issuer, client_id=self.client_id, auth_url="https://lms.example/auth", token_url=f"{self.url}/token",
            jwks_url=f"{self.url}/jwks", deployments=(self.deployment_id,), name="LMS",
        ))

    def initiation(self, **changes: str) -> dict[str, str]:
        """What begins a login."""
        return {
            "iss": self.issuer, "target_link_uri": f"{BASE}/lti/launch", "login_hint": "4", "lti_message_hint": "hint",
            "client_id": self.client_id, "lti_deployment_id": self.deployment_id, **changes,
        }

    def claims(self, login_nonce: str, /, **changes: Any) -> dict[str, Any]:
        """A valid launch of a learner."""
        moment = int(db.now().timestamp())
        claims = {
            "iss": self.issuer, "aud": self.client_id, "sub": "4", "nonce": login_nonce, "iat": moment, "exp": moment + 60,
            "name": "Änne Müller", LTI + "version": "1.3.0", LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "deployment_id": self.deployment_id, LTI + "target_link_uri": f"{BASE}/lti/launch",
            LTI + "resource_link": {"id": "7", "title": "Ein Link"}, LTI + "context": {"id": "2", "title": "KI für alle"},
            LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            LTI + "tool_platform": {"product_family_code": self.family} if self.family else {"guid": "1"},
            LTI + "launch_presentation": {"locale": "en", "return_url": "https://lms.example/return"},
            AGS: {"lineitem": f"{self.url}/lineitems/1?type_id=1", "lineitems": f"{self.url}/lineitems?type_id=1", "scope": [SCOPE + "score", SCOPE + "lineitem"]},
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not ...}

    def services(self) -> dict[str, Any]:
        """The claims about the roster and the groups of the course."""
        return {
            NRPS: {"context_memberships_url": f"{self.url}/members", "service_versions": ["2.0"]},
            GROUPS: {"scope": ["https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"], "service_versions": ["1.0"],
                     "context_groups_url": f"{self.url}/groups", "context_group_sets_url": f"{self.url}/sets"},
        }

    def sign(self, claims: Mapping[str, Any], *, key: Any = None, algorithm: str = "RS256", **headers: Any) -> str:
        """A token; `kid=None` leaves the header out."""
        all_headers = {name: value for name, value in {"kid": self.kid, **headers}.items() if value is not None}
        return jwt.encode(dict(claims), key or self.key, algorithm=algorithm, headers=all_headers)

    def rotate(self, number: int = 1) -> None:
        """Sign with another key and publish only that."""
        self.key, self.kid = key_pair(2048, number), f"key-{number}"
        self.published = [jwk(self.key, self.kid, alg="RS256", use="sig")]

    def count(self, place: str) -> int:
        """How many requests reached a place."""
        return sum(place in asked.path for asked in self.asked)

    def scores(self) -> list[dict[str, Any]]:
        """The scores that arrived, in order, also those that were not taken."""
        return [asked.json for asked in self.asked if asked.path.endswith("/scores")]

    # --- The platform's side of the services ---

    def answer(self, asked: Asked) -> Answer:
        """What it answers to a request."""
        self.asked.append(asked)
        place = "scores" if asked.path.endswith("/scores") else asked.path.strip("/").split("/")[0]
        if place == "scores":
            self.score_arrived.set()
        if self.answers[place]:
            prepared = self.answers[place].popleft()
            if prepared.gate:
                prepared.gate.wait(20)
            return prepared
        answers = {
            "jwks": self._jwks, "token": self._token, "scores": self._score, "lineitems": self._line_items, "members": self._members,
            "groups": self._groups, "sets": self._groups,
        }
        return answers[place](asked)

    def _jwks(self, asked: Asked) -> Answer:
        return _json({"keys": self.published})

    def _token(self, asked: Asked) -> Answer:
        token = f"token-{len(self.asked)}"
        self.tokens.add(token)
        return Answer(200, json.dumps({"access_token": token, "expires_in": 3600}).encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _score(self, asked: Asked) -> Answer:
        if not self._authorised(asked):
            return Answer(401)
        if asked.headers["content-type"] != SCORE_TYPE:
            return Answer(400)
        score = asked.json
        if score["timestamp"][:19] <= self._last.get(score["userId"], ""):
            return Answer(409)
        self._last[score["userId"]] = score["timestamp"][:19]
        self.grades.setdefault(score["userId"], []).append((score["scoreGiven"], score["scoreMaximum"]))
        return Answer(200)

    def _line_items(self, asked: Asked) -> Answer:
        if not self._authorised(asked):
            return Answer(401)
        if asked.method == "GET":
            if asked.headers["accept"] != "application/vnd.ims.lis.v2.lineitemcontainer+json":
                return Answer(400)
            return _json(self.line_items)
        if asked.headers["content-type"] != "application/vnd.ims.lis.v2.lineitem+json":
            return Answer(400)
        made = {**asked.json, "id": f"{self.url}/lineitems/{len(self.line_items) + 10}?type_id=1"}
        self.line_items.append(made)
        return _json(made, 201)

    def _members(self, asked: Asked) -> Answer:
        """As strict as Moodle (nrps-members.http), in pages of what was asked for."""
        if not self._authorised(asked):
            return Answer(401)
        if asked.headers["accept"] != "application/vnd.ims.lti-nrps.v2.membershipcontainer+json":
            return Answer(400)
        start, limit = int(asked.query.get("from", ["0"])[0]), int(asked.query.get("limit", ["100000"])[0])
        more = {"Link": f'<{self.url}/members?limit={limit}&from={start + limit}>; rel="next"'} if start + limit < len(self.members) else {}
        return Answer(200, json.dumps({"id": "x", "members": self.members[start:start + limit]}).encode(), more)

    def _groups(self, asked: Asked) -> Answer:
        name = asked.path.strip("/")
        kind = "contextgroupcontainer" if name == "groups" else "contextgroupsetcontainer"
        if not self._authorised(asked) or asked.headers["accept"] != f"application/vnd.ims.lti-gs.v1.{kind}+json":
            return Answer(400)
        return _json({name: getattr(self, name)})

    def _authorised(self, asked: Asked) -> bool:
        return asked.headers.get("authorization", "").removeprefix("Bearer ") in self.tokens


def _json(document: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _handler(lms: Lms) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.casefold(): value for name, value in self.headers.items()}
            answer = lms.answer(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
            if answer.status:
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class Browser:
    """A person's browser: begins logins and carries launches, with its cookies."""

    def __init__(self, app: Flask, lms: Lms) -> None:
        self.client, self.lms = app.test_client(), lms

    def begin(self, **changes: str) -> dict[str, str]:
        """Begin a login; returns what the platform's authentication endpoint would see."""
        response = self.client.post("/lti/login", data=self.lms.initiation(**changes))
        assert response.status_code == 302, response.text
        return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}

    def post(self, state: str | None, token: str | None) -> TestResponse:
        """Post a launch."""
        data = {name: value for name, value in (("state", state), ("id_token", token)) if value is not None}
        return self.client.post("/lti/launch", data=data)

    def launch(self, **changes: Any) -> TestResponse:
        """The whole way with a valid launch, apart from `changes` to its claims (`...` removes one)."""
        begun = self.begin()
        return self.post(begun["state"], self.lms.sign(self.lms.claims(begun["nonce"], **changes)))
