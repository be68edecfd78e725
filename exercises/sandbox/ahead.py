"""Compiles a component ahead for this machine, in a process of its own: it takes half a gigabyte for a while.

    python -m exercises.sandbox.ahead COMPONENT TARGET          (started by build.py)

Only this and the worker load the engine; the house's own processes never do.
"""

import sys
from pathlib import Path

from wasmtime import WasmtimeError
from wasmtime.component import Component

from exercises.sandbox.engine import new_engine


def main(component: str, target: str) -> None:
    """Write the machine code for a component."""
    try:
        Path(target).write_bytes(Component.from_file(new_engine(), component).serialize())
    except (WasmtimeError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
