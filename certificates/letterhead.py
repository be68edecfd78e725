"""Reading a letterhead: a YAML file with colours, logo, signatories and dated legal sentences, and pictures beside it."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from certificates.snapshot import Texts, texts
from modules.yamltext import YamlError, read_yaml

DEFAULT = Path(__file__).parent / "default" / "letterhead.yml"
MOST_PICTURE_BYTES = 300_000
_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
_KEYS = frozenset({"colour", "accent", "logo", "signatories", "legal"})


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
    standard = {"colour": "#0b3c6f", "accent": "#e0a100"}
    return Style(
        colour=_colour(values.get("colour", standard["colour"])),
        accent=_colour(values.get("accent", standard["accent"])),
        logo=_picture(path, values.get("logo")),
        signatories=tuple(_signatory(path, entry) for entry in _list(values, "signatories")),
        legal=tuple(_sentence(entry) for entry in _list(values, "legal")),
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
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
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


def _picture(path: Path, name: Any) -> str | None:
    """A picture beside the file as data: address, so that nothing is fetched when a certificate is printed."""
    if name is None:
        return None
    picture = path.parent / str(name)
    kind = _TYPES.get(picture.suffix.lower())
    if kind is None or picture.parent.resolve() != path.parent.resolve() or not picture.is_file():
        raise LetterheadError(f"{name}: there must be a picture of this name beside {path.name} ({', '.join(_TYPES)})")
    content = picture.read_bytes()
    if len(content) > MOST_PICTURE_BYTES:
        raise LetterheadError(f"{name} is larger than {MOST_PICTURE_BYTES // 1000} kB")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
