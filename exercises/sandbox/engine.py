"""The engine's settings: what is compiled ahead can be loaded only by an engine of the same settings."""

from wasmtime import Config, Engine

# More than the engine's own stack for host calls (2 MB) would make it panic, and with it the whole process.
WASM_STACK = 1 << 20


def new_engine() -> Engine:
    """An engine that counts steps and can be interrupted."""
    config = Config()
    config.epoch_interruption = True
    config.consume_fuel = True
    config.max_wasm_stack = WASM_STACK
    return Engine(config)
