"""What a WSGI server serves: the app with its background work inside, unless there are workers of its own."""

import signal

# A worker process begins as a copy of granian's main process, with its handler, which would swallow the order to end until the
# house is up. So for that long the system's own rule holds: end at once.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from app import create_app  # noqa: E402 - this takes a second, in which the order may come
from core import jobs  # noqa: E402
from core.config import Settings  # noqa: E402
from core.lane import Lane  # noqa: E402
from gateway.keeping import see_to_models  # noqa: E402

settings = Settings.from_env()
app = create_app(settings)
app.wsgi_app = Lane(app.wsgi_app)  # type: ignore[method-assign]
if settings.broker_url.startswith("memory"):
    jobs.embed(settings)
see_to_models(settings)
