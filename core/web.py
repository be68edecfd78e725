"""What every page has: security headers, clear error pages, a request id, limits, health."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as BaseResponse

from core import db
from core.config import Settings
from core.i18n import LANGUAGES

log = structlog.get_logger("web")
bp = Blueprint("core", __name__)
csrf = CSRFProtect()
STATIC = Path(__file__).parent.parent / "static"
VERSION = "0.1.0"
ROOM_FOR_FIELDS = 1 << 20               # of a form, beside the file that it sends

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


class _RowNumber(IntegerConverter):
    """`<int:…>` in an address: a number that a row can have. A larger one would make the database fail in place of finding nothing."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**31 - 1)


class _Limits(Limiter):
    """Limits of single views. Those check themselves when they are called: asking before each request cost it a twentieth."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


limiter = _Limits(get_remote_address, in_memory_fallback_enabled=True)  # With Redis away each process counts for itself.


class Problem(Exception):  # noqa: N818 - it is shown to people, who have problems
    """Something a person must be told: the status, what happened, and what to do about it."""

    def __init__(self, status: int, title: str, advice: str, *, links: list[tuple[str, str]] | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.advice = advice
        self.links = links or []


def connect(app: Flask, settings: Settings) -> None:
    """Give the app its headers, error pages, limits and health pages."""
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_request_mb << 20,
        MAX_FORM_MEMORY_SIZE=settings.max_request_mb << 20,
        WTF_CSRF_TIME_LIMIT=None,  # As long as the session.
        WTF_CSRF_SSL_STRICT=False,  # An LMS's frame may withhold the referrer; the token is what counts.
        RATELIMIT_STORAGE_URI=settings.broker_url if settings.broker_url.startswith("redis") else "memory://",
    )
    app.url_map.converters["int"] = _RowNumber
    app.before_request(_make_room)  # Before the token is looked for in what was sent.
    csrf.init_app(app)
    limiter.init_app(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.register_blueprint(bp)
    app.before_request(_begin)
    app.after_request(_headers)
    app.register_error_handler(Problem, lambda error: _problem(error.status, error.title, error.advice, error.links))
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(OperationalError, _on_database)
    app.register_error_handler(Exception, _on_crash)
    app.jinja_env.globals.update(asset=_Assets(STATIC / "dist" / "manifest.json"), version=VERSION, demo=not settings.production)
    footer = [(label, url) for label, url in _footer(settings) if url]
    app.context_processor(lambda: {"framed": _framed(), "reference": g.get("reference", ""), "footer_links": footer})
    if not settings.production:
        app.add_url_rule("/styleguide", "core.styleguide", lambda: render_template("core/styleguide.html"))


def _framed() -> bool:
    """Whether the page is drawn slim: inside a launch, or where a launch did not come about in an LMS's frame."""
    return bool(request.script_root) or (not session and request.headers.get("Sec-Fetch-Dest") == "iframe")


def _footer(settings: Settings) -> list[tuple[LazyString, str]]:
    return [(_l("Imprint"), settings.imprint_url), (_l("Privacy"), settings.privacy_url), (_l("Accessibility"), settings.accessibility_url)]


class _Assets:
    """`asset('app.css')` in templates: the built file's address, whose name changes with its content."""

    def __init__(self, manifest: Path) -> None:
        self._names: dict[str, str] = json.loads(manifest.read_text()) if manifest.exists() else {}

    def __call__(self, name: str) -> str:
        return f"/static/dist/{self._names.get(name, name)}"  # Without the launch prefix: one cache for all launches.


# --- Around each request ----------------------------------------------------------------------------------------------

_View = TypeVar("_View", bound=Callable[..., Any])


def takes_anything(view: _View) -> _View:
    """Mark a view that checks what stands in its address itself, and has words of its own for what is nothing."""
    view.takes_anything = True  # type: ignore[attr-defined]
    return view


def takes(megabytes: int) -> Callable[[_View], _View]:
    """Mark a view to which people who are signed in may send larger requests than LOTSE_MAX_REQUEST_MB: files."""
    def mark(view: _View) -> _View:
        view.most_bytes = megabytes << 20  # type: ignore[attr-defined]
        return view
    return mark


def _make_room() -> None:
    most = getattr(current_app.view_functions.get(request.endpoint or ""), "most_bytes", 0)
    if most and "_user_id" in session:
        request.max_content_length = max(most + ROOM_FOR_FIELDS, current_app.config["MAX_CONTENT_LENGTH"])


def _begin() -> None:
    g.reference = secrets.token_hex(4)
    structlog.contextvars.bind_contextvars(reference=g.reference)
    checks_itself = getattr(current_app.view_functions.get(request.endpoint or ""), "takes_anything", False)
    if ("\0" in request.path and not checks_itself) or b"%00" in request.query_string:
        abort(400)  # No page has such an address, and PostgreSQL fails over it in place of finding nothing.


