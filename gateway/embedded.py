"""The embedded language model: llama.cpp's own server in a process of its own, on this machine only.

    python -m gateway.embedded --model FILE.gguf --data DIR

It is one more OpenAI-compatible gateway. Its address and its random key stand in DIR/models/server.json, readable by
this user only, as long as it serves. When it crashes, whoever started it starts it again (gateway.keeper); when its parent is
gone, it goes.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from gateway.child import BAD_FILE, BAD_PROCESSOR, Life, announce, end, limit_memory, missing_instructions, refuse

SERVER_FILE = Path("models/server.json")
CONTEXT_TOKENS = 8192
AT_ONCE = 2           # Answers side by side; each gets its share of the context.


def main(arguments: list[str] | None = None) -> None:
    """Load the model, say where it is served, and stay until told to stop or left alone."""
    parser = argparse.ArgumentParser(prog="python -m gateway.embedded", description="Serve a GGUF model on this machine.")
    parser.add_argument("--model", type=Path, required=True, help="the model's file")
    parser.add_argument("--data", type=Path, required=True, help="folder in which models/server.json is written")
    parser.add_argument("--file", type=Path, help="another file to write in its place")
    parser.add_argument("--limit", type=int, default=0, help="most memory of its own in MB (0: no limit)")
    options = parser.parse_args(arguments)
    check(options.model)
    limit_memory(options.limit)
    life = Life()
    target = options.file or options.data / SERVER_FILE
    target.unlink(missing_ok=True)
    key = secrets.token_urlsafe(32)
    try:
        server = _serve(options.model, key)
    except RuntimeError:
        refuse(BAD_FILE, f"{options.model} cannot be loaded: it is damaged, or a kind of model that llama.cpp does not know.")
    announce(target, {"url": f"{server.listening_address}/v1", "key": key, "model": options.model.stem, "pid": os.getpid()})
    while life.goes_on():
        pass
    end(target)


def check(model: Path) -> None:
    """End with a clear line where starting cannot succeed: no file, no GGUF file, a processor that is too old."""
    if not model.is_file():
        sys.exit(f"There is no model file {model}.")
    try:
        with model.open("rb") as file:
            mark = file.read(4)
    except OSError as error:
        refuse(BAD_FILE, f"{model} cannot be read: {error.strerror}.")
    if mark != b"GGUF":
        refuse(BAD_FILE, f"{model} is not a GGUF file.")
    missing = missing_instructions()
    if missing:
        refuse(BAD_PROCESSOR, f"This processor lacks {', '.join(missing)}: language models cannot run here. Use --model none.")


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
    parameters.cache_prompt = False    # The same seed gives the same answer only when nothing is left of the one before.
    return xllamacpp.Server(parameters)


if __name__ == "__main__":
    main()
