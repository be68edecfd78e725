"""Pages whose frame is drawn once and kept, and filled for each person (docs/decisions/0006).

A frame is the page as a template draws it, with marks where people differ: the name, the CSRF token, the launch prefix of
addresses, and holes for what the view fills in. The marks are random, so that no author's text can contain one.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import current_app, request, session
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

_SECRET = secrets.token_hex(8)
CSRF = f"csrf-{_SECRET}"
ROOT = f"root-{_SECRET}"
_NAME = f"name-{_SECRET}"
_HOLE = re.compile(f"hole-{_SECRET}-([A-Za-z0-9_-]*)-end")


def hole(name: str) -> Markup:
    """A place in a frame; filled by the text of this name."""
    return Markup(f"hole-{_SECRET}-{name}-end")  # noqa: S704 - letters of our own


def fill(html: str) -> str:
    """Put this request's CSRF token and launch prefix in the place of their marks."""
    raw = session.get("csrf_token")
    token = _signed(current_app.secret_key, raw) if raw else generate_csrf()
    return html.replace(CSRF, token).replace(ROOT, request.script_root)


@lru_cache(maxsize=4096)
def _signed(_key: object, _raw: str) -> str:
    """The session's token as forms carry it, signed once: nothing asks when that was (core.web: as long as the session)."""
    return str(generate_csrf())


@dataclass(frozen=True)
class _Anybody:
    """Stands for the signed-in person while a frame is drawn."""

    name: str | None
    administers: bool
    is_authenticated: bool = True


@dataclass(frozen=True)
class Frame:
    """A page cut at its holes: text, hole, text, hole … text."""

    pieces: tuple[str, ...]

    def fill(self, name: str | None, texts: Mapping[str, str]) -> str:
        """The page for the person of this request, who is called so."""
        filled = [texts[piece] if at % 2 else piece for at, piece in enumerate(self.pieces)]
        return fill("".join(filled)).replace(_NAME, str(escape(name or "")))


def may_keep() -> bool:
    """Whether this request's page looks like everybody's: nothing is asked for or announced beside it."""
    return not request.query_string and "_flashes" not in session


def draw(render: Callable[..., str]) -> Frame:
    """Draw a frame in this request. `render` takes template variables that stand for the person, and gives the page."""
    name = _NAME if current_user.name else None
    html = render(csrf_token=lambda: CSRF, current_user=_Anybody(name, current_user.administers))
    if request.script_root:
        html = html.replace(request.script_root, ROOT)
    return Frame(tuple(_HOLE.split(html)))
