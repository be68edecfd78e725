"""Pictures and files that come with questions: under which names they are kept."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import unquote

from modules.folder import MOST_MEDIA_BYTES, SHOWN, TYPES, suffix_of

MOST_MEDIA = 1_000
MOST_BYTES = 150 << 20
_DATA = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)(?:;[a-z0-9=-]+)*;base64,(.*)", re.DOTALL | re.IGNORECASE)
_KINDS = {kind: suffix for suffix, kind in reversed(SHOWN.items())} | {"image/jpg": ".jpg"}
_MAGIC = ((b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"<svg", ".svg"), (b"<?xml", ".svg"))


class Media:
    """Files by the name under which texts refer to them, always `media/…`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._total = 0

    def keep(self, name: str, content: bytes) -> str | None:
        """Keep a file; returns its address for texts, None when it cannot be one of a course."""
        suffix = suffix_of(name)
        if suffix not in TYPES:
            suffix = next((found for start, found in _MAGIC if content.lstrip().startswith(start)), "")
        if not suffix or not content or len(content) > MOST_MEDIA_BYTES:
            return None
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name.rsplit("/", 1)[-1].rsplit(".", 1)[0]).strip("-")[:40] or "picture"
        digest = hashlib.blake2s(content, digest_size=4).hexdigest()
        path = f"media/{stem}{suffix}" if stem.endswith(f"-{digest}") else f"media/{stem[:31]}-{digest}{suffix}"
        if path not in self.files:
            if len(self.files) >= MOST_MEDIA or self._total + len(content) > MOST_BYTES:
                return None
            self._total += len(content)
            self.files[path] = content
        return path

    def keep_encoded(self, name: str, encoded: str) -> str | None:
        """Keep a file that is written as base64."""
        try:
            return self.keep(name, base64.b64decode("".join(encoded.split()), validate=True))
        except (binascii.Error, ValueError):
            return None

    def keep_data(self, address: str) -> str | None:
        """Keep what a `data:` address holds."""
        found = _DATA.match(address.strip())
        return self.keep_encoded(f"picture{_KINDS.get(found[1].lower(), '')}", found[2]) if found else None


class Finder:
    """Finds the file that a text names by a relative address, by its path or only its name."""

    def __init__(self, media: Media, files: Mapping[str, bytes], folder: str = "") -> None:
        self._media = media
        self._files = files
        self._folder = folder
        self._by_name = {path.rsplit("/", 1)[-1]: path for path in files}

    def __call__(self, address: str) -> str | None:
        """The address to write in its place; None: there is no such file."""
        path = _relative(unquote(address.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]))
        places = (f"{self._folder}/{path}".lstrip("/"), path, self._by_name.get(path.rsplit("/", 1)[-1], ""))
        found = next((place for place in places if place in self._files), None)
        return self._media.keep(found, self._files[found]) if found else None


def _relative(address: str) -> str:
    for start in ("@@PLUGINFILE@@/", "$IMS-CC-FILEBASE$/", "%24IMS-CC-FILEBASE%24/", "./", "../"):
        address = address.removeprefix(start)
    return address
