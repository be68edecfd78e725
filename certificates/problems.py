"""Refusals that programs read: problem details (RFC 9457)."""

import json
from collections.abc import Mapping

from flask import Response
from flask_babel import gettext as _

from core.config import settings
from core.i18n import N_

MIMETYPE = "application/problem+json"
API = "/api/certificates/v1"
TITLES: Mapping[str, str] = {
    "no-consent": N_("The holder has not made this public"),
    "gone": N_("The certificate no longer holds"),
    "unknown-certificate": N_("There is no such certificate"),
    "key": N_("The key is missing or not valid"),
    "too-often": N_("These were too many requests"),
    "too-large": N_("This is too large"),
    "wrong-type": N_("This kind of content is not understood"),
    "wrong-content": N_("The request was not understood"),
    "wrong-cursor": N_("The place to go on from is not known"),
    "no-such-address": N_("There is nothing at this address"),
    "wrong-method": N_("This does not work that way"),
    "broken": N_("Something went wrong on our side"),
}


def problem(status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal. `kind` is one of TITLES; `detail` says in the request's language what to do."""
    body = {"type": f"{settings().base_url}{API}/problems#{kind}", "title": _(TITLES[kind]), "status": status, "detail": detail}
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype=MIMETYPE, headers=dict(headers or {}))
