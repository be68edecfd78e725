"""A platform that launches by LTI 1.1: signs forms as told, with the signatures of oauthlib's client."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_TYPE_BODY, Client
from werkzeug.test import TestResponse

from core import db

BASE = "http://localhost:8000"
LAUNCH = f"{BASE}/lti/1p1/launch"
RECORDED = Path(__file__).parent / "recorded"

FIELDS = {
    "lti_message_type": "basic-lti-launch-request", "lti_version": "LTI-1p0", "resource_link_id": "7", "resource_link_title": "Ein Link",
    "user_id": "4", "roles": "Learner", "lis_person_name_full": "Änne Müller 🦊", "context_id": "2", "context_title": "KI für alle",
    "launch_presentation_locale": "en", "launch_presentation_return_url": "https://old.example/return",
    "lis_outcome_service_url": "https://old.example/outcomes", "lis_result_sourcedid": "sourced-4", "oauth_callback": "about:blank",
}


def recorded(path: str) -> dict[str, str]:
    """The fields of a recorded form, without its OAuth fields: it is signed and dated anew."""
    fields: dict[str, str] = json.loads((RECORDED / path).read_text())["fields"]
    kept = {name: value for name, value in fields.items() if not name.startswith("oauth_") and name != "custom parameters"}
    return {**kept, "oauth_callback": "about:blank"}


class Consumer:
    """Signs and posts forms in a browser of its own."""

    def __init__(self, app: Flask, key: str, secret: str) -> None:
        self.client, self.key, self.secret = app.test_client(), key, secret

    def fields(self, **changes: Any) -> dict[str, str]:
        """A valid launch of a learner (`...` removes a field)."""
        return {name: value for name, value in {**FIELDS, **changes}.items() if value is not ...}

    def sign(self, fields: Mapping[str, str], *, url: str = LAUNCH, method: str = SIGNATURE_HMAC_SHA1, secret: str = "", ago: int = 0, nonce: str | None = None) -> str:
        """The signed body."""
        timestamp = str(int(db.now().timestamp()) - ago)
        signer = Client(
            self.key, client_secret=secret or self.secret, signature_method=method, signature_type=SIGNATURE_TYPE_BODY,
            timestamp=timestamp, nonce=nonce,
        )
        _, _, body = signer.sign(url, "POST", urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})
        return str(body)

    def signed(self, fields: Mapping[str, str], **how: Any) -> dict[str, str]:
        """The signed fields, for a form on a page."""
        return dict(parse_qsl(self.sign(fields, **how), keep_blank_values=True))

    def post(self, body: str, path: str = "/lti/1p1/launch") -> TestResponse:
        """Post a body as a browser does, once more with the cookie when it is asked to."""
        sent = {"data": body, "content_type": "application/x-www-form-urlencoded"}
        answer = self.client.post(path, **sent)
        return self.client.post(answer.location, **sent) if answer.status_code == 307 else answer

    def launch(self, **changes: Any) -> TestResponse:
        """The whole way with a valid form, apart from `changes` to its fields."""
        return self.post(self.sign(self.fields(**changes)))


def tampered(body: str, **changes: str) -> str:
    """The body with other values than those that were signed."""
    return urlencode({**dict(parse_qsl(body, keep_blank_values=True)), **changes})
