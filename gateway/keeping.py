"""Where no launcher looks after the models (granian or gunicorn under systemd): one of the web processes starts their keeper."""

import os
import subprocess
import sys
import threading
from contextlib import suppress

from core.config import Settings
from gateway import keeper

FIRST_LOOK = 20.0          # seconds that `./lotse run`, which brings a keeper of its own, has for it
LOOK_EVERY = 10.0


def see_to_models(settings: Settings, over: threading.Event | None = None) -> None:
    """Look now and then, in a thread, whether somebody keeps the models, and start a keeper when nobody does; until `over`.

    Of several processes that start one at the same time one gets the lock; the others' keepers wait for it to die.
    """
    if settings.model == "none" and not settings.embedded_model_path:
        return
    threading.Thread(target=_look, args=(settings, over or threading.Event()), name="keeper", daemon=True).start()


def _look(settings: Settings, over: threading.Event) -> None:
    started: subprocess.Popen[bytes] | None = None
    pause = FIRST_LOOK
    while not over.wait(pause):
        pause = LOOK_EVERY
        if started is None or started.poll() is not None:
            with suppress(OSError):
                if keeper.free(settings.data_dir):
                    environ = os.environ | {"PYTHONPATH": str(keeper.ROOT)}
                    started = subprocess.Popen([sys.executable, "-P", "-m", "gateway.keeper"], stdin=subprocess.DEVNULL, env=environ)
