"""Bytes of a course's text file to text: UTF-8 only, and what to do about anything else."""

import codecs
import re

from core.i18n import N_
from modules.findings import Finding, FormatError

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SAVE_AS = N_("Open the file in your editor, choose “Save with encoding” (or “Save as”), and choose UTF-8.")


def read_text(path: str, content: bytes) -> str:
    """The text with line feeds as line ends and without a byte order mark. Raises FormatError."""
    if content.startswith(_UTF16_MARKS) or content[:200].count(0) > len(content[:200]) // 4:
        raise FormatError(Finding("encoding", path, 1, N_("The file is encoded as UTF-16, not as UTF-8."), _SAVE_AS))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The count of the byte order mark's bytes does not matter for the line.
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(Finding(
            "encoding", path, line,
            N_("Byte %(byte)s (number %(offset)s of the file) is not UTF-8; perhaps the file is in Windows-1252 or Latin-1."),
            _SAVE_AS, values={"byte": f"0x{content[error.start]:02X}", "offset": error.start},
        )) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if control := _CONTROL.search(text):
        raise FormatError(Finding(
            "control-character", path, text.count("\n", 0, control.start()) + 1,
            N_("The control character U+%(code)s stands in the text."), N_("Delete it, or write the line again."),
            values={"code": f"{ord(control[0]):04X}"},
        ))
    return text
