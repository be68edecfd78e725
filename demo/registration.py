"""The stand-in's administrator adds a tool by its address: LTI Dynamic Registration 1.0, as Moodle does it.

The page opens the address in a frame, with the place of the platform's configuration and a token that works once. The tool
reads the configuration, sends what it is, and asks for the frame to be closed. Until somebody activates it, it is pending.
Nothing here knows Lotse: it is the platform's half of the protocol.
"""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from demo import campus
from demo.parts import addresses, present_member, store
from demo.store import SqliteFile

bp = Blueprint("registration", __name__)
EXTENSION = "campus-tools"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
TOKEN_SECONDS = 3600

_TABLES = """
create table if not exists registration_token (token text primary key, expires real not null, used integer not null default 0);
create table if not exists tool (client_id text primary key, deployment_id text not null, document text not null, active integer not null default 0);
"""


@dataclass(frozen=True)
class Tool:
    """A tool that the platform knows. Numbers as deployments, as Moodle has them."""

    client_id: str
    deployment_id: str
    document: dict[str, Any]
    active: bool

    @property
    def name(self) -> str:
        """What it calls itself."""
        return str(self.document.get("client_name", ""))


PREREGISTERED = Tool(campus.CLIENT_ID, campus.DEPLOYMENT_ID, {"client_name": "Lotse"}, active=True)


class Tools(SqliteFile):
    """The registered tools, in a file of their own; each method is one transaction."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with self._open() as db:
            db.executescript(_TABLES)

    def new_token(self) -> str:
        """What lets a tool register once, within an hour."""
        token = secrets.token_urlsafe(24)
        with self._open() as db:
            db.execute("insert into registration_token values (?, ?, 0)", (token, time.time() + TOKEN_SECONDS))
        return token

    def use_token(self, token: str) -> bool:
        """Spend a token; False when it is unknown, old or spent."""
        with self._open() as db:
            return db.execute("update registration_token set used = 1 where token = ? and used = 0 and expires > ?", (token, time.time())).rowcount == 1

    def add(self, document: dict[str, Any]) -> Tool:
        """A tool with a new client id."""
        client_id = secrets.token_urlsafe(11)
        with self._open() as db:
            number = db.execute("select count(*) from tool").fetchone()[0] + 2  # The one that is registered beforehand has number 1.
            db.execute("insert into tool values (?, ?, ?, 0)", (client_id, str(number), json.dumps(document, ensure_ascii=False)))
        return Tool(client_id, str(number), document, active=False)

    def activate(self, client_id: str) -> None:
        """Let people open the tool."""
        with self._open() as db:
            db.execute("update tool set active = 1 where client_id = ?", (client_id,))

    def all(self) -> list[Tool]:
        """All that were added by their address."""
        with self._open() as db:
            rows = db.execute("select * from tool order by rowid").fetchall()
        return [Tool(row["client_id"], row["deployment_id"], json.loads(row["document"]), bool(row["active"])) for row in rows]


def connect(app: Flask, folder: Path) -> None:
    """Let the stand-in register tools."""
    app.extensions[EXTENSION] = Tools(folder / "tools.sqlite3")
    app.register_blueprint(bp)


def tools() -> Tools:
    """The tools of the present app."""
    found: Tools = current_app.extensions[EXTENSION]
    return found


def tool(client_id: str) -> Tool | None:
    """The active tool with this client id."""
    known = (PREREGISTERED, *tools().all())
    return next((found for found in known if found.active and found.client_id == client_id), None)


# --- The tool's half of the conversation ------------------------------------------------------------------------------------

@bp.post("/lti/register")
def register() -> tuple[Response, int] | Response:
    """Take a tool's registration. Answers as Moodle does (registration-errors.http): 200, and errors as bare text."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token:
        return _error(401, "missing_registration_token")
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        return _error(400, "invalid_json")
    fault = _fault(document)
    if fault:
        return _error(400, fault)
    if not tools().use_token(token):
        return _error(401, "token_already_used")
    added = tools().add(document)
    answer = {**document, "client_id": added.client_id, TOOL: {**document[TOOL], "deployment_id": added.deployment_id}}
    store().note("registration", {"to": addresses().registration, "document": document, "answer": {"client_id": added.client_id, "deployment_id": added.deployment_id}})
    return jsonify(answer), 200


def _error(status: int, text: str) -> Response:
    store().note("refused", {"request": f"POST {addresses().registration}", "status": status, "reason": text})
    return Response(text, status, content_type="text/html; charset=utf-8")


def _fault(document: dict[str, Any]) -> str:
    """What Moodle refuses, in its words."""
    for name in ("client_name", "jwks_uri", "initiate_login_uri", "redirect_uris", TOOL):
        if not document.get(name):
            return f"missing required attribute {name}"
    configuration = document[TOOL]
    exact = {"application_type": "web", "token_endpoint_auth_method": "private_key_jwt", "response_types": ["id_token"]}
    wrong = [f"invalid_{name}" for name, value in exact.items() if document.get(name) != value]
    if not isinstance(document["redirect_uris"], list):
        wrong.append("invalid_redirect_uris")
    if not configuration.get("domain"):
        wrong.append("missing_domain")
    elif urlsplit(configuration.get("target_link_uri", "")).netloc != configuration["domain"]:
        wrong.append("domain_targetlinkuri_mismatch")
    return wrong[0] if wrong else ""


# --- The administrator's pages --------------------------------------------------------------------------------------------------

@bp.get("/admin/tools")
def manage() -> str:
    """The list of tools, and the field for the address of a new one."""
    present_member()
    return render_template("tools.html", tools=tools().all(), activities=campus.ACTIVITIES)


@bp.post("/admin/tools")
def add_tool() -> str:
    """Open the tool's address in a frame, with what it needs to register."""
    present_member()
    address = request.form.get("address", "").strip()
    if not address.startswith(f"{addresses().tool}/"):
        return render_template("tools.html", tools=tools().all(), activities=campus.ACTIVITIES, wrong=_("Only addresses of this Lotse work here: %(address)s", address=addresses().tool))
    query = urlencode({"openid_configuration": f"{addresses().platform}/.well-known/openid-configuration", "registration_token": tools().new_token()})
    return render_template("tool_frame.html", address=f"{address}{'&' if '?' in address else '?'}{query}", origin=addresses().tool)


@bp.post("/admin/tools/<client_id>/activate")
def activate(client_id: str) -> BaseResponse:
    """Let people open a tool that was registered."""
    present_member()
    if client_id not in {found.client_id for found in tools().all()}:
        abort(404)
    tools().activate(client_id)
    return redirect(url_for("registration.manage"), 303)
