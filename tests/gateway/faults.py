"""A server of models that fails as told: what no real server can be asked to do."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

WORDS = ("The ", "library ", "opens ", "at ", "eight.")


@dataclass
class Reply:
    """One answer: a status with a body, or a stream of pieces that may break or lag."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    pieces: tuple[str, ...] = WORDS
    cut: bool = False                       # the connection ends in the middle
    reset: bool = False                     # … and not politely
    hang: threading.Event | None = None     # nothing more comes until this is set
    slow: float = 0.0                       # seconds after each piece: a model that writes at its own pace
    usage: dict[str, int] | None = field(default_factory=lambda: {"prompt_tokens": 20, "completion_tokens": 5})
    finish: str = "stop"
    drip: str = ""                          # head, body or error: from there on it comes byte by byte, and never ends


class FaultServer:
    """Answers each chat request with the next reply of `replies`, the last one for ever; keeps the requests."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply()]
        self.requests: list[dict[str, Any]] = []
        self.over = threading.Event()      # nothing drips any more
        self.model = "faulty-1"            # as it names itself in its answers
        self._http = _Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "FaultServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.over.set()
        for reply in self.replies:
            if reply.hang:
                reply.hang.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address up to /v1."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def announcement(self) -> dict[str, Any]:
        """What the embedded model's process would write into server.json."""
        return {"url": self.url, "key": "key", "model": "faulty", "pid": 1}

    def next_reply(self) -> Reply:
        """What to answer now."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, faults: FaultServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.faults = faults


class _Handler(BaseHTTPRequestHandler):
    @property
    def _faults(self) -> FaultServer:
        assert isinstance(self.server, _Http)
        return self.server.faults

    def do_GET(self) -> None:
        self._send(200, json.dumps({"data": [{"id": "faulty"}]}), {})

    def do_POST(self) -> None:
        self._faults.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        reply = self._faults.next_reply()
        if reply.drip:
            self._drip(_DRIPS[reply.drip])
        elif reply.status != 200:
            self._send(reply.status, reply.body, reply.headers)
        elif self.path.endswith("/embeddings"):
            texts = self._faults.requests[-1]["input"]
            data = [{"index": number, "embedding": [float(len(text)), 1.0]} for number, text in enumerate(texts)]
            self._send(200, json.dumps({"data": data, "usage": {"prompt_tokens": 7}}), reply.headers)
        else:
            self._stream(reply)

    def _send(self, status: int, body: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for data in _chunks(reply, self._faults.model):
                self._chunk(f"data: {data}\n\n")
                if reply.hang:
                    reply.hang.wait(10)
                time.sleep(reply.slow)
            if not reply.reset:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # The client went away, as some tests want.

    def _drip(self, begin: str) -> None:
        with suppress(OSError):
            self.wfile.write(begin.encode())
            while not self._faults.over.wait(0.02):
                self.wfile.write(b"x")

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


_PIECE = json.dumps({"model": "faulty-1", "choices": [{"delta": {"content": "The library "}, "finish_reason": None}]})
_DRIPS = {
    "head": "HTTP/1.1 200 OK\r\nX-Slow: ",
    "body": f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {_PIECE}\n\ndata: ",
    "error": "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\n\r\n",
}


def _chunks(reply: Reply, model: str) -> Iterator[str]:
    if reply.body:
        yield reply.body
        return
    for piece in reply.pieces:
        yield json.dumps({"model": model, "choices": [{"delta": {"content": piece}, "finish_reason": None}]})
    if reply.cut or reply.reset:
        return
    yield json.dumps({"model": model, "choices": [{"delta": {}, "finish_reason": reply.finish}]})
    if reply.usage is not None:
        yield json.dumps({"choices": [], "usage": reply.usage})
    yield "[DONE]"
