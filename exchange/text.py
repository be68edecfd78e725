"""Bytes of a foreign file to text, whatever encoding it claims or has; piece by piece, so that a large file is never there twice."""

import codecs
import re
from collections.abc import Iterator
from io import IncrementalNewlineDecoder

from core.i18n import N_
from exchange.collecting import Collected
from modules.findings import Severity

PIECE = 1 << 16
LONGEST_LINE = 100_000                 # of lines(): more than any question may have
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def decode(content: bytes, collected: Collected) -> str:
    """The text with line feeds as line ends; what had to be guessed or left out is a finding."""
    return "".join(pieces(content, collected))


def pieces(content: bytes, collected: Collected) -> Iterator[str]:
    """The same in pieces of no particular length."""
    encoding, errors = _encoding(content, collected)
    decoder = IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(errors), translate=True)
    told = False
    for at in range(0, len(content), PIECE):
        text = decoder.decode(content[at:at + PIECE], final=at + PIECE >= len(content))
        text = text if at else text.removeprefix("\ufeff")
        if _CONTROL.search(text):
            if not told:
                collected.find("control-character", 0, N_("Characters that cannot be seen were left out of the text."),
                               N_("Look at the questions once more."), severity=Severity.WARNING)
            told = True
            text = _CONTROL.sub("", text)
        yield text


def lines(content: bytes, collected: Collected) -> Iterator[str]:
    """The lines of a text, each cut where it is longer than anything that can be read."""
    begun = ""
    for piece in pieces(content, collected):
        first, *others = piece.split("\n")
        begun = (begun + first)[:LONGEST_LINE]
        if others:
            yield begun
            yield from (line[:LONGEST_LINE] for line in others[:-1])
            begun = others[-1][:LONGEST_LINE]
    yield begun


def _encoding(content: bytes, collected: Collected) -> tuple[str, str]:
    """The encoding, and what to do about bytes that it does not know."""
    return _marked(content) or _declared(content, collected) or _guessed(content, collected)


def _marked(content: bytes) -> tuple[str, str] | None:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, "replace"
    head = content[:400]
    if head and head.count(0) > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be", "replace"
    return None


def _declared(content: bytes, collected: Collected) -> tuple[str, str] | None:
    declared = _DECLARED.match(content)
    if not declared:
        return None
    name = declared[1].decode("ascii")
    try:
        if codecs.lookup(name).name in ("utf-8", "utf-16", "utf-32"):
            return None
        b"".decode(name)  # Says so if it is no encoding of texts.
        if _first_fault(content, name) is None:
            return name, "replace"
    except (LookupError, ValueError):
        pass
    collected.find("encoding", 1, N_("The file says that it is encoded as %(name)s, but it is not."),
                   N_("Look at letters with accents once more."), severity=Severity.WARNING, name=name)
    return None


def _guessed(content: bytes, collected: Collected) -> tuple[str, str]:
    fault = _first_fault(content, "utf-8")
    if fault is not None:
        collected.find("encoding", content.count(b"\n", 0, fault) + 1, N_("The file is not encoded as UTF-8; it was read as Windows-1252."),
                       N_("Look at letters with accents once more."), severity=Severity.WARNING)
    return ("utf-8", "replace") if fault is None else ("cp1252", "replace")


def _first_fault(content: bytes, encoding: str) -> int | None:
    """Where the first byte is that an encoding does not know."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for at in range(0, len(content), PIECE):
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(content[at:at + PIECE], final=at + PIECE >= len(content))
        except UnicodeDecodeError as error:
            return at - waiting + error.start
    return None
