"""Pictures and files that authors upload: known by what is in them, not by their name."""

import re
from pathlib import PurePosixPath

from core.i18n import N_
from modules.folder import SHOWN, TYPES, suffix_of
from studio.service import StudioError

_BEGIN: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    (".png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    (".jpg", re.compile(rb"\xff\xd8\xff")),
    (".gif", re.compile(rb"GIF8[79]a")),
    (".webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    (".avif", re.compile(rb"....ftypavi[fs]", re.DOTALL)),
    (".pdf", re.compile(rb"%PDF-")),
    (".svg", re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]", re.DOTALL)),
)


def media_name(name: str, content: bytes) -> str:
    """The name under which an upload is kept. Raises StudioError when its content is nothing that courses show."""
    suffix = _kind(content, suffix_of(name))
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePosixPath(name.replace("\\", "/")).stem).strip("-")[:60] or "datei"
    return stem + suffix


def is_picture(name: str) -> bool:
    """Whether it is shown, and so needs words for those who cannot see it."""
    return suffix_of(name) in SHOWN


def reference(name: str, words: str) -> str:
    """What to write into a module's text."""
    plain = re.sub(r"[\[\]\n]", " ", words).strip()
    return f"![{plain}](media/{name})" if is_picture(name) else f"[{plain or name}](media/{name})"


def _kind(content: bytes, wanted: str) -> str:
    for suffix, begin in _BEGIN:
        if begin.match(content[:4096]):
            return wanted if TYPES.get(wanted) == TYPES[suffix] else suffix
    if wanted in (".txt", ".csv") and b"\0" not in content:
        try:
            content.decode()
        except UnicodeDecodeError:
            pass
        else:
            return wanted
    raise StudioError(N_("This file is no picture, PDF or text that courses can show: choose PNG, JPEG, GIF, WebP, AVIF, SVG, PDF, TXT or CSV."))
