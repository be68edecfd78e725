"""What a WSGI server serves: the app with its background work inside, unless there are workers of its own."""

from app import create_app
from core import jobs
from core.config import Settings

settings = Settings.from_env()
app = create_app(settings)
if settings.broker_url.startswith("memory"):
    jobs.embed(settings)
