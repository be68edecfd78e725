"""Reading a letterhead: a YAML file with colours, logo, signatories, dated legal sentences, design or template, and pictures beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from certificates.looks import colours, pictures
from certificates.looks.css import NAME
from certificates.looks.designs import FIRST, gallery
from certificates.looks.faults import LookError
from certificates.looks.languages import Languages
from certificates.looks.template import Template
from certificates.snapshot import Texts, texts
from modules.yamltext import YamlError, read_yaml

DEFAULT = Path(__file__).parent / "default" / "letterhead.yml"
MOST_PICTURES = 8
_TYPES = (".svg", ".png", ".jpg", ".jpeg")
_KEYS = frozenset({"colour", "accent", "logo", "signatories", "legal", "design", "languages", "page", "sheet", "pictures"})


class LetterheadError(ValueError):
    """The file cannot be used; the text says what to mend."""


@dataclass(frozen=True)
class Style:
    """A letterhead as read; certificates.models.Letterhead keeps it."""

    colour: str
    accent: str
    logo: str | None
    signatories: tuple[Mapping[str, Any], ...]
    legal: tuple[Mapping[str, Any], ...]
    languages: Languages = Languages.LEARNER
    pictures: Mapping[str, str] = field(default_factory=dict)
    design: str | None = FIRST           # None: a template of their own
    own: Template | None = None


def read(path: Path) -> Style:
    """Read a letterhead file. Raises LetterheadError."""
    try:
        values = read_yaml(path.read_text(encoding="utf-8")).value
    except YamlError as error:
        raise LetterheadError(f"{path}:{error.line}: {error.message % error.values}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise LetterheadError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict) or set(values) - _KEYS:
        raise LetterheadError(f"{path}: the keys are {', '.join(sorted(_KEYS))}")
    own = _own(path, values)
    standard = {"colour": "#0b3c6f", "accent": "#e0a100"}
    return Style(
        colour=_colour(values.get("colour", standard["colour"])),
        accent=_colour(values.get("accent", standard["accent"])),
        logo=_picture(path, values.get("logo")),
        signatories=tuple(_signatory(path, entry) for entry in _list(values, "signatories")),
        legal=tuple(_sentence(entry) for entry in _list(values, "legal")),
        languages=_languages(values.get("languages", Languages.LEARNER)),
        pictures=_pictures(path, values.get("pictures") or {}),
        design=None if own else _design(values.get("design", FIRST)),
        own=own,
    )


@cache
def default() -> Style:
    """The letterhead of organisations that have none of their own."""
    return read(DEFAULT)


def legal_on(day: date, legal: list[Mapping[str, Any]] | tuple[Mapping[str, Any], ...]) -> Texts | None:
    """The legal sentence in force on a day: the last one that is not later."""
    present = [entry for entry in legal if entry["from"] <= day.isoformat()]
    return texts(max(present, key=lambda entry: str(entry["from"]))) if present else None


def _colour(value: Any) -> str:
    if not isinstance(value, str) or not colours.HEX.fullmatch(value):
        raise LetterheadError(f"{value!r} is no colour; write it as \"#0b3c6f\"")
    return value


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key) or []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise LetterheadError(f"{key} must be a list of entries")
    return value


def _signatory(path: Path, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    if not entry.get("name") or texts(entry.get("role")) is None:
        raise LetterheadError("a signatory needs name and role: {de: …, en: …}")
    return {"name": str(entry["name"]), "role": texts(entry["role"]), "signature": _picture(path, entry.get("signature"))}


def _sentence(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        since = date.fromisoformat(str(entry.get("from")))
    except ValueError as error:
        raise LetterheadError("a legal sentence needs from: \"2025-02-02\"") from error
    both = texts(entry)
    if both is None:
        raise LetterheadError(f"the legal sentence from {since} needs de and en")
    return {"from": since.isoformat(), **both}


def _languages(value: Any) -> Languages:
    try:
        return Languages(value)
    except ValueError as error:
        raise LetterheadError(f"languages is one of {', '.join(Languages)}") from error


def _design(value: Any) -> str:
    if value not in gallery():
        raise LetterheadError(f"design is one of {', '.join(gallery())}")
    return str(value)


def _own(path: Path, values: Mapping[str, Any]) -> Template | None:
    """A template of their own: `page` and `sheet` name its two files."""
    if "page" not in values and "sheet" not in values:
        return None
    if "design" in values or not all(isinstance(values.get(key), str) for key in ("page", "sheet")):
        raise LetterheadError("a template of your own needs page and sheet, the names of two files, and no design")
    try:
        return Template(*(_beside(path, values[key], (".html", ".css")).read_text(encoding="utf-8") for key in ("page", "sheet")))
    except UnicodeDecodeError as error:
        raise LetterheadError("page and sheet must be written in UTF-8") from error


def _pictures(path: Path, named: Any) -> dict[str, str]:
    if not isinstance(named, dict) or len(named) > MOST_PICTURES or not all(NAME.fullmatch(str(name)) for name in named):
        raise LetterheadError(f"pictures are up to {MOST_PICTURES} entries like “crest: crest.svg”; names have small letters, digits and hyphens")
    return {str(name): address for name, file in named.items() if (address := _picture(path, file))}


def _picture(path: Path, name: Any) -> str | None:
    """A picture beside the file as data: address, so that nothing is fetched when a certificate is printed."""
    if name is None:
        return None
    content = _beside(path, name, _TYPES).read_bytes()
    try:
        return pictures.to_data(content)
    except LookError as error:
        raise LetterheadError(f"{name}: {error}") from error


def _beside(path: Path, name: Any, endings: tuple[str, ...]) -> Path:
    found = path.parent / str(name)
    if found.suffix.lower() not in endings or found.parent.resolve() != path.parent.resolve() or not found.is_file():
        raise LetterheadError(f"{name}: there must be a file of this name beside {path.name} ({', '.join(endings)})")
    return found
