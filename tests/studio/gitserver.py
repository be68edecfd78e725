"""Git repositories made by the git program, and served by its own http-backend on loopback."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_ENVIRON = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Grace Höpper", "GIT_AUTHOR_EMAIL": "grace@example.org",
    "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.org", "GIT_AUTHOR_DATE": "2026-03-01T12:00:00+0100", "GIT_COMMITTER_DATE": "2026-03-01T12:00:00+0100",
}


@dataclass
class Repository:
    """A repository with a working copy, whose commits a test makes."""

    root: Path

    def git(self, *words: str, given: bytes = b"") -> str:
        """Run git in it."""
        return subprocess.run(["git", *words], cwd=self.root, env=_ENVIRON, input=given, capture_output=True, check=True, timeout=60).stdout.decode().strip()

    def commit(self, files: Mapping[str, bytes | None], message: str = "Neu", links: Mapping[str, str] | None = None) -> str:
        """Write, delete and link files, and commit that; the id."""
        for path, content in files.items():
            target = self.root / path
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        for path, target_of in (links or {}).items():
            (self.root / path).symlink_to(target_of)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


def repository(root: Path, branch: str = "main") -> Repository:
    """An empty one."""
    root.mkdir(parents=True)
    made = Repository(root)
    made.git("init", "--quiet", f"--initial-branch={branch}")
    made.git("config", "uploadpack.allowFilter", "true")
    return made


@dataclass
class Server:
    """A git server. `token`: what it asks for; `asked`: the requests that came; `redirect`: only addresses with .git are served."""

    base: str = ""
    host: str = ""
    token: str = ""
    redirect: bool = False
    asked: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """Serve all repositories below a folder."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, server, root)

        do_POST = do_GET  # noqa: N815 - the name that the library looks for

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.host = f"127.0.0.1:{http.server_address[1]}"
    server.base = f"http://{server.host}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _answer(handler: BaseHTTPRequestHandler, server: Server, root: Path) -> None:
    parts = urlsplit(handler.path)
    server.asked.append(f"{handler.command} {parts.path}")
    given = handler.headers.get("Authorization", "")
    server.seen.append(base64.b64decode(given.removeprefix("Basic ")).decode() if given else "")
    if server.token and server.seen[-1].partition(":")[2] != server.token:
        handler.send_response(401)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    if server.redirect and ".git/" not in parts.path:
        handler.send_response(301)
        handler.send_header("Location", "http://169.254.169.254/latest")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    environ = {
        **_ENVIRON, "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": handler.command, "PATH_INFO": parts.path.replace(".git/", "/"),
        "QUERY_STRING": parts.query, "CONTENT_TYPE": handler.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.0.1",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    }
    said = subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=False, timeout=60).stdout
    head, _, content = said.partition(b"\r\n\r\n")
    headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
    handler.send_response(int(next((value.split()[0] for name, value in headers if name == "Status"), "200")))
    for name, value in headers:
        if name != "Status":
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
