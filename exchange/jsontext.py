"""JSON that strangers send: well-formed, and without so many parts that they would fill the memory."""

import json
from typing import Any

from core.i18n import N_
from exchange.collecting import Collected
from exchange.text import decode

MOST_BYTES = 32 << 20
MOST_MEMORY = 150 << 20                # about: what the parts take beside the text
_PART, _VALUE = 64, 40


def read_json(content: bytes, name: str, collected: Collected) -> Any:
    """What a file holds; None, with a finding, when it cannot be read."""
    parts = content.count(b"{") + content.count(b"[")
    if len(content) > MOST_BYTES or parts * _PART + content.count(b",") * _VALUE > MOST_MEMORY:
        collected.find("file-size", 0, N_("“%(name)s” is larger than %(most)s MB or has too many parts."), N_("Split the content."), name=name[-120:], most=MOST_BYTES >> 20)
        return None
    try:
        return json.loads(decode(content, collected) or "null")
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        collected.find("json", line, N_("“%(name)s” is not well-formed JSON (column %(column)s)."), N_("Export the content anew."), name=name[-120:], column=column)
        return None
