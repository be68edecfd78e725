"""What organisations seal with: the file seals.toml in the data folder, one section for each organisation's slug.

It is read anew for each seal, so that a new key is used without a restart; a mistake in one section leaves the others at work.
Secrets do not stand in it: it names an environment variable or a file that holds them.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from certificates.sealing.errors import SealError
from certificates.snapshot import Texts, texts

FILE = "seals.toml"
_COMMON = frozenset({"kind", "chain", "tsa", "timestamp", "reason", "location"})
_KEYS = {
    "none": frozenset({"kind"}),
    "pkcs12": _COMMON | {"path", "passphrase_env", "passphrase_file"},
    "pkcs11": _COMMON | {"module", "token", "certificate", "key", "pin_env", "pin_file"},
}


class Timestamp(StrEnum):
    """Whether a seal needs a timestamp."""

    REQUIRE = "require"
    PREFER = "prefer"
    OFF = "off"


@dataclass(frozen=True)
class Secret:
    """Where a passphrase or PIN is kept."""

    env: str | None
    file: Path | None

    def read(self) -> str:
        """The secret. Raises SealError that says where none was found, and never what was found."""
        if self.env:
            if value := os.environ.get(self.env):
                return value
            raise SealError(f"the environment variable {self.env} is not set")
        assert self.file is not None
        try:
            return self.file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SealError(f"{self.file} cannot be read: {getattr(error, 'strerror', None) or 'no text'}") from error


@dataclass(frozen=True)
class Pkcs12:
    """A key and its certificate in a file."""

    path: Path
    passphrase: Secret | None


@dataclass(frozen=True)
class Pkcs11:
    """A key that never leaves its device, and the labels under which it and its certificate are found there."""

    module: Path
    token: str
    certificate: str
    key: str
    pin: Secret


@dataclass(frozen=True)
class Sealer:
    """All that an organisation seals with."""

    source: Pkcs12 | Pkcs11
    chain: Path | None
    """Certificates between the seal's and its root, PEM, so that readers find the way."""
    authority: str | None
    """Address of the timestamp authority."""
    timestamp: Timestamp
    reason: Texts | None
    location: Texts | None


def sealer_of(slug: str, data: Path) -> Sealer | None:
    """What this organisation seals with; None when its certificates are not sealed. Raises SealError."""
    section = _sections(data / FILE).get(slug)
    if section is None:
        return None
    try:
        return _sealer(section, data)
    except SealError as error:
        raise SealError(f"{FILE}: [{slug}]: {error}") from error


def slugs(data: Path) -> list[str]:
    """The organisations that have a section. Raises SealError when the file cannot be read."""
    return list(_sections(data / FILE))


def _sections(path: Path) -> Mapping[str, Any]:
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise SealError(f"{path} can be read or changed by others; please run: chmod 600 {path}")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SealError(f"{path} cannot be read: {error}") from error


def _sealer(section: Any, data: Path) -> Sealer | None:
    kind = section.get("kind") if isinstance(section, dict) else None
    if kind not in _KEYS:
        raise SealError(f'kind must be one of {", ".join(_KEYS)}')
    if unknown := set(section) - _KEYS[kind]:
        raise SealError(f"{', '.join(sorted(unknown))}: there is no such entry for {kind}; there are {', '.join(sorted(_KEYS[kind]))}")
    if kind == "none":
        return None
    authority, timestamp = _timestamp(section)
    return Sealer(
        source=_pkcs12(section, data) if kind == "pkcs12" else _pkcs11(section, data),
        chain=_path(section, "chain", data) if "chain" in section else None,
        authority=authority, timestamp=timestamp, reason=_texts(section, "reason"), location=_texts(section, "location"),
    )


def _pkcs12(section: Mapping[str, Any], data: Path) -> Pkcs12:
    return Pkcs12(_path(section, "path", data), _secret(section, "passphrase", data))


def _pkcs11(section: Mapping[str, Any], data: Path) -> Pkcs11:
    pin = _secret(section, "pin", data)
    if pin is None:
        raise SealError("pin_env or pin_file is missing")
    certificate = _text(section, "certificate")
    key = _text(section, "key") if "key" in section else certificate
    return Pkcs11(_path(section, "module", data), _text(section, "token"), certificate, key, pin)


def _timestamp(section: Mapping[str, Any]) -> tuple[str | None, Timestamp]:
    """An authority that is named is asked for timestamps, unless the section says otherwise."""
    authority = _text(section, "tsa") if "tsa" in section else None
    if authority and (urlsplit(authority).scheme not in ("http", "https") or not urlsplit(authority).hostname):
        raise SealError("tsa must be an address that begins with https:// or http://")
    wanted = section.get("timestamp", "prefer" if authority else "off")
    if wanted not in list(Timestamp):
        raise SealError(f"timestamp must be one of {', '.join(Timestamp)}")
    if wanted != Timestamp.OFF and authority is None:
        raise SealError(f"timestamp = \"{wanted}\" needs tsa, the address of a timestamp authority")
    return authority, Timestamp(wanted)


def _secret(section: Mapping[str, Any], name: str, data: Path) -> Secret | None:
    given = [key for key in (f"{name}_env", f"{name}_file") if key in section]
    if len(given) > 1:
        raise SealError(f"please give {name}_env or {name}_file, not both")
    if f"{name}_env" in given:
        variable = _text(section, f"{name}_env")
        if variable.startswith("LOTSE_"):
            raise SealError(f"{variable}: names that begin with LOTSE_ are kept for Lotse's own settings; please take another one")
        return Secret(variable, None)
    return Secret(None, _path(section, f"{name}_file", data)) if given else None


def _path(section: Mapping[str, Any], name: str, data: Path) -> Path:
    """A path; one that is not absolute begins in the data folder."""
    return data / Path(_text(section, name)).expanduser()


def _text(section: Mapping[str, Any], name: str) -> str:
    value = section.get(name)
    if not isinstance(value, str) or not value.strip():
        raise SealError(f"{name} is missing" if value is None else f"{name} must be a text")
    return value.strip()


def _texts(section: Mapping[str, Any], name: str) -> Texts | None:
    if name not in section:
        return None
    both = texts(section[name])
    if both is None:
        raise SealError(f'{name} must be a text, or {{de = "…", en = "…"}}')
    return both
