"""Small files by which processes tell each other how they stand."""

import json
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, Any]:
    """A file that another process writes in one step; empty when it is not there."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
