"""A small stand-in for an LMS, so that a newcomer without Moodle or ILIAS can launch Lotse and watch a score arrive.

It is an application of its own, on its own origin, and speaks real LTI 1.3 to Lotse over HTTP; it does not import `lti`,
because it is the other side. It has no passwords: everybody may be anybody. Hence it refuses to exist in production.
"""

import hashlib
import json
from pathlib import Path

from flask import Flask, Response, redirect, request
from flask_babel import format_datetime, format_decimal
from werkzeug.wrappers import Response as BaseResponse

from core import i18n
from core.config import Settings, SettingsError
from demo import attacks as attacks_room
from demo import deep_linking, oidc, pages, registration, roster, services, tokens
from demo.campus import Addresses
from demo.keys import Key
from demo.parts import EXTENSION, Parts, parts
from demo.store import Store

TEMPLATES = Path(__file__).parent.parent / "templates" / "demo"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "frame-src 'self' {tool}; form-action 'self' {tool}; frame-ancestors 'self'"
)


def create_lms(settings: Settings | None = None, *, attacks: bool = False) -> Flask:
    """Build the stand-in. `attacks` lets tests make it misbehave (demo.attacks).

    Raises SettingsError in production mode.
    """
    settings = settings or Settings.from_env()
    if settings.production:
        raise SettingsError("LOTSE_MODE=production: the stand-in LMS is for demonstrations and tests only (LOTSE_MODE=demo)")
    folder = settings.data_dir / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    app = Flask(__name__, template_folder=str(TEMPLATES), static_folder="static")
    app.extensions[EXTENSION] = Parts(Addresses.from_settings(settings), Key.kept(folder), Store(folder / "campus.sqlite3"))
    # A key of its own: whoever knows Lotse's secret knows nothing about this site, and the other way round.
    app.config["SECRET_KEY"] = hashlib.sha256(app.extensions[EXTENSION].key.pem).hexdigest()
    app.config["SESSION_COOKIE_NAME"] = "campus-demo"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    i18n.connect(app, settings)
    app.jinja_env.filters["when"] = lambda moment: format_datetime(moment, "medium")
    app.jinja_env.filters["points"] = lambda points: format_decimal(round(points, 1))
    app.jinja_env.filters["pretty"] = lambda content: json.dumps(content, ensure_ascii=False, indent=2)
    app.before_request(_own_name)
    app.after_request(_headers)
    for room in (oidc.bp, deep_linking.bp, tokens.bp, services.bp, pages.bp, roster.bp):
        app.register_blueprint(room)
    registration.connect(app, folder)
    if attacks:
        attacks_room.connect(app)
    return app


def _own_name() -> BaseResponse | None:
    """Send people who typed another name of this machine to the registered one: it is the issuer, and another site than Lotse."""
    own = parts().addresses.platform
    if request.method == "GET" and request.host_url.rstrip("/") != own:
        return redirect(own + request.full_path.rstrip("?"))
    return None


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY.format(tool=parts().addresses.tool)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
