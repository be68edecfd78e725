"""A Lotse of one's own for a browser test, and people who are signed in there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page

from accounts.models import Person
from core import db, sessions
from tests.demo.house import serving_lotse
from tests.ports import free_port


@dataclass
class Desk:
    """A house that serves, and a browser in front of it."""

    app: Flask
    site: str
    chromium: Browser
    options: dict[str, Any]

    def page(self, who: Person | None = None, path: str = "/", **options: Any) -> Page:
        """A page in a browser of its own, in which this person is signed in. The context is closed with the browser's other pages."""
        context = self.chromium.new_context(**{**self.options, **options})
        if who is not None:
            opened = self.app.session_interface
            assert isinstance(opened, sessions.DatabaseSessions)
            secret = opened.create({"_user_id": str(who.id), "organisation_id": who.organisation_id, "_fresh": True})
            db.session.remove()
            # A `__Host-` cookie can be given for https addresses only; the browser sends it to localhost all the same.
            context.add_cookies([{"name": sessions.DIRECT_COOKIE, "value": secret, "url": self.site.replace("http:", "https:"), "secure": True}])
        page = context.new_page()
        page.goto(self.site + path)
        return page


@contextmanager
def opened(chromium: Browser, template: Path, folder: Path, **options: Any) -> Iterator[Desk]:
    """Serve a house on a copy of the empty database; `options` are those of the browser's contexts."""
    shutil.copy(template, folder / "lotse.sqlite3")
    port = free_port()
    before = set(chromium.contexts)
    with serving_lotse(f"sqlite:///{folder}/lotse.sqlite3", folder, port) as app:
        yield Desk(app, f"http://localhost:{port}", chromium, {"reduced_motion": "reduce", **options})
        for context in set(chromium.contexts) - before:
            context.close()
