"""Bytes of a foreign file to text, whatever encoding it claims or has."""

import codecs
import re

from core.i18n import N_
from exchange.collecting import Collected
from modules.findings import Severity

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def decode(content: bytes, collected: Collected) -> str:
    """The text with line feeds as line ends; what had to be guessed or left out is a finding."""
    text = _marked(content) or _declared(content, collected) or _guessed(content, collected)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        collected.find("control-character", 0, N_("Characters that cannot be seen were left out of the text."),
                       N_("Look at the questions once more."), severity=Severity.WARNING)
        text = _CONTROL.sub("", text)
    return text


def _marked(content: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    head = content[:400]
    if head and head.count(0) > len(head) // 4:
        return content.decode("utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be", "replace")
    return None


def _declared(content: bytes, collected: Collected) -> str | None:
    declared = _DECLARED.match(content)
    if not declared:
        return None
    name = declared[1].decode("ascii")
    try:
        if codecs.lookup(name).name in ("utf-8", "utf-16", "utf-32"):
            return None
        return content.decode(name)
    except (LookupError, UnicodeDecodeError, ValueError):
        collected.find("encoding", 1, N_("The file says that it is encoded as %(name)s, but it is not."),
                       N_("Look at letters with accents once more."), severity=Severity.WARNING, name=name)
        return None


def _guessed(content: bytes, collected: Collected) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        collected.find("encoding", line, N_("The file is not encoded as UTF-8; it was read as Windows-1252."),
                       N_("Look at letters with accents once more."), severity=Severity.WARNING)
        return content.decode("cp1252", "replace")
