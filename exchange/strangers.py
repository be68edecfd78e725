"""Files that hold no questions in a format of questions: what they are, as far as that can be told, and what to do instead."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from core.i18n import N_

_ROOT = re.compile(r"<(?!\?|!)([A-Za-z_][\w:.-]{0,60})")
_EXPORT = N_("Export the questions in the system that they come from, e.g. as Moodle XML, QTI or GIFT; or write them in GIFT.")
_BACKUP = N_("This is a backup of a Moodle course, which cannot be read."), N_("Export the questions in Moodle: Question bank → Export → Moodle XML.")
_TEXT = N_("This is a text of a word processor, in which questions cannot be told from their answers."), _EXPORT
_PAGE = N_("This is a web page, in which questions cannot be told from their answers."), _EXPORT
_STARTS = (
    (b"%PDF", (N_("This is a PDF, in which questions cannot be told from their answers."), _EXPORT)), (b"{\\rtf", _TEXT), (b"\xd0\xcf\x11\xe0", _TEXT), (b"\x1f\x8b", _BACKUP),
)
_INSIDE = (("moodle_backup.xml", _BACKUP), ("word/document.xml", _TEXT), ("content.xml", _TEXT),
           ("xl/workbook.xml", (N_("This is a spreadsheet, in which questions cannot be told from their answers."), _EXPORT)))


def file_told(content: bytes, head: str) -> tuple[str, str, Mapping[str, Any]] | None:
    """What a file is, what to do about it, and the values of both messages; None when it may be anything."""
    told = next((told for start, told in _STARTS if content[:1000].lstrip().startswith(start)), None)
    if told:
        return *told, {}
    root = _ROOT.search(head) if head.lstrip().startswith("<") else None
    if root and root[1].lower() in ("html", "body", "head"):
        return *_PAGE, {}
    if root:
        return N_("This is XML, but of no kind that holds questions here: it begins with <%(root)s>."), _EXPORT, {"root": root[1]}
    return None


def archive_told(paths: Collection[str]) -> tuple[str, str] | None:
    """The same for an archive, by what lies in it."""
    return next((told for path, told in _INSIDE if path in paths), None)
