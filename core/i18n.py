"""German and English: which one, how dates look, and one catalogue per room.

Message ids are English. `locale/de/<room>.po` holds the room's German; `python -m core.i18n` compiles them all into the
one catalogue that Flask-Babel reads.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, force_locale, get_locale, get_translations

from core.config import Settings

LANGUAGES = ("de", "en")
_LOCALES = {"de": "de", "en": "en_GB"}  # Dates as they are written in Europe: 22 November 2026.
ROOT = Path(__file__).parent.parent


def N_(text: str) -> str:  # noqa: N802 - the name that every gettext tool knows
    """Mark a text for translation where no request is at hand; gettext translates it when it is shown."""
    return text


def connect(app: Flask, settings: Settings) -> None:
    """Choose the language of each request and give templates dates and numbers in it."""
    Babel(
        app,
        default_locale=_LOCALES[settings.language],
        default_timezone=settings.timezone,
        default_translation_directories=str(ROOT / "locale"),
        locale_selector=lambda: _LOCALES[_chosen(settings.language)],
    )
    app.jinja_env.globals["language"] = language
    app.jinja_env.filters["decimalformat"] = _decimal
    # Pages look up some thirty texts each; asking for the catalogue anew every time took a twentieth of the page.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue().ugettext(text), lambda one, many, count: _catalogue().ungettext(one, many, count), newstyle=True,
    )


def _chosen(usual: str) -> str:
    """What the person chose, else what their browser asks for, else the usual language."""
    if not has_request_context():
        return usual
    chosen = g.get("language") or session.get("language") or request.cookies.get("lotse-language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or usual


@contextmanager
def in_language(chosen: str) -> Iterator[None]:
    """Write in this language meanwhile, whatever the request or task speaks: de or en."""
    with force_locale(_LOCALES[chosen]):
        yield


def _decimal(number: float | Decimal, pattern: str | None = None) -> str:
    """A number in the present language. Pages show the same few over and over, and Babel writes each anew."""
    return _written(number, pattern, get_locale() or Locale("de"))


@lru_cache(maxsize=1024)
def _written(number: float | Decimal, pattern: str | None, locale: Locale) -> str:
    return str(format_decimal(number, format=pattern, locale=locale))


def _catalogue() -> Any:
    """The present language's texts, found once for each language in a request or task."""
    locale = get_locale()
    name = locale.language if locale else ""
    known: dict[str, Any] = g.setdefault("catalogues", {})
    if name not in known:
        known[name] = get_translations()
    return known[name]


def language() -> str:
    """The language of the present request or task: de or en."""
    locale = get_locale()
    return str(locale.language) if locale else "de"


def compile_catalogues(root: Path = ROOT / "locale") -> list[str]:
    """Write `<language>/LC_MESSAGES/messages.mo` from the rooms' catalogues; returns clashes between rooms."""
    clashes: list[str] = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        whole = Catalog(locale=folder.name)
        for path in sorted(folder.glob("*.po")):
            with path.open("rb") as file:
                clashes += _merge(whole, read_po(file, locale=folder.name), path.name)
        target = folder / "LC_MESSAGES" / "messages.mo"
        target.parent.mkdir(exist_ok=True)
        buffer = BytesIO()
        write_mo(buffer, whole)
        target.write_bytes(buffer.getvalue())
    return clashes


def _merge(whole: Catalog, room: Catalog, name: str) -> list[str]:
    clashes = []
    for message in room:
        if not message.id:
            continue
        known = whole.get(message.id, message.context)
        if known is not None and known.string != message.string:
            clashes.append(f"{name}: another room translates {message.id!r} differently")
        whole.add(message.id, message.string, context=message.context)
    return clashes


if __name__ == "__main__":
    for clash in compile_catalogues():
        sys.stderr.write(clash + "\n")