_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _headers(response: Response) -> Response:
    """Add what a view has not said itself."""
    headers = response.headers
    said = {name.lower() for name, _value in headers}
    ancestors = g.get("frame_ancestors") or (session.get("frame_ancestors") if request.script_root else None)
    policy = POLICY.format(ancestors=" ".join(ancestors) if ancestors else "'none'")
    built = request.path.startswith("/static/dist/")
    wanted = {
        "Content-Security-Policy": policy,
        "Cache-Control": "public, max-age=31536000, immutable" if built else "private, no-store",
        **_ALWAYS,
        **({"Strict-Transport-Security": "max-age=31536000"} if request.is_secure else {}),
    }
    if built:
        headers.remove("Cache-Control")  # Flask's own is for files whose content changes under the same name.
        said.discard("cache-control")
    for name, value in wanted.items():
        if name.lower() not in said:
            headers.add(name, value)
    return response


# --- Errors -----------------------------------------------------------------------------------------------------------

def _problem(status: int, title: str, advice: str, links: list[tuple[str, str]] | None = None) -> tuple[str, int]:
    """The page, or for htmx just its message; both with the reference that stands in the log."""
    if request.script_root and "frame_ancestors" not in session:
        g.frame_ancestors = ["*"]  # The launch is over. Whose frame this was is forgotten; the page shows nothing of anybody.
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/problem.html"
    page = render_template(template, status=status, title=title, advice=advice, links=links or [])
    return page, status


def _on_csrf(error: CSRFError) -> tuple[str, int]:
    return _problem(
        400, _("This page was open for too long"),
        _("For your safety the form was not sent. Reload the page (in your learning platform: open the link again) and send it once more."),
    )


def _on_http(error: HTTPException) -> tuple[str, int] | tuple[str, int, dict[str, str]] | BaseResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    original = getattr(error, "original_exception", None)
    if isinstance(original, OperationalError):  # After the view, when the session was to be written.
        return _on_database(original)
    texts = {
        400: (_("This request was not understood"), _("Please go back, reload the page and try again.")),
        401: (_("Please sign in"), _("This page is for people who are signed in. If you came from your learning platform, open the link there again.")),
        403: (_("This page is not for you"), _("You are signed in, but this page belongs to somebody else or needs another role. Ask your lecturer if you think that is wrong.")),
        404: (_("There is nothing at this address"), _("Check the address, or begin again on the start page.")),
        405: (_("This does not work that way"), _("Please go back and use the buttons on the page.")),
        413: (_("That is too large"), _("Please send something smaller.")),
        429: (_("That was too often"), _("Please wait a minute and try again.")),
    }
    title, advice = texts.get(error.code, (_("Something went wrong"), _("Please go back and try again.")))
    return _problem(error.code, title, advice)


def _on_database(error: OperationalError) -> tuple[str, int, dict[str, str]]:
    """Locked, full or away: nothing was saved, and trying again is right."""
    db.session.rollback()
    log.error("database", error=type(error.orig).__name__, reason=_reason(str(error.orig)))
    page, status = _problem(
        503, _("Nothing could be saved just now"),
        _("The database is busy or has no room. What you sent was not counted. Please go back and try again in a minute."),
    )
    return page, status, {"Retry-After": "30"}


def _reason(text_: str) -> str:
    """The database's own words without values."""
    return next((known for known in ("locked", "full", "disk I/O", "connection", "readonly") if known in text_), "other")


def _on_crash(error: Exception) -> tuple[str, int]:
    db.session.rollback()
    log.exception("crash", path=request.url_rule.rule if request.url_rule else "?")
    return _problem(
        500, _("Something went wrong on our side"),
        _("It is not your fault, and what you had sent before is safe. Please try again; if it happens again, tell your support the reference below."),
    )


# --- Pages that belong to no room ---------------------------------------------------------------------------------------

@bp.get("/language/<code>")
def language(code: str) -> BaseResponse:
    """Switch the language and go back to the page one came from."""
    response = redirect(own_path(request.args.get("next", "")) or url_for("accounts.start"))
    if code in LANGUAGES:
        if request.script_root:
            session["language"] = code
        response.set_cookie("lotse-language", code, max_age=31536000, samesite="Lax", secure=True)
    return response


def own_path(target: str) -> str:
    """`target` when it is a path of this site, else nothing (no open redirect)."""
    parts = urlsplit(target)
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc else ""


@bp.get("/health")
def health() -> Response:
    """The process lives."""
    return jsonify(status="ok", version=VERSION)


@bp.get("/ready")
def ready() -> tuple[Response, int]:
    """The process can serve: the database answers."""
    try:
        db.session.execute(text("select 1"))
    except OperationalError:
        return jsonify(status="database"), 503
    return jsonify(status="ok"), 200


@bp.get("/metrics")
def metrics() -> Response:
    """Counters for Prometheus; only from this machine (a proxy in front must not pass it on)."""
    if request.remote_addr not in ("127.0.0.1", "::1"):
        raise Problem(404, _("There is nothing at this address"), _("Check the address, or begin again on the start page."))
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

