"""`./lotse models list` and `fetch NAME`: what models there are, and bringing one, with how far it is for the status page."""

import argparse
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from setup import tools
from setup.environment import Environment
from setup.models import Model, Status, fetch, known, path_of, pinned, read_status, ready_status, sound, write_status
from setup.part_download import with_uv
from setup.terminal import Progress, SetupError, megabytes, say

STATUS_EVERY = 0.5


def run(environment: Environment, arguments: list[str]) -> int:
    """Carry out the command. Raises SetupError when the model cannot be had."""
    parser = argparse.ArgumentParser(prog="./lotse models", description="The embedded language models.")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="which models there are, and which of them stand here")
    listing.add_argument("--data", type=Path, default=environment.data, help="folder for the models (%(default)s)")
    fetching = commands.add_parser("fetch", help="fetch a model; goes on where it stopped")
    fetching.add_argument("name", choices=[model.name for model in known()])
    fetching.add_argument("--data", type=Path, default=environment.data, help="folder for the models (%(default)s)")
    fetching.add_argument("--quiet", action="store_true", help="no progress on the terminal, only in its status file")
    options = parser.parse_args(arguments)
    if options.command == "list":
        print(table(options.data.absolute()), flush=True)
        return 0
    model = pinned(options.name)
    path = bring(environment, model, options.data.absolute(), quiet=options.quiet)
    if not options.quiet:
        say(f"{model.title} is there: {path}")
    return 0


def table(data: Path) -> str:
    """The models in lines: name, title, size, memory, licence, and how each stands in this data folder."""
    rows = [("NAME", "MODEL", "DOWNLOAD", "MEMORY", "LICENCE", "STATE")]
    for model in known():
        rows.append((model.name, model.title, megabytes(model.bytes), f"{model.memory_mb} MB", model.licence, state(model, data)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def state(model: Model, data: Path) -> str:
    """How a model stands in a data folder, in a few words."""
    if path_of(model, data).exists():
        return "there" if sound(model, data) else f"damaged; ./lotse models fetch {model.name}"
    status = read_status(data, model.name)
    if status and status.state == "failed":
        return f"failed: {status.message}"
    return f"not there; ./lotse models fetch {model.name}"


def bring(environment: Environment, model: Model, data: Path, *, quiet: bool = False) -> Path:
    """Fetch the model with progress on the terminal and in its status file. Raises SetupError when it cannot be had."""
    progress = Progress(model.title, model.bytes)
    status = Status(model.name, "fetching", total=model.bytes)
    with suppress(OSError):  # If it stays full, fetching says so.
        write_status(data, status)
    written = time.monotonic()

    def report(done: int) -> None:
        nonlocal written
        if not quiet:
            progress.show(done)
        if time.monotonic() - written >= STATUS_EVERY:
            written = time.monotonic()
            write_status(data, replace(status, done=done))

    try:
        path = fetch(model, data, with_uv(environment.uv(), tools.base_python()), report)
    except (SetupError, OSError) as error:
        last = read_status(data, model.name) or status
        with suppress(OSError):  # On a full disk there may be no room even for this.
            write_status(data, replace(last, state="failed", message=str(error)))
        raise SetupError(f"{model.title} is not complete: {error}. Go on with: ./lotse models fetch {model.name}") from error
    finally:
        progress.close()
    write_status(data, ready_status(model, data))
    return path
