"""A platform that registers tools, as Moodle and ILIAS were recorded to do it, over real HTTP on loopback."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from flask import Flask
from werkzeug.test import TestResponse

from core import db
from lti.dynamic import TOOL
from lti.service import registrations
from tests.demo.servers import _Forms
from tests.lti.lms import Answer, Asked, Lms, _json

RECORDED = Path(__file__).parent / "recorded"
SECRET = "a-key-of-the-platform-that-nobody-else-has"


def recorded(name: str) -> Any:
    """A recorded JSON document."""
    return json.loads((RECORDED / name).read_text())


def recorded_answers(name: str) -> dict[str, tuple[str, int, str, str]]:
    """heading → method, status, content type and body of each exchange in an .http file."""
    found = {}
    for part in (RECORDED / name).read_text().split("\n----------------------------------------"):
        heading = re.search(r"^### (.+)$", part, re.MULTILINE)
        if heading is None:
            continue
        method = re.search(r"^(GET|POST) ", part, re.MULTILINE)
        answer = re.search(r"^HTTP/1\.1 (\d{3}).*?\n(.*?)\n\n(.*)\Z", part, re.MULTILINE | re.DOTALL)
        assert method is not None
        assert answer is not None
        kind = re.search(r"^Content-Type: (.+)$", answer[2], re.MULTILINE)
        found[heading[1]] = (method[1], int(answer[1]), kind[1] if kind else "", answer[3].strip())
    return found


class Registering(Lms):
    """`product` is moodle or ilias: its recorded configuration and answer are given, at this platform's own address."""

    def __init__(self, product: str = "moodle") -> None:
        super().__init__(client_id="", family=product)
        self.product, self.origin = product, f"https://{product}.example"
        self.issuer = self.url
        self.configuration: dict[str, Any] = self.here(recorded(f"{product}/openid-configuration.json"))
        self.prepared: list[Answer] = []      # answers of the registration endpoint, in order
        self.configured: list[Answer] = []    # answers in place of the configuration
        self.registrations: list[dict[str, Any]] = []
        self.spent: set[str] = set()

    @property
    def configuration_url(self) -> str:
        """Where the configuration is."""
        return f"{self.url}/openid-configuration"

    def here(self, document: Any) -> Any:
        """A recorded document with this platform's address in the place of the recorded one."""
        return json.loads(json.dumps(document).replace(self.origin, self.url))

    def token(self, **claims: Any) -> str:
        """A registration token with the recorded claims."""
        start = {"moodle": "registration-initiation.json", "ilias": "registration-start.json"}[self.product]
        moment = int(db.now().timestamp())
        kept = recorded(f"{self.product}/{start}")["registration_token_claims"]
        return jwt.encode({**kept, "sub": str(kept["sub"]), "iat": moment, "exp": moment + 3600, "jti": f"{len(self.asked)}", **claims}, SECRET)

    def answer(self, asked: Asked) -> Answer:
        """Configuration and registration; all else as the platform below does it."""
        places: dict[str, tuple[list[Answer], Callable[[Asked], Answer]]] = {"/openid-configuration": (self.configured, lambda _: _json(self.configuration))}
        places |= dict.fromkeys(("/mod/lti/openid-registration.php", "/ltiregistration.php"), (self.prepared, self._register))
        if asked.path in places:
            self.asked.append(asked)
            prepared, usual = places[asked.path]
            answer = prepared.pop(0) if prepared else usual(asked)
            if answer.gate:
                answer.gate.wait(20)
            return answer
        return super().answer(asked)

    def _register(self, asked: Asked) -> Answer:
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not bearer:
            return Answer(401, b"missing_registration_token", {"Content-Type": "text/html; charset=utf-8"})
        if bearer in self.spent:
            return Answer(401, b"token_already_used", {"Content-Type": "text/html; charset=utf-8"})
        fault = refusal(asked.json)
        if fault:
            return Answer(400, fault.encode(), {"Content-Type": "text/html; charset=utf-8"})
        self.spent.add(bearer)
        self.registrations.append(asked.json)
        self.client_id = f"{recorded(f'{self.product}/registration-response.json')['client_id']}{len(self.registrations)}"
        deployment = recorded(f"{self.product}/registration-response.json")[TOOL]["deployment_id"]
        self.deployment_id = str(deployment)
        made = {**asked.json, "client_id": self.client_id, TOOL: {**asked.json[TOOL], "deployment_id": deployment}}
        return _json(made, 200)


def refusal(document: dict[str, Any]) -> str:
    """What Moodle says to a registration that it does not take (registration-errors.http); empty for one that it takes."""
    tool = document.get(TOOL, {})
    rules = {
        "missing required attribute client_name": not document.get("client_name"),
        "missing required attribute jwks_uri": not document.get("jwks_uri"),
        "invalid_application_type": document.get("application_type") != "web",
        "invalid_response_types": "id_token" not in document.get("response_types", []),
        "invalid_token_endpoint_auth_method": document.get("token_endpoint_auth_method") != "private_key_jwt",
        "invalid_redirect_uris": not isinstance(document.get("redirect_uris"), list),
        "missing_domain": not tool.get("domain"),
        "domain_targetlinkuri_mismatch": tool.get("domain") != urlsplit(tool.get("target_link_uri", "")).netloc,
    }
    return next((text for text, holds in rules.items() if holds), "")


class Administrator:
    """The LMS's administrator: opens a registration link there, in a browser without any cookie, and confirms."""

    def __init__(self, app: Flask, lms: Registering) -> None:
        self.app, self.lms = app, lms

    def link(self, **options: Any) -> str:
        """A fresh link's secret, made by Lotse's administrator."""
        organisation_id = db.acting_for()
        assert organisation_id is not None
        return registrations.invite(organisation_id, **options)[1].split("t=")[1]

    def open(self, secret: str, **changes: Any) -> TestResponse:
        """The consent page. `...` leaves a parameter out."""
        values = {"t": secret, "openid_configuration": self.lms.configuration_url, "registration_token": self.lms.token(), "lang": "en", **changes}
        given = {name: value for name, value in values.items() if value is not ...}
        return self.app.test_client(use_cookies=False).get(f"/lti/register?{urlencode(given)}")

    def confirm(self, page: TestResponse, **changes: str) -> TestResponse:
        """Press the button of the consent page."""
        assert page.status_code == 200, page.text
        parser = _Forms()
        parser.feed(page.text)
        form = next(form for form in parser.forms if form.action.endswith("/lti/register"))
        return self.app.test_client(use_cookies=False).post("/lti/register", data={**form.fields, **changes})

    def register(self, secret: str = "", **changes: Any) -> TestResponse:
        """The whole way."""
        return self.confirm(self.open(secret or self.link(), **changes))
