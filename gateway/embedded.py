"""The embedded language model: llama.cpp's own server in a process of its own, on this machine only.

    python -m gateway.embedded --model FILE.gguf --data DIR

It is one more OpenAI-compatible gateway. Its address and its random key stand in DIR/models/server.json, readable by
this user only, as long as it serves. When it crashes, whoever started it starts it again; when its parent is gone, it goes.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

SERVER_FILE = Path("models/server.json")
CONTEXT_TOKENS = 8192
AT_ONCE = 2           # Answers side by side; each gets its share of the context.
LOOK_EVERY = 1.0


def main(arguments: list[str] | None = None) -> None:
    """Load the model, say where it is served, and stay until told to stop or left alone."""
    parser = argparse.ArgumentParser(prog="python -m gateway.embedded", description="Serve a GGUF model on this machine.")
    parser.add_argument("--model", type=Path, required=True, help="the model's file")
    parser.add_argument("--data", type=Path, required=True, help="folder in which models/server.json is written")
    options = parser.parse_args(arguments)
    if not options.model.is_file():
        sys.exit(f"There is no model file {options.model}.")
    parent = os.getppid()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    target = options.data / SERVER_FILE
    target.unlink(missing_ok=True)
    key = secrets.token_urlsafe(32)
    server = _serve(options.model, key)
    _announce(target, {"url": f"{server.listening_address}/v1", "key": key, "model": options.model.stem, "pid": os.getpid()})
    while not stopping.wait(LOOK_EVERY) and os.getppid() == parent:
        pass
    _end(target)


def _serve(model: Path, key: str) -> Any:
    import xllamacpp  # noqa: PLC0415 - half a second and 100 MB that only this process needs.

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.model_alias = {model.stem}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = AT_ONCE
    parameters.cpuparams.n_threads = max(1, min(os.cpu_count() or 1, 8))
    parameters.endpoint_slots = False  # They would show what others ask.
    parameters.ui = False
    parameters.cors_origins = "https://nobody.invalid"  # No page of a browser has business here.
    parameters.sse_ping_interval = 1   # So that a stop is noticed while a prompt waits or is being read.
    parameters.cache_ram_mib = 0       # Old conversations are not kept: memory, and other people's words.
    return xllamacpp.Server(parameters)


def _announce(target: Path, server: dict[str, Any]) -> None:
    """Write the file in one step, so that a reader never sees half of it and nobody else sees the key."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(server, file)
    draft.replace(target)


def _end(target: Path) -> NoReturn:
    """Leave at once: the server's threads would wait for answers that nobody reads any more."""
    with suppress(OSError, ValueError):
        if json.loads(target.read_text())["pid"] == os.getpid():
            target.unlink()
    os._exit(0)


if __name__ == "__main__":
    main()
