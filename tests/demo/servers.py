"""Real HTTP for tests: an app on a loopback port in a thread, and a small browser without scripts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    """Serve `app` on 127.0.0.1:`port` while the block runs."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Form:
    """A form of a page. `choices` are all values of fields with one name: radio buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "input" and self.forms and "name" in given:
            form, name, value = self.forms[-1], given["name"], given.get("value", "")
            form.fields[name] = value
            form.choices.setdefault(name, []).append(value)


class Browser:
    """Keeps cookies by host, follows redirects, posts forms.

    httpx2's own cookie jar is of no use here: it never gives back `Secure` cookies to http://localhost, as browsers do.
    """

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.cookies: dict[str, dict[str, str]] = {}

    def get(self, url: str) -> httpx2.Response:
        """Open a page."""
        return self.request("GET", url)

    def submit(self, page: httpx2.Response, number: int = 0, **changes: str) -> httpx2.Response:
        """Post a form of the page, as its button or its script does."""
        form = forms(page)[number]
        target = urljoin(str(page.url), form.action)
        return self.request(form.method.upper(), target, form.fields | changes)

    def request(self, method: str, url: str, data: dict[str, str] | None = None) -> httpx2.Response:
        """One request and all the redirects after it."""
        answer = self._once(method, url, data)
        while answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            answer = self._once(method, target, data) if answer.status_code == 307 else self._once("GET", target, None)
        return answer

    def _once(self, method: str, url: str, data: dict[str, str] | None) -> httpx2.Response:
        jar = self.cookies.setdefault(urlsplit(url).hostname or "", {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        answer = self._http.request(method, url, data=data, headers=headers, follow_redirects=False)
        self._http.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            jar[name] = value
        return answer


def forms(page: httpx2.Response) -> list[Form]:
    """All forms of a page."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms
