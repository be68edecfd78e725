"""Lotse itself under real HTTP, for tests that have another system at the other end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from flask import Flask

from app import create_app
from core import db
from tests.conftest import forget_kept, settings_for
from tests.demo.servers import forms, serving


@contextmanager
def serving_lotse(database_url: str, folder: Path, port: int, **given: str) -> Iterator[Flask]:
    """Lotse at http://localhost:`port`. Jobs run at once, in the request that caused them."""
    app = create_app(settings_for(database_url, folder, base_url=f"http://localhost:{port}", **given), testing=True, eager_jobs=True)
    app.config["RATELIMIT_ENABLED"] = False
    forget_kept()
    with serving(app, port):
        yield app
    db.session.remove()
    app.extensions["engine"].dispose()


def question(page: httpx2.Response, item: str) -> int:
    """Which form of a module's page belongs to this question."""
    return next(number for number, form in enumerate(forms(page)) if form.action.endswith(f"/{item}/answer"))
