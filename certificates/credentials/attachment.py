"""Badges that lie in a PDF as attached files.

The file may come from anybody, so it is not read as a PDF: readers of PDF unpack what a file tells them to unpack, and a
small one can hold gigabytes. Attached files are looked for by their mark, few of them, and each is unpacked up to a bound.
"""

import json
import re
import zlib
from collections.abc import Iterator
from itertools import islice

LONGEST = 64_000
"""Bytes of a badge that is looked at; ours have about four thousand."""
MOST = 16
"""Attached files that are looked at."""
_HEAD = 2_000              # bytes before a stream in which its dictionary begins
_TAIL = 1_510              # bytes from the mark to where its stream begins, at most
_MOST_MARKS = 1_000        # that are looked at, with a stream behind them or not
_MARK = re.compile(rb"/Type\s{0,9}/EmbeddedFile\b")
_BEGIN = re.compile(rb"[^\x00]*?\bstream\r?\n")


def badges(pdf: bytes) -> tuple[str, ...]:
    """The different badges in a PDF, in their order; as a rule one. Anything may come in; nothing is raised."""
    return tuple(dict.fromkeys(text for text in _attached(pdf) if _is_badge(text)))


def _attached(pdf: bytes) -> Iterator[str]:
    for begun in islice(_streams(pdf), MOST):
        dictionary = pdf[max(pdf.rfind(b" obj", 0, begun), begun - _HEAD, 0):begun]
        content = _unpacked(pdf[begun:begun + 2 * LONGEST], packed=b"/FlateDecode" in dictionary)
        if content is not None:
            yield content


def _streams(pdf: bytes) -> Iterator[int]:
    """Where the content of attached files begins."""
    last = -1
    for mark in islice(_MARK.finditer(pdf), _MOST_MARKS):
        if mark.start() < last:        # Within the file before it.
            continue
        if found := _BEGIN.match(pdf, mark.end(), mark.end() + _TAIL):
            last = found.end()
            yield last


def _unpacked(rest: bytes, *, packed: bool) -> str | None:
    """What begins here, up to its end; None if it is too long, broken or no text."""
    if packed:
        reader = zlib.decompressobj()
        try:
            content = reader.decompress(rest, LONGEST)
        except zlib.error:
            return None
        if not reader.eof:
            return None
    else:
        content, end, _ = rest.partition(b"endstream")
        if not end or len(content) > LONGEST:
            return None
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None


def _is_badge(text: str) -> bool:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "OpenBadgeCredential" in (document.get("type") or ())
