"""A learning platform for the bench, in a process of its own: takes scores over kept connections, and keeps a strict book.

    python -m bench.gradebook PORT BOOK

BOOK is a file with one line for each score that was taken, written before the answer: what it says survives `kill -9`. On
`POST /mood` the platform becomes well, or answers every score with an error, or not at all.
"""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOKEN_ANSWER = b'{"access_token": "token-of-the-bench", "token_type": "bearer", "expires_in": 3600}'
HANGING = 60


@dataclass
class Book:
    """Whoever has which grade in which column; and what must not have been."""

    path: Path
    latest: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    columns: list[dict[str, Any]] = field(default_factory=list)
    taken: int = 0
    fell: int = 0                      # scores that were taken although a higher one was there: something overtook something
    refused: Counter[int] = field(default_factory=Counter)
    first: float = 0.0
    last: float = 0.0

    def open(self) -> None:
        """Read what an earlier process has written, and write on."""
        self.path.touch()
        for line in self.path.read_text().splitlines():
            self._enter(*json.loads(line))
        self.file = self.path.open("a", buffering=1)

    def _enter(self, kind: str, *values: Any) -> None:
        if kind == "column":
            self.columns.append(values[0])
            return
        column, user, stamp, points = values
        before = self.latest.get((column, user))
        self.fell += before is not None and before[1] > points
        self.latest[column, user] = (stamp, points)
        self.taken += 1

    def write(self, kind: str, *values: Any) -> None:
        """Enter it and write it down."""
        self._enter(kind, *values)
        self.file.write(json.dumps([kind, *values]) + "\n")

    def score(self, column: str, given: dict[str, Any], moment: float) -> int:
        """Take a score as Moodle does: not one that is as old as the last one, in whole seconds."""
        if (given["activityProgress"], given["gradingProgress"]) != ("Completed", "FullyGraded") or not given["comment"]:
            return 400
        before = self.latest.get((column, given["userId"]))
        stamp = given["timestamp"][:19]
        if before and stamp <= before[0]:
            return 409
        self.write("score", column, given["userId"], stamp, given["scoreGiven"])
        self.first, self.last = self.first or moment, moment
        return 200


class Platform:
    """Answers requests."""

    def __init__(self, base: str, book: Book) -> None:
        self.base, self.book, self.mood = base, book, "well"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
                body = await reader.readexactly(length)
                method, target, _ = head.split(b" ", 2)
                status, answer = await self.answer(method.decode(), target.decode(), body)
                writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, len(answer), answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        path = target.split("?", maxsplit=1)[0]
        if path == "/token":
            return 200, TOKEN_ANSWER
        if path == "/mood":
            self.mood = body.decode()
            return 200, b""
        if path == "/book":
            return 200, self._told()
        if path.endswith("/scores"):
            status = await self._score(path.split("/")[2], body)
            self.book.refused[status] += status != 200
            return status, b""
        if method == "POST":
            column = {**json.loads(body), "id": f"{self.base}/lineitems/{len(self.book.columns) + 1}"}
            self.book.write("column", column)
            return 201, json.dumps(column).encode()
        return 200, json.dumps(self.book.columns).encode()

    async def _score(self, column: str, body: bytes) -> int:
        if self.mood == "broken":
            return 500
        if self.mood == "hanging":
            await asyncio.sleep(HANGING)
        return self.book.score(column, json.loads(body), asyncio.get_running_loop().time())

    def _told(self) -> bytes:
        book = self.book
        grades = [[column, user, points] for (column, user), (_, points) in book.latest.items()]
        return json.dumps({
            "grades": grades, "columns": len(book.columns), "taken": book.taken, "fell": book.fell,
            "late": book.refused[409], "seconds": book.last - book.first,
        }).encode()


async def _main(port: int, path: Path) -> None:
    book = Book(path)
    book.open()
    server = await asyncio.start_server(Platform(f"http://127.0.0.1:{port}", book).serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
