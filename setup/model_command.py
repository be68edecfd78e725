"""`./lotse models fetch small|default`: brings a model, and writes down how far it is for the status page."""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from setup import tools
from setup.environment import Environment
from setup.models import Model, Status, fetch, path_of, pinned, read_status, ready_status, write_status
from setup.part_download import with_uv
from setup.terminal import Progress, SetupError, say

STATUS_EVERY = 0.5


def run(environment: Environment, arguments: list[str]) -> int:
    """Carry out the command. Raises SetupError when the model cannot be had."""
    parser = argparse.ArgumentParser(prog="./lotse models", description="The embedded language models.")
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="fetch a model; goes on where it stopped")
    fetching.add_argument("name", choices=["small", "default"])
    fetching.add_argument("--data", type=Path, default=environment.data, help="folder for the models (%(default)s)")
    fetching.add_argument("--quiet", action="store_true", help="no progress on the terminal, only in status.json")
    options = parser.parse_args(arguments)
    model = pinned(options.name)
    path = bring(environment, model, options.data.absolute(), quiet=options.quiet)
    if not options.quiet:
        say(f"{model.title} is there: {path}")
    return 0


def bring(environment: Environment, model: Model, data: Path, *, quiet: bool = False) -> Path:
    """Fetch the model with progress on the terminal and in status.json. Raises SetupError when it cannot be had."""
    ready = path_of(model, data)
    if ready.exists():
        write_status(data, ready_status(model, data))
        return ready
    progress = Progress(model.title, model.bytes)
    status = Status(model.name, "fetching", total=model.bytes)
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
        last = read_status(data) or status
        write_status(data, replace(last, state="failed", message=str(error)))
        raise SetupError(f"{model.title} is not complete: {error}. Go on with: ./lotse models fetch {model.name}") from error
    finally:
        progress.close()
    write_status(data, ready_status(model, data))
    return path
