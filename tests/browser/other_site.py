"""A learning platform on another site than Lotse: a course page with a frame, and as much of LTI as a browser meets.

It keeps values for its tools, or does not, as the page's address says (LTI Client Side postMessages 1.0).
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request
from markupsafe import escape

from tests.lti.lms import LTI, Lms

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
# What the page does with messages of a tool. `keeps` is how a platform does it; the others are those one may meet as well.
KEEPING = """
const heard = [];
const kept = {};
addEventListener("message", ({ data, source, origin }) => {
  heard.push(data.subject);
  const answer = { subject: data.subject + ".response", message_id: data.message_id, key: data.key };
  const manner = document.documentElement.dataset.manner;
  if (manner === "silent") return;
  if (manner === "refuses") answer.error = { code: "storage_exhaustion", message: "no" };
  else if (manner === "forgets" && data.subject === "lti.get_data") answer.value = undefined;
  else if (data.subject === "lti.put_data") answer.value = kept[origin + data.key] = data.value;
  else answer.value = kept[origin + data.key];
  source.postMessage(answer, origin);
});
"""


def create(lms: Lms, lotse: str) -> Flask:
    """The platform. Who launches, and how, stands in the address of the course page."""
    app = Flask(__name__)

    @app.get("/course")
    def course() -> Response:
        given = {"as": "4", "role": "Learner", "link": "1", "locale": "en", "target": "tool", "storage": "", "manner": "keeps", "keeper": "", **request.args}
        hint = json.dumps({name: given[name] for name in ("as", "role", "link", "locale")})
        fields = {**lms.initiation(login_hint=given["as"], lti_message_hint=hint, target_link_uri=f"{lotse}/lti/launch")}
        if given["storage"]:
            fields["lti_storage_target"] = given["storage"]
        inner = f'<iframe name="{given["keeper"]}" src="/keeper?manner={given["manner"]}" hidden></iframe>' if given["keeper"] else ""
        script = "" if given["keeper"] else f"<script>{KEEPING}</script>"
        return _page(f"""{script}{inner}<h1>Course</h1>
            <iframe name="tool" title="Lotse" width="{given.get("width", "900")}" height="700"></iframe>
            {_form(f"{lotse}/lti/login", fields, given["target"])}""", given["manner"])

    @app.get("/keeper")
    def keeper() -> Response:
        return _page(f"<script>{KEEPING}</script>", request.args["manner"])

    @app.get("/embed")
    def embed() -> Response:
        return _page(f'<h1>Page</h1><iframe title="framed" src="{escape(request.args["address"])}" width="900" height="700"></iframe>')

    @app.get("/auth")
    def auth() -> Response:
        who = json.loads(request.args["lti_message_hint"])
        token = lms.sign(lms.claims(request.args["nonce"], **{
            "sub": who["as"], "name": f"Person {who['as']}", LTI + "roles": [MEMBERSHIP + who["role"]],
            LTI + "resource_link": {"id": who["link"]}, LTI + "context": {"id": f"course {who['link']}", "title": "Course"},
            LTI + "target_link_uri": f"{lotse}/lti/launch",
            LTI + "launch_presentation": {"locale": who["locale"], "return_url": "https://lms.example/return"},
        }))
        lms.signed = getattr(lms, "signed", 0) + 1  # type: ignore[attr-defined]
        return _page(_form(request.args["redirect_uri"], {"state": request.args["state"], "id_token": token}, "_self"))

    return app


def _page(body: str, manner: str = "") -> Response:
    return Response(f'<!doctype html><html lang="en" data-manner="{manner}"><title>Platform</title>{body}</html>')


def _form(action: str, fields: Mapping[str, Any], target: str) -> str:
    inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return f'<form method="post" action="{action}" target="{target}">{inputs}<button>Go</button></form><script>document.forms[0].submit()</script>'
